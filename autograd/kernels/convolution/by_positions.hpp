#pragma once

#include <xgrad/autograd/kernels/convolution/correlation.hpp>

namespace xgrad::kernels {

/// Computes a correlation with vectors of neighbouring results of a row, from bands of the source that are copied to
/// where every tap reads a vector from one place.
template <class T>
void correlate_by_positions(const Correlation& c, const T* x, const T* w, const T* bias, T* y);

/// How long that takes for an image and a group, in products of vectors.
template <class T>
double time_by_positions(const Correlation& c);

}  // namespace xgrad::kernels

#pragma once

#include <xgrad/autograd/kernels/convolution/correlation.hpp>

namespace xgrad::kernels {

/// Computes a correlation with vectors of channels of results, from bands of the source, and transposes what it gets.
/// No lane is lost at the ends of rows, and small images share tiles.
template <class T>
void correlate_by_channels(const Correlation& c, const T* x, const T* w, const T* bias, T* y);

/// How long that takes for an image and a group, in products of vectors; infinitely long where results do not follow
/// each other in y, or there are no products.
template <class T>
double time_by_channels(const Correlation& c);

}  // namespace xgrad::kernels

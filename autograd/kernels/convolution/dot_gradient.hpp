#pragma once

#include <xgrad/autograd/kernels/convolution/correlation.hpp>
#include <xgrad/autograd/kernels/convolution/sizes.hpp>

namespace xgrad::kernels {

/// convolve_weight() for few output channels in a group, as where each channel is filtered alone: with vectors of
/// neighbouring positions, whose lanes are added up in the end. `forward` is the convolution as a correlation.
template <class T>
void dot_gradient(const ConvolutionSizes& sizes, const Correlation& forward, const T* x, const T* g, T* gw);

/// Whether that is the fastest way: few output channels, and rows of slopes that fill most lanes of vectors.
template <class T>
bool suits_dot_gradient(const ConvolutionSizes& s);

}  // namespace xgrad::kernels

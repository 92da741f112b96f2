#pragma once

#include <xgrad/autograd/kernels/convolution/correlation.hpp>
#include <xgrad/autograd/kernels/convolution/sizes.hpp>

namespace xgrad::kernels {

/// convolve_weight() with vectors of output channels, from bands of x that are copied as correlate() does; `forward` is
/// the convolution as a correlation.
template <class T>
void weight_gradient(const ConvolutionSizes& sizes, const Correlation& forward, const T* x, const T* g, T* gw);

/// Whether there are enough output channels to fill vectors.
template <class T>
bool suits_weight_gradient(const ConvolutionSizes& sizes);

}  // namespace xgrad::kernels

#pragma once

#include <xgrad/autograd/kernels/convolution/sizes.hpp>

namespace xgrad::kernels {

/// The functions of convolution.hpp for all sizes, as products of the weights with tiles of patches as columns, so that
/// the columns stay in the cache: they are never all in memory.
template <class T>
void convolve_by_columns(const ConvolutionSizes& sizes, const T* x, const T* w, const T* bias, T* y);
template <class T>
void convolve_transposed_by_columns(const ConvolutionSizes& sizes, const T* g, const T* w, const T* bias, T* gx);
template <class T>
void convolve_weight_by_columns(const ConvolutionSizes& sizes, const T* x, const T* g, T* gw);

}  // namespace xgrad::kernels

#pragma once

#include <xgrad/autograd/kernels/convolution/sizes.hpp>

namespace xgrad::kernels {

/// y = conv(x, w) + bias, where the bias (groups · out) may be null.
template <class T>
void convolve(const ConvolutionSizes& sizes, const T* x, const T* w, const T* bias, T* y);

/// The gradient of conv(x, w) with respect to x, for the gradient g (batch, groups · out, output...) of y, plus bias
/// (groups · in), which may be null: gx[n, c, j] = Σ w[o, c, k] g[n, o, i] over all o, k, i with
/// i stride + k dilation - padding = j. As a function of g it is the transposed convolution.
template <class T>
void convolve_transposed(const ConvolutionSizes& sizes, const T* g, const T* w, const T* bias, T* gx);

/// The gradient of conv(x, w) with respect to w: gw[o, c, k] = Σ_{n, i} g[n, o, i] x[n, c, i stride + k dilation -
/// padding].
template <class T>
void convolve_weight(const ConvolutionSizes& sizes, const T* x, const T* g, T* gw);

}  // namespace xgrad::kernels

#pragma once

#include <xgrad/autograd/kernels/convolution/sizes.hpp>

namespace xgrad::kernels {

/// Some neighbouring positions of the output of one image, in row-major order.
struct Positions {
  std::int64_t begin, count;
};

/// The patches under some positions as columns (im2col): columns[(c, k), p] = x[c, position p · stride + k dilation -
/// padding], 0 outside, for x (in, input...) of one image and group. Rows lie `step` apart.
template <class T>
void gather_columns(const ConvolutionSizes& sizes, const T* x, Positions at, T* columns, std::int64_t step);

/// The adjoint: adds each element of the columns to the element of x that it was gathered from.
template <class T>
void add_columns(const ConvolutionSizes& sizes, const T* columns, std::int64_t step, Positions at, T* x);

}  // namespace xgrad::kernels

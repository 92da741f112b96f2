#pragma once

#include <xgrad/autograd/ops/reduction.hpp>

namespace xgrad {

// Running results along one axis, which may be 0 or -1 for a tensor of rank 0 too. The results have the shape of x.

/// y_k = x_0 + ... + x_k along the axis. float32 is summed in double precision; bool and int64 give int64.
[[nodiscard]] Tensor cumsum(Tensor x, Dim axis, Source at = Source::here());
/// y_k = x_0 ... x_k along the axis, with the right gradient also where elements are 0. float32 is multiplied in double
/// precision; bool and int64 give int64.
[[nodiscard]] Tensor cumprod(Tensor x, Dim axis, Source at = Source::here());
/// y_k = max(x_0, ..., x_k) along the axis, and its index: the last of several, which gets the gradient. From the first
/// NaN on y is NaN, with the index of the last NaN so far.
[[nodiscard]] ValuesIndices cummax(Tensor x, Dim axis, Source at = Source::here());
/// y_k = min(x_0, ..., x_k) along the axis and its index, as cummax.
[[nodiscard]] ValuesIndices cummin(Tensor x, Dim axis, Source at = Source::here());
/// y_k = ln(e^x_0 + ... + e^x_k) along the axis, shifted by the largest element so far, so that it is finite wherever
/// the x are. int64 and bool are taken as float32.
[[nodiscard]] Tensor logcumsumexp(Tensor x, Dim axis, Source at = Source::here());

// The same for integers, a better match than xtensor's templates under `using namespace xt`.
template <class I, detail::IfIndex<I> = 0>
[[nodiscard]] Tensor cumsum(Tensor x, I axis, Source at = Source::here()) {
  return cumsum(std::move(x), Dim(axis), at);
}
template <class I, detail::IfIndex<I> = 0>
[[nodiscard]] Tensor cumprod(Tensor x, I axis, Source at = Source::here()) {
  return cumprod(std::move(x), Dim(axis), at);
}

}  // namespace xgrad

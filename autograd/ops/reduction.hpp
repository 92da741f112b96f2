#pragma once

#include <xgrad/autograd/ops/axes_overloads.hpp>

namespace xgrad {

/// The extreme values along an axis and their indices (int64).
struct ValuesIndices {
  Tensor values;
  Tensor indices;
};

/// The smallest and the largest values over some axes.
struct MinMax {
  Tensor min;
  Tensor max;
};

// Axes: none named means all; negative ones count from the end. With keepdims, reduced axes stay with size 1. A tensor
// of rank 0 has the axes 0 and -1 too, of size 1.

/// y = Σ x over the axes; 0 over no elements. float32 is summed in double precision; bool and int64 give int64.
[[nodiscard]] Tensor sum(Tensor x, Axes axes = {}, KeepDims keep = KeepDims::no, Source at = Source::here());
/// y = Σ x / n over the axes; NaN over no elements. int64 and bool are averaged as float32.
[[nodiscard]] Tensor mean(Tensor x, Axes axes = {}, KeepDims keep = KeepDims::no, Source at = Source::here());

/// y = Σ x over the axes, in which NaN counts as 0 and gets no gradient.
[[nodiscard]] Tensor nansum(Tensor x, Axes axes = {}, KeepDims keep = KeepDims::no, Source at = Source::here());
/// y = Σ x / n over the elements that are not NaN; NaN where there is none. int64 and bool are averaged as float32.
[[nodiscard]] Tensor nanmean(Tensor x, Axes axes = {}, KeepDims keep = KeepDims::no, Source at = Source::here());

/// y = the largest x over the axes; ties share the gradient evenly; NaN propagates; no elements are an error.
[[nodiscard]] Tensor amax(Tensor x, Axes axes = {}, KeepDims keep = KeepDims::no, Source at = Source::here());
/// y = the smallest x over the axes, as amax.
[[nodiscard]] Tensor amin(Tensor x, Axes axes = {}, KeepDims keep = KeepDims::no, Source at = Source::here());
/// amin and amax over the axes. Unpack as `auto [low, high] = aminmax(x)`.
[[nodiscard]] MinMax aminmax(Tensor x, Axes axes = {}, KeepDims keep = KeepDims::no, Source at = Source::here());
/// The largest of all elements, as amax.
[[nodiscard]] Tensor max(Tensor x, Source at = Source::here());
/// The smallest of all elements, as amin.
[[nodiscard]] Tensor min(Tensor x, Source at = Source::here());
/// The largest elements along one axis and their indices; the first of several gets the whole gradient.
[[nodiscard]] ValuesIndices max(Tensor x, Dim axis, KeepDims keep = KeepDims::no, Source at = Source::here());
/// The smallest elements along one axis and their indices, as max.
[[nodiscard]] ValuesIndices min(Tensor x, Dim axis, KeepDims keep = KeepDims::no, Source at = Source::here());
template <class T, class = std::enable_if_t<detail::is_tensor<T>>>
Tensor max(Tensor, T&&) = delete;  // maximum(a, b) compares two tensors
template <class T, class = std::enable_if_t<detail::is_tensor<T>>>
Tensor min(Tensor, T&&) = delete;  // minimum(a, b) compares two tensors
/// The index of the largest element in the flattened tensor: the first of several, or the first NaN. Rank 0, int64.
[[nodiscard]] Tensor argmax(Tensor x, Source at = Source::here());
/// The indices of the largest elements along one axis, int64.
[[nodiscard]] Tensor argmax(Tensor x, Dim axis, KeepDims keep = KeepDims::no, Source at = Source::here());
/// The index of the smallest element, as argmax.
[[nodiscard]] Tensor argmin(Tensor x, Source at = Source::here());
/// The indices of the smallest elements along one axis, int64.
[[nodiscard]] Tensor argmin(Tensor x, Dim axis, KeepDims keep = KeepDims::no, Source at = Source::here());

XGRAD_AXES(sum)
XGRAD_AXES(mean)
XGRAD_AXES(nansum)
XGRAD_AXES(nanmean)
XGRAD_AXES(amax)
XGRAD_AXES(amin)

/// x summed over the axes along which `shape` was broadcast to x's shape: the adjoint of broadcast_to.
[[nodiscard]] Tensor sum_to(Tensor x, const Shape& shape, Source at = Source::here());

}  // namespace xgrad

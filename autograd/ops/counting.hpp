#pragma once

#include <xgrad/autograd/ops/axes_overloads.hpp>

namespace xgrad {

// x is of any dtype. What is not 0 counts, NaN too. The results have no gradient.

/// Whether any element over the axes (none named means all) is not 0, as bool; false over no elements.
[[nodiscard]] Tensor any(Tensor x, Axes axes = {}, KeepDims keep = KeepDims::no, Source at = Source::here());
/// Whether all elements over the axes are not 0, as bool; true over no elements.
[[nodiscard]] Tensor all(Tensor x, Axes axes = {}, KeepDims keep = KeepDims::no, Source at = Source::here());
/// The number of elements over the axes that are not 0, as int64.
[[nodiscard]] Tensor count_nonzero(Tensor x, Axes axes = {}, KeepDims keep = KeepDims::no, Source at = Source::here());
/// The indices of the elements that are not 0, in order: a matrix of int64 with a row for each of them and a column for
/// each axis. Rank 0 has no axes: (1, 0) or (0, 0).
[[nodiscard]] Tensor nonzero(Tensor x, Source at = Source::here());
XGRAD_AXES(any)
XGRAD_AXES(all)
XGRAD_AXES(count_nonzero)

}  // namespace xgrad

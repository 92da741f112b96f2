#pragma once

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

// Indices are int64 and count from the end where they are negative; one out of range is an error. The gradients
// of repeated indices are added, float32 in double.

/// The slices that `indices`, of rank 1, select along an axis. An x of rank 0 takes exactly one index.
[[nodiscard]] Tensor index_select(Tensor x, Dim axis, Tensor indices, Source at = Source::here());
/// For every position of `indices`, the element that it selects along the axis: y[i,j] = x[i, indices[i,j]] for axis 1.
/// `indices` has the rank of x; along the other axes its sizes may be smaller, and what lies beyond them in x is not
/// used. Rank 0 counts as one axis of size 1.
[[nodiscard]] Tensor gather(Tensor x, Dim axis, Tensor indices, Source at = Source::here());

}  // namespace xgrad

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

/// The elements of x, read as one row, at the indices: a result of their shape.
[[nodiscard]] Tensor take(Tensor x, Tensor indices, Source at = Source::here());
/// gather() after x and the indices have been broadcast to each other outside of the axis, as argsort() and argmax()
/// with keepdims give them; without an axis, both are read as one row.
[[nodiscard]] Tensor take_along_dim(Tensor x, Tensor indices, Dim axis, Source at = Source::here());
[[nodiscard]] Tensor take_along_dim(Tensor x, Tensor indices, Source at = Source::here());

/// The rows of a matrix: y[i, j, ...] = table[indices[i, j, ...]], for indices of any rank in 0 .. rows-1; others, also
/// negative ones, are errors. The gradients of repeated rows are added; the row `padding_idx`, which may count from the
/// end, gets none.
[[nodiscard]] Tensor embedding(Tensor indices, Tensor table, Source at = Source::here());
[[nodiscard]] Tensor embedding(Tensor indices, Tensor table, Dim padding_idx, Source at = Source::here());
/// For labels in 0 .. classes-1, int64 of any shape, a new last axis of `classes` zeros with a one at the label: int64.
/// Without a number of classes it is the largest label + 1.
[[nodiscard]] Tensor one_hot(Tensor labels, Dim classes = -1, Source at = Source::here());

}  // namespace xgrad

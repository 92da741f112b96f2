#pragma once

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// The diagonal of the matrices in two axes, as a new last axis: y[..., i] = x[..., i, i + offset] for offset >= 0, and
/// x[..., i - offset, i] below. Empty where the offset lies outside. A copy.
[[nodiscard]] Tensor diagonal(Tensor x, Dim offset = 0, Dim axis1 = 0, Dim axis2 = 1, Source at = Source::here());
/// Of a vector of n elements, the square matrix with it on the diagonal, and zeros elsewhere; of a matrix, its
/// diagonal. `offset` as in diagonal().
[[nodiscard]] Tensor diag(Tensor x, Dim offset = 0, Source at = Source::here());
/// Square matrices, in two axes of the result, with the last axis of x on the diagonal, and zeros elsewhere: what
/// diagonal() takes apart.
[[nodiscard]] Tensor diag_embed(Tensor x, Dim offset = 0, Dim axis1 = -2, Dim axis2 = -1, Source at = Source::here());
/// The sum of the diagonal of a matrix.
[[nodiscard]] Tensor trace(Tensor x, Source at = Source::here());

/// The lower triangle of the matrices in the last two axes, with zeros elsewhere: y[i, j] = x[i, j] for j - i <=
/// diagonal.
[[nodiscard]] Tensor tril(Tensor x, Dim diagonal = 0, Source at = Source::here());
/// The upper triangle: y[i, j] = x[i, j] for j - i >= diagonal.
[[nodiscard]] Tensor triu(Tensor x, Dim diagonal = 0, Source at = Source::here());
/// The places in the lower (upper) triangle of a matrix, row by row: int64 of shape (2, number), the rows first.
[[nodiscard]] Tensor tril_indices(Dim rows, Dim columns, Dim diagonal = 0, Source at = Source::here());
[[nodiscard]] Tensor triu_indices(Dim rows, Dim columns, Dim diagonal = 0, Source at = Source::here());

// The same for integers, a better match than xtensor's templates under `using namespace xt`, whose offsets are of type
// int.
[[nodiscard]] inline Tensor diagonal(Tensor x, int offset, Dim axis1 = 0, Dim axis2 = 1, Source at = Source::here()) {
  return diagonal(std::move(x), Dim(offset), axis1, axis2, at);
}
[[nodiscard]] inline Tensor diag(Tensor x, int offset, Source at = Source::here()) {
  return diag(std::move(x), Dim(offset), at);
}
[[nodiscard]] inline Tensor tril(Tensor x, int diagonal, Source at = Source::here()) {
  return tril(std::move(x), Dim(diagonal), at);
}
[[nodiscard]] inline Tensor triu(Tensor x, int diagonal, Source at = Source::here()) {
  return triu(std::move(x), Dim(diagonal), at);
}
// Other types of integers must not be converted to int.
template <class I, detail::IfIndex<I> = 0>
[[nodiscard]] Tensor diagonal(Tensor x, I offset, Dim axis1 = 0, Dim axis2 = 1, Source at = Source::here()) {
  return diagonal(std::move(x), Dim(offset), axis1, axis2, at);
}
template <class I, class J, class K, detail::IfIndex<I> = 0, detail::IfIndex<J> = 0, detail::IfIndex<K> = 0>
[[nodiscard]] Tensor diagonal(Tensor x, I offset, J axis1, K axis2, Source at = Source::here()) {
  return diagonal(std::move(x), Dim(offset), Dim(axis1), Dim(axis2), at);
}
template <class I, detail::IfIndex<I> = 0>
[[nodiscard]] Tensor diag(Tensor x, I offset, Source at = Source::here()) {
  return diag(std::move(x), Dim(offset), at);
}
template <class I, detail::IfIndex<I> = 0>
[[nodiscard]] Tensor tril(Tensor x, I diagonal, Source at = Source::here()) {
  return tril(std::move(x), Dim(diagonal), at);
}
template <class I, detail::IfIndex<I> = 0>
[[nodiscard]] Tensor triu(Tensor x, I diagonal, Source at = Source::here()) {
  return triu(std::move(x), Dim(diagonal), at);
}

}  // namespace xgrad

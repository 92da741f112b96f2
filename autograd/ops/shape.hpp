#pragma once

#include <initializer_list>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// The same elements in another shape; one size may be -1 and is worked out. Shares the storage.
[[nodiscard]] Tensor reshape(Tensor x, const NewShape& shape, Source at = Source::here());
/// Axes start .. end merged into one; rank 0 becomes rank 1.
[[nodiscard]] Tensor flatten(Tensor x, Dim start = 0, Dim end = -1, Source at = Source::here());
/// All axes in reverse order: the transpose of a matrix.
[[nodiscard]] Tensor transpose(Tensor x, Source at = Source::here());
/// The axes in the given order, of which each appears once.
[[nodiscard]] Tensor transpose(Tensor x, const std::vector<std::int64_t>& axes, Source at = Source::here());
/// Two axes exchanged.
[[nodiscard]] Tensor swapaxes(Tensor x, Dim a, Dim b, Source at = Source::here());
/// x without its axes of size 1; without one axis, which stays if its size is not 1; with a new axis of size 1.
[[nodiscard]] Tensor squeeze(Tensor x, Source at = Source::here());
[[nodiscard]] Tensor squeeze(Tensor x, Dim axis, Source at = Source::here());
[[nodiscard]] Tensor unsqueeze(Tensor x, Dim axis, Source at = Source::here());
/// The axes in the given order, as a list of numbers of any integer types: transpose(x, {0, k}).
[[nodiscard]] Tensor transpose(Tensor x, std::initializer_list<Dim> axes, Source at = Source::here());
// The same two for lists and integers, a better match than xtensor's templates under `using namespace xt`.
template <class I, std::size_t N, detail::IfIndex<I> = 0>
[[nodiscard]] Tensor transpose(Tensor x, const I (&axes)[N], Source at = Source::here()) {
  return transpose(std::move(x), detail::whole_list(axes, axes + N, "transpose"), at);
}
template <class I, detail::IfIndex<I> = 0>
[[nodiscard]] Tensor squeeze(Tensor x, I axis, Source at = Source::here()) {
  return squeeze(std::move(x), Dim(axis), at);
}

/// One axis cut into several of the given sizes, whose product is its own; one may be -1 and is worked out. Shares the
/// storage.
[[nodiscard]] Tensor unflatten(Tensor x, Dim axis, const NewShape& sizes, Source at = Source::here());
/// x with at least one, two or three axes: () becomes (1); (n) becomes (1, n), then (1, n, 1); (m, n) becomes (m, n,
/// 1). Shares the storage.
[[nodiscard]] Tensor atleast_1d(Tensor x, Source at = Source::here());
[[nodiscard]] Tensor atleast_2d(Tensor x, Source at = Source::here());
[[nodiscard]] Tensor atleast_3d(Tensor x, Source at = Source::here());

/// x repeated along axes of size 1 and along new leading axes until it has the shape; the gradient is summed over them.
[[nodiscard]] Tensor broadcast_to(Tensor x, const Shape& shape, Source at = Source::here());
/// The same, where a size of -1 keeps the axis as it is.
[[nodiscard]] Tensor expand(Tensor x, const NewShape& shape, Source at = Source::here());
/// x broadcast to the shape of `other`.
[[nodiscard]] Tensor expand_as(Tensor x, const Tensor& other, Source at = Source::here());
/// x reshaped to the shape of `other`.
[[nodiscard]] Tensor reshape_as(Tensor x, const Tensor& other, Source at = Source::here());
/// A copy in storage of its own; the gradient passes through.
[[nodiscard]] Tensor clone(Tensor x, Source at = Source::here());

}  // namespace xgrad

#pragma once

#include <initializer_list>
#include <vector>

#include <xgrad/autograd/graph/pieces.hpp>
#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// x laid out `times[k]` times along each axis k, one copy after another: y[i] = x[i mod n]. With more numbers than x
/// has axes, axes of size 1 come first; fewer are an error. The gradients of the copies are added.
[[nodiscard]] Tensor repeat(Tensor x, const Dims& times, Source at = Source::here());
/// The same, and with fewer numbers than axes the first axes are not repeated, as in NumPy.
[[nodiscard]] Tensor tile(Tensor x, const Dims& times, Source at = Source::here());
/// Each slice along the axis repeated in its place: x = (a, b) by 2 is (a, a, b, b), by {1, 2} it is (a, b, b).
/// `repeats`, int64 and not negative, is one number, or a tensor of one for each slice. Without an axis x is read as
/// one row. The gradients of the copies are added.
[[nodiscard]] Tensor repeat_interleave(Tensor x, Tensor repeats, Dim axis, Source at = Source::here());
[[nodiscard]] Tensor repeat_interleave(Tensor x, Tensor repeats, Source at = Source::here());

// The same for integers, a better match than xtensor's templates under `using namespace xt`.
template <class I, detail::IfIndex<I> = 0>
[[nodiscard]] Tensor tile(Tensor x, I times, Source at = Source::here()) {
  return tile(std::move(x), Dims(times), at);
}
template <class I, detail::IfIndex<I> = 0>
[[nodiscard]] Tensor tile(Tensor x, std::initializer_list<I> times, Source at = Source::here()) {
  return tile(std::move(x), Dims(std::vector<std::int64_t>(times.begin(), times.end())), at);
}

/// All tensors broadcast to their common shape.
[[nodiscard]] Pieces broadcast_tensors(const std::vector<Tensor>& tensors, Source at = Source::here());

/// Whether the first tensor of meshgrid() runs along axis 0 (ij, as in matrices) or along axis 1 (xy, as in pictures).
enum class Indexing : bool { ij, xy };
/// The coordinates of a grid: for tensors of sizes n_0, n_1, ... and at most one axis, as many tensors of shape (n_0,
/// n_1, ...), of which number k varies along axis k only. With Indexing::xy the first two axes are exchanged. All are
/// of one dtype.
[[nodiscard]] Pieces meshgrid(std::vector<Tensor> tensors, Indexing indexing = Indexing::ij,
                              Source at = Source::here());
/// All combinations of an element of each tensor, of one axis each, as rows, the last tensor varying fastest: shape
/// (n_0 n_1 ..., number of tensors). Of one tensor, that tensor.
[[nodiscard]] Tensor cartesian_prod(const std::vector<Tensor>& tensors, Source at = Source::here());

}  // namespace xgrad

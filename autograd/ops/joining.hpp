#pragma once

#include <initializer_list>
#include <vector>

#include <xgrad/autograd/graph/pieces.hpp>
#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// The tensors concatenated along an axis; all other sizes must agree. One of shape (0) beside tensors of another rank
/// is left out.
[[nodiscard]] Tensor concat(const std::vector<Tensor>& tensors, Dim axis = 0, Source at = Source::here());
/// The tensors, all of one shape, joined along a new axis.
[[nodiscard]] Tensor stack(const std::vector<Tensor>& tensors, Dim axis = 0, Source at = Source::here());
/// The tensors joined along axis 1, or along axis 0 if they have one axis; rank 0 counts as one axis.
[[nodiscard]] Tensor hstack(const std::vector<Tensor>& tensors, Source at = Source::here());
/// The tensors joined along axis 0 after atleast_2d(): vectors as rows.
[[nodiscard]] Tensor vstack(const std::vector<Tensor>& tensors, Source at = Source::here());
/// The tensors joined along axis 2 after atleast_3d().
[[nodiscard]] Tensor dstack(const std::vector<Tensor>& tensors, Source at = Source::here());
/// The tensors joined along axis 1, vectors as columns.
[[nodiscard]] Tensor column_stack(const std::vector<Tensor>& tensors, Source at = Source::here());

// Of what the following return, pieces along axis 0 share the memory of x, others are copies.

/// x cut along an axis into pieces of `size`, of which the last may be smaller; or into pieces of the given sizes,
/// which must add up to that of the axis.
[[nodiscard]] Pieces split(Tensor x, Dim size, Dim axis = 0, Source at = Source::here());
[[nodiscard]] Pieces split(Tensor x, const std::vector<std::int64_t>& sizes, Dim axis = 0, Source at = Source::here());
[[nodiscard]] Pieces split(Tensor x, std::initializer_list<Dim> sizes, Dim axis = 0, Source at = Source::here());
// The same for integers, a better match than xtensor's template under `using namespace xt`.
template <class I, detail::IfIndex<I> = 0>
[[nodiscard]] Pieces split(Tensor x, I size, Source at = Source::here()) {
  return split(std::move(x), Dim(size), Dim(0), at);
}
template <class I, class J, detail::IfIndex<I> = 0, detail::IfIndex<J> = 0>
[[nodiscard]] Pieces split(Tensor x, I size, J axis, Source at = Source::here()) {
  return split(std::move(x), Dim(size), Dim(axis), at);
}
/// x cut along an axis into at most `count` pieces of equal size, of which the last may be smaller; an axis of size 0
/// gives `count` empty ones.
[[nodiscard]] Pieces chunk(Tensor x, Dim count, Dim axis = 0, Source at = Source::here());
/// x cut along an axis into `count` pieces whose sizes differ by at most one, the larger first; or before the given
/// indices, which are clamped as those of a slice are, so that a piece may be empty.
[[nodiscard]] Pieces tensor_split(Tensor x, Dim count, Dim axis = 0, Source at = Source::here());
[[nodiscard]] Pieces tensor_split(Tensor x, const std::vector<std::int64_t>& indices, Dim axis = 0,
                                  Source at = Source::here());
[[nodiscard]] Pieces tensor_split(Tensor x, std::initializer_list<Dim> indices, Dim axis = 0,
                                  Source at = Source::here());
/// The slices of x along an axis, which disappears.
[[nodiscard]] Pieces unbind(Tensor x, Dim axis = 0, Source at = Source::here());

}  // namespace xgrad

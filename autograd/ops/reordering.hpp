#pragma once

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// The axes `source` moved to the places `destination`, and the others in their order: y.shape[destination] =
/// x.shape[source]. One axis, or two lists of equal length without duplicates.
[[nodiscard]] Tensor movedim(Tensor x, const Dims& source, const Dims& destination, Source at = Source::here());

/// The elements in reverse order along the axes: y[i] = x[n - 1 - i].
[[nodiscard]] Tensor flip(Tensor x, const Dims& axes, Source at = Source::here());
/// flip(x, 1), of at least two axes: a matrix with its columns in reverse order.
[[nodiscard]] Tensor fliplr(Tensor x, Source at = Source::here());
/// flip(x, 0), of at least one axis.
[[nodiscard]] Tensor flipud(Tensor x, Source at = Source::here());

/// The elements moved by `shift` places, those that leave at the end entering at the front: y[i] = x[(i - shift) mod
/// n]. Without an axis the tensor is read as one row; with several axes each has its shift, and an axis that is named
/// twice is moved twice.
[[nodiscard]] Tensor roll(Tensor x, Dim shift, Source at = Source::here());
[[nodiscard]] Tensor roll(Tensor x, const Dims& shifts, const Dims& axes, Source at = Source::here());

/// x rotated `turns` times by 90 degrees from the first of the two axes to the second: once, y[i, j] = x[j, n - 1 - i].
[[nodiscard]] Tensor rot90(Tensor x, Dim turns = 1, const Dims& axes = {0, 1}, Source at = Source::here());

// The same for integers, a better match than xtensor's templates under `using namespace xt`.
template <class I, detail::IfIndex<I> = 0>
[[nodiscard]] Tensor flip(Tensor x, I axis, Source at = Source::here()) {
  return flip(std::move(x), Dims(axis), at);
}
template <class I, detail::IfIndex<I> = 0>
[[nodiscard]] Tensor roll(Tensor x, I shift, Source at = Source::here()) {
  return roll(std::move(x), Dim(shift), at);
}
template <class I, class J, detail::IfIndex<I> = 0, detail::IfIndex<J> = 0>
[[nodiscard]] Tensor roll(Tensor x, I shift, J axis, Source at = Source::here()) {
  return roll(std::move(x), Dims(shift), Dims(axis), at);
}

}  // namespace xgrad

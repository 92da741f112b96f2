#pragma once

#include <initializer_list>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// The tensors concatenated along an axis; all other sizes must agree. One of shape (0) beside tensors of another rank
/// is left out.
[[nodiscard]] Tensor concat(const std::vector<Tensor>& tensors, Dim axis = 0, Source at = Source::here());
/// The tensors, all of one shape, joined along a new axis.
[[nodiscard]] Tensor stack(const std::vector<Tensor>& tensors, Dim axis = 0, Source at = Source::here());
/// x cut along an axis into pieces of `size`, of which the last may be smaller; or into pieces of the given sizes,
/// which must add up to that of the axis. Pieces along axis 0 share the memory of x, others are copies.
[[nodiscard]] std::vector<Tensor> split(Tensor x, Dim size, Dim axis = 0, Source at = Source::here());
[[nodiscard]] std::vector<Tensor> split(Tensor x, const std::vector<std::int64_t>& sizes, Dim axis = 0,
                                        Source at = Source::here());
[[nodiscard]] std::vector<Tensor> split(Tensor x, std::initializer_list<Dim> sizes, Dim axis = 0,
                                        Source at = Source::here());
/// x cut along an axis into at most `count` pieces of equal size, of which the last may be smaller; an axis of size 0
/// gives `count` empty pieces.
[[nodiscard]] std::vector<Tensor> chunk(Tensor x, Dim count, Dim axis = 0, Source at = Source::here());

}  // namespace xgrad

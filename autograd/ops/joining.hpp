#pragma once

#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// The tensors concatenated along an axis; all other sizes must agree.
[[nodiscard]] Tensor concat(const std::vector<Tensor>& tensors, Dim axis = 0, Source at = Source::here());
/// The tensors, all of one shape, joined along a new axis.
[[nodiscard]] Tensor stack(const std::vector<Tensor>& tensors, Dim axis = 0, Source at = Source::here());

}  // namespace xgrad

#pragma once

#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// The tensors one behind the other along an axis; the other sizes agree.
Tensor concat(const std::vector<Tensor>& tensors, Dim axis = 0, Source at = Source::here());
/// The tensors, all of one shape, along a new axis.
Tensor stack(const std::vector<Tensor>& tensors, Dim axis = 0, Source at = Source::here());

}  // namespace xgrad

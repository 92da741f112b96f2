#pragma once

#include <cstdint>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::detail {

/// The gradients of the output, weighted by the seed, with respect to the inputs, where nodes up to the number `floor`
/// count as leaves: an input that is one of them gets only what reaches it through later nodes. Hooks of nodes up to
/// the number `hook_floor` are not called. Undefined where the output does not depend on an input. The inputs need a
/// node only, not memory.
std::vector<Tensor> segment_gradients(const Tensor& output, const std::vector<Tensor>& inputs, const Tensor& seed,
                                      Graph graph, std::uint64_t floor, std::uint64_t hook_floor);

}  // namespace xgrad::detail

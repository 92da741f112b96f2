#pragma once

// For this room's sources only: how much memory a graph needs.

#include <cstdint>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::nn::detail {

/// The bytes of the results of all ops between x and y.
std::int64_t bytes_of_results(const Tensor& x, const Tensor& y);

/// The memory of a graph, in bytes.
struct GraphMemory {
  std::int64_t saved = 0;  // what it keeps for backward, and its outputs, once it is made
  std::int64_t peak = 0;   // at the worst moment of backward: what is still kept then, and the gradients
};

/// The memory of the graph of `outputs`, without that of the tensors `known`, which is there anyway. The peak is that
/// of a walk in the engine's order: the gradient of a result lives from the first of its uses until its own rule has
/// run, which releases what it has saved; those of leaves stay.
GraphMemory graph_memory(const std::vector<Tensor>& outputs, const std::vector<Tensor>& known);

}  // namespace xgrad::nn::detail

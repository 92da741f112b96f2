#pragma once

// For this room's sources only: the nodes below a root, and their rules applied to a gradient of one's choice.

#include <string>
#include <unordered_map>
#include <vector>

#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::detail {

/// The nodes that the root was made from, in order of creation. Refuses, by the name of the function `op`, a root
/// without a graph, and a graph that was freed or whose saved values were written since.
std::vector<const Node*> nodes_below(const char* op, const Tensor& root);

/// What the rule of the node makes of the upstream gradient g: one tensor for each input, undefined where an input
/// needs no gradient. Shapes may be those of the result.
std::vector<Tensor> pulled(const Node& node, const Tensor& g);

/// A gradient folded to the shape and dtype of the input.
Tensor folded(const Node& input, Tensor gradient);

/// The value of the node's result, where it is known: kept by KeepValues, saved by a rule or held by a tensor.
std::unordered_map<const Node*, Tensor> known_values(const std::vector<const Node*>& nodes, const Tensor& root);

/// A copy of what a Reading shows.
Tensor copy_of(const Reading& reading);

/// "0.7311", "[1, 2]", or for more elements "0.1 .. 0.9 (mean 0.5)"; with `most` elements in full.
std::string numbers_text(const Tensor& x, std::int64_t most);

}  // namespace xgrad::detail

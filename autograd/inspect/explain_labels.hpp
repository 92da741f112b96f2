#pragma once

// For this room's sources only: how nodes are called in text, drawings and pages.

#include <string>

#include <xgrad/autograd/inspect/explain.hpp>

namespace xgrad::detail {

/// "y = softmax(axis=1)", "layer1.weight" for a leaf.
std::string label_of(const Explanation::Node& node);
/// "(2, 3) float32".
std::string kind_of(const Explanation::Node& node);

}  // namespace xgrad::detail

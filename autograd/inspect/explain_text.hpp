#pragma once

// For this room's sources only: the graph as text and for Graphviz.

#include <string>

#include <xgrad/autograd/inspect/explain.hpp>

namespace xgrad::detail {

std::string text_of(const Explanation& explanation);
std::string dot_of(const Explanation& explanation);

}  // namespace xgrad::detail

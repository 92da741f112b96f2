#pragma once

// For this room's sources only: the graph as one page: the numbers as JSON, and the style and scripts.

#include <string>

#include <xgrad/autograd/inspect/explain.hpp>

namespace xgrad::detail {

std::string html_of(const Explanation& explanation, const std::string& title);

}  // namespace xgrad::detail

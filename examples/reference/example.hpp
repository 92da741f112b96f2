#pragma once

// For the examples of the reference. example("softmax") stands before the block in braces that docs/reference shows for
// softmax, and marks what the block prints. Further names are entries of the same page that the block shows too, and
// that point to it: example("topk", "Extreme", "smallest").

#include <iostream>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

template <class... Names>
void example(const char* name, const Names&... /*others*/) {
  std::cout << "## " << name << '\n';
}

#pragma once

// For the examples of the reference. example("softmax") stands before the block in braces that docs/reference shows for
// softmax, and marks what the block prints.

#include <iostream>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

inline void example(const char* name) { std::cout << "## " << name << '\n'; }

#pragma once

// Helpers of the tests of the graph: a tensor's elements, and the message of an exception.

#include <cstdint>
#include <exception>
#include <string>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

#include "sanitized.hpp"

using Numbers = std::vector<double>;

/// The elements in order; of an undefined tensor, none.
Numbers numbers(const xgrad::Tensor& x);

/// The elements of an int64 tensor in order.
std::vector<std::int64_t> whole_numbers(const xgrad::Tensor& x);

/// A float64 leaf with the given elements.
xgrad::Tensor leaf(const std::vector<double>& elements);

/// The message of the exception of type E that f throws; "nothing was thrown" if it throws none, and "another kind of
/// exception: ..." for other types.
template <class E = std::exception, class F>
std::string thrown_by(F&& f) {
  try {
    f();
  } catch (const std::exception& error) {
    const bool expected = dynamic_cast<const E*>(&error) != nullptr;
    return (expected ? "" : "another kind of exception: ") + std::string(error.what());
  }
  return "nothing was thrown";
}

/// How many of something to do: fewer in a build that is slow, because it is sanitized or for debugging.
inline constexpr int scaled(int all, int when_slow) {
#ifdef NDEBUG
  return sanitized ? when_slow : all;
#else
  static_cast<void>(all);
  return when_slow;
#endif
}

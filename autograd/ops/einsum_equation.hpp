#pragma once

// For this room's sources only: the equations of einsum.

#include <cstdint>
#include <string>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::detail {

/// A label is the number of a letter, A-Z then a-z, or from `first_unnamed` on that of an axis of "...", counted so
/// that the last axis of every "..." has the same one.
using Labels = std::vector<int>;
inline constexpr int letters = 52, most_unnamed = 32, first_unnamed = letters, label_count = letters + most_unnamed;

/// Which labels name the axes of each operand and of the result, and the size of each label, in which 1 broadcasts.
struct EinsumEquation {
  std::vector<Labels> operands;
  Labels result;
  std::vector<std::int64_t> sizes;  // of all labels; 0 for those that do not occur too
};

/// Reads the equation for the operands. Refuses what has no meaning, naming the letter, the operand and both sizes.
EinsumEquation parse_einsum(const std::string& equation, const std::vector<Tensor>& operands);

}  // namespace xgrad::detail

#pragma once

#include <string>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// Sums of products in Einstein's notation: einsum("ij,jk->ik", {a, b}) is a matrix product. Each operand's axes are
/// named by letters, a-z and A-Z; a letter that is not in the output is summed over, and one that an operand names
/// twice means its diagonal. "..." stands for axes without names, which broadcast and are summed unless the output
/// names them too. Without "->", the output holds "..." and then the letters that occur once, A-Z before a-z.
/// Spaces are ignored. An axis of size 1 broadcasts against a letter's size.
///
/// The operands, all of one dtype, float32, float64 or int64, are contracted in pairs, the cheapest pair first, by
/// matrix products.
[[nodiscard]] Tensor einsum(const std::string& equation, const std::vector<Tensor>& operands,
                            Source at = Source::here());

}  // namespace xgrad

#pragma once

#include <xgrad/autograd/ops/operand.hpp>

namespace xgrad {

// Operations on the bits of int64 in two's complement, and on bool. They broadcast and promote; floating operands are
// an error, and there is no gradient. The operators & | ~ combine masks: they are the logical functions.

/// The bits that are set in both.
[[nodiscard]] Tensor bitwise_and(Tensor a, Tensor b, Source at = Source::here());
/// The bits that are set in either.
[[nodiscard]] Tensor bitwise_or(Tensor a, Tensor b, Source at = Source::here());
/// The bits that are set in one of the two.
[[nodiscard]] Tensor bitwise_xor(Tensor a, Tensor b, Source at = Source::here());
/// y = -1 - x of int64, and the opposite of bool.
[[nodiscard]] Tensor bitwise_not(Tensor x, Source at = Source::here());
/// y = a 2^b modulo 2^64, of which bits beyond int64 are lost: 0 from b = 64 on, and for a negative b. Two bool
/// operands are refused.
[[nodiscard]] Tensor bitwise_left_shift(Tensor a, Tensor b, Source at = Source::here());
/// y = floor(a / 2^b): 0 or -1 from b = 64 on, and for a negative b. Two bool operands are refused.
[[nodiscard]] Tensor bitwise_right_shift(Tensor a, Tensor b, Source at = Source::here());

XGRAD_MIXED(bitwise_and)
XGRAD_MIXED(bitwise_or)
XGRAD_MIXED(bitwise_xor)
XGRAD_MIXED(bitwise_left_shift)
XGRAD_MIXED(bitwise_right_shift)

}  // namespace xgrad

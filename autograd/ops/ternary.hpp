#pragma once

#include <xgrad/autograd/ops/operand.hpp>

namespace xgrad {

// Ops of three operands, element by element; all three broadcast, and their dtypes promote as in arithmetic.hpp.

/// y = a + weight (b - a), computed from the nearer end: exactly b for a weight of 1. int64 and bool become float32.
[[nodiscard]] Tensor lerp(Tensor a, Tensor b, Tensor weight, Source at = Source::here());
/// y = x + value a b. int64 stays int64 if the value is whole; bool is refused.
[[nodiscard]] Tensor addcmul(Tensor x, Tensor a, Tensor b, Number value = 1, Source at = Source::here());
/// y = x + value a / b; int64 and bool become float32.
[[nodiscard]] Tensor addcdiv(Tensor x, Tensor a, Tensor b, Number value = 1, Source at = Source::here());

}  // namespace xgrad

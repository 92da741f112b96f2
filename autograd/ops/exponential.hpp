#pragma once

#include <xgrad/autograd/ops/operand.hpp>

namespace xgrad {

// Every op here works element by element, and promotes dtypes as those of arithmetic.hpp do; int64 and bool become
// float32.

/// y = 1 / √x; inf at 0, with slope -inf, and NaN below.
[[nodiscard]] Tensor rsqrt(Tensor x, Source at = Source::here());
/// y = ∛x, also below 0; slope inf at 0.
[[nodiscard]] Tensor cbrt(Tensor x, Source at = Source::here());
/// y = 2^x.
[[nodiscard]] Tensor exp2(Tensor x, Source at = Source::here());
/// y = log x to base 2, exact for powers of 2; -inf at 0, NaN below.
[[nodiscard]] Tensor log2(Tensor x, Source at = Source::here());
/// y = log x to base 10; -inf at 0, NaN below.
[[nodiscard]] Tensor log10(Tensor x, Source at = Source::here());
/// y = ln(x / (1 - x)), the inverse of sigmoid: ∓inf at 0 and 1, and NaN outside.
[[nodiscard]] Tensor logit(Tensor x, Source at = Source::here());
/// The same of x clamped to eps .. 1 - eps, with slope 0 outside of these bounds. An eps outside [0, 1/2] is an error.
[[nodiscard]] Tensor logit(Tensor x, double eps, Source at = Source::here());
/// y = ln(e^a + e^b), without overflow; the slopes are NaN where a and b are the same infinity, as those of
/// logsumexp are.
[[nodiscard]] Tensor logaddexp(Tensor a, Tensor b, Source at = Source::here());
/// y = log(2^a + 2^b) to base 2, with the same edges.
[[nodiscard]] Tensor logaddexp2(Tensor a, Tensor b, Source at = Source::here());
/// y = a ln b, and 0 where a is 0 and b is not NaN. At a = 0 the slope in a is 0 for b <= 0, and that in b is 0.
[[nodiscard]] Tensor xlogy(Tensor a, Tensor b, Source at = Source::here());

XGRAD_MIXED(logaddexp)
XGRAD_MIXED(logaddexp2)
XGRAD_MIXED(xlogy)

}  // namespace xgrad

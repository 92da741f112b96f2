#pragma once

#include <xgrad/autograd/ops/operand.hpp>

namespace xgrad {

// Every op here works element by element, broadcasts by NumPy's rule and promotes dtypes as PyTorch does (bool < int64
// < float32 < float64; the dtype of a C++ number is weak). Functions whose values are not integers convert int64 and
// bool to float32.

/// y = a + b; the gradient passes to both.
[[nodiscard]] Tensor add(Tensor a, Tensor b, Source at = Source::here());
/// y = a - b.
[[nodiscard]] Tensor sub(Tensor a, Tensor b, Source at = Source::here());
/// y = a b; each gets the gradient times the other.
[[nodiscard]] Tensor mul(Tensor a, Tensor b, Source at = Source::here());
/// y = a / b, in floating point also for integers.
[[nodiscard]] Tensor div(Tensor a, Tensor b, Source at = Source::here());
/// y = a^b. Slopes at the edges: x^0 has 0; d/da at a = 0 is 0, 1 or inf for b above, at or below 1; d/db at a = 0 is 0
/// for b >= 0 and -inf below.
[[nodiscard]] Tensor pow(Tensor a, Tensor b, Source at = Source::here());
/// y = -x.
[[nodiscard]] Tensor neg(Tensor x, Source at = Source::here());
/// y = x².
[[nodiscard]] Tensor square(Tensor x, Source at = Source::here());
/// y = 1 / x, with slope -y².
[[nodiscard]] Tensor reciprocal(Tensor x, Source at = Source::here());
/// y = √x; NaN below 0, slope inf at 0.
[[nodiscard]] Tensor sqrt(Tensor x, Source at = Source::here());
/// y = e^x.
[[nodiscard]] Tensor exp(Tensor x, Source at = Source::here());
/// y = e^x - 1, exact near 0.
[[nodiscard]] Tensor expm1(Tensor x, Source at = Source::here());
/// y = ln x; -inf at 0, NaN below.
[[nodiscard]] Tensor log(Tensor x, Source at = Source::here());
/// y = ln(1 + x), exact near 0.
[[nodiscard]] Tensor log1p(Tensor x, Source at = Source::here());
/// y = sin x, x in radians.
[[nodiscard]] Tensor sin(Tensor x, Source at = Source::here());
/// y = cos x, x in radians.
[[nodiscard]] Tensor cos(Tensor x, Source at = Source::here());
/// y = |x|, with slope 0 at 0.
[[nodiscard]] Tensor abs(Tensor x, Source at = Source::here());
/// y = 1, 0 or -1 as x is above, at or below 0 (0 for NaN); slope 0.
[[nodiscard]] Tensor sign(Tensor x, Source at = Source::here());
/// y = 2/√π ∫₀ˣ e^(-t²) dt.
[[nodiscard]] Tensor erf(Tensor x, Source at = Source::here());

XGRAD_MIXED(add)
XGRAD_MIXED(sub)
XGRAD_MIXED(mul)
XGRAD_MIXED(div)
XGRAD_MIXED(pow)

[[nodiscard]] Tensor operator+(Operand a, Operand b);
[[nodiscard]] Tensor operator-(Operand a, Operand b);
[[nodiscard]] Tensor operator*(Operand a, Operand b);
[[nodiscard]] Tensor operator/(Operand a, Operand b);
[[nodiscard]] Tensor operator-(Operand x);
[[nodiscard]] inline Tensor operator+(const Tensor& x) { return x; }

XGRAD_MIXED_OPERATOR(+, add)
XGRAD_MIXED_OPERATOR(-, sub)
XGRAD_MIXED_OPERATOR(*, mul)
XGRAD_MIXED_OPERATOR(/, div)

/// a += b writes to the storage of a in place, which every handle sees, where recording is off or neither needs a
/// gradient. Else it is recorded as a = a + b, for this handle alone. A weak a without a gradient takes the dtype of
/// the result.
Tensor& operator+=(Tensor& a, Operand b);
Tensor& operator-=(Tensor& a, Operand b);
Tensor& operator*=(Tensor& a, Operand b);
Tensor& operator/=(Tensor& a, Operand b);
// To a temporary that shares memory with a tensor, as in x[0] += 1, they write that memory; if it is a copy, or the
// result would have to be recorded, it would be lost, and is refused: Tensor::put writes any place.
Tensor operator+=(Tensor&& a, Operand b);
Tensor operator-=(Tensor&& a, Operand b);
Tensor operator*=(Tensor&& a, Operand b);
Tensor operator/=(Tensor&& a, Operand b);

/// x converted to another dtype; the gradient is converted back to the dtype of x.
[[nodiscard]] Tensor to(Tensor x, DType dtype, Source at = Source::here());

}  // namespace xgrad

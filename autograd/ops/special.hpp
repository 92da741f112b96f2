#pragma once

#include <cstdint>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

// Special functions. Every op here works element by element; int64 and bool become float32.

/// y = sin πx / πx, and 1 at 0, where the slope is 0; accurate also near 0.
[[nodiscard]] Tensor sinc(Tensor x, Source at = Source::here());
/// y = 1 - erf x = 2/√π ∫ₓ^∞ e^(-t²) dt, accurate also where it is small.
[[nodiscard]] Tensor erfc(Tensor x, Source at = Source::here());
/// y with erf y = x: ±inf at ±1, with slope inf, and NaN beyond.
[[nodiscard]] Tensor erfinv(Tensor x, Source at = Source::here());
/// y = ln |Γ(x)|; inf at 0 and the negative integers, where the slope is that of digamma.
[[nodiscard]] Tensor lgamma(Tensor x, Source at = Source::here());
/// y = d/dx ln Γ(x): -inf at 0, inf at -0, NaN at the negative integers.
[[nodiscard]] Tensor digamma(Tensor x, Source at = Source::here());
/// y = the n-th derivative of digamma, n >= 0; at 0 and the negative integers inf for odd n, -inf for even n > 0. A
/// negative n is an error.
[[nodiscard]] Tensor polygamma(std::int64_t n, Tensor x, Source at = Source::here());

}  // namespace xgrad

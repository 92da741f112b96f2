#pragma once

#include <cstdint>

#include <xgrad/autograd/ops/operand.hpp>

namespace xgrad {

// Every op here works element by element, broadcasts and promotes dtypes as those of arithmetic.hpp do. int64 stays
// int64, where division by 0 is an error, and the least integer divided by -1 wraps around; bool is refused.

/// How a quotient is made whole: to the next whole number below, or towards 0.
enum class Rounding : std::uint8_t { floor, trunc };

/// y = the largest whole number not above x; slope 0, as for all that round.
[[nodiscard]] Tensor floor(Tensor x, Source at = Source::here());
/// y = the smallest whole number not below x.
[[nodiscard]] Tensor ceil(Tensor x, Source at = Source::here());
/// y = x without its fraction.
[[nodiscard]] Tensor trunc(Tensor x, Source at = Source::here());
/// y = the nearest whole number, halves to even.
[[nodiscard]] Tensor round(Tensor x, Source at = Source::here());
/// y = the nearest multiple of 10^-decimals, halves to even. Of integers a negative number of decimals is an error.
[[nodiscard]] Tensor round(Tensor x, int decimals, Source at = Source::here());
/// y = x - trunc(x), with slope 1; int64 and bool become float32.
[[nodiscard]] Tensor frac(Tensor x, Source at = Source::here());
/// y = a - b trunc(a / b), exactly: the remainder with the sign of a. Slopes 1 and -trunc(a / b).
[[nodiscard]] Tensor fmod(Tensor a, Tensor b, Source at = Source::here());
/// y = a - b floor(a / b): the remainder with the sign of b. Slopes 1 and -floor(a / b).
[[nodiscard]] Tensor remainder(Tensor a, Tensor b, Source at = Source::here());
/// y = floor(a / b), from the exact remainder; slope 0.
[[nodiscard]] Tensor floor_divide(Tensor a, Tensor b, Source at = Source::here());
/// y = a / b made whole; slope 0.
[[nodiscard]] Tensor div(Tensor a, Tensor b, Rounding rounding, Source at = Source::here());
/// remainder(a, b).
[[nodiscard]] Tensor operator%(Operand a, Operand b);

XGRAD_MIXED(fmod)
XGRAD_MIXED(remainder)
XGRAD_MIXED(floor_divide)
XGRAD_MIXED_OPERATOR(%, remainder)
template <class E, class = detail::IfExpression<E>>
[[nodiscard]] Tensor div(Tensor a, E&& b, Rounding rounding, Source at = Source::here()) {
  return div(std::move(a), Tensor(std::forward<E>(b)), rounding, at);
}
template <class E, class = detail::IfExpression<E>>
[[nodiscard]] Tensor div(E&& a, Tensor b, Rounding rounding, Source at = Source::here()) {
  return div(Tensor(std::forward<E>(a)), std::move(b), rounding, at);
}

}  // namespace xgrad

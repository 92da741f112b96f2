#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/ops/operand.hpp>

namespace xgrad {

// Comparisons broadcast, promote, and give bool tensors, which have no gradient. == is element by element.
[[nodiscard]] Tensor operator<(Operand a, Operand b);
[[nodiscard]] Tensor operator<=(Operand a, Operand b);
[[nodiscard]] Tensor operator>(Operand a, Operand b);
[[nodiscard]] Tensor operator>=(Operand a, Operand b);
[[nodiscard]] Tensor operator==(Operand a, Operand b);
[[nodiscard]] Tensor operator!=(Operand a, Operand b);

/// a < b, as a bool tensor.
[[nodiscard]] Tensor less(Tensor a, Tensor b, Source at = Source::here());
/// a <= b, as a bool tensor.
[[nodiscard]] Tensor less_equal(Tensor a, Tensor b, Source at = Source::here());
/// a > b, as a bool tensor.
[[nodiscard]] Tensor greater(Tensor a, Tensor b, Source at = Source::here());
/// a >= b, as a bool tensor.
[[nodiscard]] Tensor greater_equal(Tensor a, Tensor b, Source at = Source::here());
/// a == b, as a bool tensor.
[[nodiscard]] Tensor equal(Tensor a, Tensor b, Source at = Source::here());
/// a != b, as a bool tensor.
[[nodiscard]] Tensor not_equal(Tensor a, Tensor b, Source at = Source::here());
/// Whether x is NaN.
[[nodiscard]] Tensor isnan(Tensor x, Source at = Source::here());
/// Whether x is neither infinite nor NaN.
[[nodiscard]] Tensor isfinite(Tensor x, Source at = Source::here());
/// Whether x is infinite; of isposinf() and isneginf(), whether it is inf or -inf.
[[nodiscard]] Tensor isinf(Tensor x, Source at = Source::here());
[[nodiscard]] Tensor isposinf(Tensor x, Source at = Source::here());
[[nodiscard]] Tensor isneginf(Tensor x, Source at = Source::here());

/// Logical and, or, exclusive or, not: element by element on bool tensors; in other dtypes, elements that are not 0
/// count as true.
[[nodiscard]] Tensor logical_and(Tensor a, Tensor b, Source at = Source::here());
[[nodiscard]] Tensor logical_or(Tensor a, Tensor b, Source at = Source::here());
[[nodiscard]] Tensor logical_xor(Tensor a, Tensor b, Source at = Source::here());
[[nodiscard]] Tensor logical_not(Tensor x, Source at = Source::here());
[[nodiscard]] Tensor operator&(Operand a, Operand b);
[[nodiscard]] Tensor operator|(Operand a, Operand b);
[[nodiscard]] Tensor operator~(Operand x);
[[nodiscard]] Tensor operator&&(Operand a, Operand b);
[[nodiscard]] Tensor operator||(Operand a, Operand b);
[[nodiscard]] Tensor operator!(Operand x);

/// y = a where the condition holds, else b; all three broadcast. The branch not taken gets a gradient of exactly 0,
/// which an infinite slope further back still turns into NaN: where(x > 0, sqrt(x), 0) at 0. Inside one elementwise()
/// lambda it cannot.
[[nodiscard]] Tensor where(Tensor condition, Tensor a, Tensor b, Source at = Source::here());
/// y = the larger of a and b; NaN if either is. At a tie each gets half of the gradient.
[[nodiscard]] Tensor maximum(Tensor a, Tensor b, Source at = Source::here());
/// y = the smaller of a and b; NaN if either is. At a tie each gets half of the gradient.
[[nodiscard]] Tensor minimum(Tensor a, Tensor b, Source at = Source::here());
/// y = the larger of a and b; where one is NaN, the other. At a tie a gets the gradient.
[[nodiscard]] Tensor fmax(Tensor a, Tensor b, Source at = Source::here());
/// y = the smaller of a and b; where one is NaN, the other. At a tie a gets the gradient.
[[nodiscard]] Tensor fmin(Tensor a, Tensor b, Source at = Source::here());
/// y = |a| with the sign of b, also that of -0; slopes ±1, 0 at a = 0, and 0 in b. int64 and bool become float32.
[[nodiscard]] Tensor copysign(Tensor a, Tensor b, Source at = Source::here());
/// y = 0, b or 1 as a is below, at or above 0 (0 for NaN); slope 0 in a, and 1 in b where a is 0.
[[nodiscard]] Tensor heaviside(Tensor a, Tensor b, Source at = Source::here());
/// y = x with NaN replaced by a number, and infinities too, by default by the greatest and the least number of the
/// dtype; slope 0 where it replaces.
[[nodiscard]] Tensor nan_to_num(Tensor x, double nan = 0.0, std::optional<double> posinf = std::nullopt,
                                std::optional<double> neginf = std::nullopt, Source at = Source::here());

/// Whether two NaNs count as close.
enum class EqualNan : bool { no, yes };
inline constexpr EqualNan equal_nan = EqualNan::yes;
/// Whether a == b or |a - b| <= atol + rtol |b|, as a bool tensor. Negative tolerances are an error.
[[nodiscard]] Tensor isclose(Tensor a, Tensor b, double rtol = 1e-5, double atol = 1e-8, EqualNan nan = EqualNan::no,
                             Source at = Source::here());
/// Whether isclose() holds for all elements.
[[nodiscard]] bool allclose(Tensor a, Tensor b, double rtol = 1e-5, double atol = 1e-8, EqualNan nan = EqualNan::no,
                            Source at = Source::here());

namespace detail {

[[nodiscard]] Tensor clamp(Tensor x, std::optional<Number> low, std::optional<Number> high, Source at);

template <class T>
inline constexpr bool is_clamp_bound = std::is_arithmetic_v<T> || std::is_same_v<T, std::nullopt_t>;
template <class T>
std::optional<Number> clamp_bound(T value) {
  if constexpr (std::is_arithmetic_v<T>)
    return Number(value);
  else
    return std::nullopt;
}

}  // namespace detail

/// y = x kept within low .. high, either of which may be std::nullopt; slope 1 at the bounds, 0 outside and for NaN.
/// low above high makes every element high, with slope 0; a bound that is NaN is an error. int64 stays int64 if both
/// bounds are integers.
template <class L, class H, std::enable_if_t<detail::is_clamp_bound<L> && detail::is_clamp_bound<H>, int> = 0>
[[nodiscard]] Tensor clamp(Tensor x, L low, H high, Source at = Source::here()) {
  return detail::clamp(std::move(x), detail::clamp_bound(low), detail::clamp_bound(high), at);
}
/// The same with bounds that are tensors and broadcast. A bound that is the result gets the gradient where x is beyond
/// it; NaN in a bound gives NaN.
[[nodiscard]] Tensor clamp(Tensor x, Tensor low, Tensor high, Source at = Source::here());
/// clamp with one bound.
[[nodiscard]] Tensor clamp_min(Tensor x, Tensor low, Source at = Source::here());
[[nodiscard]] Tensor clamp_max(Tensor x, Tensor high, Source at = Source::here());

XGRAD_MIXED(less)
XGRAD_MIXED(less_equal)
XGRAD_MIXED(greater)
XGRAD_MIXED(greater_equal)
XGRAD_MIXED(equal)
XGRAD_MIXED(not_equal)
XGRAD_MIXED(logical_and)
XGRAD_MIXED(logical_or)
XGRAD_MIXED(logical_xor)
XGRAD_MIXED(maximum)
XGRAD_MIXED(minimum)
XGRAD_MIXED(fmax)
XGRAD_MIXED(fmin)
XGRAD_MIXED(copysign)
XGRAD_MIXED(heaviside)
XGRAD_MIXED(clamp_min)
XGRAD_MIXED(clamp_max)
template <class E, class = detail::IfExpression<E>>
[[nodiscard]] Tensor isclose(Tensor a, E&& b, double rtol = 1e-5, double atol = 1e-8, EqualNan nan = EqualNan::no,
                             Source at = Source::here()) {
  return isclose(std::move(a), Tensor(std::forward<E>(b)), rtol, atol, nan, at);
}
template <class E, class = detail::IfExpression<E>>
[[nodiscard]] Tensor isclose(E&& a, Tensor b, double rtol = 1e-5, double atol = 1e-8, EqualNan nan = EqualNan::no,
                             Source at = Source::here()) {
  return isclose(Tensor(std::forward<E>(a)), std::move(b), rtol, atol, nan, at);
}
template <class E, class = detail::IfExpression<E>>
[[nodiscard]] bool allclose(Tensor a, E&& b, double rtol = 1e-5, double atol = 1e-8, EqualNan nan = EqualNan::no,
                            Source at = Source::here()) {
  return allclose(std::move(a), Tensor(std::forward<E>(b)), rtol, atol, nan, at);
}
template <class E, class = detail::IfExpression<E>>
[[nodiscard]] bool allclose(E&& a, Tensor b, double rtol = 1e-5, double atol = 1e-8, EqualNan nan = EqualNan::no,
                            Source at = Source::here()) {
  return allclose(Tensor(std::forward<E>(a)), std::move(b), rtol, atol, nan, at);
}
XGRAD_MIXED_OPERATOR(<, less)
XGRAD_MIXED_OPERATOR(<=, less_equal)
XGRAD_MIXED_OPERATOR(>, greater)
XGRAD_MIXED_OPERATOR(>=, greater_equal)
XGRAD_MIXED_OPERATOR(==, equal)
XGRAD_MIXED_OPERATOR(!=, not_equal)
XGRAD_MIXED_OPERATOR(&&, logical_and)
XGRAD_MIXED_OPERATOR(||, logical_or)
XGRAD_MIXED_OPERATOR(&, logical_and)
XGRAD_MIXED_OPERATOR(|, logical_or)

namespace detail {

template <class A, class B, class C>
inline constexpr bool mixed_where = (is_tensor<A> || is_tensor<B> ||
                                     is_tensor<C>)&&(xt::is_xexpression<std::decay_t<A>>::value ||
                                                     xt::is_xexpression<std::decay_t<B>>::value ||
                                                     xt::is_xexpression<std::decay_t<C>>::value);

}  // namespace detail

template <class B, class C, class = std::enable_if_t<detail::mixed_where<Tensor, B, C>>>
[[nodiscard]] Tensor where(Tensor condition, B&& b, C&& c, Source at = Source::here()) {
  return where(std::move(condition), Tensor(std::forward<B>(b)), Tensor(std::forward<C>(c)), at);
}
template <class A, class C, class = std::enable_if_t<detail::mixed_where<A, Tensor, C> && !detail::is_tensor<A>>>
[[nodiscard]] Tensor where(A&& condition, Tensor b, C&& c, Source at = Source::here()) {
  return where(Tensor(std::forward<A>(condition)), std::move(b), Tensor(std::forward<C>(c)), at);
}
template <class A, class B,
          class = std::enable_if_t<detail::mixed_where<A, B, Tensor> && !detail::is_tensor<A> && !detail::is_tensor<B>>>
[[nodiscard]] Tensor where(A&& condition, B&& b, Tensor c, Source at = Source::here()) {
  return where(Tensor(std::forward<A>(condition)), Tensor(std::forward<B>(b)), std::move(c), at);
}

}  // namespace xgrad

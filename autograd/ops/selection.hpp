#pragma once

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

/// Logical and, or, exclusive or, not: element by element on bool tensors; in other dtypes, elements that are not 0
/// count as true.
[[nodiscard]] Tensor logical_and(Tensor a, Tensor b, Source at = Source::here());
[[nodiscard]] Tensor logical_or(Tensor a, Tensor b, Source at = Source::here());
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
namespace detail {
[[nodiscard]] Tensor clamp(Tensor x, Number low, Number high, Source at);
}
/// y = x kept within low .. high; slope 1 at the bounds, 0 outside and for NaN. low above high makes every element
/// high, with slope 0; a bound that is NaN is an error. int64 stays int64 if both bounds are integers.
template <class L, class H, std::enable_if_t<std::is_arithmetic_v<L> && std::is_arithmetic_v<H>, int> = 0>
[[nodiscard]] Tensor clamp(Tensor x, L low, H high, Source at = Source::here()) {
  return detail::clamp(std::move(x), low, high, at);
}

XGRAD_MIXED(less)
XGRAD_MIXED(less_equal)
XGRAD_MIXED(greater)
XGRAD_MIXED(greater_equal)
XGRAD_MIXED(equal)
XGRAD_MIXED(not_equal)
XGRAD_MIXED(logical_and)
XGRAD_MIXED(logical_or)
XGRAD_MIXED(maximum)
XGRAD_MIXED(minimum)
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

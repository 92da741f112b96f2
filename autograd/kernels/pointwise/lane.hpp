#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/kernels/pointwise/dual.hpp>
#include <xgrad/autograd/kernels/pointwise/functions.hpp>

namespace xgrad {

/// A truth value for every number of a Lane.
template <class V>
class LaneMask {
 public:
  explicit LaneMask(kernels::MaskOf<V> mask) : v(std::move(mask)) {}
  explicit operator bool() const = delete;  // a mask holds many truth values: choose with where(mask, a, b)

  kernels::MaskOf<V> v;
};

/// The argument of the lambda of elementwise(): many numbers at once, as a tile, a vector, or a dual number over tiles,
/// vectors or tensors. It has the elementwise functions and operators of Tensor, with the same meanings, and mixes with
/// C++ numbers.
template <class V>
class Lane {
 public:
  Lane() : v(0.0) {}
  explicit Lane(V value) : v(std::move(value)) {}
  template <class N, std::enable_if_t<std::is_arithmetic_v<N>, int> = 0>
  Lane(N number) : v(static_cast<double>(number)) {}
  /// 1 where the mask holds, else 0.
  Lane(LaneMask<V> mask) : v(kernels::MaskTraits<V>::number(std::move(mask.v))) {}
  explicit operator bool() const = delete;  // a lane holds many numbers: compare, and choose with where(mask, a, b)

  Lane& operator+=(Lane b) { return *this = std::move(*this) + std::move(b); }
  Lane& operator-=(Lane b) { return *this = std::move(*this) - std::move(b); }
  Lane& operator*=(Lane b) { return *this = std::move(*this) * std::move(b); }
  Lane& operator/=(Lane b) { return *this = std::move(*this) / std::move(b); }

  V v;
};

namespace detail {

template <class N>
using IfNumber = std::enable_if_t<std::is_arithmetic_v<N>, int>;

template <class F, class V>
Lane<V> lane(const F& f, Lane<V> x) {
  transform(f, x.v);
  return x;
}
template <class F, class V>
Lane<V> lane(const F& f, Lane<V> a, Lane<V> b) {
  transform(f, a.v, b.v);
  return a;
}
template <class F, class V>
LaneMask<V> mask(const F& f, const Lane<V>& x) {
  kernels::MaskOf<V> result(kernels::value_of(x.v));
  transform(f, result);
  return LaneMask<V>(std::move(result));
}
template <class F, class V>
LaneMask<V> mask(const F& f, const Lane<V>& a, const Lane<V>& b) {
  kernels::MaskOf<V> left(kernels::value_of(a.v)), right(kernels::value_of(b.v));
  transform(f, left, right);
  return LaneMask<V>(std::move(left));
}
template <class T>
struct LaneValue {  // of anything but a lane or a mask
  using Type = void;
  static constexpr bool mixes = std::is_arithmetic_v<T>, mask = false;
};
template <class V>
struct LaneValue<Lane<V>> {
  using Type = V;
  static constexpr bool mixes = true, mask = false;
};
template <class V>
struct LaneValue<LaneMask<V>> {
  using Type = V;
  static constexpr bool mixes = true, mask = true;
};
template <class A, class B, class U = typename LaneValue<A>::Type, class V = typename LaneValue<B>::Type>
inline constexpr bool are_lanes =
    LaneValue<A>::mixes&& LaneValue<B>::mixes && !(LaneValue<A>::mask && LaneValue<B>::mask) &&
    (std::is_void_v<U> != std::is_void_v<V> || (!std::is_void_v<U> && std::is_same_v<U, V>));
/// The V of two operands of which at least one is a Lane<V>, or a mask beside a number: as with tensors, a mask beside
/// a lane or a number counts as ones and zeros. Two masks are no such operands.
template <class A, class B>
using LaneOf =
    std::enable_if_t<are_lanes<A, B>, std::conditional_t<std::is_void_v<typename LaneValue<A>::Type>,
                                                         typename LaneValue<B>::Type, typename LaneValue<A>::Type>>;
/// Where the lane is not 0.
template <class V>
LaneMask<V> truth(const Lane<V>& x) {
  return mask(kernels::fn::NotEqual(), x, Lane<V>(0.0));
}

}  // namespace detail

// Every function of the table, by its name; one of two lanes also takes a number on either side. They must be
// templates: with an implicit conversion of numbers to lanes, maximum(1, 2) would no longer be the one of two tensors.

#define XGRAD_LANE_UNARY(name, Function)                        \
  template <class V>                                            \
  Lane<V> name(Lane<V> x) {                                     \
    return detail::lane(kernels::fn::Function(), std::move(x)); \
  }                                                             \
  template <class V>                                            \
  Lane<V> name(LaneMask<V> x) {                                 \
    return name(Lane<V>(std::move(x)));                         \
  }
#define XGRAD_LANE_WITH_SETTINGS(name, Function)                                                \
  template <class V, class... Settings>                                                         \
  Lane<V> name(Lane<V> x, Settings... settings) {                                               \
    return detail::lane(kernels::fn::Function(static_cast<double>(settings)...), std::move(x)); \
  }
#define XGRAD_LANE_OF_TWO(name, Function)                                     \
  template <class V>                                                          \
  Lane<V> name(Lane<V> a, Lane<V> b) {                                        \
    return detail::lane(kernels::fn::Function(), std::move(a), std::move(b)); \
  }
#define XGRAD_LANE_BINARY(name, Function)                                                       \
  template <class A, class B, class V = detail::LaneOf<A, B>>                                   \
  Lane<V> name(A a, B b) {                                                                      \
    return detail::lane(kernels::fn::Function(), Lane<V>(std::move(a)), Lane<V>(std::move(b))); \
  }
#define XGRAD_LANE_COMPARE(name, Function)                                                             \
  template <class A, class B, class V = detail::LaneOf<A, B>>                                          \
  LaneMask<V> name(A left, B right) {                                                                  \
    return detail::mask(kernels::fn::Function(), Lane<V>(std::move(left)), Lane<V>(std::move(right))); \
  }
#define XGRAD_LANE_CLASS(name, Function)             \
  template <class V>                                 \
  LaneMask<V> name(Lane<V> x) {                      \
    return detail::mask(kernels::fn::Function(), x); \
  }
#define XGRAD_LANE_OF_MASKS(name, Function)        \
  template <class V>                               \
  LaneMask<V> name(LaneMask<V> a, LaneMask<V> b) { \
    transform(kernels::fn::Function(), a.v, b.v);  \
    return a;                                      \
  }
#define XGRAD_LANE_LOGICAL(name, Function)                            \
  XGRAD_LANE_OF_MASKS(name, Function)                                 \
  template <class V>                                                  \
  LaneMask<V> name(LaneMask<V> a, bool b) {                           \
    return name(std::move(a), detail::truth(Lane<V>(b ? 1.0 : 0.0))); \
  }                                                                   \
  template <class V>                                                  \
  LaneMask<V> name(bool a, LaneMask<V> b) {                           \
    return name(detail::truth(Lane<V>(a ? 1.0 : 0.0)), std::move(b)); \
  }
// The named ones take numbers too, which count as true where they are not 0.
#define XGRAD_LANE_NAMED_LOGICAL(name, Function)                                             \
  XGRAD_LANE_LOGICAL(name, Function)                                                         \
  template <class A, class B, class V = detail::LaneOf<A, B>>                                \
  LaneMask<V> name(A a, B b) {                                                               \
    return name(detail::truth(Lane<V>(std::move(a))), detail::truth(Lane<V>(std::move(b)))); \
  }

XGRAD_PLAIN_UNARY(XGRAD_LANE_UNARY)
XGRAD_UNARY_WITH_SETTINGS(XGRAD_LANE_WITH_SETTINGS)
XGRAD_LANE_BINARY(add, Add)
XGRAD_LANE_BINARY(sub, Sub)
XGRAD_LANE_BINARY(mul, Mul)
XGRAD_LANE_BINARY(div, Div)
XGRAD_LANE_OF_TWO(pow, Pow)
XGRAD_PIECEWISE_BINARY(XGRAD_LANE_BINARY)
XGRAD_SELECTION_BINARY(XGRAD_LANE_BINARY)
XGRAD_TRIGONOMETRIC_BINARY(XGRAD_LANE_BINARY)
XGRAD_EXPONENTIAL_BINARY(XGRAD_LANE_BINARY)
XGRAD_ROUNDING_BINARY(XGRAD_LANE_BINARY)
XGRAD_COMPARISONS(XGRAD_LANE_COMPARE)
XGRAD_LOGICAL_BINARY(XGRAD_LANE_NAMED_LOGICAL)

XGRAD_LANE_BINARY(operator+, Add)
XGRAD_LANE_BINARY(operator-, Sub)
XGRAD_LANE_BINARY(operator*, Mul)
XGRAD_LANE_BINARY(operator/, Div)
XGRAD_LANE_BINARY(operator%, Remainder)
// The product and the sum of two masks are masks, as with tensors.
XGRAD_LANE_OF_MASKS(operator*, And)
XGRAD_LANE_OF_MASKS(operator+, Or)
XGRAD_LANE_OF_MASKS(mul, And)
XGRAD_LANE_OF_MASKS(add, Or)
XGRAD_LANE_UNARY(operator-, Neg)
template <class V>
Lane<V> operator+(Lane<V> x) {
  return x;
}

XGRAD_LANE_COMPARE(operator<, Less)
XGRAD_LANE_COMPARE(operator>, Greater)
XGRAD_LANE_COMPARE(operator<=, LessEqual)
XGRAD_LANE_COMPARE(operator>=, GreaterEqual)
XGRAD_LANE_COMPARE(operator==, Equal)
XGRAD_LANE_COMPARE(operator!=, NotEqual)
XGRAD_CLASSIFICATION(XGRAD_LANE_CLASS)

XGRAD_LANE_LOGICAL(operator&, And)
XGRAD_LANE_LOGICAL(operator|, Or)
XGRAD_LANE_LOGICAL(operator&&, And)
XGRAD_LANE_LOGICAL(operator||, Or)
XGRAD_LANE_OF_MASKS(operator!=, NotEqual)
XGRAD_LANE_OF_MASKS(operator==, Equal)
template <class V>
LaneMask<V> logical_not(LaneMask<V> x) {
  transform(kernels::fn::Not(), x.v);
  return x;
}
template <class V>
LaneMask<V> logical_not(Lane<V> x) {
  return x == 0.0;
}
template <class V>
LaneMask<V> operator~(LaneMask<V> x) {
  return logical_not(std::move(x));
}
template <class V>
LaneMask<V> operator!(LaneMask<V> x) {
  return logical_not(std::move(x));
}

/// a^b for an exponent that is one number. x^0 is 1, with slope 0 everywhere.
template <class V, class N, detail::IfNumber<N> = 0>
Lane<V> pow(Lane<V> a, N b) {
  if (b == N(0)) return Lane<V>(1.0);
  return detail::lane(kernels::fn::Power(static_cast<double>(b)), std::move(a));
}
template <class V, class N, detail::IfNumber<N> = 0>
Lane<V> pow(N a, Lane<V> b) {
  return pow(Lane<V>(a), std::move(b));
}

/// a where the mask holds, else b. The branch not taken gets a slope of exactly 0, even if its own is infinite or NaN.
template <class V>
Lane<V> where(LaneMask<V> mask, Lane<V> a, Lane<V> b) {
  choose(mask.v, a.v, b.v);
  return a;
}
template <class V, class N, detail::IfNumber<N> = 0>
Lane<V> where(LaneMask<V> mask, Lane<V> a, N b) {
  return where(std::move(mask), std::move(a), Lane<V>(b));
}
template <class V, class N, detail::IfNumber<N> = 0>
Lane<V> where(LaneMask<V> mask, N a, Lane<V> b) {
  return where(std::move(mask), Lane<V>(a), std::move(b));
}
template <class V, class A, class B, detail::IfNumber<A> = 0, detail::IfNumber<B> = 0>
Lane<V> where(LaneMask<V> mask, A a, B b) {
  return where(std::move(mask), Lane<V>(a), Lane<V>(b));
}
template <class V, class A>
Lane<V> where(LaneMask<V> mask, A a, LaneMask<V> b) {
  return where(std::move(mask), std::move(a), Lane<V>(std::move(b)));
}
template <class V, class B>
Lane<V> where(LaneMask<V> mask, LaneMask<V> a, B b) {
  return where(std::move(mask), Lane<V>(std::move(a)), std::move(b));
}
template <class V>
LaneMask<V> where(LaneMask<V> mask, LaneMask<V> a, LaneMask<V> b) {
  return (mask & std::move(a)) | (~mask & std::move(b));
}
/// The same for one condition that holds for all numbers, or for none.
template <class V>
Lane<V> where(bool condition, Lane<V> a, Lane<V> b) {
  return condition ? std::move(a) : std::move(b);
}
template <class V, class N, detail::IfNumber<N> = 0>
Lane<V> where(bool condition, Lane<V> a, N b) {
  return condition ? std::move(a) : Lane<V>(b);
}
template <class V, class N, detail::IfNumber<N> = 0>
Lane<V> where(bool condition, N a, Lane<V> b) {
  return condition ? Lane<V>(a) : std::move(b);
}

/// PyTorch's name of clamp.
template <class V, class L, class H>
Lane<V> clip(Lane<V> x, L low, H high) {
  return clamp(std::move(x), low, high);
}

/// x kept within bounds that are lanes or numbers.
template <class V>
Lane<V> clamp_min(Lane<V> x, Lane<V> low) {
  return where((x >= low) | (x != x), x, low);
}
template <class V>
Lane<V> clamp_max(Lane<V> x, Lane<V> high) {
  return where((x <= high) | (x != x), x, high);
}
template <class V, class N, detail::IfNumber<N> = 0>
Lane<V> clamp_min(Lane<V> x, N low) {
  return clamp_min(std::move(x), Lane<V>(low));
}
template <class V, class N, detail::IfNumber<N> = 0>
Lane<V> clamp_min(N x, Lane<V> low) {
  return clamp_min(Lane<V>(x), std::move(low));
}
template <class V, class N, detail::IfNumber<N> = 0>
Lane<V> clamp_max(Lane<V> x, N high) {
  return clamp_max(std::move(x), Lane<V>(high));
}
template <class V, class N, detail::IfNumber<N> = 0>
Lane<V> clamp_max(N x, Lane<V> high) {
  return clamp_max(Lane<V>(x), std::move(high));
}
template <class V>
Lane<V> clamp(Lane<V> x, Lane<V> low, Lane<V> high) {
  return clamp_max(clamp_min(std::move(x), std::move(low)), std::move(high));
}
template <class V, class N, detail::IfNumber<N> = 0>
Lane<V> clamp(Lane<V> x, N low, Lane<V> high) {
  return clamp(std::move(x), Lane<V>(low), std::move(high));
}
template <class V, class N, detail::IfNumber<N> = 0>
Lane<V> clamp(Lane<V> x, Lane<V> low, N high) {
  return clamp(std::move(x), std::move(low), Lane<V>(high));
}

// Of three operands: the first decides the kind of lane, the others may be numbers.

/// a + weight (b - a), from the nearer end; exactly b for a weight of 1.
template <class V, class B, class W>
Lane<V> lerp(Lane<V> a, B b, W weight) {
  return kernels::fn::between(a, Lane<V>(std::move(b)), Lane<V>(std::move(weight)));
}
/// x + value a b.
template <class V, class A, class B>
Lane<V> addcmul(Lane<V> x, A a, B b, double value = 1) {
  return x + value * Lane<V>(a) * Lane<V>(b);
}
/// x + value a / b.
template <class V, class A, class B>
Lane<V> addcdiv(Lane<V> x, A a, B b, double value = 1) {
  return x + value * (Lane<V>(a) / Lane<V>(b));
}

/// Whether a is close to b, as with tensors.
template <class V>
LaneMask<V> isclose(Lane<V> a, Lane<V> b, double rtol = 1e-5, double atol = 1e-8) {
  return detail::mask(kernels::fn::IsClose(rtol, atol), a, b);
}
template <class V, class N, detail::IfNumber<N> = 0>
LaneMask<V> isclose(Lane<V> a, N b, double rtol = 1e-5, double atol = 1e-8) {
  return isclose(std::move(a), Lane<V>(b), rtol, atol);
}
template <class V, class N, detail::IfNumber<N> = 0>
LaneMask<V> isclose(N a, Lane<V> b, double rtol = 1e-5, double atol = 1e-8) {
  return isclose(Lane<V>(a), std::move(b), rtol, atol);
}

/// x rounded to a number of decimals.
template <class V>
Lane<V> round(Lane<V> x, int decimals) {
  return detail::lane(kernels::fn::RoundDecimals(decimals), std::move(x));
}
/// The n-th derivative of digamma; n is not negative.
template <class V>
Lane<V> polygamma(std::int64_t n, Lane<V> x) {
  return detail::lane(kernels::fn::Polygamma(n), std::move(x));
}

#undef XGRAD_LANE_UNARY
#undef XGRAD_LANE_WITH_SETTINGS
#undef XGRAD_LANE_OF_TWO
#undef XGRAD_LANE_BINARY
#undef XGRAD_LANE_COMPARE
#undef XGRAD_LANE_CLASS
#undef XGRAD_LANE_OF_MASKS
#undef XGRAD_LANE_LOGICAL
#undef XGRAD_LANE_NAMED_LOGICAL

}  // namespace xgrad

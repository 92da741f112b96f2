#pragma once

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
LaneMask<V> mask(const F& f, const Lane<V>& a, const Lane<V>& b) {
  kernels::MaskOf<V> left(kernels::value_of(a.v)), right(kernels::value_of(b.v));
  transform(f, left, right);
  return LaneMask<V>(std::move(left));
}

}  // namespace detail

// Every function of the table, by its name; one of two lanes also takes a number on either side. They must be
// templates: with an implicit conversion of numbers to lanes, maximum(1, 2) would no longer be the one of two tensors.

#define XGRAD_LANE_UNARY(name, Function)                        \
  template <class V>                                            \
  Lane<V> name(Lane<V> x) {                                     \
    return detail::lane(kernels::fn::Function(), std::move(x)); \
  }
#define XGRAD_LANE_WITH_SETTINGS(name, Function)                                                \
  template <class V, class... Settings>                                                         \
  Lane<V> name(Lane<V> x, Settings... settings) {                                               \
    return detail::lane(kernels::fn::Function(static_cast<double>(settings)...), std::move(x)); \
  }
#define XGRAD_LANE_MIXED(name, Result)                 \
  template <class V, class N, detail::IfNumber<N> = 0> \
  Result<V> name(Lane<V> a, N b) {                     \
    return name(std::move(a), Lane<V>(b));             \
  }                                                    \
  template <class V, class N, detail::IfNumber<N> = 0> \
  Result<V> name(N a, Lane<V> b) {                     \
    return name(Lane<V>(a), std::move(b));             \
  }
#define XGRAD_LANE_OF_TWO(name, Function)                                     \
  template <class V>                                                          \
  Lane<V> name(Lane<V> a, Lane<V> b) {                                        \
    return detail::lane(kernels::fn::Function(), std::move(a), std::move(b)); \
  }
#define XGRAD_LANE_BINARY(name, Function) XGRAD_LANE_OF_TWO(name, Function) XGRAD_LANE_MIXED(name, Lane)
#define XGRAD_LANE_COMPARE(name, Function)                     \
  template <class V>                                           \
  LaneMask<V> name(Lane<V> left, Lane<V> right) {              \
    return detail::mask(kernels::fn::Function(), left, right); \
  }                                                            \
  XGRAD_LANE_MIXED(name, LaneMask)
// As with tensors, a mask counts as ones and zeros in arithmetic.
#define XGRAD_LANE_OPERATOR(name, Function)            \
  XGRAD_LANE_BINARY(name, Function)                    \
  template <class V>                                   \
  Lane<V> name(Lane<V> a, LaneMask<V> b) {             \
    return name(std::move(a), Lane<V>(std::move(b)));  \
  }                                                    \
  template <class V>                                   \
  Lane<V> name(LaneMask<V> a, Lane<V> b) {             \
    return name(Lane<V>(std::move(a)), std::move(b));  \
  }                                                    \
  template <class V, class N, detail::IfNumber<N> = 0> \
  Lane<V> name(LaneMask<V> a, N b) {                   \
    return name(Lane<V>(std::move(a)), Lane<V>(b));    \
  }                                                    \
  template <class V, class N, detail::IfNumber<N> = 0> \
  Lane<V> name(N a, LaneMask<V> b) {                   \
    return name(Lane<V>(a), Lane<V>(std::move(b)));    \
  }
#define XGRAD_LANE_LOGICAL(name, Function)         \
  template <class V>                               \
  LaneMask<V> name(LaneMask<V> a, LaneMask<V> b) { \
    transform(kernels::fn::Function(), a.v, b.v);  \
    return a;                                      \
  }

XGRAD_ARITHMETIC_UNARY(XGRAD_LANE_UNARY)
XGRAD_ACTIVATION_UNARY(XGRAD_LANE_UNARY)
XGRAD_UNARY_WITH_SETTINGS(XGRAD_LANE_WITH_SETTINGS)
XGRAD_LANE_BINARY(add, Add)
XGRAD_LANE_BINARY(sub, Sub)
XGRAD_LANE_BINARY(mul, Mul)
XGRAD_LANE_BINARY(div, Div)
XGRAD_LANE_OF_TWO(pow, Pow)
XGRAD_SELECTION_BINARY(XGRAD_LANE_BINARY)
XGRAD_COMPARISONS(XGRAD_LANE_COMPARE)
XGRAD_LOGICAL_BINARY(XGRAD_LANE_LOGICAL)

XGRAD_LANE_OPERATOR(operator+, Add)
XGRAD_LANE_OPERATOR(operator-, Sub)
XGRAD_LANE_OPERATOR(operator*, Mul)
XGRAD_LANE_OPERATOR(operator/, Div)
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
template <class V>
LaneMask<V> isnan(Lane<V> x) {
  return x != x;
}

XGRAD_LANE_LOGICAL(operator&, And)
XGRAD_LANE_LOGICAL(operator|, Or)
XGRAD_LANE_LOGICAL(operator&&, And)
XGRAD_LANE_LOGICAL(operator||, Or)
XGRAD_LANE_LOGICAL(operator!=, NotEqual)
XGRAD_LANE_LOGICAL(operator==, Equal)
template <class V>
LaneMask<V> logical_not(LaneMask<V> x) {
  transform(kernels::fn::Not(), x.v);
  return x;
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

#undef XGRAD_LANE_UNARY
#undef XGRAD_LANE_WITH_SETTINGS
#undef XGRAD_LANE_MIXED
#undef XGRAD_LANE_OF_TWO
#undef XGRAD_LANE_BINARY
#undef XGRAD_LANE_COMPARE
#undef XGRAD_LANE_OPERATOR
#undef XGRAD_LANE_LOGICAL

}  // namespace xgrad

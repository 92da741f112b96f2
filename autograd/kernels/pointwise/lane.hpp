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
  explicit LaneMask(typename V::Mask mask) : v(std::move(mask)) {}
  explicit operator bool() const = delete;  // a mask holds many truth values: choose with where(mask, a, b)

  typename V::Mask v;
};

/// What the lambda of elementwise() is called with: many numbers at once, as a tile, a tensor, or a dual number over
/// either. It has the pointwise vocabulary of Tensor, with the same meanings, and mixes with C++ numbers.
template <class V>
class Lane {
 public:
  Lane() : v(0.0) {}
  explicit Lane(V value) : v(std::move(value)) {}
  template <class N, std::enable_if_t<std::is_arithmetic_v<N>, int> = 0>
  Lane(N number) : v(static_cast<double>(number)) {}
  /// 1 where the mask holds, else 0.
  Lane(LaneMask<V> mask) : v(V(std::move(mask.v))) {}
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
  typename V::Mask left(kernels::value_of(a.v)), right(kernels::value_of(b.v));
  transform(f, left, right);
  return LaneMask<V>(std::move(left));
}

}  // namespace detail

// One line a function; a function of two lanes also takes a number on either side. Templates alone will do: an implicit
// conversion of numbers to lanes would make maximum(1, 2) mean something else than two tensors.

#define XGRAD_LANE_UNARY(name, Function)                        \
  template <class V>                                            \
  Lane<V> name(Lane<V> x) {                                     \
    return detail::lane(kernels::fn::Function(), std::move(x)); \
  }
#define XGRAD_LANE_MIXED(name, Result, Argument)       \
  template <class V, class N, detail::IfNumber<N> = 0> \
  Result<V> name(Argument<V> a, N b) {                 \
    return name(std::move(a), Argument<V>(b));         \
  }                                                    \
  template <class V, class N, detail::IfNumber<N> = 0> \
  Result<V> name(N a, Argument<V> b) {                 \
    return name(Argument<V>(a), std::move(b));         \
  }
#define XGRAD_LANE_BINARY(name, Function)                                     \
  template <class V>                                                          \
  Lane<V> name(Lane<V> a, Lane<V> b) {                                        \
    return detail::lane(kernels::fn::Function(), std::move(a), std::move(b)); \
  }                                                                           \
  XGRAD_LANE_MIXED(name, Lane, Lane)
#define XGRAD_LANE_COMPARE(name, Function, a, b)        \
  template <class V>                                    \
  LaneMask<V> name(Lane<V> left, Lane<V> right) {       \
    return detail::mask(kernels::fn::Function(), a, b); \
  }                                                     \
  XGRAD_LANE_MIXED(name, LaneMask, Lane)
// As with tensors, a mask counts as ones and zeros in arithmetic.
#define XGRAD_LANE_OPERATOR(name, Function)           \
  XGRAD_LANE_BINARY(name, Function)                   \
  template <class V>                                  \
  Lane<V> name(Lane<V> a, LaneMask<V> b) {            \
    return name(std::move(a), Lane<V>(std::move(b))); \
  }                                                   \
  template <class V>                                  \
  Lane<V> name(LaneMask<V> a, Lane<V> b) {            \
    return name(Lane<V>(std::move(a)), std::move(b)); \
  }
#define XGRAD_LANE_LOGICAL(name, Function)         \
  template <class V>                               \
  LaneMask<V> name(LaneMask<V> a, LaneMask<V> b) { \
    transform(kernels::fn::Function(), a.v, b.v);  \
    return a;                                      \
  }

XGRAD_LANE_OPERATOR(operator+, Add)
XGRAD_LANE_OPERATOR(operator-, Sub)
XGRAD_LANE_OPERATOR(operator*, Mul)
XGRAD_LANE_OPERATOR(operator/, Div)
XGRAD_LANE_UNARY(operator-, Neg)
template <class V>
Lane<V> operator+(Lane<V> x) {
  return x;
}

XGRAD_LANE_COMPARE(operator<, Less, left, right)
XGRAD_LANE_COMPARE(operator>, Less, right, left)
XGRAD_LANE_COMPARE(operator<=, LessEqual, left, right)
XGRAD_LANE_COMPARE(operator>=, LessEqual, right, left)
XGRAD_LANE_COMPARE(operator==, Equal, left, right)
XGRAD_LANE_COMPARE(operator!=, NotEqual, left, right)
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
LaneMask<V> operator~(LaneMask<V> x) {
  transform(kernels::fn::Not(), x.v);
  return x;
}
template <class V>
LaneMask<V> operator!(LaneMask<V> x) {
  return ~std::move(x);
}

/// a where the mask holds, else b. The branch not taken gets a slope of exactly 0, also where its own is infinite or
/// NaN.
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

XGRAD_LANE_UNARY(abs, Abs)
XGRAD_LANE_UNARY(sign, Sign)
XGRAD_LANE_UNARY(step, Step)
XGRAD_LANE_UNARY(neg, Neg)
XGRAD_LANE_UNARY(square, Square)
XGRAD_LANE_UNARY(reciprocal, Reciprocal)
XGRAD_LANE_UNARY(sqrt, Sqrt)
XGRAD_LANE_UNARY(exp, Exp)
XGRAD_LANE_UNARY(expm1, Expm1)
XGRAD_LANE_UNARY(log, Log)
XGRAD_LANE_UNARY(log1p, Log1p)
XGRAD_LANE_UNARY(sin, Sin)
XGRAD_LANE_UNARY(cos, Cos)
XGRAD_LANE_UNARY(tanh, Tanh)
XGRAD_LANE_UNARY(sigmoid, Sigmoid)
XGRAD_LANE_UNARY(logsigmoid, LogSigmoid)
XGRAD_LANE_UNARY(erf, Erf)
XGRAD_LANE_UNARY(relu, Relu)
XGRAD_LANE_UNARY(silu, Silu)
XGRAD_LANE_UNARY(softplus, Softplus)
XGRAD_LANE_UNARY(gelu, Gelu)
XGRAD_LANE_BINARY(pow, Pow)
XGRAD_LANE_BINARY(maximum, Maximum)
XGRAD_LANE_BINARY(minimum, Minimum)

template <class V>
Lane<V> clamp(Lane<V> x, double low, double high) {
  return detail::lane(kernels::fn::Clamp(low, high), std::move(x));
}
template <class V>
Lane<V> leaky_relu(Lane<V> x, double slope = 0.01) {
  return detail::lane(kernels::fn::LeakyRelu(slope), std::move(x));
}
template <class V>
Lane<V> elu(Lane<V> x, double alpha = 1.0) {
  return detail::lane(kernels::fn::Elu(alpha), std::move(x));
}

#undef XGRAD_LANE_UNARY
#undef XGRAD_LANE_MIXED
#undef XGRAD_LANE_BINARY
#undef XGRAD_LANE_COMPARE
#undef XGRAD_LANE_OPERATOR
#undef XGRAD_LANE_LOGICAL

}  // namespace xgrad

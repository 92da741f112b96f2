#pragma once

#include <array>

#include <xgrad/autograd/kernels/pointwise/function.hpp>

// The table of pointwise functions: maximum and minimum, comparisons and logic. See function.hpp for what a definition
// consists of.

namespace xgrad::kernels::fn {

/// The gradient of one operand of maximum or minimum: g if it is the result, g/2 at a tie or if both are NaN, and g if
/// it alone is NaN.
template <class M, class V>
V winner(const M& wins, const V& own, const V& other, const V& g) {
  return where(wins, g, where(own == other, 0.5 * g, where(own != own, where(other != other, 0.5 * g, g), V(0.0))));
}

struct Maximum : Function {
  static constexpr const char* name = "maximum";
  static constexpr Domain domain = Domain::truth;
  static constexpr Reads reads_a = of_a | of_b, reads_b = of_a | of_b;
  template <class V>
  V value(const V& a, const V& b) const {
    return maximum(a, b);
  }
  template <class V>
  V pull_a(const V& a, const V& b, const V& g) const {
    return winner(a > b, a, b, g);
  }
  template <class V>
  V pull_b(const V& a, const V& b, const V& g) const {
    return winner(b > a, b, a, g);
  }
};

struct Minimum : Function {
  static constexpr const char* name = "minimum";
  static constexpr Domain domain = Domain::truth;
  static constexpr Reads reads_a = of_a | of_b, reads_b = of_a | of_b;
  template <class V>
  V value(const V& a, const V& b) const {
    return minimum(a, b);
  }
  template <class V>
  V pull_a(const V& a, const V& b, const V& g) const {
    return winner(a < b, a, b, g);
  }
  template <class V>
  V pull_b(const V& a, const V& b, const V& g) const {
    return winner(b < a, b, a, g);
  }
};

struct Clamp : Function {
  static constexpr const char* name = "clamp";
  static constexpr Domain domain = Domain::whole;
  static constexpr Reads reads = of_x;
  double low, high, floor;
  /// low above high makes every element `high`, as in PyTorch. Throws if either is NaN.
  Clamp(double lowest, double highest);
  std::array<Setting, 2> settings() const { return {{{"low", low}, {"high", high}}}; }
  template <class V>
  V value(const V& x) const {
    return where(x < floor, V(floor), where(x > high, V(high), x));
  }
  template <class V>
  V pull(const V& x, const V& g) const {
    return where((x >= low) & (x <= high), g, V(0.0));
  }
};

// ---- predicates: holds() gives a mask; on tiles, masks are ones and zeros

struct Predicate : Function {
  static constexpr Domain domain = Domain::whole;
  static constexpr bool flat = true;
  static constexpr Reads reads = nothing, reads_a = nothing, reads_b = nothing;
};

#define XGRAD_PREDICATE(Class, op, condition)    \
  struct Class : Predicate {                     \
    static constexpr const char* name = op;      \
    template <class V>                           \
    auto holds(const V& a, const V& b) const {   \
      return condition;                          \
    }                                            \
    template <class V>                           \
    V value(const V& a, const V& b) const {      \
      return where(holds(a, b), V(1.0), V(0.0)); \
    }                                            \
  };
XGRAD_PREDICATE(Less, "less", a < b)
XGRAD_PREDICATE(LessEqual, "less_equal", a <= b)
XGRAD_PREDICATE(Greater, "greater", a > b)
XGRAD_PREDICATE(GreaterEqual, "greater_equal", a >= b)
XGRAD_PREDICATE(Equal, "equal", a == b)
XGRAD_PREDICATE(NotEqual, "not_equal", a != b)
XGRAD_PREDICATE(And, "logical_and", (a != 0) & (b != 0))
XGRAD_PREDICATE(Or, "logical_or", (a != 0) | (b != 0))
#undef XGRAD_PREDICATE

struct Not : Predicate {
  static constexpr const char* name = "logical_not";
  template <class V>
  auto holds(const V& x) const {
    return x == 0;
  }
  template <class V>
  V value(const V& x) const {
    return where(holds(x), V(1.0), V(0.0));
  }
};

struct IsNan : Predicate {
  static constexpr const char* name = "isnan";
  template <class V>
  auto holds(const V& x) const {
    return x != x;
  }
  template <class V>
  V value(const V& x) const {
    return where(holds(x), V(1.0), V(0.0));
  }
};

}  // namespace xgrad::kernels::fn

// The functions of this file as lists: the op's name, and its definition.
#define XGRAD_SELECTION_BINARY(X) \
  X(maximum, Maximum)             \
  X(minimum, Minimum)
#define XGRAD_SELECTION_WITH_SETTINGS(X) X(clamp, Clamp)
#define XGRAD_COMPARISONS(X)     \
  X(less, Less)                  \
  X(less_equal, LessEqual)       \
  X(greater, Greater)            \
  X(greater_equal, GreaterEqual) \
  X(equal, Equal)                \
  X(not_equal, NotEqual)
#define XGRAD_LOGICAL_BINARY(X) \
  X(logical_and, And)           \
  X(logical_or, Or)

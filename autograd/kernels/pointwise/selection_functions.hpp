#pragma once

#include <array>
#include <cmath>
#include <optional>

#include <xgrad/autograd/kernels/pointwise/function.hpp>

// The table of pointwise functions: maximum and minimum, comparisons and logic. See function.hpp for what a definition
// consists of.

namespace xgrad::kernels::fn {

/// a + w (b - a), from the nearer end. Where b - a is not finite, (1 - w) a + w b, where 0 times infinity is 0.
template <class V>
V between(const V& a, const V& b, const V& w) {
  const V distance = b - a, rest = 1.0 - w;
  const V near = where(abs(w) < 0.5, a + w * distance, b - distance * rest);
  const V apart =
      where((w == 1) & (abs(a) == HUGE_VAL), V(0.0), rest * a) + where((w == 0) & (abs(b) == HUGE_VAL), V(0.0), w * b);
  return where(abs(distance) < HUGE_VAL, near, apart);
}

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

/// The larger; a number beside NaN wins. At a tie the first operand gets the gradient.
struct Fmax : Function {
  static constexpr const char* name = "fmax";
  static constexpr Domain domain = Domain::truth;
  static constexpr Reads reads_a = of_a | of_b, reads_b = of_a | of_b;
  template <class V>
  V value(const V& a, const V& b) const {
    return where((a >= b) | (b != b), a, b);
  }
  template <class V>
  V pull_a(const V& a, const V& b, const V& g) const {
    return where((a >= b) | (b != b), g, V(0.0));
  }
  template <class V>
  V pull_b(const V& a, const V& b, const V& g) const {
    return where((a >= b) | (b != b), V(0.0), g);
  }
};

/// The smaller; a number beside NaN wins. At a tie the first operand gets the gradient.
struct Fmin : Function {
  static constexpr const char* name = "fmin";
  static constexpr Domain domain = Domain::truth;
  static constexpr Reads reads_a = of_a | of_b, reads_b = of_a | of_b;
  template <class V>
  V value(const V& a, const V& b) const {
    return where((a <= b) | (b != b), a, b);
  }
  template <class V>
  V pull_a(const V& a, const V& b, const V& g) const {
    return where((a <= b) | (b != b), g, V(0.0));
  }
  template <class V>
  V pull_b(const V& a, const V& b, const V& g) const {
    return where((a <= b) | (b != b), V(0.0), g);
  }
};

/// |a| with the sign of b.
struct Copysign : Function {
  static constexpr const char* name = "copysign";
  static constexpr bool rare = true;
  static constexpr Reads flat_in = of_b, reads_a = of_a | of_y, reads_b = nothing;
  template <class V>
  V value(const V& a, const V& b) const {
    return copysign(a, b);
  }
  template <class V>
  V pull_a(const V& a, const V& y, const V& g) const {
    return where(a == 0, V(0.0), where((a < 0) & (y > 0), -g, where((a > 0) & (y < 0), -g, where(a != a, a * g, g))));
  }
};

/// 0 below 0, b at 0, 1 above.
struct Heaviside : Function {
  static constexpr const char* name = "heaviside";
  static constexpr bool rare = true;
  static constexpr Domain domain = Domain::truth;
  static constexpr Reads flat_in = of_a, reads_a = nothing, reads_b = of_a;
  template <class V>
  V value(const V& a, const V& b) const {
    return where(a == 0, b, where(a > 0, V(1.0), V(0.0)));
  }
  template <class V>
  V pull_b(const V& a, const V& g) const {
    return where(a == 0, g, V(0.0));
  }
};

/// NaN and the infinities replaced by numbers.
struct NanToNum : Function {
  static constexpr const char* name = "nan_to_num";
  static constexpr bool rare = true;
  static constexpr Domain domain = Domain::truth;
  static constexpr Reads reads = of_x;
  double nan;
  std::optional<double> above, below;  // none for the greatest and the least number of the dtype
  explicit NanToNum(double in_place_of_nan = 0.0, std::optional<double> posinf = {}, std::optional<double> neginf = {})
      : nan(in_place_of_nan), above(posinf), below(neginf) {}
  std::array<Setting, 3> settings() const {
    return {{{"nan", nan},
             above ? Setting("posinf", *above) : Setting("posinf", "largest"),
             below ? Setting("neginf", *below) : Setting("neginf", "lowest")}};
  }
  template <class V>
  V value(const V& x) const {
    if constexpr (is_integer<V>) {
      return x;
    } else {
      const V high = above ? V(*above) : greatest_finite(x), low = below ? V(*below) : -greatest_finite(x);
      return where(x != x, V(nan), where(x == HUGE_VAL, high, where(x == -HUGE_VAL, low, x)));
    }
  }
  template <class V>
  V pull(const V& x, const V& g) const {
    return where(abs(x) < HUGE_VAL, g, V(0.0));
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
XGRAD_PREDICATE(Xor, "logical_xor", ((a != 0) & (b == 0)) | ((a == 0) & (b != 0)))
#undef XGRAD_PREDICATE

// By comparisons, since 0 x and x - x raise FE_INVALID for an infinite x. No whole number is infinite, though infinity
// becomes the largest of them.
template <class V>
auto equals_infinity(const V& x) {
  if constexpr (is_integer<V>)
    return x != x;
  else
    return x == HUGE_VAL;
}
template <class V>
auto is_finite(const V& x) {
  if constexpr (is_integer<V>)
    return x == x;
  else
    return (x == x) & (abs(x) != HUGE_VAL);
}

#define XGRAD_PREDICATE(Class, op, condition) \
  struct Class : Predicate {                  \
    static constexpr const char* name = op;   \
    template <class V>                        \
    auto holds(const V& x) const {            \
      return condition;                       \
    }                                         \
    template <class V>                        \
    V value(const V& x) const {               \
      return where(holds(x), V(1.0), V(0.0)); \
    }                                         \
  };
XGRAD_PREDICATE(Not, "logical_not", x == 0)
XGRAD_PREDICATE(IsNan, "isnan", x != x)
XGRAD_PREDICATE(IsFinite, "isfinite", is_finite(x))
XGRAD_PREDICATE(IsInf, "isinf", equals_infinity(abs(x)))
XGRAD_PREDICATE(IsPosInf, "isposinf", equals_infinity(x))
XGRAD_PREDICATE(IsNegInf, "isneginf", equals_infinity(-x))
#undef XGRAD_PREDICATE

/// |a - b| <= atol + rtol |b|, or a == b; if wanted, also for two NaNs.
struct IsClose : Predicate {
  static constexpr const char* name = "isclose";
  double rtol, atol;
  bool equal_nan;
  explicit IsClose(double relative = 1e-5, double absolute = 1e-8, bool nan_too = false)
      : rtol(relative), atol(absolute), equal_nan(nan_too) {}
  template <class V>
  auto holds(const V& a, const V& b) const {
    const auto same = a == b;
    const V distance = abs(a - where(same, V(0.0), b));  // of equal infinities the difference would be NaN
    const V size = where(is_finite(b), b, V(1.0));       // rtol may be 0
    const auto close = same | ((distance <= atol + abs(rtol * size)) & is_finite(distance));
    if (equal_nan) return close | ((a != a) & (b != b));
    return close;
  }
  template <class V>
  V value(const V& a, const V& b) const {
    return where(holds(a, b), V(1.0), V(0.0));
  }
};

}  // namespace xgrad::kernels::fn

// The functions of this file as lists: the op's name, and its definition.
#define XGRAD_SELECTION_BINARY(X) \
  X(maximum, Maximum)             \
  X(minimum, Minimum)             \
  X(fmax, Fmax)                   \
  X(fmin, Fmin)                   \
  X(copysign, Copysign)           \
  X(heaviside, Heaviside)
#define XGRAD_SELECTION_WITH_SETTINGS(X) \
  X(clamp, Clamp)                        \
  X(nan_to_num, NanToNum)
#define XGRAD_CLASSIFICATION(X) \
  X(isnan, IsNan)               \
  X(isfinite, IsFinite)         \
  X(isinf, IsInf)               \
  X(isposinf, IsPosInf)         \
  X(isneginf, IsNegInf)
#define XGRAD_COMPARISONS(X)     \
  X(less, Less)                  \
  X(less_equal, LessEqual)       \
  X(greater, Greater)            \
  X(greater_equal, GreaterEqual) \
  X(equal, Equal)                \
  X(not_equal, NotEqual)
#define XGRAD_LOGICAL_BINARY(X) \
  X(logical_and, And)           \
  X(logical_or, Or)             \
  X(logical_xor, Xor)

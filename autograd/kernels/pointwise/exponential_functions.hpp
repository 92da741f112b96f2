#pragma once

#include <array>
#include <limits>

#include <xgrad/autograd/kernels/pointwise/activation_functions.hpp>
#include <xgrad/autograd/kernels/pointwise/function.hpp>

// The table of pointwise functions: roots, exponentials and logarithms. See function.hpp for what a definition consists
// of, and the headers of autograd/ops for domains and edges.

namespace xgrad::kernels::fn {

// ---- of one operand

struct Rsqrt : Function {
  static constexpr const char* name = "rsqrt";
  static constexpr Reads reads = of_y;
  template <class V>
  V value(const V& x) const {
    return 1.0 / sqrt(x);
  }
  /// -g y³ / 2, without forming y³, which may overflow or underflow where the product does not.
  template <class V>
  V pull(const V& y, const V& g) const {
    return -0.5 * (((g * y) * y) * y);
  }
};

struct Cbrt : Function {
  static constexpr const char* name = "cbrt";
  static constexpr bool rare = true;
  static constexpr Reads reads = of_y;
  template <class V>
  V value(const V& x) const {
    return cbrt(x);
  }
  template <class V>
  V pull(const V& y, const V& g) const {
    return g / (3.0 * (y * y));
  }
};

struct Exp2 : Function {
  static constexpr const char* name = "exp2";
  static constexpr Reads reads = of_y;
  template <class V>
  V value(const V& x) const {
    return exp2(x);
  }
  template <class V>
  V slope(const V& y) const {
    return 0.69314718055994529 * y;
  }
};

struct Log2 : Function {
  static constexpr const char* name = "log2";
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    return log2(x);
  }
  /// 1 / x may overflow.
  template <class V>
  V pull(const V& x, const V& g) const {
    return (1.4426950408889634 * g) / x;
  }
};

struct Log10 : Function {
  static constexpr const char* name = "log10";
  static constexpr bool rare = true;
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    return log10(x);
  }
  template <class V>
  V pull(const V& x, const V& g) const {
    return (0.43429448190325182 * g) / x;
  }
};

/// x (1 - x), whose derivative (1 - x) - x loses its digits near 1/2.
template <class V>
V times_rest(const V& x) {
  if constexpr (is_recorded<V>) {
    const V from_middle = x - 0.5;
    return where(abs(from_middle) < 0.25, 0.25 - from_middle * from_middle, x * (1.0 - x));
  } else {
    return x * (1.0 - x);
  }
}

struct Logit : Function {
  static constexpr const char* name = "logit";
  static constexpr bool rare = true;
  static constexpr Reads reads = of_x;
  double eps;
  /// Clamps x to eps .. 1 - eps; a negative eps does not.
  explicit Logit(double bound = -1.0) : eps(bound) {}
  std::array<Setting, 1> settings() const { return {{{"eps", eps}}}; }
  /// ln(x / (1 - x)), which is small around 1/2: there ln(1 + (2x - 1) / (1 - x)).
  template <class V>
  V value(const V& x) const {
    const V z = eps < 0 ? x : where(x < eps, V(eps), where(x > 1 - eps, V(1 - eps), x));
    return where((z > 0.25) & (z < 0.75), log1p((2.0 * z - 1.0) / (1.0 - z)), log(z / (1.0 - z)));
  }
  template <class V>
  V pull(const V& x, const V& g) const {
    if (eps < 0) return where((x < 0) | (x > 1), V(std::numeric_limits<double>::quiet_NaN()), g / times_rest(x));
    // So that x is neither 0 nor 1 where the quotient is not chosen.
    const V z = where((x >= 0.5 * eps) & (x <= 1 - 0.5 * eps), x, V(0.5));
    return where((x >= eps) & (x <= 1 - eps), g / times_rest(z), V(0.0));
  }
};

// ---- of two operands

/// |a - b| where a and b differ; of equal infinities the difference would be NaN.
template <class V>
V apart(const V& a, const V& b) {
  return abs(a - where(a == b, V(0.0), b));
}

/// ln(e^a + e^b).
struct LogAddExp : Function {
  static constexpr const char* name = "logaddexp";
  static constexpr Reads reads_a = of_a | of_b, reads_b = of_a | of_b;
  template <class V>
  V value(const V& a, const V& b) const {
    return where(a == b, a + 0.69314718055994529, maximum(a, b) + log1p(exp(-apart(a, b))));
  }
  template <class V>
  V slope_a(const V& a, const V& b) const {
    return Logistic<V>(a - b).s;
  }
  template <class V>
  V slope_b(const V& a, const V& b) const {
    return Logistic<V>(b - a).s;
  }
};

/// log2(2^a + 2^b).
struct LogAddExp2 : Function {
  static constexpr const char* name = "logaddexp2";
  static constexpr bool rare = true;
  static constexpr Reads reads_a = of_a | of_b, reads_b = of_a | of_b;
  template <class V>
  V value(const V& a, const V& b) const {
    return where(a == b, a + 1.0, maximum(a, b) + 1.4426950408889634 * log1p(exp2(-apart(a, b))));
  }
  template <class V>
  V slope_a(const V& a, const V& b) const {
    return Logistic<V>(0.69314718055994529 * (a - b)).s;
  }
  template <class V>
  V slope_b(const V& a, const V& b) const {
    return Logistic<V>(0.69314718055994529 * (b - a)).s;
  }
};

/// a ln b, and 0 where a is 0 unless b is NaN.
struct Xlogy : Function {
  static constexpr const char* name = "xlogy";
  static constexpr bool rare = true;
  static constexpr Reads reads_a = of_a | of_b, reads_b = of_a | of_b;
  template <class V>
  V value(const V& a, const V& b) const {
    return product(a, b);
  }
  template <class V>
  V pull_a(const V& a, const V& b, const V& g) const {
    const auto none = (a == 0) & (b <= 0);
    return where(none, V(0.0), guarded_product(g, log(where(none, V(1.0), b))));
  }
  template <class V>
  V pull_b(const V& a, const V& b, const V& g) const {
    // The masks are the same, but if they were one, clang would divide by b itself.
    const V divisor = where(maximum(abs(a), abs(b)) == 0, V(1.0), b);
    return where((a == 0) & (b == 0), V(0.0), g * a / divisor);
  }

 private:
  /// The logarithm is taken of 1 where the product is 0, as 0 times an infinite one would raise FE_INVALID.
  template <class V>
  static V product(const V& a, const V& b) {
    const auto none = (a == 0) & (b == b);
    return where(none, V(0.0), a * log(where(none, V(1.0), b)));
  }
};

}  // namespace xgrad::kernels::fn

// The functions of this file as lists: the op's name, and its definition.
#define XGRAD_EXPONENTIAL_UNARY(X) \
  X(rsqrt, Rsqrt)                  \
  X(cbrt, Cbrt)                    \
  X(exp2, Exp2)                    \
  X(log2, Log2)                    \
  X(log10, Log10)
#define XGRAD_EXPONENTIAL_WITH_SETTINGS(X) X(logit, Logit)
#define XGRAD_EXPONENTIAL_BINARY(X) \
  X(logaddexp, LogAddExp)           \
  X(logaddexp2, LogAddExp2)         \
  X(xlogy, Xlogy)

#pragma once

#include <array>
#include <cmath>

#include <xgrad/autograd/kernels/pointwise/function.hpp>

// The table of pointwise functions: arithmetic. See function.hpp for what a definition consists of, and the headers of
// autograd/ops for domains and edges.

namespace xgrad::kernels::fn {

// ---- of two operands

struct Add : Function {
  static constexpr const char* name = "add";
  static constexpr Domain domain = Domain::truth;
  static constexpr Reads passes = of_a | of_b, reads_a = nothing, reads_b = nothing;
  static constexpr bool cheap = true;
  template <class V>
  V value(const V& a, const V& b) const {
    return a + b;
  }
};

struct Sub : Function {
  static constexpr const char* name = "sub";
  static constexpr Domain domain = Domain::never_bool;
  static constexpr Reads passes = of_a, reads_a = nothing, reads_b = nothing;
  static constexpr bool cheap = true;
  template <class V>
  V value(const V& a, const V& b) const {
    return a - b;
  }
  template <class V>
  V pull_b(const V& g) const {
    return -g;
  }
};

struct Mul : Function {
  static constexpr const char* name = "mul";
  static constexpr Domain domain = Domain::truth;
  static constexpr Reads reads_a = of_b, reads_b = of_a;
  static constexpr bool cheap = true;
  template <class V>
  V value(const V& a, const V& b) const {
    return a * b;
  }
  template <class V>
  V slope_a(const V& b) const {
    return b;
  }
  template <class V>
  V slope_b(const V& a) const {
    return a;
  }
};

struct Div : Function {
  static constexpr const char* name = "div";
  static constexpr Reads reads_a = of_b, reads_b = of_b | of_y;
  static constexpr bool cheap = true;
  template <class V>
  V value(const V& a, const V& b) const {
    return a / b;
  }
  /// g / b rounds once less than g (1 / b), and 1 / b may overflow.
  template <class V>
  V pull_a(const V& b, const V& g) const {
    return g / b;
  }
  /// -a / b², computed as -y / b: b² may overflow or underflow where the slope does not.
  template <class V>
  V slope_b(const V& b, const V& y) const {
    return -y / b;
  }
};

/// a b, where either is a slope: a slope of 0, of a branch not taken or a flat function, contributes exactly 0, even if
/// the other factor is infinite or NaN.
struct GuardedProduct : Function {
  static constexpr const char* name = "mul";
  static constexpr Reads reads_a = of_b, reads_b = of_a;
  static constexpr bool cheap = true;
  template <class V>
  V value(const V& a, const V& b) const {
    return guarded_product(a, b);
  }
  template <class V>
  V slope_a(const V& b) const {
    return b;
  }
  template <class V>
  V slope_b(const V& a) const {
    return a;
  }
};

struct Pow : Function {
  static constexpr const char* name = "pow";
  static constexpr Domain domain = Domain::no_bool;
  static constexpr Reads reads_a = of_a | of_b, reads_b = of_a | of_b | of_y;
  template <class V>
  V value(const V& a, const V& b) const {
    return pow(a, b);
  }
  /// b a^(b-1), and 0 at b = 0, where the power may be infinite or NaN. For a small b it may overflow where the product
  /// does not, and b is multiplied by its root twice.
  template <class V>
  V slope_a(const V& a, const V& b) const {
    const auto small = (abs(b) < 0.25) & (a >= 0);
    const V power = pow(a, where(small, 0.5, V(1.0)) * (b - 1.0));
    return guarded_product(guarded_product(b, power), where(small, power, V(1.0)));
  }
  /// a^b ln a, and its limit 0 at a = 0 for b >= 0, where the logarithm is taken of 1. For b < 0 it is -inf there.
  /// Where this is differentiated again, the power is computed anew: the node of y is not guarded, and its slope 0 at b
  /// = 0 times an infinite logarithm would be NaN.
  template <class V>
  V slope_b(const V& a, const V& b, const V& y) const {
    const V logarithm = log(where((a == 0) & (b >= 0), V(1.0), a));
    if constexpr (is_recorded<V>)
      return guarded_product(pow(a, b), logarithm);
    else
      return guarded_product(y, logarithm);
  }
};

// ---- of one operand

struct Neg : Function {
  static constexpr const char* name = "neg";
  static constexpr Domain domain = Domain::no_bool;
  static constexpr Reads reads = nothing;
  template <class V>
  V value(const V& x) const {
    return -x;
  }
  template <class V>
  V pull(const V& g) const {
    return -g;
  }
};

struct Abs : Function {
  static constexpr const char* name = "abs";
  static constexpr Domain domain = Domain::whole;
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    return abs(x);
  }
  template <class V>
  V pull(const V& x, const V& g) const {
    return where(x > 0, g, where(x < 0, -g, V(0.0)));
  }
};

struct Sign : Function {
  static constexpr const char* name = "sign";
  static constexpr Domain domain = Domain::whole;
  static constexpr bool flat = true;
  static constexpr Reads reads = nothing;
  template <class V>
  V value(const V& x) const {
    return where(x > 0, V(1.0), where(x < 0, V(-1.0), V(0.0)));
  }
};

struct Square : Function {
  static constexpr const char* name = "square";
  static constexpr Domain domain = Domain::whole;
  static constexpr Reads reads = of_x;
  static constexpr bool cheap = true;
  template <class V>
  V value(const V& x) const {
    return x * x;
  }
  template <class V>
  V slope(const V& x) const {
    return 2.0 * x;
  }
};

struct Reciprocal : Function {
  static constexpr const char* name = "reciprocal";
  static constexpr Reads reads = of_y;
  template <class V>
  V value(const V& x) const {
    return 1.0 / x;
  }
  /// -g y², without forming y², which may overflow or underflow where the product does not.
  template <class V>
  V pull(const V& y, const V& g) const {
    return -(g * y) * y;
  }
};

struct Sqrt : Function {
  static constexpr const char* name = "sqrt";
  static constexpr Reads reads = of_y;
  template <class V>
  V value(const V& x) const {
    return sqrt(x);
  }
  /// One rounding less than g times the slope.
  template <class V>
  V pull(const V& y, const V& g) const {
    return g / (2.0 * y);
  }
};

struct Exp : Function {
  static constexpr const char* name = "exp";
  static constexpr Reads reads = of_y;
  template <class V>
  V value(const V& x) const {
    return exp(x);
  }
  template <class V>
  V slope(const V& y) const {
    return y;
  }
};

struct Expm1 : Function {
  static constexpr const char* name = "expm1";
  static constexpr Reads reads = of_y;
  template <class V>
  V value(const V& x) const {
    return expm1(x);
  }
  template <class V>
  V slope(const V& y) const {
    return y + 1.0;
  }
};

struct Log : Function {
  static constexpr const char* name = "log";
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    return log(x);
  }
  /// One rounding less, and 1 / x may overflow.
  template <class V>
  V pull(const V& x, const V& g) const {
    return g / x;
  }
};

struct Log1p : Function {
  static constexpr const char* name = "log1p";
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    return log1p(x);
  }
  /// One rounding less than g times the slope.
  template <class V>
  V pull(const V& x, const V& g) const {
    return g / (1.0 + x);
  }
};

struct Sin : Function {
  static constexpr const char* name = "sin";
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    return sin(x);
  }
  template <class V>
  V slope(const V& x) const {
    return cos(x);
  }
};

struct Cos : Function {
  static constexpr const char* name = "cos";
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    return cos(x);
  }
  template <class V>
  V slope(const V& x) const {
    return -sin(x);
  }
};

struct Erf : Function {
  static constexpr const char* name = "erf";
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    return erf(x);
  }
  template <class V>
  V slope(const V& x) const {
    return 1.1283791670955126 * exp(-(x * x));  // 2/√π e^(-x²)
  }
};

/// x^n for one constant exponent n; frequent exponents take a few multiplications, a division or a square root. As in
/// PyTorch, the exponents 1/2 and -1/2 are square roots: at -0 and -inf these give -0 and NaN, where Pow gives 0 and
/// inf.
struct Power : Function {
  static constexpr const char* name = "pow";
  static constexpr Domain domain = Domain::no_bool;
  static constexpr Reads reads = of_x;
  double n;
  explicit Power(double exponent) : n(exponent) {}
  std::array<Setting, 1> settings() const { return {{{"exponent", n}}}; }
  template <class V>
  V value(const V& x) const {
    return raise(x, n);
  }
  /// For a small n, x^(n-1) may overflow where the product with n does not.
  template <class V>
  V slope(const V& x) const {
    if (n == 1) return V(1.0);
    if (-0.25 < n && n < 0.25) {
      const V root = raise(x, (n - 1) / 2);
      return n * root * root;
    }
    return std::isinf(n) ? guarded_product(V(n), raise(x, n - 1)) : n * raise(x, n - 1);
  }

 private:
  template <class V>
  static V raise(const V& x, double n) {
    if (n == 0) return V(1.0);
    if (n == 1) return x;
    if (n == 2) return x * x;
    if (n == 3) return x * x * x;
    if (n == 4) return square(x * x);
    if constexpr (!is_integer<V>) {
      if (n == 0.5) return sqrt(x);
      if (n == -0.5) return 1.0 / sqrt(x);
      if (n == -1) return 1.0 / x;
      if (n == -2) return square(1.0 / x);  // x² leaves the range of numbers before its inverse does
    }
    return pow(x, V(n));
  }
};

}  // namespace xgrad::kernels::fn

// The functions of this file as lists: the op's name, and its definition.
#define XGRAD_ARITHMETIC_UNARY(X) \
  X(neg, Neg)                     \
  X(abs, Abs)                     \
  X(sign, Sign)                   \
  X(square, Square)               \
  X(reciprocal, Reciprocal)       \
  X(sqrt, Sqrt)                   \
  X(exp, Exp)                     \
  X(expm1, Expm1)                 \
  X(log, Log)                     \
  X(log1p, Log1p)                 \
  X(sin, Sin)                     \
  X(cos, Cos)                     \
  X(erf, Erf)
#define XGRAD_ARITHMETIC_BINARY(X) \
  X(add, Add)                      \
  X(sub, Sub)                      \
  X(mul, Mul)                      \
  X(div, Div)                      \
  X(pow, Pow)

#pragma once

// What each function of the pointwise vocabulary computes, and how it slopes. `value` is read over SIMD registers
// alone; `slope` over registers, and over lanes of tensors when a derivative is itself to be differentiated. A slope
// may use y. A flat function has slope 0 everywhere. Edges and kinks are those of the ops on Tensors of the same names.

#include <limits>

namespace xgrad::kernels::fn {

// clang-format off

struct Curved {
  static constexpr bool flat = false;
};
struct Flat {
  static constexpr bool flat = true;
};

// ---- of one argument

struct Neg : Curved {
  static constexpr const char* name = "neg";
  template <class V> V value(const V& x) const { return -x; }
  template <class V> V slope(const V&, const V&) const { return V(-1.0); }
};
struct Abs : Curved {
  static constexpr const char* name = "abs";
  template <class V> V value(const V& x) const { return abs(x); }
  template <class V> V slope(const V& x, const V&) const { return where(x > 0, V(1.0), where(x < 0, V(-1.0), V(0.0))); }
};
struct Sign : Flat {
  static constexpr const char* name = "sign";
  template <class V> V value(const V& x) const { return where(x > 0, V(1.0), where(x < 0, V(-1.0), V(0.0))); }
};
struct Step : Flat {
  static constexpr const char* name = "step";
  template <class V> V value(const V& x) const { return where(x > 0, V(1.0), V(0.0)); }
};
struct Not : Flat {
  static constexpr const char* name = "logical_not";
  template <class V> V value(const V& x) const { return 1.0 - x; }
};
struct Square : Curved {
  static constexpr const char* name = "square";
  template <class V> V value(const V& x) const { return x * x; }
  template <class V> V slope(const V& x, const V&) const { return 2.0 * x; }
};
struct Reciprocal : Curved {
  static constexpr const char* name = "reciprocal";
  template <class V> V value(const V& x) const { return 1.0 / x; }
  template <class V> V slope(const V&, const V& y) const { return -(y * y); }
};
struct Sqrt : Curved {
  static constexpr const char* name = "sqrt";
  template <class V> V value(const V& x) const { return sqrt(x); }
  template <class V> V slope(const V&, const V& y) const { return 0.5 / y; }
};
struct Exp : Curved {
  static constexpr const char* name = "exp";
  template <class V> V value(const V& x) const { return exp(x); }
  template <class V> V slope(const V&, const V& y) const { return y; }
};
struct Expm1 : Curved {
  static constexpr const char* name = "expm1";
  template <class V> V value(const V& x) const { return expm1(x); }
  template <class V> V slope(const V&, const V& y) const { return y + 1.0; }
};
struct Log : Curved {
  static constexpr const char* name = "log";
  template <class V> V value(const V& x) const { return log(x); }
  template <class V> V slope(const V& x, const V&) const { return 1.0 / x; }
};
struct Log1p : Curved {
  static constexpr const char* name = "log1p";
  template <class V> V value(const V& x) const { return log1p(x); }
  template <class V> V slope(const V& x, const V&) const { return 1.0 / (1.0 + x); }
};
struct Sin : Curved {
  static constexpr const char* name = "sin";
  template <class V> V value(const V& x) const { return sin(x); }
  template <class V> V slope(const V& x, const V&) const { return cos(x); }
};
struct Cos : Curved {
  static constexpr const char* name = "cos";
  template <class V> V value(const V& x) const { return cos(x); }
  template <class V> V slope(const V& x, const V&) const { return -sin(x); }
};
struct Tanh : Curved {
  static constexpr const char* name = "tanh";
  template <class V> V value(const V& x) const { return tanh(x); }
  template <class V> V slope(const V&, const V& y) const { return 1.0 - y * y; }
};
struct Sigmoid : Curved {
  static constexpr const char* name = "sigmoid";
  template <class V> V value(const V& x) const { return sigmoid(x); }
  template <class V> V slope(const V&, const V& y) const { return y * (1.0 - y); }
};
struct LogSigmoid : Curved {
  static constexpr const char* name = "logsigmoid";
  template <class V> V value(const V& x) const { return minimum(x, V(0.0)) - log1p(exp(-abs(x))); }
  template <class V> V slope(const V& x, const V&) const { return sigmoid(-x); }
};
struct Erf : Curved {
  static constexpr const char* name = "erf";
  template <class V> V value(const V& x) const { return erf(x); }
  template <class V> V slope(const V& x, const V&) const { return 1.1283791670955126 * exp(-(x * x)); }
};
struct Relu : Curved {
  static constexpr const char* name = "relu";
  template <class V> V value(const V& x) const { return where(x <= 0, V(0.0), x); }
  template <class V> V slope(const V& x, const V&) const { return where(x <= 0, V(0.0), V(1.0)); }
};
struct LeakyRelu : Curved {
  static constexpr const char* name = "leaky_relu";
  double below;
  explicit LeakyRelu(double below_in) : below(below_in) {}
  template <class V> V value(const V& x) const { return where(x > 0, x, below * x); }
  template <class V> V slope(const V& x, const V&) const { return where(x > 0, V(1.0), V(below)); }
};
struct Elu : Curved {
  static constexpr const char* name = "elu";
  double alpha;
  explicit Elu(double alpha_in) : alpha(alpha_in) {}
  template <class V> V value(const V& x) const { return where(x > 0, x, alpha * expm1(x)); }
  template <class V> V slope(const V& x, const V&) const {
    return where(x > 0, V(1.0), alpha * exp(minimum(x, V(0.0))));
  }
};
struct Silu : Curved {
  static constexpr const char* name = "silu";
  template <class V> V value(const V& x) const { return silu(x); }
  template <class V> V slope(const V& x, const V&) const {
    const V s = sigmoid(x);
    return s * (1.0 + x * (1.0 - s));
  }
};
struct Softplus : Curved {
  static constexpr const char* name = "softplus";
  template <class V> V value(const V& x) const { return maximum(x, V(0.0)) + log1p(exp(-abs(x))); }
  template <class V> V slope(const V& x, const V&) const { return sigmoid(x); }
};
struct Gelu : Curved {
  static constexpr const char* name = "gelu";
  template <class V> static V cdf(const V& x) { return 0.5 * (1.0 + erf(0.70710678118654752 * x)); }
  template <class V> V value(const V& x) const { return gelu(x); }
  template <class V> V slope(const V& x, const V&) const {
    return cdf(x) + x * (0.39894228040143268 * exp(-0.5 * (x * x)));
  }
};
struct Clamp : Curved {
  static constexpr const char* name = "clamp";
  double low, high;
  /// Refuses low > high.
  Clamp(double low_in, double high_in);
  template <class V> V value(const V& x) const { return where(x < low, V(low), where(x > high, V(high), x)); }
  template <class V> V slope(const V& x, const V&) const { return where((x >= low) & (x <= high), V(1.0), V(0.0)); }
};

// ---- of two arguments

struct Add : Curved {
  static constexpr const char* name = "add";
  template <class V> V value(const V& a, const V& b) const { return a + b; }
  template <class V> V slope_a(const V&, const V&, const V&) const { return V(1.0); }
  template <class V> V slope_b(const V&, const V&, const V&) const { return V(1.0); }
};
struct Sub : Curved {
  static constexpr const char* name = "sub";
  template <class V> V value(const V& a, const V& b) const { return a - b; }
  template <class V> V slope_a(const V&, const V&, const V&) const { return V(1.0); }
  template <class V> V slope_b(const V&, const V&, const V&) const { return V(-1.0); }
};
struct Mul : Curved {
  static constexpr const char* name = "mul";
  template <class V> V value(const V& a, const V& b) const { return a * b; }
  template <class V> V slope_a(const V&, const V& b, const V&) const { return b; }
  template <class V> V slope_b(const V& a, const V&, const V&) const { return a; }
};
struct Div : Curved {
  static constexpr const char* name = "div";
  template <class V> V value(const V& a, const V& b) const { return a / b; }
  template <class V> V slope_a(const V&, const V& b, const V&) const { return 1.0 / b; }
  template <class V> V slope_b(const V&, const V& b, const V& y) const { return -y / b; }
};
struct Pow : Curved {
  static constexpr const char* name = "pow";
  template <class V> V value(const V& a, const V& b) const { return pow(a, b); }
  // b a^(b-1), and 0 for b = 0 where a = 0 or NaN would make it NaN. Elsewhere b = 0 is not set apart: second
  // derivatives want its own slope in b, 1 / a.
  template <class V> V slope_a(const V& a, const V& b, const V&) const {
    return where((b == 0) & ((a == 0) | (a != a)), V(0.0), b * pow(a, b - 1.0));
  }
  // a^b ln a, with its limit at a = 0; the logarithm is kept from 0, so that its own slope stays finite.
  template <class V> V slope_b(const V& a, const V& b, const V& y) const {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    return where(a == 0, where(b >= 0, V(0.0), V(-infinity)), y * log(where(a == 0, V(1.0), a)));
  }
};

/// The share of the winner of a comparison: all, half at a tie, and the side that is NaN wins.
template <class M, class V>
V winner(const M& wins, const V& own, const V& other) {
  const V nan_or_lost = where(own != own, where(other != other, V(0.5), V(1.0)), V(0.0));
  return where(wins, V(1.0), where(own == other, V(0.5), nan_or_lost));
}
struct Maximum : Curved {
  static constexpr const char* name = "maximum";
  template <class V> V value(const V& a, const V& b) const { return maximum(a, b); }
  template <class V> V slope_a(const V& a, const V& b, const V&) const { return winner(a > b, a, b); }
  template <class V> V slope_b(const V& a, const V& b, const V&) const { return winner(b > a, b, a); }
};
struct Minimum : Curved {
  static constexpr const char* name = "minimum";
  template <class V> V value(const V& a, const V& b) const { return minimum(a, b); }
  template <class V> V slope_a(const V& a, const V& b, const V&) const { return winner(a < b, a, b); }
  template <class V> V slope_b(const V& a, const V& b, const V&) const { return winner(b < a, b, a); }
};
/// d times a slope, as the chain rule needs it: a path that is not taken, or along which nothing changes, contributes
/// exactly 0, also where the other factor is infinite or NaN. Its own derivatives are those of the plain product, guarded
/// again.
struct Chained : Curved {
  static constexpr const char* name = "mul";
  template <class V> V value(const V& d, const V& s) const {
    return where((d == 0) | (s == 0), V(0.0), d * s);
  }
  template <class V> V slope_a(const V&, const V& s, const V&) const { return s; }
  template <class V> V slope_b(const V& d, const V&, const V&) const { return d; }
};

// Masks are lanes of 1 and 0.
struct Less : Flat {
  static constexpr const char* name = "less";
  template <class V> V value(const V& a, const V& b) const { return where(a < b, V(1.0), V(0.0)); }
};
struct LessEqual : Flat {
  static constexpr const char* name = "less_equal";
  template <class V> V value(const V& a, const V& b) const { return where(a <= b, V(1.0), V(0.0)); }
};
struct Equal : Flat {
  static constexpr const char* name = "equal";
  template <class V> V value(const V& a, const V& b) const { return where(a == b, V(1.0), V(0.0)); }
};
struct NotEqual : Flat {
  static constexpr const char* name = "not_equal";
  template <class V> V value(const V& a, const V& b) const { return where(a != b, V(1.0), V(0.0)); }
};
struct And : Flat {
  static constexpr const char* name = "logical_and";
  template <class V> V value(const V& a, const V& b) const { return a * b; }
};
struct Or : Flat {
  static constexpr const char* name = "logical_or";
  template <class V> V value(const V& a, const V& b) const { return maximum(a, b); }
};

/// All of them, for the sources that compile them.
#define XGRAD_EACH_CURVED_UNARY(X)                                                                        \
  X(Neg) X(Abs) X(Square) X(Reciprocal) X(Sqrt) X(Exp) X(Expm1) X(Log) X(Log1p) X(Sin) X(Cos) X(Tanh)    \
  X(Sigmoid) X(LogSigmoid) X(Erf) X(Relu) X(LeakyRelu) X(Elu) X(Silu) X(Softplus) X(Gelu) X(Clamp)
#define XGRAD_EACH_FLAT_UNARY(X) X(Sign) X(Step) X(Not)
#define XGRAD_EACH_CURVED_BINARY(X) X(Add) X(Sub) X(Mul) X(Div) X(Pow) X(Maximum) X(Minimum) X(Chained)
#define XGRAD_EACH_FLAT_BINARY(X) X(Less) X(LessEqual) X(Equal) X(NotEqual) X(And) X(Or)

// clang-format on

}  // namespace xgrad::kernels::fn

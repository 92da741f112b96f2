#pragma once

#include <array>

#include <xgrad/autograd/kernels/pointwise/function.hpp>

// The table of pointwise functions: activations. See function.hpp for what a definition consists of.

namespace xgrad::kernels::fn {

struct Step : Function {
  static constexpr const char* name = "step";
  static constexpr bool flat = true;
  static constexpr Reads reads = nothing;
  template <class V>
  V value(const V& x) const {
    return where(x > 0, V(1.0), V(0.0));
  }
};

struct Sigmoid : Function {
  static constexpr const char* name = "sigmoid";
  static constexpr Reads reads = of_y;
  template <class V>
  V value(const V& x) const {
    return sigmoid(x);
  }
  template <class V>
  V slope(const V& y) const {
    return y * (1.0 - y);
  }
};

/// s = 1 / (1 + e^-x), as sigmoid, and 1 - s. The derivative of sigmoid by its result, s (1 - s), has no correct digits
/// where s is close to 1; recorded, these formulas have accurate derivatives everywhere. So slopes that are
/// differentiated again use them.
template <class V>
struct Logistic {
  explicit Logistic(const V& x) {
    const auto above = x > 0;
    const V e = exp(where(above, -x, x)), larger = 1.0 / (1.0 + e), smaller = e * larger;
    s = where(above, larger, smaller);
    rest = where(above, smaller, larger);
  }
  V s, rest;
};

struct LogSigmoid : Function {
  static constexpr const char* name = "logsigmoid";
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    return minimum(x, V(0.0)) - log1p(exp(-abs(x)));
  }
  template <class V>
  V slope(const V& x) const {
    return Logistic<V>(x).rest;
  }
};

struct Tanh : Function {
  static constexpr const char* name = "tanh";
  static constexpr Reads reads = of_y;
  template <class V>
  V value(const V& x) const {
    return tanh(x);
  }
  template <class V>
  V slope(const V& y) const {
    return 1.0 - y * y;
  }
};

struct Relu : Function {
  static constexpr const char* name = "relu";
  static constexpr Domain domain = Domain::whole;
  static constexpr Reads reads = of_y;
  template <class V>
  V value(const V& x) const {
    return where(x < 0, V(0.0), x);
  }
  template <class V>
  V pull(const V& y, const V& g) const {
    return where(y <= 0, V(0.0), g);
  }
};

struct LeakyRelu : Function {
  static constexpr const char* name = "leaky_relu";
  static constexpr Reads reads = of_x;
  double below;
  explicit LeakyRelu(double negative_slope = 0.01) : below(negative_slope) {}
  std::array<Setting, 1> settings() const { return {{{"negative_slope", below}}}; }
  template <class V>
  V value(const V& x) const {
    return where(x > 0, x, below * x);
  }
  template <class V>
  V pull(const V& x, const V& g) const {
    return where(x > 0, g, below * g);
  }
};

struct Elu : Function {
  static constexpr const char* name = "elu";
  static constexpr Reads reads = of_x;
  double alpha;
  explicit Elu(double scale = 1.0) : alpha(scale) {}
  std::array<Setting, 1> settings() const { return {{{"alpha", alpha}}}; }
  template <class V>
  V value(const V& x) const {
    return where(x > 0, x, alpha * expm1(where(x > 0, V(0.0), x)));
  }
  /// The argument of exp is 0 where the other branch is taken, so that it cannot overflow there; so is that of expm1.
  template <class V>
  V slope(const V& x) const {
    return where(x > 0, V(1.0), alpha * exp(where(x > 0, V(0.0), x)));
  }
};

struct Silu : Function {
  static constexpr const char* name = "silu";
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    return silu(x);
  }
  /// x is clamped to ±800, where s is 0 or 1: infinity times 0 would be NaN.
  template <class V>
  V slope(const V& x) const {
    if constexpr (has_slopes<V>) return silu_slope(x);
    const V u = maximum(minimum(x, V(800.0)), V(-800.0)), s = sigmoid(u);
    return s * (1.0 + u * (1.0 - s));
  }
};

struct Softplus : Function {
  static constexpr const char* name = "softplus";
  static constexpr Reads reads = of_x;
  double beta, threshold;
  explicit Softplus(double scale = 1.0, double linear_above = 20.0) : beta(scale), threshold(linear_above) {}
  std::array<Setting, 2> settings() const { return {{{"beta", beta}, {"threshold", threshold}}}; }
  template <class V>
  V value(const V& x) const {
    const V z = beta * x;
    return where(z > threshold, x, (maximum(z, V(0.0)) + log1p(exp(-abs(z)))) / beta);
  }
  template <class V>
  V slope(const V& x) const {
    const V z = beta * x;
    return where(z > threshold, V(1.0), Logistic<V>(z).s);
  }
};

struct Softsign : Function {
  static constexpr const char* name = "softsign";
  static constexpr Reads reads = of_x;
  /// x is clamped to ±1e38, where the quotient is 1 or -1 already: that of infinities would be NaN.
  template <class V>
  V value(const V& x) const {
    const V u = maximum(minimum(x, V(1e38)), V(-1e38));
    return u / (1.0 + abs(u));
  }
  /// The derivative of |x| would be 0 for NaN, and that of the slope too.
  template <class V>
  V slope(const V& x) const {
    const V share = 1.0 / where(x == 0, V(1.0), where(x < 0, 1.0 - x, 1.0 + x));
    return share * share;
  }
};

struct Gelu : Function {
  static constexpr const char* name = "gelu";
  static constexpr Reads reads = of_x;
  std::array<Setting, 1> settings() const { return {{{"approximate", "none"}}}; }
  template <class V>
  V value(const V& x) const {
    return gelu(x);
  }
  /// Φ(x) + x φ(x), Φ the normal distribution function and φ its density. Beyond ±40, where φ is 0, the second term is
  /// computed at 0: infinity times 0 would be NaN.
  template <class V>
  V slope(const V& x) const {
    if constexpr (has_slopes<V>) return gelu_slope(x);
    const V u = where(abs(x) < 40.0, x, V(0.0));
    return 0.5 * (1.0 + erf(0.70710678118654752 * x)) + u * (0.39894228040143268 * exp(-0.5 * (u * u)));
  }
};

/// gelu by its approximation: x/2 (1 + t), t = tanh(√(2/π) (x + 0.044715 x³)).
struct GeluTanh : Function {
  static constexpr const char* name = "gelu";
  static constexpr Reads reads = of_x;
  std::array<Setting, 1> settings() const { return {{{"approximate", "tanh"}}}; }
  /// x is bounded below, where t is -1: -inf times 0 would be NaN. In t it is clamped to ±30, so that no power
  /// overflows.
  template <class V>
  V value(const V& x) const {
    const V bounded = maximum(x, V(-30.0)), u = minimum(bounded, V(30.0));
    return 0.5 * bounded * (1.0 + tanh(scale * (u + cubic * (u * u * u))));
  }
  /// x is clamped to ±30, so that no power of it overflows: beyond, t is ±1 and its derivative is 0.
  template <class V>
  V slope(const V& x) const {
    const V u = maximum(minimum(x, V(30.0)), V(-30.0));
    const V t = tanh(scale * (u + cubic * (u * u * u)));
    return 0.5 * (1.0 + t) + 0.5 * u * (1.0 - t * t) * (scale * (1.0 + 3 * cubic * (u * u)));
  }

 private:
  static constexpr double scale = 0.79788456080286536, cubic = 0.044715;
};

/// elu scaled so that means and variances are kept from layer to layer (Klambauer et al., 2017).
struct Selu : Function {
  static constexpr const char* name = "selu";
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    return where(x > 0, scale * x, scale * alpha * expm1(where(x > 0, V(0.0), x)));
  }
  template <class V>
  V slope(const V& x) const {
    return where(x > 0, V(scale), scale * alpha * exp(where(x > 0, V(0.0), x)));
  }

 private:
  static constexpr double alpha = 1.6732632423543772, scale = 1.0507009873554805;
};

struct Celu : Function {
  static constexpr const char* name = "celu";
  static constexpr bool rare = true;
  static constexpr Reads reads = of_x;
  double alpha;
  explicit Celu(double width = 1.0) : alpha(width) {}
  std::array<Setting, 1> settings() const { return {{{"alpha", alpha}}}; }
  template <class V>
  V value(const V& x) const {
    return where(x > 0, x, alpha * expm1(where(x > 0, V(0.0), x / alpha)));
  }
  template <class V>
  V slope(const V& x) const {
    return where(x > 0, V(1.0), exp(where(x > 0, V(0.0), x / alpha)));
  }
};

/// x tanh(ln(1 + e^x)). With e = e^-|x| the hyperbolic tangent is (1 + 2e) / (1 + 2e + 2e²) above 0, and below it
/// (e² + 2e) / (e² + 2e + 2): nothing overflows or cancels. x is bounded where a factor is 0: infinity times 0 would be
/// NaN.
struct Mish : Function {
  static constexpr const char* name = "mish";
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    const V e = exp(-abs(x));
    return maximum(x, V(-800.0)) * tangent(e, x > 0);
  }
  /// t + x (1 - t²) σ(x).
  template <class V>
  V slope(const V& x) const {
    const V u = maximum(minimum(x, V(800.0)), V(-800.0));
    const auto above = u > 0;
    const V e = exp(where(above, -u, u));
    const V q = where(above, 1.0 + 2.0 * e * (1.0 + e), 2.0 + e * (2.0 + e));
    return tangent(e, above) + u * (4.0 * (e / q) * ((1.0 + e) / q) * where(above, e, V(1.0)));
  }

 private:
  template <class V, class M>
  static V tangent(const V& e, const M& above) {
    const V rest = e * (2.0 + e);
    return where(above, (1.0 + 2.0 * e) / (1.0 + 2.0 * e * (1.0 + e)), rest / (2.0 + rest));
  }
};

struct Tanhshrink : Function {
  static constexpr const char* name = "tanhshrink";
  static constexpr bool rare = true;
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    return x - tanh(x);
  }
  template <class V>
  V slope(const V& x) const {
    const V t = tanh(x);
    return t * t;
  }
};

}  // namespace xgrad::kernels::fn

// The functions of this file as a list: the name of the op, and its definition. Those with settings are constructed
// from doubles, in the order of the parameters of the op.
#define XGRAD_ACTIVATION_UNARY(X) \
  X(step, Step)                   \
  X(sigmoid, Sigmoid)             \
  X(logsigmoid, LogSigmoid)       \
  X(tanh, Tanh)                   \
  X(relu, Relu)                   \
  X(silu, Silu)                   \
  X(softsign, Softsign)           \
  X(selu, Selu)                   \
  X(mish, Mish)                   \
  X(tanhshrink, Tanhshrink)
#define XGRAD_ACTIVATION_WITH_SETTINGS(X) \
  X(leaky_relu, LeakyRelu)                \
  X(elu, Elu)                             \
  X(celu, Celu)                           \
  X(softplus, Softplus)

#pragma once

#include <array>

#include <xgrad/autograd/kernels/pointwise/activation_functions.hpp>

// The table of pointwise functions: losses of an input a and a target b. elementwise() lambdas do not have them. See
// function.hpp for what a definition consists of, and nn/losses.hpp for domains and edges.

namespace xgrad::kernels::fn {

struct Loss : Function {
  static constexpr bool in_lambdas = false;
};

/// b z, and 0 at b = 0, where z may be infinite.
template <class V>
V weighted(const V& b, const V& z) {
  return guarded_product(b, where(b == 0, V(0.0), z));
}

/// (a - b)².
struct SquaredError : Loss {
  static constexpr Reads reads_a = of_a | of_b, reads_b = of_a | of_b;
  template <class V>
  V value(const V& a, const V& b) const {
    const V d = a - b;
    return d * d;
  }
  template <class V>
  V slope_a(const V& a, const V& b) const {
    return 2.0 * (a - b);
  }
  template <class V>
  V slope_b(const V& a, const V& b) const {
    return 2.0 * (b - a);
  }
};

/// (a - b)² / 2.
struct HalfSquaredError : Loss {
  static constexpr Reads reads_a = of_a | of_b, reads_b = of_a | of_b;
  template <class V>
  V value(const V& a, const V& b) const {
    const V d = a - b;
    return 0.5 * d * d;
  }
  template <class V>
  V slope_a(const V& a, const V& b) const {
    return a - b;
  }
  template <class V>
  V slope_b(const V& a, const V& b) const {
    return b - a;
  }
};

/// |a - b|.
struct AbsoluteError : Loss {
  static constexpr Reads reads_a = of_a | of_b, reads_b = of_a | of_b;
  template <class V>
  V value(const V& a, const V& b) const {
    return abs(a - b);
  }
  template <class V>
  V pull_a(const V& a, const V& b, const V& g) const {
    const V d = a - b;
    return where(d > 0, g, where(d < 0, -g, where(d == 0, V(0.0), d)));  // the last d is NaN
  }
  template <class V>
  V pull_b(const V& a, const V& b, const V& g) const {
    return pull_a(b, a, g);
  }
};

/// d² / 2β for d = |a - b| below β, else d - β/2.
struct SmoothAbsoluteError : Loss {
  static constexpr Reads reads_a = of_a | of_b, reads_b = of_a | of_b;
  double beta;
  explicit SmoothAbsoluteError(double quadratic_below) : beta(quadratic_below) {}
  std::array<Setting, 1> settings() const { return {{{"beta", beta}}}; }
  template <class V>
  V value(const V& a, const V& b) const {
    const V d = abs(a - b);
    return where(d < beta, 0.5 * d * (d / beta), d - 0.5 * beta);
  }
  template <class V>
  V slope_a(const V& a, const V& b) const {
    const V d = a - b;
    return where(d >= beta, V(1.0), where(d <= -beta, V(-1.0), d / beta));
  }
  template <class V>
  V slope_b(const V& a, const V& b) const {
    return slope_a(b, a);
  }
};

/// d² / 2 for d = |a - b| up to δ, else δ (d - δ/2).
struct Huber : Loss {
  static constexpr Reads reads_a = of_a | of_b, reads_b = of_a | of_b;
  double delta;
  explicit Huber(double quadratic_to) : delta(quadratic_to) {}
  std::array<Setting, 1> settings() const { return {{{"delta", delta}}}; }
  template <class V>
  V value(const V& a, const V& b) const {
    const V d = abs(a - b);
    return where(d <= delta, 0.5 * d * d, delta * (d - 0.5 * delta));
  }
  template <class V>
  V slope_a(const V& a, const V& b) const {
    const V d = a - b;
    return where(d > delta, V(delta), where(d < -delta, V(-delta), d));
  }
  template <class V>
  V slope_b(const V& a, const V& b) const {
    return slope_a(b, a);
  }
};

/// b (ln b - a), and 0 at b = 0, where the logarithm is taken of 1 instead, so that its slope there is finite.
struct Divergence : Loss {
  static constexpr Reads reads_a = of_b, reads_b = of_a | of_b;
  template <class V>
  V value(const V& a, const V& b) const {
    return where(a != a, a, weighted(b, log(where(b == 0, V(1.0), b)) - a));
  }
  template <class V>
  V slope_a(const V& b) const {
    return -b;
  }
  template <class V>
  V slope_b(const V& a, const V& b) const {
    return where(b == 0, V(0.0), log(where(b == 0, V(1.0), b)) + 1.0) - a;
  }
};

/// e^b (b - a), and 0 where e^b is 0.
struct LogDivergence : Loss {
  static constexpr Reads reads_a = of_b, reads_b = of_a | of_b;
  template <class V>
  V value(const V& a, const V& b) const {
    const V p = exp(b);
    return where(a != a, a, guarded_product(p, difference(a, b, p)));
  }
  template <class V>
  V slope_a(const V& b) const {
    return -exp(b);
  }
  template <class V>
  V slope_b(const V& a, const V& b) const {
    const V p = exp(b);
    return guarded_product(p, difference(a, b, p) + 1.0);
  }

 private:
  /// b - a, and 0 where p is, since both may be infinite there.
  template <class V>
  static V difference(const V& a, const V& b, const V& p) {
    return where(p == 0, V(0.0), b) - where(p > 0, a, V(0.0));
  }
};

/// -[b ln a + (1 - b) ln(1 - a)], the logarithms clamped at -100 in value and in slope.
struct BinaryCrossEntropy : Loss {
  static constexpr Reads reads_a = of_a | of_b, reads_b = of_a;
  template <class V>
  V value(const V& a, const V& b) const {
    return -(b * clamped(log(a)) + (1.0 - b) * clamped(log1p(-a)));
  }
  template <class V>
  V slope_a(const V& a, const V& b) const {
    return guarded_product(1.0 - b, inverse(1.0 - a, log1p(-a))) - guarded_product(b, inverse(a, log(a)));
  }
  template <class V>
  V slope_b(const V& a) const {
    if constexpr (is_recorded<V>) {
      // The logarithms are taken of 1 where they are clamped, as their slopes would be infinite.
      const auto none = a <= negligible, all = a == 1;
      return where(all, V(-100.0), log1p(-where(all, V(0.0), a))) -
             where(none, V(-100.0), clamped(log(where(none, V(1.0), a))));
    } else {
      return clamped(log1p(-a)) - clamped(log(a));
    }
  }

 private:
  static constexpr double negligible = 3.7e-44;  // of less than this the logarithm is clamped, in float32 as well
  template <class V>
  static V clamped(const V& logarithm) {
    return maximum(logarithm, V(-100.0));
  }
  /// The slope of clamped(ln z): 1 / z, and 0 where it is clamped; there z is replaced by 1, so that it does not divide
  /// by 0. In one quotient, as clang divides by z itself if the quotient is chosen by where().
  template <class V>
  static V inverse(const V& z, const V& logarithm) {
    return where(logarithm < -100, V(0.0), V(1.0)) / where(z <= negligible, V(1.0), z);
  }
};

/// ln(1 + e^a) = -ln(1 - σ(a)), without overflow.
template <class V>
V log_one_plus_exp(const V& a) {
  return maximum(a, V(0.0)) + log1p(exp(-abs(a)));
}

/// (1 - b) σ(a), and b σ(-a). The derivative of sigmoid by its result has no correct digits where that is close to 1;
/// see Logistic.
template <class V>
V share_of_zeros(const V& a, const V& b) {
  if constexpr (is_recorded<V>)
    return (1.0 - b) * Logistic<V>(a).s;
  else
    return (1.0 - b) * sigmoid(a);
}
template <class V>
V share_of_ones(const V& a, const V& b) {
  if constexpr (is_recorded<V>)
    return b * Logistic<V>(a).rest;
  else
    return b * sigmoid(-a);
}

/// The part of the binary cross entropy of logits that belongs to class 0: -(1 - b) ln(1 - σ(a)). It is 0 for a target
/// of 1, even if the logarithm is infinite.
struct NegativeLogits : Loss {
  static constexpr Reads reads_a = of_a | of_b, reads_b = of_a;
  template <class V>
  V value(const V& a, const V& b) const {
    return weighted(1.0 - b, log_one_plus_exp(a));
  }
  template <class V>
  V slope_a(const V& a, const V& b) const {
    return share_of_zeros(a, b);
  }
  template <class V>
  V slope_b(const V& a) const {
    return -log_one_plus_exp(a);
  }
};

/// The part that belongs to class 1: -b ln σ(a).
struct PositiveLogits : Loss {
  static constexpr Reads reads_a = of_a | of_b, reads_b = of_a;
  template <class V>
  V value(const V& a, const V& b) const {
    return weighted(b, log_one_plus_exp(-a));
  }
  template <class V>
  V slope_a(const V& a, const V& b) const {
    return -share_of_ones(a, b);
  }
  template <class V>
  V slope_b(const V& a) const {
    return log_one_plus_exp(-a);
  }
};

/// Both: the slopes are σ(a) - b and -a.
struct Logits : Loss {
  static constexpr Reads reads_a = of_a | of_b, reads_b = of_a;
  template <class V>
  V value(const V& a, const V& b) const {
    const V small = log1p(exp(-abs(a)));
    return weighted(1.0 - b, maximum(a, V(0.0)) + small) + weighted(b, maximum(-a, V(0.0)) + small);
  }
  template <class V>
  V slope_a(const V& a, const V& b) const {
    return share_of_zeros(a, b) - share_of_ones(a, b);
  }
  template <class V>
  V slope_b(const V& a) const {
    return -a;
  }
};

}  // namespace xgrad::kernels::fn

#pragma once

// The updates of optimisers as formulas of one element. A rule is a struct of numbers with the formula as its call: p
// is the parameter, d its direction, s what the optimiser keeps for it, in the order of its slots. It is instantiated
// for vectors of float and double; an absent slot reads 0 and is not written.

#include <cstdint>

#include <xgrad/autograd/kernels/pointwise/update_pass.hpp>

namespace xgrad::kernels {

/// What every rule begins with: d = ±g + decay p, then p = shrink p.
struct Direction {
  double decay = 0;
  double shrink = 1;
  bool maximize = false;
};

/// m = beta m + (1 - beta) d.
template <class V>
V mean_of(const V& m, const V& d, double beta) {
  return beta * m + (1 - beta) * d;
}

/// p = p - rate d.
struct PlainRule : Direction {
  static constexpr int slots = 0;
  double rate = 0;
  template <class V>
  void operator()(V& p, const V& d, V* /*s*/) const {
    p = p - rate * d;
  }
};

/// s = (m, u): m = mean, u = max(beta2 u, |d| + eps), p = p - rate m / u.
struct AdamaxRule : Direction {
  static constexpr int slots = 2;
  double rate = 0, beta1 = 0, beta2 = 0, eps = 0;
  template <class V>
  void operator()(V& p, const V& d, V* s) const {
    s[0] = mean_of(s[0], d, beta1);
    s[1] = maximum(beta2 * s[1], abs(d) + eps);
    p = p - rate * s[0] / s[1];
  }
};

/// s = (m, v): p = p - (of_gradient d + of_mean m) / (sqrt(v / correction) + eps).
struct NAdamRule : Direction {
  static constexpr int slots = 2;
  double of_gradient = 0, of_mean = 0, beta1 = 0, beta2 = 0, root = 1, eps = 0;
  template <class V>
  void operator()(V& p, const V& d, V* s) const {
    s[0] = mean_of(s[0], d, beta1);
    s[1] = mean_of(s[1], d * d, beta2);
    p = p - (of_gradient * d + of_mean * s[0]) / (root * sqrt(s[1]) + eps);
  }
};

/// s = (m, v): p = p - rate m, over sqrt(v) + eps if `adaptive`.
struct RAdamRule : Direction {
  static constexpr int slots = 2;
  double rate = 0, beta1 = 0, beta2 = 0, eps = 0;
  bool adaptive = false;
  template <class V>
  void operator()(V& p, const V& d, V* s) const {
    s[0] = mean_of(s[0], d, beta1);
    s[1] = mean_of(s[1], d * d, beta2);
    V step = rate * s[0];
    if (adaptive) step = step / (sqrt(s[1]) + eps);
    p = p - step;
  }
};

/// s = (sum): sum = sum + d², p = p - rate d / (sqrt(sum) + eps).
struct AdagradRule : Direction {
  static constexpr int slots = 1;
  double rate = 0, eps = 0;
  template <class V>
  void operator()(V& p, const V& d, V* s) const {
    s[0] = s[0] + d * d;
    p = p - rate * d / (sqrt(s[0]) + eps);
  }
};

/// s = (v, a): c = sqrt(a + eps) / sqrt(v + eps) d, a = mean of c², p = p - rate c.
struct AdadeltaRule : Direction {
  static constexpr int slots = 2;
  double rate = 0, rho = 0, eps = 0;
  template <class V>
  void operator()(V& p, const V& d, V* s) const {
    s[0] = mean_of(s[0], d * d, rho);
    const V change = sqrt(s[1] + eps) / sqrt(s[0] + eps) * d;
    s[1] = mean_of(s[1], change * change, rho);
    p = p - rate * change;
  }
};

/// s = (v, b, m): c = d / (sqrt(v - m² if `centered`) + eps); with momentum b = momentum b + c and c = b; p = p - rate
/// c.
struct RMSpropRule : Direction {
  static constexpr int slots = 3;
  double rate = 0, alpha = 0, eps = 0, momentum = 0;
  bool centered = false;
  template <class V>
  void operator()(V& p, const V& d, V* s) const {
    s[0] = mean_of(s[0], d * d, alpha);
    V spread = s[0];
    if (centered) {
      s[2] = mean_of(s[2], d, alpha);
      spread = spread - s[2] * s[2];
    }
    V change = d / (sqrt(spread) + eps);
    if (momentum > 0) {
      s[1] = momentum * s[1] + change;
      change = s[1];
    }
    p = p - rate * change;
  }
};

/// s = (last d, step): the step grows by `plus` where d keeps its sign, shrinks by `minus` where d turns, which then
/// counts as 0; p = p - sign(d) step.
struct RpropRule : Direction {
  static constexpr int slots = 2;
  double minus = 0, plus = 0, least = 0, most = 0;
  template <class V>
  void operator()(V& p, const V& d, V* s) const {
    const V both = d * s[0];
    const auto turned = both < V(0);
    s[1] = minimum(maximum(s[1] * where(both > V(0), V(plus), where(turned, V(minus), V(1))), V(least)), V(most));
    s[0] = where(turned, V(0), d);
    p = p - where(s[0] > V(0), s[1], where(s[0] < V(0), -s[1], V(0)));
  }
};

/// s = (average): p = p - rate d, average = average + weight (p - average), or p for a weight of 1.
struct ASGDRule : Direction {
  static constexpr int slots = 1;
  double rate = 0, weight = 1;
  template <class V>
  void operator()(V& p, const V& d, V* s) const {
    p = p - rate * d;
    s[0] = weight == 1 ? p : s[0] + weight * (p - s[0]);
  }
};

/// s = (m): p = p - rate sign(beta1 m + (1 - beta1) d), m = beta2 m + (1 - beta2) d.
struct LionRule : Direction {
  static constexpr int slots = 1;
  double rate = 0, beta1 = 0, beta2 = 0;
  template <class V>
  void operator()(V& p, const V& d, V* s) const {
    const V c = mean_of(s[0], d, beta1);
    p = p - where(c > V(0), V(rate), where(c < V(0), V(-rate), rate * c));
    s[0] = mean_of(s[0], d, beta2);
  }
};

/// p = p + (d - p) weight, from the nearer of the two, or p + (d - p) / divisor where that is not 0.
struct AverageRule : Direction {
  static constexpr int slots = 0;
  double weight = 0, divisor = 0;
  template <class V>
  void operator()(V& p, const V& d, V* /*s*/) const {
    if (divisor != 0)
      p = p + (d - p) / divisor;
    else
      p = weight < 0.5 ? p + weight * (d - p) : d - (d - p) * (1 - weight);
  }
};

/// p = min(max(p, -bound), bound); NaN stays.
struct ClipRule : Direction {
  static constexpr int slots = 0;
  double bound = 0;
  template <class V>
  void operator()(V& p, const V& /*d*/, V* /*s*/) const {
    p = minimum(maximum(p, V(-bound)), V(bound));
  }
};

/// The pass over n elements by the rule. `state` are the slots, null where they are absent; g may be p.
template <class T, class Rule>
UpdatePass update_pass(T* p, const T* g, T* const* state, std::int64_t n, const Rule& rule);

}  // namespace xgrad::kernels

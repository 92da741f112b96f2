#pragma once

#include <array>

#include <xgrad/autograd/kernels/pointwise/function.hpp>

// The table of pointwise functions: activations that are made of straight lines, or bounded by them. See function.hpp
// for what a definition consists of, and the headers of autograd/ops for domains and edges.

namespace xgrad::kernels::fn {

struct Hardtanh : Function {
  static constexpr const char* name = "hardtanh";
  static constexpr Domain domain = Domain::no_bool;
  static constexpr Reads reads = of_x;
  double low, high;
  explicit Hardtanh(double lowest = -1.0, double highest = 1.0) : low(lowest), high(highest) {}
  std::array<Setting, 2> settings() const { return {{{"min_val", low}, {"max_val", high}}}; }
  template <class V>
  V value(const V& x) const {
    return where(x < V(low), V(low), where(x > V(high), V(high), x));
  }
  template <class V>
  V pull(const V& x, const V& g) const {
    return where((x > low) & (x < high), g, V(0.0));
  }
};

struct Relu6 : Function {
  static constexpr const char* name = "relu6";
  static constexpr Domain domain = Domain::no_bool;
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    return where(x < 0, V(0.0), where(x > 6, V(6.0), x));
  }
  template <class V>
  V pull(const V& x, const V& g) const {
    return where((x > 0) & (x < 6), g, V(0.0));
  }
};

struct Hardsigmoid : Function {
  static constexpr const char* name = "hardsigmoid";
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    return where(x <= -3, V(0.0), where(x >= 3, V(1.0), (x + 3.0) / 6.0));
  }
  template <class V>
  V pull(const V& x, const V& g) const {
    return where((x > -3) & (x < 3), g / 6.0, V(0.0));
  }
};

struct Hardswish : Function {
  static constexpr const char* name = "hardswish";
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    return where(x <= -3, V(0.0), where(x >= 3, x, x * ((x + 3.0) / 6.0)));
  }
  template <class V>
  V pull(const V& x, const V& g) const {
    return where(x <= -3, V(0.0), where(x >= 3, g, g * (x / 3.0 + 0.5)));
  }
};

struct Hardshrink : Function {
  static constexpr const char* name = "hardshrink";
  static constexpr bool rare = true;
  static constexpr Reads reads = of_x;
  double lambda;
  explicit Hardshrink(double width = 0.5) : lambda(width) {}
  std::array<Setting, 1> settings() const { return {{{"lambd", lambda}}}; }
  template <class V>
  V value(const V& x) const {
    return where((x >= -lambda) & (x <= lambda), V(0.0), x);
  }
  template <class V>
  V pull(const V& x, const V& g) const {
    return where((x < -lambda) | (x > lambda), g, V(0.0));
  }
};

struct Softshrink : Function {
  static constexpr const char* name = "softshrink";
  static constexpr bool rare = true;
  static constexpr Reads reads = of_x;
  double lambda;
  explicit Softshrink(double width = 0.5) : lambda(width) {}
  std::array<Setting, 1> settings() const { return {{{"lambd", lambda}}}; }
  /// The product with 0 keeps NaN.
  template <class V>
  V value(const V& x) const {
    return where(x > lambda, x - lambda, where(x < -lambda, x + lambda, 0.0 * x));
  }
  template <class V>
  V pull(const V& x, const V& g) const {
    return where((x < -lambda) | (x > lambda), g, V(0.0));
  }
};

struct Threshold : Function {
  static constexpr const char* name = "threshold";
  static constexpr bool rare = true;
  static constexpr Domain domain = Domain::whole;
  static constexpr Reads reads = of_x;
  double at, below;
  Threshold(double threshold, double replacement) : at(threshold), below(replacement) {}
  std::array<Setting, 2> settings() const { return {{{"threshold", at}, {"value", below}}}; }
  template <class V>
  V value(const V& x) const {
    return where(x <= V(at), V(below), x);
  }
  template <class V>
  V pull(const V& x, const V& g) const {
    return where(x <= at, V(0.0), g);
  }
};

/// leaky_relu with its slope below 0 as a second operand.
struct Prelu : Function {
  static constexpr const char* name = "prelu";
  static constexpr Reads reads_a = of_a | of_b, reads_b = of_a;
  template <class V>
  V value(const V& a, const V& b) const {
    return where(a > 0, a, b * a);
  }
  template <class V>
  V pull_a(const V& a, const V& b, const V& g) const {
    return where(a > 0, g, b * g);
  }
  template <class V>
  V pull_b(const V& a, const V& g) const {
    return where(a > 0, V(0.0), a * g);
  }
};

}  // namespace xgrad::kernels::fn

// The functions of this file as lists: the op's name, and its definition.
#define XGRAD_PIECEWISE_UNARY(X) \
  X(relu6, Relu6)                \
  X(hardsigmoid, Hardsigmoid)    \
  X(hardswish, Hardswish)
#define XGRAD_PIECEWISE_WITH_SETTINGS(X) \
  X(hardtanh, Hardtanh)                  \
  X(hardshrink, Hardshrink)              \
  X(softshrink, Softshrink)              \
  X(threshold, Threshold)
#define XGRAD_PIECEWISE_BINARY(X) X(prelu, Prelu)

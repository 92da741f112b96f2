#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include <xgrad/autograd/kernels/pointwise/function.hpp>

// The table of pointwise functions: special functions. See function.hpp for what a definition consists of, and the
// headers of autograd/ops for domains and edges.

namespace xgrad::kernels::fn {

/// sin πx / πx, 1 at 0 and 0 at infinity.
struct Sinc : Function {
  static constexpr const char* name = "sinc";
  static constexpr bool rare = true;
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    const V p = pi * x;
    // πx may be infinite where x is not.
    return where(p == 0, V(1.0), where(abs(p) < HUGE_VAL, sin(p) / where(p == 0, V(1.0), p), zero_of(x)));
  }
  /// (cos p - sin p / p) / x for p = πx, whose terms cancel near 0: there its series, Σ (-1)^k 2k p^(2k-1) / (2k+1)!.
  template <class V>
  V slope(const V& x) const {
    const V p = pi * x;
    const auto small = abs(p) < 0.5, within = abs(p) < HUGE_VAL;
    const V near = where(small, p, V(0.0)), z = near * near;
    V sum = V(series[7]);
    for (int k = 6; k >= 0; --k) sum = series[k] + z * sum;
    const V far = where(within, where(small, V(1.0), p), V(1.0));
    const V direct = where(within, (cos(far) - sin(far) / far) / far, zero_of(x));
    return pi * where(small, near * sum, direct);
  }

 private:
  template <class V>
  static V zero_of(const V& x) {
    return where(x == x, V(0.0), x);
  }
  static constexpr double pi = 3.14159265358979323846;
  static constexpr double series[8] = {-2.0 / 6,
                                       4.0 / 120,
                                       -6.0 / 5040,
                                       8.0 / 362880,
                                       -10.0 / 39916800,
                                       12.0 / 6227020800.0,
                                       -14.0 / 1.307674368e12,
                                       16.0 / 3.55687428096e14};
};

struct Erfc : Function {
  static constexpr const char* name = "erfc";
  static constexpr bool rare = true;
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    return erfc(x);
  }
  template <class V>
  V slope(const V& x) const {
    return -1.1283791670955126 * exp(-(x * x));  // -2/√π e^(-x²)
  }
};

struct Erfinv : Function {
  static constexpr const char* name = "erfinv";
  static constexpr bool rare = true;
  static constexpr Reads reads = of_y;
  template <class V>
  V value(const V& x) const {
    return erfinv(x);
  }
  template <class V>
  V slope(const V& y) const {
    return 0.88622692545275801 * exp(y * y);  // √π/2 e^(y²)
  }
};

struct Lgamma : Function {
  static constexpr const char* name = "lgamma";
  static constexpr bool rare = true;
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    return lgamma(x);
  }
  template <class V>
  V slope(const V& x) const {
    return digamma(x);
  }
};

struct Digamma : Function {
  static constexpr const char* name = "digamma";
  static constexpr bool rare = true;
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    return digamma(x);
  }
  template <class V>
  V slope(const V& x) const {
    return polygamma(std::int64_t{1}, x);
  }
};

/// The n-th derivative of digamma.
struct Polygamma : Function {
  static constexpr const char* name = "polygamma";
  static constexpr bool rare = true;
  static constexpr Reads reads = of_x;
  std::int64_t n;
  explicit Polygamma(std::int64_t order) : n(order) {}
  std::array<Setting, 1> settings() const { return {{{"n", static_cast<double>(n)}}}; }
  template <class V>
  V value(const V& x) const {
    return polygamma(n, x);
  }
  template <class V>
  V slope(const V& x) const {
    return polygamma(n < std::numeric_limits<std::int64_t>::max() ? n + 1 : n, x);
  }
};

}  // namespace xgrad::kernels::fn

// The functions of this file as a list: the op's name, and its definition.
#define XGRAD_SPECIAL_UNARY(X) \
  X(sinc, Sinc)                \
  X(erfc, Erfc)                \
  X(erfinv, Erfinv)            \
  X(lgamma, Lgamma)            \
  X(digamma, Digamma)

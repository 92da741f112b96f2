#pragma once

#include <array>
#include <cmath>

#include <xgrad/autograd/kernels/pointwise/function.hpp>

// The table of pointwise functions: rounding, and division with a whole quotient. See function.hpp for what a
// definition consists of, and the headers of autograd/ops for domains and edges.

namespace xgrad::kernels::fn {

struct Floor : Function {
  static constexpr const char* name = "floor";
  static constexpr Domain domain = Domain::no_bool;
  static constexpr bool flat = true;
  static constexpr Reads reads = nothing;
  template <class V>
  V value(const V& x) const {
    return floor(x);
  }
};

struct Ceil : Function {
  static constexpr const char* name = "ceil";
  static constexpr Domain domain = Domain::no_bool;
  static constexpr bool flat = true;
  static constexpr Reads reads = nothing;
  template <class V>
  V value(const V& x) const {
    return ceil(x);
  }
};

struct Trunc : Function {
  static constexpr const char* name = "trunc";
  static constexpr Domain domain = Domain::no_bool;
  static constexpr bool flat = true;
  static constexpr Reads reads = nothing;
  template <class V>
  V value(const V& x) const {
    return trunc(x);
  }
};

/// To the nearest whole number, halves to even.
struct Round : Function {
  static constexpr const char* name = "round";
  static constexpr Domain domain = Domain::no_bool;
  static constexpr bool flat = true;
  static constexpr Reads reads = nothing;
  template <class V>
  V value(const V& x) const {
    return round(x);
  }
};

/// To a number of decimals, halves to even.
struct RoundDecimals : Function {
  static constexpr const char* name = "round";
  static constexpr bool flat = true;
  static constexpr Reads reads = nothing;
  double decimals, power;
  explicit RoundDecimals(double places) : decimals(places), power(std::pow(10.0, std::fabs(places))) {}
  std::array<Setting, 1> settings() const { return {{{"decimals", decimals}}}; }
  /// A number that has no room for so many decimals stays what it is.
  template <class V>
  V value(const V& x) const {
    if (decimals < 0) {
      const V whole = round(x / power);  // the power may be infinite in the type of x
      return where(whole == 0, whole, where(whole == whole, whole * power, x));
    }
    const V scaled = x * power;
    return where(abs(scaled) < 4503599627370496.0, round(scaled) / power, x);
  }
};

/// The part behind the point, with the sign of x.
struct Frac : Function {
  static constexpr const char* name = "frac";
  static constexpr Reads reads = nothing;
  template <class V>
  V value(const V& x) const {
    return x - trunc(x);
  }
  template <class V>
  V pull(const V& g) const {
    return g;
  }
};

/// a - b trunc(a / b).
struct Fmod : Function {
  static constexpr const char* name = "fmod";
  static constexpr bool rare = true;
  static constexpr Domain domain = Domain::no_bool;
  static constexpr Reads reads_a = nothing, reads_b = of_a | of_b;
  template <class V>
  V value(const V& a, const V& b) const {
    return fmod(a, b);
  }
  template <class V>
  V pull_a(const V& g) const {
    return g;
  }
  template <class V>
  V slope_b(const V& a, const V& b) const {
    return -trunc(a / b);
  }
};

/// a - b floor(a / b).
struct Remainder : Function {
  static constexpr const char* name = "remainder";
  static constexpr bool rare = true;
  static constexpr Domain domain = Domain::no_bool;
  static constexpr Reads reads_a = nothing, reads_b = of_a | of_b;
  template <class V>
  V value(const V& a, const V& b) const {
    return remainder(a, b);
  }
  template <class V>
  V pull_a(const V& g) const {
    return g;
  }
  template <class V>
  V slope_b(const V& a, const V& b) const {
    return -floor_divide(a, b);
  }
};

/// floor(a / b).
struct FloorDivide : Function {
  static constexpr const char* name = "floor_divide";
  static constexpr Domain domain = Domain::no_bool;
  static constexpr bool flat = true;
  static constexpr Reads reads_a = nothing, reads_b = nothing;
  template <class V>
  V value(const V& a, const V& b) const {
    return floor_divide(a, b);
  }
};

/// trunc(a / b).
struct TruncDivide : Function {
  static constexpr const char* name = "div";
  static constexpr Domain domain = Domain::no_bool;
  static constexpr bool flat = true;
  static constexpr Reads reads_a = nothing, reads_b = nothing;
  template <class V>
  V value(const V& a, const V& b) const {
    return trunc_divide(a, b);
  }
};

}  // namespace xgrad::kernels::fn

// The functions of this file as lists: the op's name, and its definition.
#define XGRAD_ROUNDING_UNARY(X) \
  X(floor, Floor)               \
  X(ceil, Ceil)                 \
  X(trunc, Trunc)               \
  X(round, Round)               \
  X(frac, Frac)
#define XGRAD_ROUNDING_BINARY(X) \
  X(fmod, Fmod)                  \
  X(remainder, Remainder)        \
  X(floor_divide, FloorDivide)

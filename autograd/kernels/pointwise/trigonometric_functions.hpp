#pragma once

#include <cmath>

#include <xgrad/autograd/kernels/pointwise/function.hpp>

// The table of pointwise functions: circular and hyperbolic functions. See function.hpp for what a definition consists
// of, and the headers of autograd/ops for domains and edges.

namespace xgrad::kernels::fn {

// ---- of one operand

/// 1 - x². The product keeps its digits near ±1, but its derivative (1 - x) - (1 + x) loses them near 0.
template <class V>
V one_less_square(const V& x) {
  if constexpr (is_recorded<V>)
    return where(abs(x) < 0.5, 1.0 - x * x, (1.0 - x) * (1.0 + x));
  else
    return (1.0 - x) * (1.0 + x);
}

struct Tan : Function {
  static constexpr const char* name = "tan";
  static constexpr bool rare = true;
  static constexpr Reads reads = of_y;
  template <class V>
  V value(const V& x) const {
    return tan(x);
  }
  template <class V>
  V slope(const V& y) const {
    return 1.0 + y * y;
  }
};

struct Asin : Function {
  static constexpr const char* name = "asin";
  static constexpr bool rare = true;
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    return asin(x);
  }
  template <class V>
  V slope(const V& x) const {
    return 1.0 / sqrt(one_less_square(x));
  }
};

struct Acos : Function {
  static constexpr const char* name = "acos";
  static constexpr bool rare = true;
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    return acos(x);
  }
  template <class V>
  V slope(const V& x) const {
    return -1.0 / sqrt(one_less_square(x));
  }
};

struct Atan : Function {
  static constexpr const char* name = "atan";
  static constexpr bool rare = true;
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    return atan(x);
  }
  template <class V>
  V slope(const V& x) const {
    return 1.0 / (1.0 + x * x);
  }
};

struct Sinh : Function {
  static constexpr const char* name = "sinh";
  static constexpr bool rare = true;
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    return sinh(x);
  }
  template <class V>
  V slope(const V& x) const {
    return cosh(x);
  }
};

struct Cosh : Function {
  static constexpr const char* name = "cosh";
  static constexpr bool rare = true;
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    return cosh(x);
  }
  template <class V>
  V slope(const V& x) const {
    return sinh(x);
  }
};

struct Asinh : Function {
  static constexpr const char* name = "asinh";
  static constexpr bool rare = true;
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    return asinh(x);
  }
  /// x² may overflow where the slope does not.
  template <class V>
  V slope(const V& x) const {
    return 1.0 / hypot(V(1.0), x);
  }
};

struct Acosh : Function {
  static constexpr const char* name = "acosh";
  static constexpr bool rare = true;
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    return acosh(x);
  }
  template <class V>
  V slope(const V& x) const {
    return 1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0));
  }
};

struct Atanh : Function {
  static constexpr const char* name = "atanh";
  static constexpr bool rare = true;
  static constexpr Reads reads = of_x;
  template <class V>
  V value(const V& x) const {
    return atanh(x);
  }
  template <class V>
  V slope(const V& x) const {
    return 1.0 / one_less_square(x);
  }
};

struct DegToRad : Function {
  static constexpr const char* name = "deg2rad";
  static constexpr bool rare = true;
  static constexpr Reads reads = nothing;
  static constexpr bool cheap = true;
  template <class V>
  V value(const V& x) const {
    return 0.017453292519943295 * x;
  }
  template <class V>
  V pull(const V& g) const {
    return 0.017453292519943295 * g;
  }
};

struct RadToDeg : Function {
  static constexpr const char* name = "rad2deg";
  static constexpr bool rare = true;
  static constexpr Reads reads = nothing;
  static constexpr bool cheap = true;
  template <class V>
  V value(const V& x) const {
    return 57.295779513082323 * x;
  }
  template <class V>
  V pull(const V& g) const {
    return 57.295779513082323 * g;
  }
};

// ---- of two operands

/// x / r for r = √(a² + b²) and x one of a and b, and 0 where r is 0. Recorded, x is the number 0 there, so that
/// further derivatives are 0 as well.
template <class V>
V share(const V& x, const V& r) {
  const auto none = r == 0;
  if constexpr (is_recorded<V>)
    return where(none, V(0.0), x) / where(none, V(1.0), r);
  else
    return x / where(none, V(1.0), r);
}

/// The angle of the point (b, a).
struct Atan2 : Function {
  static constexpr const char* name = "atan2";
  static constexpr bool rare = true;
  static constexpr Reads reads_a = of_a | of_b, reads_b = of_a | of_b;
  template <class V>
  V value(const V& a, const V& b) const {
    return atan2(a, b);
  }
  /// b / r², without forming r², which may overflow or underflow; 0 where a or b is infinite.
  template <class V>
  V slope_a(const V& a, const V& b) const {
    const auto beyond = is_beyond(a, b);
    const V v = where(beyond, V(0.0), b), r = hypot(where(beyond, V(0.0), a), v);
    return share(v, r) / where(r == 0, V(1.0), r);
  }
  template <class V>
  V slope_b(const V& a, const V& b) const {
    const auto beyond = is_beyond(a, b);
    const V u = where(beyond, V(0.0), a), r = hypot(u, where(beyond, V(0.0), b));
    return -share(u, r) / where(r == 0, V(1.0), r);
  }

 private:
  template <class V>
  static auto is_beyond(const V& a, const V& b) {
    return ((abs(a) == HUGE_VAL) & (b == b)) | ((abs(b) == HUGE_VAL) & (a == a));
  }
};

struct Hypot : Function {
  static constexpr const char* name = "hypot";
  static constexpr bool rare = true;
  static constexpr Reads reads_a = of_a | of_y, reads_b = of_b | of_y;
  template <class V>
  V value(const V& a, const V& b) const {
    return hypot(a, b);
  }
  template <class V>
  V slope_a(const V& a, const V& y) const {
    return share(a, y);
  }
  template <class V>
  V slope_b(const V& b, const V& y) const {
    return share(b, y);
  }
};

}  // namespace xgrad::kernels::fn

// The functions of this file as lists: the op's name, and its definition.
#define XGRAD_TRIGONOMETRIC_UNARY(X) \
  X(tan, Tan)                        \
  X(asin, Asin)                      \
  X(acos, Acos)                      \
  X(atan, Atan)                      \
  X(sinh, Sinh)                      \
  X(cosh, Cosh)                      \
  X(asinh, Asinh)                    \
  X(acosh, Acosh)                    \
  X(atanh, Atanh)                    \
  X(deg2rad, DegToRad)               \
  X(rad2deg, RadToDeg)
#define XGRAD_TRIGONOMETRIC_BINARY(X) \
  X(atan2, Atan2)                     \
  X(hypot, Hypot)

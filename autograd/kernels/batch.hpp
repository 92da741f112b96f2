#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <xsimd/xsimd.hpp>

namespace xgrad {

/// The registers that xsimd takes by default. Of AVX-512 the set without BW, which adds nothing for numbers of 32 and 64
/// bits: xsimd 8.1 writes it with macros that g++ -O0 cannot compile.
using Registers =
    std::conditional_t<std::is_base_of_v<xsimd::avx512bw, xsimd::default_arch>, xsimd::avx512dq, xsimd::default_arch>;

/// The instruction set that this translation unit is compiled for: part of the type of a Batch, so that two translation
/// units with different flags never share a function.
inline constexpr int native_isa = static_cast<int>(Registers::version());

/// A truth value for every lane of a Batch<T>.
template <class T, int Isa>
class Mask {
 public:
  using Native = xsimd::batch_bool<T, Registers>;
  Mask(Native native) : v(native) {}
  explicit operator bool() const = delete;  // a mask holds many truth values: use where(mask, a, b)

  friend Mask operator&(Mask a, Mask b) { return a.v & b.v; }
  friend Mask operator|(Mask a, Mask b) { return a.v | b.v; }
  friend Mask operator~(Mask a) { return ~a.v; }
  friend Mask operator&&(Mask a, Mask b) { return a.v & b.v; }
  friend Mask operator||(Mask a, Mask b) { return a.v | b.v; }
  friend Mask operator!(Mask a) { return ~a.v; }

  Native v;
};

/// A SIMD register of numbers, with the vocabulary of Tensor: rules and values of pointwise ops are written once and
/// read over both.
template <class T, int Isa = native_isa>
class Batch {
 public:
  using Native = xsimd::batch<T, Registers>;
  using M = Mask<T, Isa>;
  static constexpr std::size_t width = Native::size;

  Batch() = default;  // uninitialised
  Batch(Native native) : v(native) {}
  template <class N, std::enable_if_t<std::is_arithmetic_v<N>, int> = 0>
  Batch(N number) : v(static_cast<T>(number)) {}
  static Batch load(const T* from) { return Native::load_unaligned(from); }
  void store(T* to) const { v.store_unaligned(to); }

  friend Batch operator+(Batch a, Batch b) { return a.v + b.v; }
  friend Batch operator-(Batch a, Batch b) { return a.v - b.v; }
  friend Batch operator*(Batch a, Batch b) { return a.v * b.v; }
  friend Batch operator/(Batch a, Batch b) { return a.v / b.v; }
  friend Batch operator-(Batch a) { return -a.v; }
  friend M operator<(Batch a, Batch b) { return a.v < b.v; }
  friend M operator<=(Batch a, Batch b) { return a.v <= b.v; }
  friend M operator>(Batch a, Batch b) { return a.v > b.v; }
  friend M operator>=(Batch a, Batch b) { return a.v >= b.v; }
  friend M operator==(Batch a, Batch b) { return a.v == b.v; }
  friend M operator!=(Batch a, Batch b) { return unequal(a.v, b.v); }
  /// a b + c, with one rounding where the processor can.
  friend Batch fma(Batch a, Batch b, Batch c) { return xsimd::fma(a.v, b.v, c.v); }
  /// The sum of all lanes.
  friend T total(Batch a) { return xsimd::hadd(a.v); }
  friend Batch where(M condition, Batch a, Batch b) { return xsimd::select(condition.v, a.v, b.v); }
  friend Batch maximum(Batch a, Batch b) { return where((a != a) | (a > b), a, b); }
  friend Batch minimum(Batch a, Batch b) { return where((a != a) | (a < b), a, b); }

  friend Batch abs(Batch a) { return xsimd::abs(a.v); }
  friend Batch sqrt(Batch a) { return xsimd::sqrt(a.v); }
  friend Batch square(Batch a) { return a.v * a.v; }
  friend Batch reciprocal(Batch a) { return Native(T(1)) / a.v; }
  friend Batch exp(Batch a) { return a.exponential(); }
  friend Batch expm1(Batch a) { return xsimd::expm1(a.v); }
  friend Batch log(Batch a) { return xsimd::log(a.v); }
  friend Batch log1p(Batch a) { return xsimd::log1p(a.v); }
  friend Batch sin(Batch a) { return xsimd::sin(a.v); }
  friend Batch cos(Batch a) { return xsimd::cos(a.v); }
  friend Batch tanh(Batch a) { return xsimd::tanh(a.v); }
  friend Batch erf(Batch a) { return xsimd::erf(a.v); }
  friend Batch sigmoid(Batch a) { return a.logistic(); }
  friend Batch pow(Batch a, Batch b) { return lane_by_lane(a, b, [](T x, T y) { return std::pow(x, y); }); }

  Native v;

 private:
  template <class F>
  static Batch lane_by_lane(Batch a, Batch b, F f) {
    alignas(64) T x[width], y[width];
    a.store(x);
    b.store(y);
    for (std::size_t i = 0; i < width; ++i) x[i] = f(x[i], y[i]);
    return load(x);
  }

  // xsimd 8.1 makes != of AVX and AVX-512 the ordered comparison, which holds for no NaN.
  static xsimd::batch_bool<T, Registers> unequal(Native a, Native b) { return ~(a == b); }

  static Native fma(Native a, Native b, Native c) { return xsimd::fma(a, b, c); }

  // e^x = 2^n e^r with n the nearest integer to x / ln 2 and r in +- ln 2 / 2, where the Taylor polynomial is exact to
  // rounding. 2^n is multiplied in as two halves, so that results reach the subnormals and the largest finite number.
  Batch exponential() const {
    constexpr bool single = std::is_same_v<T, float>;
    const Native x = xsimd::min(xsimd::max(v, Native(single ? T(-104) : T(-746))), Native(single ? T(89) : T(710)));
    const Native n = xsimd::nearbyint(x * Native(T(1.4426950408889634)));
    Native r = fma(n, Native(single ? T(-0.693145751953125) : T(-0.693147180369123816490)), x);
    r = fma(n, Native(single ? T(-1.42860682030941723212e-6) : T(-1.90821492927058770002e-10)), r);
    Native p(single ? T(1.0 / 5040) : T(1.0 / 6227020800.0));
    if constexpr (!single) {
      p = fma(p, r, Native(T(1.0 / 479001600.0)));
      p = fma(p, r, Native(T(1.0 / 39916800.0)));
      p = fma(p, r, Native(T(1.0 / 3628800.0)));
      p = fma(p, r, Native(T(1.0 / 362880.0)));
      p = fma(p, r, Native(T(1.0 / 40320.0)));
      p = fma(p, r, Native(T(1.0 / 5040.0)));
    }
    p = fma(p, r, Native(T(1.0 / 720.0)));
    p = fma(p, r, Native(T(1.0 / 120.0)));
    p = fma(p, r, Native(T(1.0 / 24.0)));
    p = fma(p, r, Native(T(1.0 / 6.0)));
    p = fma(p, r, Native(T(0.5)));
    p = fma(p * r, r, r) + Native(T(1));
    const Native half = xsimd::nearbyint(n * Native(T(0.5)));
    const Native y = p * power_of_two(half) * power_of_two(n - half);
    return xsimd::select(unequal(v, v), v, y);
  }

  // 2^n for a whole n in the range of normal numbers: n goes into the exponent bits.
  static Native power_of_two(Native n) {
    constexpr T shift = std::is_same_v<T, float> ? T(12582912) : T(6755399441055744.0);  // 1.5 * 2^mantissa bits
    constexpr int mantissa = std::is_same_v<T, float> ? 23 : 52;
    constexpr T bias = std::is_same_v<T, float> ? T(127) : T(1023);
    const auto bits = xsimd::bitwise_cast<xsimd::as_integer_t<Native>>(n + Native(shift + bias));
    return xsimd::bitwise_cast<Native>(bits << mantissa);
  }

  // 1 / (1 + e^-x), through e^-|x| so that nothing overflows.
  Batch logistic() const {
    const Batch e = exp(-abs(*this));
    return where(*this >= 0, 1 / (1 + e), e / (1 + e));
  }
};

/// Whole numbers, one at a time, with the part of the vocabulary that holds for them.
template <int Isa>
class Mask<std::int64_t, Isa> {
 public:
  Mask(bool value) : v(value) {}
  explicit operator bool() const = delete;

  friend Mask operator&(Mask a, Mask b) { return a.v && b.v; }
  friend Mask operator|(Mask a, Mask b) { return a.v || b.v; }
  friend Mask operator~(Mask a) { return !a.v; }
  friend Mask operator&&(Mask a, Mask b) { return a.v && b.v; }
  friend Mask operator||(Mask a, Mask b) { return a.v || b.v; }
  friend Mask operator!(Mask a) { return !a.v; }

  bool v;
};

template <int Isa>
class Batch<std::int64_t, Isa> {
 public:
  using T = std::int64_t;
  using M = Mask<T, Isa>;
  static constexpr std::size_t width = 1;

  template <class N, std::enable_if_t<std::is_arithmetic_v<N>, int> = 0>
  Batch(N number) : v(static_cast<T>(number)) {}
  static Batch load(const T* from) { return *from; }
  void store(T* to) const { *to = v; }

  // Signed overflow is undefined; two's complement arithmetic wraps around as in NumPy and PyTorch.
  friend Batch operator+(Batch a, Batch b) { return wrap(a.bits() + b.bits()); }
  friend Batch operator-(Batch a, Batch b) { return wrap(a.bits() - b.bits()); }
  friend Batch operator*(Batch a, Batch b) { return wrap(a.bits() * b.bits()); }
  friend Batch operator-(Batch a) { return wrap(0 - a.bits()); }
  friend M operator<(Batch a, Batch b) { return a.v < b.v; }
  friend M operator<=(Batch a, Batch b) { return a.v <= b.v; }
  friend M operator>(Batch a, Batch b) { return a.v > b.v; }
  friend M operator>=(Batch a, Batch b) { return a.v >= b.v; }
  friend M operator==(Batch a, Batch b) { return a.v == b.v; }
  friend M operator!=(Batch a, Batch b) { return a.v != b.v; }
  friend Batch where(M condition, Batch a, Batch b) { return condition.v ? a : b; }
  friend Batch maximum(Batch a, Batch b) { return a.v > b.v ? a : b; }
  friend Batch minimum(Batch a, Batch b) { return a.v < b.v ? a : b; }
  friend Batch abs(Batch a) { return a.v < 0 ? -a : a; }
  friend Batch square(Batch a) { return a * a; }

  T v;

 private:
  std::uint64_t bits() const { return static_cast<std::uint64_t>(v); }
  static Batch wrap(std::uint64_t bits) { return static_cast<T>(bits); }
};

}  // namespace xgrad

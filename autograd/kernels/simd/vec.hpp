#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <xgrad/autograd/kernels/math/erf_gelu.hpp>
#include <xgrad/autograd/kernels/math/logarithm.hpp>
#include <xgrad/autograd/kernels/math/rounding.hpp>
#include <xgrad/autograd/kernels/math/scalar.hpp>
#include <xgrad/autograd/kernels/math/trigonometric.hpp>

namespace xgrad {

/// A truth value for every lane of a Vec<T>.
template <class T, int Isa>
class Mask {
 public:
  using Native = xsimd::batch_bool<T, Arch>;
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

/// A SIMD vector, with the functions of Tensor: a pointwise function and its derivative are templates that are
/// instantiated for both.
template <class T, int Isa = native_isa>
class Vec {
 public:
  using Native = xsimd::batch<T, Arch>;
  using M = Mask<T, Isa>;
  static constexpr std::size_t width = Native::size;
  static constexpr bool with_slopes = kernels::Arithmetic<T, Isa>::has_avx2_tables;

  Vec() = default;  // uninitialised
  Vec(Native native) : v(native) {}
  template <class N, std::enable_if_t<std::is_arithmetic_v<N>, int> = 0>
  Vec(N number) : v(static_cast<T>(number)) {}
  static Vec load(const T* from) { return Native::load_unaligned(from); }
  void store(T* to) const { v.store_unaligned(to); }

  friend Vec operator+(Vec a, Vec b) { return a.v + b.v; }
  friend Vec operator-(Vec a, Vec b) { return a.v - b.v; }
  friend Vec operator*(Vec a, Vec b) { return a.v * b.v; }
  friend Vec operator/(Vec a, Vec b) { return a.v / b.v; }
  friend Vec operator-(Vec a) { return a.v ^ Native(T(-0.0)); }  // xsimd's 0 - a gives 0 for 0, not -0
  friend M operator<(Vec a, Vec b) { return a.v < b.v; }
  friend M operator<=(Vec a, Vec b) { return a.v <= b.v; }
  friend M operator>(Vec a, Vec b) { return a.v > b.v; }
  friend M operator>=(Vec a, Vec b) { return a.v >= b.v; }
  friend M operator==(Vec a, Vec b) { return a.v == b.v; }
  friend M operator!=(Vec a, Vec b) { return unequal(a.v, b.v); }
  /// a b + c, with one rounding where the processor has the instruction.
  friend Vec fma(Vec a, Vec b, Vec c) { return kernels::Arithmetic<T, Isa>::fma(a.v, b.v, c.v); }
  /// The sum of all lanes.
  friend T total(Vec a) { return xsimd::hadd(a.v); }
  friend Vec where(M condition, Vec a, Vec b) { return xsimd::select(condition.v, a.v, b.v); }
  friend Vec maximum(Vec a, Vec b) { return where((a != a) | (a > b), a, b); }
  friend Vec minimum(Vec a, Vec b) { return where((a != a) | (a < b), a, b); }
  /// a b, but 0 where either is 0, also beside infinity or NaN.
  friend Vec guarded_product(Vec a, Vec b) { return where((a == 0) | (b == 0), Vec(0), a * b); }

  friend Vec abs(Vec a) { return xsimd::abs(a.v); }
  friend Vec sqrt(Vec a) { return kernels::Arithmetic<T, Isa>::sqrt(a.v); }
  friend Vec square(Vec a) { return a.v * a.v; }
  friend Vec reciprocal(Vec a) { return Native(T(1)) / a.v; }
  friend Vec exp(Vec a) { return kernels::Exponential<T, Isa>::exp(a.v); }
  /// e^a for a < 88, as where a maximum has been subtracted.
  friend Vec bounded_exp(Vec a) { return kernels::Exponential<T, Isa>::bounded_exp(a.v); }
  friend Vec expm1(Vec a) { return kernels::Exponential<T, Isa>::expm1(a.v); }
  friend Vec tanh(Vec a) { return kernels::Exponential<T, Isa>::tanh(a.v); }
  friend Vec sigmoid(Vec a) { return kernels::Exponential<T, Isa>::sigmoid(a.v); }
  friend Vec silu(Vec a) { return kernels::Exponential<T, Isa>::silu(a.v); }
  friend Vec log(Vec a) { return kernels::Logarithm<T, Isa>::log(a.v); }
  friend Vec log1p(Vec a) { return kernels::Logarithm<T, Isa>::log1p(a.v); }
  friend Vec sin(Vec a) { return kernels::Trigonometric<T, Isa>::sin(a.v); }
  friend Vec cos(Vec a) { return kernels::Trigonometric<T, Isa>::cos(a.v); }
  friend Vec erf(Vec a) { return kernels::ErfGelu<T, Isa>::erf(a.v); }
  friend Vec gelu(Vec a) { return kernels::ErfGelu<T, Isa>::gelu(a.v); }
  /// The derivatives of gelu and silu, where with_slopes is true.
  friend Vec gelu_slope(Vec a) { return kernels::Avx2Float<Isa>::gelu_slope(a.v); }
  friend Vec silu_slope(Vec a) { return kernels::Avx2Float<Isa>::silu_slope(a.v); }
  friend Vec pow(Vec a, Vec b) {
    return lane_by_lane(a, b, [](T x, T y) { return std::pow(x, y); });
  }

  friend Vec floor(Vec a) { return kernels::Rounding<T, Isa>::floor(a.v); }
  friend Vec ceil(Vec a) { return kernels::Rounding<T, Isa>::ceil(a.v); }
  friend Vec trunc(Vec a) { return kernels::Rounding<T, Isa>::trunc(a.v); }
  /// To the nearest whole number, halves to even.
  friend Vec round(Vec a) { return kernels::Rounding<T, Isa>::nearest(a.v); }
  friend Vec trunc_divide(Vec a, Vec b) { return trunc(a / b); }
  friend Vec copysign(Vec a, Vec b) { return xsimd::abs(a.v) | xsimd::bitofsign(b.v); }
  /// The largest finite number.
  friend Vec greatest_finite(Vec) { return std::numeric_limits<T>::max(); }

  friend Vec tan(Vec a) { return number_by_number(kernels::scalar::tan, a); }
  friend Vec asin(Vec a) { return number_by_number(kernels::scalar::asin, a); }
  friend Vec acos(Vec a) { return number_by_number(kernels::scalar::acos, a); }
  friend Vec atan(Vec a) { return number_by_number(kernels::scalar::atan, a); }
  friend Vec sinh(Vec a) { return number_by_number(kernels::scalar::sinh, a); }
  friend Vec cosh(Vec a) { return number_by_number(kernels::scalar::cosh, a); }
  friend Vec asinh(Vec a) { return number_by_number(kernels::scalar::asinh, a); }
  friend Vec acosh(Vec a) { return number_by_number(kernels::scalar::acosh, a); }
  friend Vec atanh(Vec a) { return number_by_number(kernels::scalar::atanh, a); }
  friend Vec cbrt(Vec a) { return number_by_number(kernels::scalar::cbrt, a); }
  friend Vec exp2(Vec a) { return number_by_number(kernels::scalar::exp2, a); }
  friend Vec log2(Vec a) { return number_by_number(kernels::scalar::log2, a); }
  friend Vec log10(Vec a) { return number_by_number(kernels::scalar::log10, a); }
  friend Vec erfc(Vec a) { return number_by_number(kernels::scalar::erfc, a); }
  friend Vec erfinv(Vec a) { return number_by_number(kernels::scalar::erfinv, a); }
  friend Vec lgamma(Vec a) { return number_by_number(kernels::scalar::lgamma, a); }
  friend Vec digamma(Vec a) { return number_by_number(kernels::scalar::digamma, a); }
  friend Vec atan2(Vec a, Vec b) { return number_by_number(kernels::scalar::atan2, a, b); }
  friend Vec hypot(Vec a, Vec b) { return number_by_number(kernels::scalar::hypot, a, b); }
  friend Vec fmod(Vec a, Vec b) { return number_by_number(kernels::scalar::fmod, a, b); }
  friend Vec remainder(Vec a, Vec b) { return number_by_number(kernels::scalar::remainder, a, b); }
  friend Vec floor_divide(Vec a, Vec b) { return number_by_number(kernels::scalar::floor_divide, a, b); }
  friend Vec polygamma(std::int64_t n, Vec x) { return number_by_number(kernels::scalar::polygamma, Vec(n), x); }

  Native v;

 private:
  template <class F>
  static Vec lane_by_lane(Vec a, Vec b, F f) {
    alignas(64) T x[width], y[width];
    a.store(x);
    b.store(y);
    for (std::size_t i = 0; i < width; ++i) x[i] = f(x[i], y[i]);
    return load(x);
  }

  // Not inlined: these functions cost more than the call.
  [[gnu::noinline]] static Vec number_by_number(double (*f)(double), Vec a) {
    alignas(64) T x[width];
    a.store(x);
    kernels::each_number(f, x, x, width);
    return load(x);
  }
  [[gnu::noinline]] static Vec number_by_number(double (*f)(double, double), Vec a, Vec b) {
    alignas(64) T x[width], y[width];
    a.store(x);
    b.store(y);
    kernels::each_number(f, x, y, x, width);
    return load(x);
  }

  // For AVX and AVX-512, xsimd 8.1 implements != as the ordered comparison, which is false for NaN.
  static xsimd::batch_bool<T, Arch> unequal(Native a, Native b) { return ~(a == b); }
};

/// int64, one number at a time, with those of the functions that exist for integers.
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
class Vec<std::int64_t, Isa> {
 public:
  using T = std::int64_t;
  using M = Mask<T, Isa>;
  static constexpr std::size_t width = 1;
  static constexpr bool integer = true;

  template <class N, std::enable_if_t<std::is_integral_v<N>, int> = 0>
  Vec(N number) : v(static_cast<T>(number)) {}
  /// The nearest of the numbers of int64 where the number lies beyond them.
  Vec(double number) : v(number >= 0x1p63 ? INT64_MAX : number <= -0x1p63 ? INT64_MIN : static_cast<T>(number)) {}
  static Vec load(const T* from) { return *from; }
  void store(T* to) const { *to = v; }

  // Signed overflow is undefined; two's complement arithmetic wraps around as in NumPy and PyTorch.
  friend Vec operator+(Vec a, Vec b) { return wrap(a.bits() + b.bits()); }
  friend Vec operator-(Vec a, Vec b) { return wrap(a.bits() - b.bits()); }
  friend Vec operator*(Vec a, Vec b) { return wrap(a.bits() * b.bits()); }
  friend Vec operator-(Vec a) { return wrap(0 - a.bits()); }
  friend M operator<(Vec a, Vec b) { return a.v < b.v; }
  friend M operator<=(Vec a, Vec b) { return a.v <= b.v; }
  friend M operator>(Vec a, Vec b) { return a.v > b.v; }
  friend M operator>=(Vec a, Vec b) { return a.v >= b.v; }
  friend M operator==(Vec a, Vec b) { return a.v == b.v; }
  friend M operator!=(Vec a, Vec b) { return a.v != b.v; }
  friend Vec where(M condition, Vec a, Vec b) { return condition.v ? a : b; }
  friend Vec maximum(Vec a, Vec b) { return a.v > b.v ? a : b; }
  friend Vec minimum(Vec a, Vec b) { return a.v < b.v ? a : b; }
  friend Vec abs(Vec a) { return a.v < 0 ? -a : a; }
  friend Vec square(Vec a) { return a * a; }
  friend Vec floor(Vec a) { return a; }
  friend Vec ceil(Vec a) { return a; }
  friend Vec trunc(Vec a) { return a; }
  friend Vec round(Vec a) { return a; }
  // A divisor is not 0.
  friend Vec fmod(Vec a, Vec b) { return kernels::scalar::fmod(a.v, b.v); }
  friend Vec remainder(Vec a, Vec b) { return kernels::scalar::remainder(a.v, b.v); }
  friend Vec floor_divide(Vec a, Vec b) { return kernels::scalar::floor_divide(a.v, b.v); }
  friend Vec trunc_divide(Vec a, Vec b) { return kernels::scalar::trunc_divide(a.v, b.v); }
  /// By repeated squaring, for exponents that are not negative; wraps around as products do.
  friend Vec pow(Vec a, Vec b) {
    Vec power = 1;
    for (std::uint64_t n = b.bits(); n != 0; n >>= 1, a = a * a)
      if ((n & 1) != 0) power = power * a;
    return power;
  }

  T v;

 private:
  std::uint64_t bits() const { return static_cast<std::uint64_t>(v); }
  static Vec wrap(std::uint64_t bits) { return static_cast<T>(bits); }
};

}  // namespace xgrad

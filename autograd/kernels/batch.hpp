#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <xgrad/autograd/kernels/logarithm.hpp>
#include <xgrad/autograd/kernels/normal.hpp>
#include <xgrad/autograd/kernels/trigonometric.hpp>

namespace xgrad {

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
  friend Batch operator-(Batch a) { return a.v ^ Native(T(-0.0)); }  // xsimd's is 0 - a, which is 0 for 0
  friend M operator<(Batch a, Batch b) { return a.v < b.v; }
  friend M operator<=(Batch a, Batch b) { return a.v <= b.v; }
  friend M operator>(Batch a, Batch b) { return a.v > b.v; }
  friend M operator>=(Batch a, Batch b) { return a.v >= b.v; }
  friend M operator==(Batch a, Batch b) { return a.v == b.v; }
  friend M operator!=(Batch a, Batch b) { return unequal(a.v, b.v); }
  /// a b + c, with one rounding where the processor can.
  friend Batch fma(Batch a, Batch b, Batch c) { return kernels::Numeric<T, Isa>::fma(a.v, b.v, c.v); }
  /// The sum of all lanes.
  friend T total(Batch a) { return xsimd::hadd(a.v); }
  friend Batch where(M condition, Batch a, Batch b) { return xsimd::select(condition.v, a.v, b.v); }
  friend Batch maximum(Batch a, Batch b) { return where((a != a) | (a > b), a, b); }
  friend Batch minimum(Batch a, Batch b) { return where((a != a) | (a < b), a, b); }

  friend Batch abs(Batch a) { return xsimd::abs(a.v); }
  friend Batch sqrt(Batch a) { return kernels::Numeric<T, Isa>::sqrt(a.v); }
  friend Batch square(Batch a) { return a.v * a.v; }
  friend Batch reciprocal(Batch a) { return Native(T(1)) / a.v; }
  friend Batch exp(Batch a) { return kernels::Exponential<T, Isa>::exp(a.v); }
  /// The same for a < 88, as where a maximum has been subtracted.
  friend Batch bounded_exp(Batch a) { return kernels::Exponential<T, Isa>::bounded_exp(a.v); }
  friend Batch expm1(Batch a) { return kernels::Exponential<T, Isa>::expm1(a.v); }
  friend Batch tanh(Batch a) { return kernels::Exponential<T, Isa>::tanh(a.v); }
  friend Batch sigmoid(Batch a) { return kernels::Exponential<T, Isa>::sigmoid(a.v); }
  friend Batch silu(Batch a) { return kernels::Exponential<T, Isa>::silu(a.v); }
  friend Batch log(Batch a) { return kernels::Logarithm<T, Isa>::log(a.v); }
  friend Batch log1p(Batch a) { return kernels::Logarithm<T, Isa>::log1p(a.v); }
  friend Batch sin(Batch a) { return kernels::Trigonometric<T, Isa>::sin(a.v); }
  friend Batch cos(Batch a) { return kernels::Trigonometric<T, Isa>::cos(a.v); }
  friend Batch erf(Batch a) { return kernels::Normal<T, Isa>::erf(a.v); }
  friend Batch gelu(Batch a) { return kernels::Normal<T, Isa>::gelu(a.v); }
  friend Batch pow(Batch a, Batch b) {
    return lane_by_lane(a, b, [](T x, T y) { return std::pow(x, y); });
  }

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

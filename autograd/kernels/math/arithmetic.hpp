#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include <xgrad/autograd/kernels/math/isa.hpp>

namespace xgrad::kernels {

/// The steps that the elementary functions are made of, over registers of float or double: polynomials, powers of two,
/// and sums and products whose rounding errors are kept (Dekker, 1971; Knuth, TAOCP 4.2.2). Products that are added to
/// something are exact or written as fma(), so that no compiler's contraction changes a result.
template <class T, int Isa>
struct Arithmetic {
  using V = xsimd::batch<T, Arch>;
  using U = xsimd::as_unsigned_integer_t<V>;
  using M = xsimd::batch_bool<T, Arch>;
  using Word = std::conditional_t<std::is_same_v<T, float>, std::uint32_t, std::uint64_t>;

  static constexpr bool single = std::is_same_v<T, float>;
  static constexpr bool avx512 = std::is_base_of_v<xsimd::avx512f, Arch>;
  static constexpr bool has_fma = avx512 || std::is_base_of_v<xsimd::fma3<xsimd::avx2>, Arch> ||
                                  std::is_base_of_v<xsimd::fma3<xsimd::avx>, Arch> ||
                                  std::is_base_of_v<xsimd::fma3<xsimd::sse4_2>, Arch>;
  /// Whether Avx512Float has functions of T.
  static constexpr bool tables = avx512 && single;
  /// Whether Avx2Float has.
  static constexpr bool small_tables = !avx512 && single && std::is_base_of_v<xsimd::fma3<xsimd::avx2>, Arch>;
  static constexpr int mantissa = single ? 23 : 52;
  static constexpr int bias = single ? 127 : 1023;
  static constexpr T two_to_mantissa = single ? T(8388608) : T(4503599627370496.0);
  /// Added to a number, it leaves the nearest whole number in the last bits.
  static constexpr T shift = two_to_mantissa * T(1.5);
  static constexpr T infinity = std::numeric_limits<T>::infinity();
  /// Below it x + x²/2 is x.
  static constexpr T tiny = single ? T(7.450580596923828e-09) : T(1.3877787807814457e-17);

  static V number(double value) { return V(static_cast<T>(value)); }
  static U bits(V x) { return xsimd::bitwise_cast<U>(x); }
  static V from_bits(U x) { return xsimd::bitwise_cast<V>(x); }
  static U word(Word value) { return U(value); }

#if XSIMD_WITH_AVX512F
  // With a mask of all lanes: the plain intrinsics begin with an undefined register, of which g++ 12 warns wherever it
  // does not inline them (GCC bug 105593), in users' files too.
  static V min(V a, V b) {
    if constexpr (avx512 && single)
      return V(_mm512_maskz_min_ps(0xffff, a, b));
    else if constexpr (avx512)
      return V(_mm512_maskz_min_pd(0xff, a, b));
    else
      return xsimd::min(a, b);
  }
  static V max(V a, V b) {
    if constexpr (avx512 && single)
      return V(_mm512_maskz_max_ps(0xffff, a, b));
    else if constexpr (avx512)
      return V(_mm512_maskz_max_pd(0xff, a, b));
    else
      return xsimd::max(a, b);
  }
  static V sqrt(V a) {
    if constexpr (avx512 && single)
      return V(_mm512_maskz_sqrt_ps(0xffff, a));
    else if constexpr (avx512)
      return V(_mm512_maskz_sqrt_pd(0xff, a));
    else
      return xsimd::sqrt(a);
  }
  /// Exponent bits moved to the end, and back.
  static U exponent_down(U x) {
    if constexpr (avx512 && single)
      return U(_mm512_maskz_srli_epi32(0xffff, x, mantissa));
    else if constexpr (avx512)
      return U(_mm512_maskz_srli_epi64(0xff, x, mantissa));
    else
      return x >> mantissa;
  }
  static U exponent_up(U x) {
    if constexpr (avx512 && single)
      return U(_mm512_maskz_slli_epi32(0xffff, x, mantissa));
    else if constexpr (avx512)
      return U(_mm512_maskz_slli_epi64(0xff, x, mantissa));
    else
      return x << mantissa;
  }
#else
  static V min(V a, V b) { return xsimd::min(a, b); }
  static V max(V a, V b) { return xsimd::max(a, b); }
  static V sqrt(V a) { return xsimd::sqrt(a); }
  /// Exponent bits moved to the end, and back.
  static U exponent_down(U x) { return x >> mantissa; }
  static U exponent_up(U x) { return x << mantissa; }
#endif

  /// a b + c, rounded once where the machine can. xsimd 8.1 leaves that of AVX-512 to the compiler.
  static V fma(V a, V b, V c) {
#if XSIMD_WITH_AVX512F
    if constexpr (avx512 && single) return V(_mm512_fmadd_ps(a, b, c));
    if constexpr (avx512 && !single) return V(_mm512_fmadd_pd(a, b, c));
#endif
    return xsimd::fma(a, b, c);
  }
  /// c - a b.
  static V fnma(V a, V b, V c) {
#if XSIMD_WITH_AVX512F
    if constexpr (avx512 && single) return V(_mm512_fnmadd_ps(a, b, c));
    if constexpr (avx512 && !single) return V(_mm512_fnmadd_pd(a, b, c));
#endif
    return xsimd::fnma(a, b, c);
  }

  static V polynomial(V, double c) { return number(c); }
  template <class... C>
  static V polynomial(V x, double c, C... higher) {
    return fma(x, polynomial(x, higher...), number(c));
  }

  /// a + b and the error of that, where the exponent of a is not below that of b, or a is 0.
  static V quick_sum(V a, V b, V& error) {
    const V sum = a + b;
    error = (a - sum) + b;
    return sum;
  }
  static V sum(V a, V b, V& error) {
    const V sum = a + b;
    const V from_b = sum - a;
    error = (a - (sum - from_b)) + (b - from_b);
    return sum;
  }

  /// Half of the mantissa, rounded towards zero: products of such are exact.
  static V high_half(V a) {
    constexpr Word low = single ? Word(0xfff) : Word(0x7ffffff);
    return from_bits(bits(a) & word(~low));
  }
  /// c - a b with one rounding, or nearly: c is close to a b.
  static V residual(V a, V b, V c) {
    if constexpr (has_fma) {
      return fnma(a, b, c);
    } else {
      V error;
      const V product = multiply(a, b, error);
      return (c - product) - error;
    }
  }
  /// a b and the error of that.
  static V multiply(V a, V b, V& error) {
    const V product = a * b;
    if constexpr (has_fma) {
      error = fma(a, b, -product);
    } else {
      const V a_high = high_half(a), a_low = a - a_high, b_high = high_half(b), b_low = b - b_high;
      error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
    }
    return product;
  }

  /// a b + c and the error of that, nearly, where c and the result are of like size.
  static V multiply_add(V a, V b, V c, V& error) {
    if constexpr (has_fma) {
      const V result = fma(a, b, c);
      error = fma(a, b, c - result);
      return result;
    } else {
      V low;
      const V product = multiply(a, b, low);
      const V result = sum(c, product, error);
      error = error + low;
      return result;
    }
  }

  // A bound is kept from NaN by standing first: of a NaN and a number, the registers' min and max take the second.
  static V at_most(double bound, V x) { return min(number(bound), x); }
  static V at_least(double bound, V x) { return max(number(bound), x); }

  /// 2^n for a whole n in the range of normal numbers.
  static V power_of_two(V n) { return from_bits(exponent_up(bits(n + number(shift + T(bias))))); }

  /// x 2^n for a whole n, rounded once, also where the result is subnormal or infinite.
  static V scale(V x, V n) {
#if XSIMD_WITH_AVX512F
    if constexpr (avx512 && single) return V(_mm512_maskz_scalef_ps(0xffff, x, n));
    if constexpr (avx512 && !single) return V(_mm512_maskz_scalef_pd(0xff, x, n));
#endif
    const V half = fma(n, number(0.5), number(shift)) - number(shift);
    return x * power_of_two(half) * power_of_two(n - half);
  }
};

}  // namespace xgrad::kernels

#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <xgrad/autograd/kernels/math/isa.hpp>

namespace xgrad::kernels {

/// The building blocks of the elementary functions, over vector registers of float or double: Horner's rule, powers of
/// two, and error-free transformations, which give a sum or a product together with its rounding error: two-sum (Knuth,
/// TAOCP 4.2.2), fast two-sum and two-product (Dekker, 1971). A product that is added to something is either exact or
/// written as fma(): then a compiler that contracts a b + c on its own changes no result.
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
  /// Whether functions of T are those of Avx512Float.
  static constexpr bool has_avx512_tables = avx512 && single;
  /// Whether functions of T are those of Avx2Float.
  static constexpr bool has_avx2_tables = !avx512 && single && std::is_base_of_v<xsimd::fma3<xsimd::avx2>, Arch>;
  static constexpr int mantissa_bits = single ? 23 : 52;
  static constexpr int exponent_bias = single ? 127 : 1023;
  static constexpr T two_to_mantissa_bits = single ? T(8388608) : T(4503599627370496.0);
  /// x + rounding_shift is so large that its last bit is worth 1: the sum is rounded to a whole number, which can be
  /// read from its last bits, or as a number by subtracting rounding_shift again.
  static constexpr T rounding_shift = two_to_mantissa_bits * T(1.5);
  static constexpr T infinity = std::numeric_limits<T>::infinity();
  /// For |x| below this, x + x²/2 rounds to x.
  static constexpr T tiny = single ? T(7.450580596923828e-09) : T(1.3877787807814457e-17);

  static V number(double value) { return V(static_cast<T>(value)); }
  static U bits(V x) { return xsimd::bitwise_cast<U>(x); }
  static V from_bits(U x) { return xsimd::bitwise_cast<V>(x); }
  static U word(Word value) { return U(value); }

#if XSIMD_WITH_AVX512F
  // These are the masked intrinsics, with all lanes selected. The plain ones start from an undefined register, and g++
  // 12 warns of that wherever it does not inline them (GCC bug 105593), in users' files too.
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
  /// Shifts the exponent's bits to the low end, and back.
  static U exponent_to_integer(U x) {
    if constexpr (avx512 && single)
      return U(_mm512_maskz_srli_epi32(0xffff, x, mantissa_bits));
    else if constexpr (avx512)
      return U(_mm512_maskz_srli_epi64(0xff, x, mantissa_bits));
    else
      return x >> mantissa_bits;
  }
  static U integer_to_exponent(U x) {
    if constexpr (avx512 && single)
      return U(_mm512_maskz_slli_epi32(0xffff, x, mantissa_bits));
    else if constexpr (avx512)
      return U(_mm512_maskz_slli_epi64(0xff, x, mantissa_bits));
    else
      return x << mantissa_bits;
  }
#else
  static V min(V a, V b) { return xsimd::min(a, b); }
  static V max(V a, V b) { return xsimd::max(a, b); }
  static V sqrt(V a) { return xsimd::sqrt(a); }
  /// Shifts the exponent's bits to the low end, and back.
  static U exponent_to_integer(U x) { return x >> mantissa_bits; }
  static U integer_to_exponent(U x) { return x << mantissa_bits; }
#endif

  /// a b + c, rounded once where the processor has the instruction. For AVX-512, xsimd 8.1 writes a * b + c and leaves
  /// it to the compiler.
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

  /// c_first + x (c_first+1 + x (c_first+2 + ...)), by Horner's rule.
  template <std::size_t first = 0, class C, std::size_t count>
  static V horner(V x, const C (&c)[count]) {
    if constexpr (first + 1 == count)
      return number(c[first]);
    else
      return fma(x, horner<first + 1>(x, c), number(c[first]));
  }

  /// Fast two-sum: a + b, and its rounding error. Exact where a is 0 or its exponent is at least that of b.
  static V fast_two_sum(V a, V b, V& error) {
    const V sum = a + b;
    error = (a - sum) + b;
    return sum;
  }
  /// Two-sum: a + b, and its rounding error, for any a and b.
  static V two_sum(V a, V b, V& error) {
    const V sum = a + b;
    const V from_b = sum - a;
    error = (a - (sum - from_b)) + (b - from_b);
    return sum;
  }

  /// The upper half of the mantissa's bits, the rest cut off: the product of two such numbers is exact.
  static V upper_half(V a) {
    constexpr Word low = single ? Word(0xfff) : Word(0x7ffffff);
    return from_bits(bits(a) & word(~low));
  }
  /// c - a b where c is close to a b, with one rounding, or an error of that order.
  static V residual(V a, V b, V c) {
    if constexpr (has_fma) {
      return fnma(a, b, c);
    } else {
      V error;
      const V product = two_product(a, b, error);
      return (c - product) - error;
    }
  }
  /// Two-product: a b, and its rounding error.
  static V two_product(V a, V b, V& error) {
    const V product = a * b;
    if constexpr (has_fma) {
      error = fma(a, b, -product);
    } else {
      const V a_high = upper_half(a), a_low = a - a_high, b_high = upper_half(b), b_low = b - b_high;
      error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
    }
    return product;
  }

  /// a b + c, and nearly its rounding error, where c and the result are of the same order of magnitude.
  static V fma_with_error(V a, V b, V c, V& error) {
    if constexpr (has_fma) {
      const V result = fma(a, b, c);
      error = fma(a, b, c - result);
      return result;
    } else {
      V low;
      const V product = two_product(a, b, low);
      const V result = two_sum(c, product, error);
      error = error + low;
      return result;
    }
  }

  // A NaN in x stays one: where either operand is NaN, the processor's min and max return the second.
  static V at_most(double bound, V x) { return min(number(bound), x); }
  static V at_least(double bound, V x) { return max(number(bound), x); }

  /// 2^n for whole n, where that is a normal number.
  static V power_of_two(V n) {
    return from_bits(integer_to_exponent(bits(n + number(rounding_shift + T(exponent_bias)))));
  }

  /// x 2^n for whole n, rounded once, also where the result is subnormal or infinite.
  static V scale(V x, V n) {
#if XSIMD_WITH_AVX512F
    if constexpr (avx512 && single) return V(_mm512_maskz_scalef_ps(0xffff, x, n));
    if constexpr (avx512 && !single) return V(_mm512_maskz_scalef_pd(0xff, x, n));
#endif
    const V half = fma(n, number(0.5), number(rounding_shift)) - number(rounding_shift);
    return x * power_of_two(half) * power_of_two(n - half);
  }

  /// x f(x), where f(x) + f(-x) = 1, from the tail w = |x| f(-|x|): -w below 0 and x - w above, where nothing cancels.
  static V from_tail(V x, V w) { return xsimd::select(x <= number(0), w | xsimd::bitofsign(x), x - w); }
};

}  // namespace xgrad::kernels

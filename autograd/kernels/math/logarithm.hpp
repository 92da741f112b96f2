#pragma once

#include <xgrad/autograd/kernels/math/arithmetic.hpp>
#include <xgrad/autograd/kernels/math/polynomials.hpp>

namespace xgrad::kernels {

/// ln x and ln(1 + x).
template <class T, int Isa>
struct Logarithm : Arithmetic<T, Isa> {
  using N = Arithmetic<T, Isa>;
  using V = typename N::V;
  using U = typename N::U;
  using Word = typename N::Word;
  using N::fma, N::fnma, N::number, N::single, N::horner, N::fast_two_sum, N::bits, N::from_bits, N::word,
      N::mantissa_bits;

  static V log(V v) {
    if (!xsimd::all((v >= number(smallest_normal)) & (v <= number(largest)))) {
      V y = v;
      log_of_any(y);
      return y;
    }
    return normal_log(v, number(0));
  }

  /// 1 + x = 2^k (1 + f), where f = 2^-k x + (2^-k - 1) is a sum with its rounding error.
  static V log1p(V v) {
    const U offset = offset_bits(v + number(1));
    const V k = exponent(offset);
    const U whole = N::exponent_to_integer(offset) - word(N::exponent_bias);
    const V scaled = from_bits(bits(v) - N::integer_to_exponent(whole));
    const V power = N::power_of_two(-N::at_most(100, k));
    V f_low;
    const V f = fast_two_sum(power - number(1), scaled, f_low);  // where |scaled| is larger, the sum is exact
    const V y = reduced(k, f, fnma(f, f_low, f_low));
    const V edge = xsimd::select(v == number(-1), number(-N::infinity), number(not_a_number));
    const V inside = xsimd::select(xsimd::abs(v) < number(N::tiny), v, y);
    return xsimd::select(v > number(-1), xsimd::select(v < number(N::infinity), inside, v), edge);
  }

 private:
  static constexpr double smallest_normal = single ? 1.1754943508222875e-38 : 2.2250738585072014e-308;
  static constexpr double largest = static_cast<double>(std::numeric_limits<T>::max());
  static constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
  static constexpr Word one = single ? Word(0x3f800000) : Word(0x3ff0000000000000);
  static constexpr Word two_thirds = single ? Word(0x3f2aaaab) : Word(0x3fe5555555555555);
  static constexpr Word fraction_bits = (Word(1) << mantissa_bits) - 1;

  // Range reduction x = 2^k m with m in [2/3, 4/3): the bits of x > 0 plus an offset that makes k their exponent.
  static U offset_bits(V x) { return bits(x) + word(one - two_thirds); }
  static V exponent(U offset) {
    constexpr Word base = single ? Word(0x4b000000) : Word(0x4330000000000000);  // 2^mantissa_bits
    return from_bits(N::exponent_to_integer(offset) | word(base)) - number(N::two_to_mantissa_bits + N::exponent_bias);
  }

  /// ln x - k ln 2 for normal x > 0.
  static V normal_log(V x, V k) {
    const U offset = offset_bits(x);
    const V m = from_bits((offset & word(fraction_bits)) + word(two_thirds));
    return reduced(exponent(offset) - k, m - number(1), number(0));
  }
  /// The slow path: also zeros, negative and subnormal numbers, infinities and NaN.
  [[gnu::noinline, gnu::cold]] static void log_of_any(V& v) {
    constexpr double scale = single ? 33554432 : 36028797018963968.0;  // 2^25, 2^55
    const auto subnormal = xsimd::abs(v) < number(smallest_normal);
    const V y = normal_log(v * xsimd::select(subnormal, number(scale), number(1)),
                           xsimd::select(subnormal, number(single ? 25 : 55), number(0)));
    const V edge = xsimd::select(v == number(0), number(-N::infinity), number(not_a_number));
    v = xsimd::select(v > number(0), xsimd::select(v < number(N::infinity), y, v), edge);
  }

  /// k ln 2 + ln(1 + f + f_low) for |f| <= 1/3, where f_low is divided by 1 + f already.
  static V reduced(V k, V f, V f_low) {
    V error;
    // k times the first part of ln 2 is exact.
    const V high = fast_two_sum(k * number(single ? 0.693145751953125 : 0.6931471805592082), f, error);
    const V low = fma(k, number(single ? 1.428606765330187e-06 : 7.371002565167799e-13), f_low + error);
    return high + log_polynomial(f, low);
  }

  /// ln(1 + f) - f + low.
  static V log_polynomial(V f, V low) {
    if constexpr (single) {
      return fma(f * f, horner(f, polynomials::log_float), low);
    } else {
      // With s = f / (2 + f), ln(1 + f) = f - f²/2 + s (f²/2 + s² p(s²)) (as in FreeBSD's e_log.c).
      const V s = f / (f + number(2)), square = s * s, half = number(0.5) * f * f;
      const V p = horner(square, polynomials::log_double);
      return fma(s, fma(square, p, half), low) - half;
    }
  }
};

}  // namespace xgrad::kernels

#pragma once

#include <xgrad/autograd/kernels/math/arithmetic.hpp>
#include <xgrad/autograd/kernels/math/avx2_float.hpp>
#include <xgrad/autograd/kernels/math/avx512_float.hpp>
#include <xgrad/autograd/kernels/math/polynomials.hpp>

namespace xgrad::kernels {

/// The exponential function and those that are made of it: expm1, tanh, sigmoid, silu.
template <class T, int Isa>
struct Exponential : Arithmetic<T, Isa> {
  using N = Arithmetic<T, Isa>;
  using V = typename N::V;
  using N::fma, N::fnma, N::number, N::single, N::horner, N::fast_two_sum, N::at_most, N::at_least, N::power_of_two,
      N::scale;

  /// Range reduction: e^x = 2^n (1 + r + rest), where n is the whole number nearest to x / ln 2 and r is exact, as n
  /// times the first part of ln 2 is (Cody and Waite, 1980).
  struct Reduced {
    V n, r, rest;

    /// e^x / 2^n - 1, and e^x / 2^n to .85 ulp, with its rounding error.
    V minus_one() const { return r + rest; }
    V value() const { return number(1) + minus_one(); }
    V value(V& error) const { return fast_two_sum(number(1), minus_one(), error); }
  };

  /// Of e^(x + low), for x where e^x neither overflows nor underflows, and |low| much less than 1.
  static Reduced reduce(V x, V low) {
    const V n = nearest(x);
    const V r = fnma(n, number(high_ln2), x);  // exact
    const V small = fnma(n, number(low_ln2), low);
    const V s = r + small;
    return {n, r, fma(s * s, exp_polynomial(s), small)};
  }
  static Reduced reduce(V x) { return reduce(x, number(0)); }

  static V exp(V v) {
    if constexpr (N::has_avx2_tables) return Avx2Float<Isa>::exp(v);
    return bounded_exp(at_most(single ? 89 : 710, v));
  }
  /// e^x for x < 88, as where a maximum has been subtracted.
  static V bounded_exp(V v) {
    if constexpr (N::has_avx512_tables) return Avx512Float<Isa>::bounded_exp(v);
    if constexpr (N::has_avx2_tables) return Avx2Float<Isa>::bounded_exp(v);
    const Reduced e = reduce(at_least(single ? -104 : -746, v));
    return scale(e.value(), e.n);
  }

  static V expm1(V v) {
    const V x = at_least(single ? -17.4 : -37.5, at_most(single ? 89 : 710, v));
    const V n = nearest(x), r = fnma(n, number(high_ln2), x), small = n * number(-low_ln2);
    const V curved = r * r * expm1_polynomial(r);
    const V rest = curved + fma(small, r + curved, small);
    // Half of the result, (2^(n-1) - 1/2) + 2^(n-1) (r + rest): 2^n itself may overflow.
    const V power = power_of_two(n - number(1));
    V whole_error, error;
    const V whole = fast_two_sum(power, number(-0.5), whole_error);
    const V sum = fast_two_sum(whole, power * r, error);
    const V y = number(2) * (sum + (error + fma(power, rest, whole_error)));
    return xsimd::select(xsimd::abs(v) < number(N::tiny), v, y);
  }

  /// x + x³ p(x²) for |x| < 1, else 1 - 2 / (e^2x + 1). Without fma() the first is accurate enough only for |x| < 5/8,
  /// and the second adds the rounding errors of its sum and its quotient.
  static V tanh(V v) {
    if constexpr (N::has_avx512_tables) return Avx512Float<Isa>::tanh(v);
    if constexpr (N::has_avx2_tables) return Avx2Float<Isa>::tanh(v);
    const V a = xsimd::abs(v), inner = at_most(1, a), outer = at_most(single ? 10 : 20, a), square = inner * inner;
    const V small = fma(inner * square, tanh_polynomial(square), inner);
    const Reduced e = reduce(outer + outer);
    const V power = power_of_two(e.n);
    V large = a;
    if constexpr (N::has_fma) {
      large = number(1) - number(2) / fma(power, e.minus_one(), power + number(1));
    } else {
      V sum_low, high_low;
      const V sum = fast_two_sum(power + number(1), power * e.minus_one(), sum_low);
      const V quotient = number(2) / sum;
      const V remainder = N::residual(quotient, sum, number(2)) - quotient * sum_low;
      const V high = fast_two_sum(number(1), -quotient, high_low);
      large = high + (high_low - remainder * (number(0.5) * quotient));
    }
    return xsimd::select(a < number(N::has_fma ? 1 : 0.625), small, large) | xsimd::bitofsign(v);
  }

  static V sigmoid(V v) {
    if constexpr (N::has_avx512_tables) return Avx512Float<Isa>::sigmoid(v);
    if constexpr (N::has_avx2_tables) return Avx2Float<Isa>::sigmoid(v);
    const Scaled s = scaled_sigmoid(v);
    return scale(s.high + s.low, s.n);
  }
  static V silu(V v) {
    if constexpr (N::has_avx512_tables) return Avx512Float<Isa>::silu(v);
    if constexpr (N::has_avx2_tables) return Avx2Float<Isa>::silu(v);
    const Scaled s = scaled_sigmoid(v);
    const V x = at_least(single ? -110 : -760, v);  // the limit at -inf is 0
    return xsimd::select(v < number(100), scale(fma(x, s.high, x * s.low), s.n), v);
  }

 private:
  // ln 2 in two parts; n times the first is exact.
  static constexpr double high_ln2 = single ? 0.693145751953125 : 0.6931471805592082;
  static constexpr double low_ln2 = single ? 1.428606765330187e-06 : 7.371002565167799e-13;

  static V nearest(V x) {
    return fma(x, number(1.4426950408889634), number(N::rounding_shift)) - number(N::rounding_shift);
  }

  /// (high + low) 2^n.
  struct Scaled {
    V high, low, n;
  };

  /// σ(x) = p / (1 + e^-|x|) with p = 1 or e^-|x|: the quotient, corrected by the remainder of its division.
  static Scaled scaled_sigmoid(V v) {
    const Reduced e = reduce(at_least(single ? -110 : -760, -xsimd::abs(v)));
    V p_low, error;
    const V p = e.value(p_low);
    const V power = power_of_two(at_least(single ? -100 : -1000, e.n));
    const V denominator = fast_two_sum(number(1), power * p, error);
    const V denominator_low = fma(power, p_low, error);
    const auto positive = v >= number(0);
    const V inverse = number(1) / denominator;
    const V numerator = xsimd::select(positive, number(1), p),
            numerator_low = xsimd::select(positive, number(0), p_low);
    const V quotient = numerator * inverse;
    const V remainder = N::residual(quotient, denominator, numerator) + fnma(quotient, denominator_low, numerator_low);
    return {quotient, remainder * inverse, xsimd::select(positive, number(0), e.n)};
  }

  /// (e^s - 1 - s) / s² for |s| <= ln 2 / 2.
  static V exp_polynomial(V s) {
    if constexpr (single)
      return horner(s, polynomials::exp_float);
    else
      return horner(s, polynomials::exp_double);
  }

  /// The same, accurate relative to e^s - 1, which is small near 0.
  static V expm1_polynomial(V s) {
    if constexpr (single)
      return horner(s, polynomials::expm1_float);
    else
      return exp_polynomial(s);
  }

  /// (tanh x - x) / x³ of x² in [0, 1].
  static V tanh_polynomial(V z) {
    if constexpr (single)
      return horner(z, polynomials::tanh_float);
    else
      return horner(z, polynomials::tanh_double);
  }
};

}  // namespace xgrad::kernels

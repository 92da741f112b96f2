#pragma once

#include <xgrad/autograd/kernels/math/arithmetic.hpp>
#include <xgrad/autograd/kernels/math/avx2_float.hpp>
#include <xgrad/autograd/kernels/math/avx512_float.hpp>

namespace xgrad::kernels {

/// e^x and its kin. Polynomials here and beside are minimax fits of our own.
template <class T, int Isa>
struct Exponential : Arithmetic<T, Isa> {
  using N = Arithmetic<T, Isa>;
  using V = typename N::V;
  using N::fma, N::fnma, N::number, N::single, N::polynomial, N::quick_sum, N::at_most, N::at_least, N::power_of_two,
      N::scale;

  /// e^x = 2^n (1 + r + rest), the nearest whole n to x / ln 2, r exact (Cody and Waite, 1980).
  struct Reduced {
    V n, r, rest;

    /// e^x / 2^n - 1 and e^x / 2^n, the latter to .85 ulp and with what it lacks.
    V beyond_one() const { return r + rest; }
    V value() const { return number(1) + beyond_one(); }
    V value(V& lacks) const { return quick_sum(number(1), beyond_one(), lacks); }
  };

  /// e^(x + low), x within the range of e^x and low small against 1.
  static Reduced reduce(V x, V low) {
    const V n = nearest(x);
    const V r = fnma(n, number(high_ln2), x);  // exact
    const V small = fnma(n, number(low_ln2), low);
    const V s = r + small;
    return {n, r, fma(s * s, curvature(s), small)};
  }
  static Reduced reduce(V x) { return reduce(x, number(0)); }

  static V exp(V v) {
    if constexpr (N::small_tables) return Avx2Float<Isa>::exp(v);
    return bounded_exp(at_most(single ? 89 : 710, v));
  }
  /// The same for x < 88, as where a maximum has been subtracted.
  static V bounded_exp(V v) {
    if constexpr (N::tables) return Avx512Float<Isa>::bounded_exp(v);
    if constexpr (N::small_tables) return Avx2Float<Isa>::bounded_exp(v);
    const Reduced e = reduce(at_least(single ? -104 : -746, v));
    return scale(e.value(), e.n);
  }

  static V expm1(V v) {
    const V x = at_least(single ? -17.4 : -37.5, at_most(single ? 89 : 710, v));
    const V n = nearest(x), r = fnma(n, number(high_ln2), x), small = n * number(-low_ln2);
    const V curved = r * r * fine_curvature(r);
    const V rest = curved + fma(small, r + curved, small);
    // Half of it, so that 2^n is finite: (2^(n-1) - 1/2) + 2^(n-1) (r + rest).
    const V power = power_of_two(n - number(1));
    V lost, error;
    const V whole = quick_sum(power, number(-0.5), lost);
    const V sum = quick_sum(whole, power * r, error);
    const V y = number(2) * (sum + (error + fma(power, rest, lost)));
    return xsimd::select(xsimd::abs(v) < number(N::tiny), v, y);
  }

  /// x + x³ p(x²) up to 1, beyond that 1 - 2 / (e^2x + 1). Without fma() the former is good up to 5/8 only, and the
  /// latter keeps the errors of its sum and of its division.
  static V tanh(V v) {
    if constexpr (N::tables) return Avx512Float<Isa>::tanh(v);
    if constexpr (N::small_tables) return Avx2Float<Isa>::tanh(v);
    const V a = xsimd::abs(v), square = a * a;
    const V near = fma(a * square, tanh_curve(square), a);
    const Reduced e = reduce(at_most(single ? 20 : 40, a + a));
    const V power = power_of_two(e.n);
    V far = a;
    if constexpr (N::has_fma) {
      far = number(1) - number(2) / fma(power, e.beyond_one(), power + number(1));
    } else {
      V sum_low, far_low;
      const V sum = quick_sum(power + number(1), power * e.beyond_one(), sum_low);
      const V quotient = number(2) / sum;
      const V remainder = N::residual(quotient, sum, number(2)) - quotient * sum_low;
      const V high = quick_sum(number(1), -quotient, far_low);
      far = high + (far_low - remainder * (number(0.5) * quotient));
    }
    return xsimd::select(a < number(N::has_fma ? 1 : 0.625), near, far) | xsimd::bitofsign(v);
  }

  static V sigmoid(V v) {
    if constexpr (N::tables) return Avx512Float<Isa>::sigmoid(v);
    if constexpr (N::small_tables) return Avx2Float<Isa>::sigmoid(v);
    const Share s = share(v);
    return scale(s.high + s.low, s.n);
  }
  static V silu(V v) {
    if constexpr (N::tables) return Avx512Float<Isa>::silu(v);
    if constexpr (N::small_tables) return Avx2Float<Isa>::silu(v);
    const Share s = share(v);
    const V x = at_least(single ? -110 : -760, v);  // the limit at -inf is 0
    return xsimd::select(v < number(100), scale(fma(x, s.high, x * s.low), s.n), v);
  }

 private:
  // n times the first part is exact.
  static constexpr double high_ln2 = single ? 0.693145751953125 : 0.6931471805592082;
  static constexpr double low_ln2 = single ? 1.428606765330187e-06 : 7.371002565167799e-13;

  static V nearest(V x) { return fma(x, number(1.4426950408889634), number(N::shift)) - number(N::shift); }

  /// (high + low) 2^n.
  struct Share {
    V high, low, n;
  };

  // 1 / (1 + e^-x) = p / (1 + e^-|x|), p = 1 or e^-|x|: the quotient with the remainder of its division.
  static Share share(V v) {
    const Reduced e = reduce(at_least(single ? -110 : -760, -xsimd::abs(v)));
    V lacks, error;
    const V p = e.value(lacks);
    const V power = power_of_two(at_least(single ? -100 : -1000, e.n));
    const V denominator = quick_sum(number(1), power * p, error);
    const V denominator_low = fma(power, lacks, error);
    const auto positive = v >= number(0);
    const V inverse = number(1) / denominator;
    const V top = xsimd::select(positive, number(1), p), top_low = xsimd::select(positive, number(0), lacks);
    const V quotient = top * inverse;
    const V remainder = N::residual(quotient, denominator, top) + fnma(quotient, denominator_low, top_low);
    return {quotient, remainder * inverse, xsimd::select(positive, number(0), e.n)};
  }

  /// (e^s - 1 - s) / s².
  static V curvature(V s) {
    if constexpr (single) {
      return polynomial(s, 0.5, 0.16666541993618011, 0.0416664183139801, 0.008366727270185947, 0.001394024700857699);
    } else {
      return polynomial(s, 0.5, 0.16666666666666677, 0.04166666666666669, 0.008333333333321386, 0.0013888888888866652,
                        0.0001984126988681524, 2.4801587367700703e-05, 2.755724345317094e-06, 2.7557231939557674e-07,
                        2.5109320284958116e-08, 2.0929051104500573e-09);
    }
  }

  /// The same, near 0 to more digits of e^s - 1.
  static V fine_curvature(V s) {
    if constexpr (single) {
      return polynomial(s, 0.5, 0.1666666716337204, 0.041666481643915176, 0.008333186618983746, 0.0013933395966887474,
                        0.0001996444771066308);
    } else {
      return curvature(s);
    }
  }

  /// (tanh x - x) / x³ of x² in [0, 1].
  static V tanh_curve(V z) {
    if constexpr (single) {
      return polynomial(z, -0.33333295583724976, 0.13332346081733704, -0.05387985706329346, 0.021486744284629822,
                        -0.007946161553263664, 0.0023013646714389324, -0.00035844286321662366);
    } else {
      return polynomial(z, -0.333333333333333, 0.13333333333329114, -0.0539682539664883, 0.02186948849866582,
                        -0.008863235053800022, 0.0035921240709482663, -0.001455811439602114, 0.0005899316301496129,
                        -0.0002388330830009518, 9.622723213455527e-05, -3.806269532507537e-05, 1.427851478320984e-05,
                        -4.757031616069056e-06, 1.2708896921113373e-06, -2.329039204779043e-07, 2.1293186161694074e-08);
    }
  }
};

}  // namespace xgrad::kernels

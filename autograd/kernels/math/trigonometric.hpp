#pragma once

#include <cmath>
#include <cstddef>

#include <xgrad/autograd/kernels/math/arithmetic.hpp>

namespace xgrad::kernels {

/// sin x and cos x.
template <class T, int Isa>
struct Trigonometric : Arithmetic<T, Isa> {
  using N = Arithmetic<T, Isa>;
  using V = typename N::V;
  using U = typename N::U;
  using M = typename N::M;
  using Word = typename N::Word;
  using N::fma, N::fnma, N::number, N::single, N::polynomial, N::quick_sum, N::word;

  static V sin(V v) {
    const Turned x = turn(v, 0);
    const V y = xsimd::select(xsimd::abs(v) < number(N::tiny), v, x.value());
    return beyond_limit(v, y, [](T one) { return std::sin(one); });
  }
  static V cos(V v) {
    return beyond_limit(v, turn(v, 1).value(), [](T one) { return std::cos(one); });
  }

 private:
  // Up to here a quarter turn's parts times n are exact.
  static constexpr double limit = single ? 6400 : 1.6e6;

  struct Turned {
    V high, low;  // the angle in +- pi/4
    U quarter;    // in its last two bits

    V value() const {
      const V square = high * high, half = number(0.5) * square;
      const V sine = high + fma(high * square, sine_curve(square), low);
      V error;
      const V start = quick_sum(number(1), -half, error);
      const V cosine = start + fma(square * square, cosine_curve(square), fnma(high, low, error));
      const V y = xsimd::select(without(1), sine, cosine);
      return xsimd::select(without(2), y, -y);
    }
    // Where the quarter has not that bit: a number with it in its last bits is not 1.
    M without(Word bit) const {
      constexpr Word one = single ? Word(0x3f800000) : Word(0x3ff0000000000000);
      return N::from_bits((quarter & word(bit)) | word(one)) == number(1);
    }
  };

  /// The angle from the nearest multiple of pi/2 (Cody and Waite, 1980), and the number of that multiple plus first.
  static Turned turn(V v, int first) {
    const V shifted = fma(v, number(0.63661977236758134), number(N::shift));
    const V n = shifted - number(N::shift);
    const U quarter = N::bits(shifted) + word(static_cast<Word>(first));
    if constexpr (N::has_fma) {
      const V a = fnma(n, number(single ? 0x1.921fb6p+0 : 0x1.921fb54442d18p+0), v);  // exact
      V low;
      const V high = N::sum(a, n * number(single ? 0x1.778p-25 : -0x1.1a626332p-54), low);  // an exact product
      return {high, fnma(n, number(single ? 0x1.68c234p-39 : -0x1.747f23e32ed7p-87), low), quarter};
    } else {
      V e1, e2, low;
      const V a = fnma(n, number(single ? 0x1.92p+0 : 0x1.921fb544p+0), v);  // this and the next two products are exact
      const V b = N::sum(a, n * number(single ? -0x1.fb4p-12 : -0x1.0b4611a6p-34), e1);
      const V c = N::sum(b, n * number(single ? -0x1.444p-24 : -0x1.3198a2ep-69), e2);
      const V rest = fnma(n, number(single ? 0x1.68c234p-39 : 0x1.b839a252049c1p-104), e1 + e2);
      const V high = quick_sum(c, rest, low);
      return {high, low, quarter};
    }
  }

  template <class F>
  static V beyond_limit(V v, V y, const F& f) {
    if (xsimd::any(xsimd::abs(v) > number(limit))) one_by_one(v, y, f);
    return y;
  }
  template <class F>
  [[gnu::noinline, gnu::cold]] static void one_by_one(const V& v, V& y, const F& f) {
    alignas(64) T x[V::size], result[V::size];
    v.store_unaligned(x);
    y.store_unaligned(result);
    for (std::size_t i = 0; i < V::size; ++i)
      if (std::abs(x[i]) > static_cast<T>(limit)) result[i] = f(x[i]);
    y = V::load_unaligned(result);
  }

  /// (sin x - x) / x³ of x².
  static V sine_curve(V z) {
    if constexpr (single) {
      return polynomial(z, -0.1666666716337204, 0.008333380334079266, -0.00019853495177812874, 2.837177589753992e-06);
    } else {
      return polynomial(z, -0.16666666666666666, 0.00833333333333304, -0.00019841269840959169, 2.7557319071785854e-06,
                        -2.5052070259285978e-08, 1.605421841835634e-10, -7.384524148245057e-13);
    }
  }
  /// (cos x - 1 + x²/2) / x⁴ of x².
  static V cosine_curve(V z) {
    if constexpr (single) {
      return polynomial(z, 0.0416666679084301, -0.0013888981193304062, 2.4822487830533646e-05, -2.892633403916989e-07);
    } else {
      return polynomial(z, 0.041666666666666664, -0.0013888888888888378, 2.480158730116487e-05, -2.755731905195948e-07,
                        2.08767197551248e-09, -1.146658362877185e-11, 4.5794564696175484e-14);
    }
  }
};

}  // namespace xgrad::kernels

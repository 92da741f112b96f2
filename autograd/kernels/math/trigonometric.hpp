#pragma once

#include <cmath>
#include <cstddef>

#include <xgrad/autograd/kernels/math/arithmetic.hpp>
#include <xgrad/autograd/kernels/math/polynomials.hpp>

namespace xgrad::kernels {

/// sin x and cos x.
template <class T, int Isa>
struct Trigonometric : Arithmetic<T, Isa> {
  using N = Arithmetic<T, Isa>;
  using V = typename N::V;
  using U = typename N::U;
  using M = typename N::M;
  using Word = typename N::Word;
  using N::fma, N::fnma, N::number, N::single, N::horner, N::fast_two_sum, N::word;

  static V sin(V v) {
    return with_slow_path(
        v, [](V x) __attribute__((always_inline)) {
          return xsimd::select(xsimd::abs(x) < number(N::tiny), x, reduce(x, 0).value());
        },
        [](T one) { return std::sin(one); });
  }
  static V cos(V v) {
    return with_slow_path(
        v, [](V x) __attribute__((always_inline)) { return reduce(x, 1).value(); },
        [](T one) { return std::cos(one); });
  }

 private:
  // Up to here the products of n and the parts of pi/2 are exact.
  static constexpr double limit = single ? 6400 : 1.6e6;

  struct Reduced {
    V high, low;  // the angle, at most pi/4
    U quadrant;   // in its last two bits

    V value() const {
      const V square = high * high, half = number(0.5) * square;
      const V sine = high + fma(high * square, sin_polynomial(square), low);
      V error;
      const V start = fast_two_sum(number(1), -half, error);
      const V cosine = start + fma(square * square, cos_polynomial(square), fnma(high, low, error));
      const V y = xsimd::select(is_clear(1), sine, cosine);
      return xsimd::select(is_clear(2), y, -y);
    }
    // The lanes whose quadrant has that bit clear: or-ed into the bits of 1.0, a bit that is set gives another number.
    M is_clear(Word bit) const {
      constexpr Word one = single ? Word(0x3f800000) : Word(0x3ff0000000000000);
      return N::from_bits((quadrant & word(bit)) | word(one)) == number(1);
    }
  };

  /// Range reduction: v less the nearest multiple of pi/2 (Cody and Waite, 1980), and the number of that multiple plus
  /// `first`.
  static Reduced reduce(V v, int first) {
    const V shifted = fma(v, number(0.63661977236758134), number(N::rounding_shift));
    const V n = shifted - number(N::rounding_shift);
    const U quadrant = N::bits(shifted) + word(static_cast<Word>(first));
    if constexpr (N::has_fma) {
      const V a = fnma(n, number(single ? 0x1.921fb6p+0 : 0x1.921fb54442d18p+0), v);  // exact
      V low;
      const V high = N::two_sum(a, n * number(single ? 0x1.778p-25 : -0x1.1a626332p-54), low);  // an exact product
      return {high, fnma(n, number(single ? 0x1.68c234p-39 : -0x1.747f23e32ed7p-87), low), quadrant};
    } else {
      V e1, e2, low;
      const V a = fnma(n, number(single ? 0x1.92p+0 : 0x1.921fb544p+0), v);  // this and the next two products are exact
      const V b = N::two_sum(a, n * number(single ? -0x1.fb4p-12 : -0x1.0b4611a6p-34), e1);
      const V c = N::two_sum(b, n * number(single ? -0x1.444p-24 : -0x1.3198a2ep-69), e2);
      const V rest = fnma(n, number(single ? 0x1.68c234p-39 : 0x1.b839a252049c1p-104), e1 + e2);
      const V high = fast_two_sum(c, rest, low);
      return {high, low, quadrant};
    }
  }

  /// usual(v), or f(v) where |v| is beyond the limit: rare, and computed lane by lane.
  template <class Usual, class F>
  static V with_slow_path(V v, const Usual& usual, const F& f) {
    const M rare = xsimd::abs(v) > number(limit);
    V y = usual(xsimd::select(rare, number(0), v));
    if (xsimd::any(rare)) lane_by_lane(v, y, f);
    return y;
  }
  template <class F>
  [[gnu::noinline, gnu::cold]] static void lane_by_lane(const V& v, V& y, const F& f) {
    alignas(64) T x[V::size], result[V::size];
    v.store_unaligned(x);
    y.store_unaligned(result);
    for (std::size_t i = 0; i < V::size; ++i)
      if (std::abs(x[i]) > static_cast<T>(limit)) result[i] = f(x[i]);
    y = V::load_unaligned(result);
  }

  /// (sin x - x) / x³ of x².
  static V sin_polynomial(V z) {
    if constexpr (single)
      return horner(z, polynomials::sin_float);
    else
      return horner(z, polynomials::sin_double);
  }
  /// (cos x - 1 + x²/2) / x⁴ of x².
  static V cos_polynomial(V z) {
    if constexpr (single)
      return horner(z, polynomials::cos_float);
    else
      return horner(z, polynomials::cos_double);
  }
};

}  // namespace xgrad::kernels

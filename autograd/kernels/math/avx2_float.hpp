#pragma once

#include <xgrad/autograd/kernels/math/arithmetic.hpp>
#include <xgrad/autograd/kernels/math/avx2_tables.hpp>

namespace xgrad::kernels {

template <class T, int Isa>
struct Exponential;

/// The functions of float where a register holds a table of eight numbers: those of AVX2 with fma(), and no others.
/// Numbers that few hold go a longer way, behind one test of a register.
template <int Isa>
struct Avx2Float;

#if XSIMD_WITH_FMA3_AVX2

template <int Isa>
struct Avx2Float : Arithmetic<float, Isa> {
  using N = Arithmetic<float, Isa>;
  using V = typename N::V;
  using U = typename N::U;
  using M = typename N::M;
  using E = Exponential<float, Isa>;
  using N::fma, N::fnma, N::number, N::bits, N::from_bits, N::word, N::at_most, N::at_least, N::scale, N::polynomial;

  static V exp(V v) {
    const Eighths e(v);
    const V t = from_bits(bits(e.t) + ((e.place & word(0xfffffff8u)) << 20));
    const V near = fma(t, e.rest, t);
    const M far = !(xsimd::abs(v) <= number(87));
    return few(far) ? xsimd::select(far, bounded_exp(at_most(89, v)), near) : near;
  }
  static V bounded_exp(V v) {
    const Eighths e(at_least(-104, v));
    const U exponents = (e.place >> 3) + word(254), first = exponents >> 1;
    const V t = e.t * from_bits(first << 23);
    return fma(t, e.rest, t) * from_bits((exponents - first) << 23);
  }

  /// On the first interval the value is |x|; on the others |x| is the larger of the two.
  static V tanh(V v) {
    const V a = at_most(eight_tanh.most, xsimd::abs(v));
    const Piece p(eight_tanh, a, 22);
    return fma(p.slope, p.d, N::min(p.value, a)) | xsimd::bitofsign(v);
  }

  static V sigmoid(V v) {
    const V a = xsimd::abs(v);
    const Piece p(eight_sigmoid, a, 0);
    V y = fma(p.slope, p.d, p.value);
    const M far = a > number(eight_sigmoid.most);
    if (few(far)) {
      const Share s(at_most(110, a));
      y = xsimd::select(far, scale(s.high, s.n), y);
    }
    return xsimd::select(v < number(0), y, number(1) - y);
  }
  /// w = a σ(-a), a = |x|.
  static V silu(V v) {
    const V a = xsimd::abs(v);
    const Piece p(eight_sigmoid, a, 0);
    const V high = fma(p.slope, p.d, p.value), low = fma(p.slope, p.d, p.value - high);
    V w = fma(a, high, a * low);
    const M far = a > number(eight_sigmoid.most);
    if (few(far)) {
      const V b = at_most(110, a);
      const Share s(b);
      w = xsimd::select(far, scale(fma(b, s.high, b * s.low), s.n), w);
    }
    return bent(v, w);
  }
  /// w = a Φ(-a) = a e^(-a²/2) q(a).
  static V gelu(V v) {
    const V a = at_most(eight_mills.most, xsimd::abs(v)), square = a * a;
    const Piece p(eight_mills, a, 22);
    const V q = fma(p.slope, p.d, p.value), q_low = fma(p.slope, p.d, p.value - q);
    const auto e = E::reduce(number(-0.5) * square, number(-0.5) * fma(a, a, -square));
    const V rest = e.beyond_one();
    const V high = fma(q, rest, q), low = fma(q, rest, q - high) + fma(q_low, rest, q_low);
    return bent(v, scale(fma(a, high, a * low), e.n));
  }

 private:
  /// -w below 0 and x - w above, so that nothing cancels.
  static V bent(V x, V w) { return xsimd::select(x <= number(0), w | xsimd::bitofsign(x), x - w); }

  static V pick(const float (&table)[8], U place) { return V(_mm256_permutevar8x32_ps(_mm256_load_ps(table), place)); }
  /// Whether any lane is, which is not to be expected.
  static bool few(M mask) { return __builtin_expect(_mm256_movemask_ps(mask) != 0, 0); }

  /// e^x = t (1 + rest) 2^n, n the whole part of the nearest eighth to x / ln 2; `place` ends in n and three bits more.
  struct Eighths {
    explicit Eighths(V x) {
      constexpr double shift = 1572864;  // 1.5 2^20: the last bit of a sum is an eighth
      const V shifted = fma(x, number(1.4426950408889634), number(shift)), n = shifted - number(shift);
      const V r = fnma(n, number(1.428606765330187e-06), fnma(n, number(0.693145751953125), x));
      place = bits(shifted);
      t = pick(eighths, place);
      rest = fma(r * r, polynomial(r, 0.5, 0.16666667163372040, 0.041666667908430099), r);
    }
    V t, rest;
    U place;
  };

  /// `below` bits stand below the place.
  struct Piece {
    template <int degree>
    Piece(const EightPieces<degree>& f, V a, int below) {
      const U place = bits(fma(a, number(f.scale), number(f.offset))) >> below;
      d = a - pick(f.centre, place);
      value = pick(f.value, place);
      slope = pick(f.slopes[degree - 1], place);
      for (int i = degree - 2; i >= 0; --i) slope = fma(slope, d, pick(f.slopes[i], place));
    }
    V d, value, slope;
  };

  /// σ(-a) = (high + low) 2^n where z = e^-a is small: z / (1 + z) = z - z² + z³.
  struct Share {
    explicit Share(V a) {
      const auto e = E::reduce(number(0) - a);
      const V p = e.value(), z = scale(p, e.n);
      const V small = fma(fma(z, z, number(0) - z), p, e.rest);
      const V rest = e.r + small;
      high = number(1) + rest;
      low = (number(1) - high) + rest;
      n = e.n;
    }
    V high, low, n;
  };
};

#endif

}  // namespace xgrad::kernels

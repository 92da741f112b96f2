#pragma once

#include <xgrad/autograd/kernels/numeric.hpp>
#include <xgrad/autograd/kernels/pieces.hpp>

namespace xgrad::kernels {

/// The functions of float where a register holds a table of sixteen numbers and any lane looks up any of them in one
/// instruction: those of AVX-512, and no others. There a lookup costs no more than a multiplication, a division six.
template <int Isa>
struct Tabulated;

#if XSIMD_WITH_AVX512F

template <int Isa>
struct Tabulated : Numeric<float, Isa> {
  using N = Numeric<float, Isa>;
  using V = typename N::V;
  using U = typename N::U;
  using N::fma, N::fnma, N::number, N::bits, N::from_bits, N::word, N::at_most, N::at_least, N::scale;

  /// The table of 2^(j/16) adds its error to that of the last rounding: .99 ulp in all.
  static V bounded_exp(V v) {
    const Sixteenths e(at_least(-104, v));
    const V t = pick(sixteenths, e.place);
    return scale(fma(t, beyond_one(fnma(e.n, number(low_ln2), e.r)), t), e.n);
  }

  static V tanh(V v) { return odd<tanh_pieces>(v); }
  static V erf(V v) { return odd<erf_pieces>(v); }

  static V sigmoid(V v) {
    const Share s = share(v);
    const V y = fma(s.factor, s.rest, s.factor);
    return V(_mm512_mask_scalef_ps(y, s.negative, y, s.n));
  }
  static V silu(V v) {
    const Share s = share(v);
    const V high = fma(s.factor, s.rest, s.factor), low = fma(s.factor, s.rest, s.factor - high);
    const V x = at_least(-110, v);  // the limit at -inf is 0
    const V y = fma(x, high, at_most(100, x) * low);
    return V(_mm512_mask_scalef_ps(y, s.negative, y, s.n));
  }

  /// -w below 0 and x - w above, where w = a Φ(-a) = a e^(-a²/2) q(a) and a = |x|, so that nothing cancels in the tail.
  static V gelu(V v) {
    const V a = at_most(mills_pieces.most, xsimd::abs(v)), square = a * a;
    const Piece<mills_pieces> q(a);
    const Power e = power(number(-0.5) * square, number(-0.5) * fma(a, a, -square));
    const V factor = e.t * pick(mills_pieces.value, q.place);  // exact
    const V rest = fma(q.d * q.slope(), number(1) + e.rest, e.rest);
    const V high = fma(factor, rest, factor), low = fma(factor, rest, factor - high);
    const V w = scale(fma(a, high, a * low), e.n);
    return xsimd::select(v <= number(0), w | xsimd::bitofsign(v), v - w);
  }

 private:
  static constexpr double high_ln2 = 0.693145751953125, low_ln2 = 1.428606765330187e-06;  // n times the first is exact

  static V pick(const float (&table)[16], U place) {
    return V(_mm512_maskz_permutexvar_ps(0xffff, place, _mm512_load_ps(table)));
  }

  /// x = n ln 2 + r, n the nearest sixteenth, whose place in a table are the last bits of `place` (Tang, 1989).
  struct Sixteenths {
    explicit Sixteenths(V x) {
      constexpr double shift = 786432;  // 1.5 2^19: the last bit of a sum is a sixteenth
      const V shifted = fma(x, number(1.4426950408889634), number(shift));
      place = bits(shifted);
      n = shifted - number(shift);
      r = fnma(n, number(high_ln2), x);
    }
    U place;
    V n, r;  // r lacks n times the rest of ln 2
  };
  /// e^r - 1 for r in +- ln 2 / 32, to .03 ulp of e^r.
  static V beyond_one(V r) { return fma(r * r, fma(number(0.166670084f), r, number(0.500016212f)), r); }

  /// e^(x + low) = t (1 + rest) 2^n, t of 12 bits; scale() takes n rounded down.
  struct Power {
    V t, rest, n;
    U place;
  };
  static Power power(V x, V low) {
    const Sixteenths e(x);
    const V r = e.r + fnma(e.n, number(low_ln2), pick(short_by, e.place) + low);
    return {pick(short_sixteenths, e.place), beyond_one(r), e.n, e.place};
  }
  static Power power(V x) {
    const Sixteenths e(x);
    const V r = e.r + fnma(e.n, number(low_ln2), pick(short_by, e.place));
    return {pick(short_sixteenths, e.place), beyond_one(r), e.n, e.place};
  }

  template <const Pieces& F>
  struct Piece {
    explicit Piece(V a) {
      y = fma(a, number(F.scale), number(1));
      place = U(_mm512_maskz_srli_epi32(0xffff, bits(y), 21));
      d = a - pick(F.centre, place);
    }
    V slope() const {
      V p = pick(F.slopes[5], place);
      for (int i = 4; i >= 0; --i) p = fma(p, d, pick(F.slopes[i], place));
      return p;
    }
    V y, d;
    U place;
  };

  /// f(|x|) with the sign of x. On the first interval the value is |x|.
  template <const Pieces& F>
  static V odd(V v) {
    const V a = at_most(F.most, xsimd::abs(v));
    const Piece<F> f(a);
    const auto beyond_first = _mm512_cmp_ps_mask(f.y, number(1.25), _CMP_GE_OQ);
    const V value(_mm512_mask_permutexvar_ps(a, beyond_first, f.place, _mm512_load_ps(F.value)));
    return fma(f.slope(), f.d, value) | xsimd::bitofsign(v);
  }

  /// factor (1 + rest), and below 0 that times 2^n.
  struct Share {
    V factor, rest, n;
    __mmask16 negative;
  };

  // 1 / (1 + e^-x) = p / (1 + e^-|x|), p = 1 or e^-|x|. The quotient begins with an approximate inverse of 12 bits,
  // whose product with a factor of p of as many is exact: so what either lacks is a small correction.
  static Share share(V v) {
    const Power e = power(at_least(-110, v | number(-0.0)));
    const auto negative = _mm512_cmp_epi32_mask(bits(v), word(0), _MM_CMPINT_LT);
    // t 2^n, with n above -101: whole parts of n into the exponent, sixteenths away.
    const U whole(_mm512_maskz_slli_epi32(0xffff, e.place & word(0xfffffff0u), 19));
    const U exponent(_mm512_maskz_max_epi32(0xffff, whole, word(0xce000000u)));
    const V t = from_bits(bits(e.t) + exponent), p = fma(t, e.rest, t);
    const V rough(_mm512_maskz_rcp14_ps(0xffff, number(1) + p)), inverse = from_bits(bits(rough) & word(0xfffff000u));
    const V low = fnma(inverse, p, number(1) - inverse);
    const V correction = fma(low, low, low), rest(_mm512_maskz_mov_ps(negative, e.rest));
    return {V(_mm512_mask_mul_ps(inverse, negative, inverse, e.t)), fma(correction, number(1) + rest, rest), e.n,
            negative};
  }
};

#endif

}  // namespace xgrad::kernels

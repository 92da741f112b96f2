#pragma once

#include <xgrad/autograd/kernels/math/arithmetic.hpp>
#include <xgrad/autograd/kernels/math/avx512_tables.hpp>
#include <xgrad/autograd/kernels/math/avx512_uniform_tables.hpp>

namespace xgrad::kernels {

/// The functions of float where a register holds a table of sixteen numbers and any lane looks up any of them in one
/// instruction: those of AVX-512, and no others. There a lookup costs no more than a multiplication, a division six.
template <int Isa>
struct Avx512Float;

#if XSIMD_WITH_AVX512F

template <int Isa>
struct Avx512Float : Arithmetic<float, Isa> {
  using N = Arithmetic<float, Isa>;
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
    const V a = xsimd::abs(v);
    const V y = beyond(sigmoid_steps, a, [](V far) {
      const Share s(at_most(110, far));
      return scale(s.high, s.n);
    });
    return xsimd::select(v < number(0), y, number(1) - y);
  }
  static V silu(V v) {
    return bent(v, beyond(silu_steps, xsimd::abs(v), [](V far) {
                  const V a = at_most(110, far);
                  const Share s(a);
                  return scale(fma(a, s.high, a * s.low), s.n);
                }));
  }
  static V gelu(V v) { return bent(v, beyond(gelu_steps, xsimd::abs(v), far_gelu)); }

 private:
  static constexpr double high_ln2 = 0.693145751953125, low_ln2 = 1.428606765330187e-06;  // n times the first is exact

  static V pick(const float (&table)[16], U place) {
    return V(_mm512_maskz_permutexvar_ps(0xffff, place, _mm512_load_ps(table)));
  }
  static V pick(const float (&table)[32], U place) {
    return V(_mm512_permutex2var_ps(_mm512_load_ps(table), place, _mm512_load_ps(table + 16)));
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

  /// The function of a >= 0, by far(a) from f.most on, which few numbers reach.
  template <int count, int degree, class Far>
  static V beyond(const Steps<count, degree>& f, V a, Far far) {
    const V shifted = fma(a, number(f.frequency), number(N::shift));
    const V d = fnma(shifted - number(N::shift), number(f.step), a);
    const U place = bits(shifted);
    V p = pick(f.slopes[degree - 1], place);
    for (int i = degree - 2; i >= 0; --i) p = fma(p, d, pick(f.slopes[i], place));
    const V near = fma(p, d, pick(f.value, place));
    const auto beyond_most = _mm512_cmp_ps_mask(a, number(f.most), _CMP_GT_OQ);
    if (__builtin_expect(beyond_most == 0, 1)) return near;
    return V(_mm512_mask_mov_ps(near, beyond_most, far(a)));
  }

  /// x f(x) where f(x) + f(-x) = 1, and w = a f(-a), a = |x|: nothing cancels in -w below 0 nor in x - w above.
  static V bent(V x, V w) { return xsimd::select(x <= number(0), w | xsimd::bitofsign(x), x - w); }

  /// σ(-a) = (high + low) 2^n where e^-a is small: z / (1 + z) = z - z² + z³.
  struct Share {
    explicit Share(V a) {
      const Power e = power(number(0) - a);
      const V z = scale(fma(e.t, e.rest, e.t), e.n), less = fma(z, z, number(0) - z);
      const V rest = fma(less, number(1) + e.rest, e.rest);
      high = fma(e.t, rest, e.t);
      low = fma(e.t, rest, e.t - high);
      n = e.n;
    }
    V high, low, n;
  };

  /// a Φ(-a) = a e^(-a²/2) q(a).
  static V far_gelu(V far) {
    const V a = at_most(mills_pieces.most, far), square = a * a;
    const Piece<mills_pieces> q(a);
    const Power e = power(number(-0.5) * square, number(-0.5) * fma(a, a, -square));
    const V factor = e.t * pick(mills_pieces.value, q.place);  // exact
    const V rest = fma(q.d * q.slope(), number(1) + e.rest, e.rest);
    const V high = fma(factor, rest, factor), low = fma(factor, rest, factor - high);
    return scale(fma(a, high, a * low), e.n);
  }
};

#endif

}  // namespace xgrad::kernels

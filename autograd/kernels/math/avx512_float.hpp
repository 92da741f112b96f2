#pragma once

#include <xgrad/autograd/kernels/math/arithmetic.hpp>
#include <xgrad/autograd/kernels/math/avx512_tables.hpp>
#include <xgrad/autograd/kernels/math/polynomials.hpp>

namespace xgrad::kernels {

/// exp, tanh, erf, sigmoid, silu and gelu of float on AVX-512, where a vector register holds a table of sixteen
/// numbers, or two of them a table of 32, that one instruction looks up at the cost of a multiplication; a division
/// costs six.
template <int Isa>
struct Avx512Float;

#if XSIMD_WITH_AVX512F

template <int Isa>
struct Avx512Float : Arithmetic<float, Isa> {
  using N = Arithmetic<float, Isa>;
  using V = typename N::V;
  using U = typename N::U;
  using N::fma, N::fnma, N::number, N::bits, N::from_bits, N::word, N::at_most, N::at_least, N::scale, N::from_tail;
  template <const auto& table>
  using Piece = kernels::Piece<Avx512Float, table>;

  static V lookup(const float (&table)[16], U index) {
    return V(_mm512_maskz_permutexvar_ps(0xffff, index, _mm512_load_ps(table)));
  }
  static V lookup(const float (&table)[32], U index) {
    return V(_mm512_permutex2var_ps(_mm512_load_ps(table), index, _mm512_load_ps(table + 16)));
  }
  template <int n>
  static U shift_right(U x) {
    if constexpr (n == 0)
      return x;
    else
      return U(_mm512_maskz_srli_epi32(0xffff, x, n));
  }

  /// e^x = root (1 + (e^r - 1)) 2^n. The rounding of the root adds to that of the result: .99 ulp in all.
  static V bounded_exp(V v) {
    const Reduced e(at_least(-104, v));
    const V root = lookup(avx512::powers_of_two, e.sixteenths);
    return scale(fma(root, exp_minus_one(fnma(e.n, number(low_ln2), e.r)), root), e.n);
  }

  static V tanh(V v) { return odd<avx512::tanh_table>(v); }
  static V erf(V v) { return odd<avx512::erf_table>(v); }

  static V sigmoid(V v) {
    const V a = xsimd::abs(v);
    const V y = with_slow_path<avx512::sigmoid_table>(a, [](V large) {
      const LogisticTail tail(at_most(110, large));
      return scale(tail.high, tail.n);
    });
    return xsimd::select(v < number(0), y, number(1) - y);
  }
  static V silu(V v) {
    return from_tail(v, with_slow_path<avx512::silu_table>(xsimd::abs(v), [](V large) {
                       const V a = at_most(110, large);
                       const LogisticTail tail(a);
                       return scale(fma(a, tail.high, a * tail.low), tail.n);
                     }));
  }
  static V gelu(V v) { return from_tail(v, with_slow_path<avx512::gelu_table>(xsimd::abs(v), large_gelu_tail)); }

 private:
  static constexpr double high_ln2 = 0.693145751953125, low_ln2 = 1.428606765330187e-06;  // n times the first is exact

  /// x = n ln 2 + r, where n is the nearest sixteenth to x / ln 2 (Tang, 1989): the last four bits of `sixteenths` say
  /// which sixteenth, those above are the whole part. r still lacks -n low_ln2.
  struct Reduced {
    explicit Reduced(V x) {
      constexpr double shift = 786432;  // 1.5 2^19: the last bit of the sum is worth 1/16
      const V shifted = fma(x, number(1.4426950408889634), number(shift));
      sixteenths = bits(shifted);
      n = shifted - number(shift);
      r = fnma(n, number(high_ln2), x);
    }
    U sixteenths;
    V n, r;
  };
  /// e^r - 1 for |r| <= ln 2 / 32, to .03 ulp of e^r.
  static V exp_minus_one(V r) { return fma(r * r, N::horner(r, polynomials::exp_of_sixteenth), r); }

  /// e^(x + low) = root (1 + minus_one) 2^n, where root has 12 bits only; scale() rounds n down.
  struct Power {
    V root, minus_one, n;
  };
  static Power power(V x, V low) {
    const Reduced e(x);
    const V r = e.r + fnma(e.n, number(low_ln2), lookup(avx512::short_powers_log, e.sixteenths) + low);
    return {lookup(avx512::short_powers_of_two, e.sixteenths), exp_minus_one(r), e.n};
  }
  static Power power(V x) {
    const Reduced e(x);
    const V r = e.r + fnma(e.n, number(low_ln2), lookup(avx512::short_powers_log, e.sixteenths));
    return {lookup(avx512::short_powers_of_two, e.sixteenths), exp_minus_one(r), e.n};
  }

  /// f(|x|) with the sign of x. On the first interval of the table, |x| stands for the value.
  template <const auto& table>
  static V odd(V v) {
    const V a = at_most(table.end, xsimd::abs(v));
    const Piece<table> p(a);
    const auto after_first = _mm512_cmp_ps_mask(p.scaled, number(1.25), _CMP_GE_OQ);
    const V value(_mm512_mask_permutexvar_ps(a, after_first, p.index, _mm512_load_ps(table.value)));
    return fma(p.slope(), p.d, value) | xsimd::bitofsign(v);
  }

  /// The table's function of a >= 0, and slow(a) beyond the table's end: such inputs are rare, and take a slow path
  /// behind one test of a mask.
  template <const auto& table, class Slow>
  static V with_slow_path(V a, Slow slow) {
    const auto rare = _mm512_cmp_ps_mask(a, number(table.end), _CMP_GT_OQ);
    const bool beyond = __builtin_expect(rare != 0, 0);
    const Piece<table> p(beyond ? at_most(table.end, a) : a);
    const V usual = fma(p.slope(), p.d, p.value());
    if (!beyond) return usual;
    return V(_mm512_mask_mov_ps(usual, rare, slow(a)));
  }

  /// σ(-a) = (high + low) 2^n, where z = e^-a is so small that z / (1 + z) = z - z² + z³.
  struct LogisticTail {
    explicit LogisticTail(V a) {
      const Power e = power(number(0) - a);
      const V z = scale(fma(e.root, e.minus_one, e.root), e.n), minus_z = fma(z, z, number(0) - z);
      const V rest = fma(minus_z, number(1) + e.minus_one, e.minus_one);
      high = fma(e.root, rest, e.root);
      low = fma(e.root, rest, e.root - high);
      n = e.n;
    }
    V high, low, n;
  };

  /// a Φ(-a) = a e^(-a²/2) q(a), where q is the table's value times 1 + d slope.
  static V large_gelu_tail(V large) {
    const V a = at_most(avx512::mills_table.end, large), square = a * a;
    const Piece<avx512::mills_table> q(a);
    const Power e = power(number(-0.5) * square, number(-0.5) * fma(a, a, -square));
    const V factor = e.root * q.value();  // exact: 12 bits each
    const V rest = fma(q.d * q.slope(), number(1) + e.minus_one, e.minus_one);
    const V high = fma(factor, rest, factor), low = fma(factor, rest, factor - high);
    return scale(fma(a, high, a * low), e.n);
  }
};

#endif

}  // namespace xgrad::kernels

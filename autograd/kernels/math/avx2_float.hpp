#pragma once

#include <xgrad/autograd/kernels/math/arithmetic.hpp>
#include <xgrad/autograd/kernels/math/avx2_tables.hpp>
#include <xgrad/autograd/kernels/math/polynomials.hpp>

namespace xgrad::kernels {

template <class T, int Isa>
struct Exponential;

/// exp, tanh, sigmoid, silu and gelu of float on AVX2 with fma(), where a vector register holds a table of eight
/// numbers that one instruction looks up. Inputs that are rare take a slow path behind one test of a mask.
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
  using N::fma, N::fnma, N::number, N::bits, N::from_bits, N::word, N::at_most, N::at_least, N::scale, N::horner;
  template <const auto& table>
  using Piece = kernels::Piece<Avx2Float, table>;

  static V lookup(const float (&table)[8], U index) {
    return V(_mm256_permutevar8x32_ps(_mm256_load_ps(table), index));
  }
  template <int n>
  static U shift_right(U x) {
    return n == 0 ? x : x >> n;
  }

  static V exp(V v) {
    // Both ways give the same bits where |v| <= 87. Beyond, only the second raises no floating-point exception for
    // -inf.
    if (any_rare(!(xsimd::abs(v) <= number(87)))) return bounded_exp(at_most(89, v));
    const Reduced e(v);
    const V power = from_bits(bits(e.root) + ((e.eighths & word(0xfffffff8u)) << 20));  // the exponent is raised by n
    return fma(power, e.minus_one, power);
  }
  /// 2^n as a product of two powers, so that e^x may be subnormal.
  static V bounded_exp(V v) {
    const Reduced e(at_least(-104, v));
    const U exponents = (e.eighths >> 3) + word(254), first = exponents >> 1;
    const V power = e.root * from_bits(first << 23);
    return fma(power, e.minus_one, power) * from_bits((exponents - first) << 23);
  }

  /// On the first interval of the table |x| stands for the value. It is chosen as the minimum: the table's value there
  /// is larger, and on the other intervals smaller, than |x|.
  static V tanh(V v) {
    const V a = at_most(avx2::tanh_table.end, xsimd::abs(v));
    const Piece<avx2::tanh_table> p(a);
    return fma(p.slope(), p.d, N::min(p.value(), a)) | xsimd::bitofsign(v);
  }

  static V sigmoid(V v) {
    const V a = xsimd::abs(v);
    const Piece<avx2::sigmoid_table> p(a);
    V y = fma(p.slope(), p.d, p.value());
    const M rare = a > number(avx2::sigmoid_table.end);
    if (any_rare(rare)) {
      const LogisticTail tail(at_most(110, a));
      y = xsimd::select(rare, scale(tail.high, tail.n), y);
    }
    return xsimd::select(v < number(0), y, number(1) - y);
  }
  /// From the tail w = a σ(-a) with a = |x|.
  static V silu(V v) {
    const V a = xsimd::abs(v);
    const Piece<avx2::sigmoid_table> p(a);
    const V value = p.value(), slope = p.slope();
    const V high = fma(slope, p.d, value), low = fma(slope, p.d, value - high);
    V w = fma(a, high, a * low);
    const M rare = a > number(avx2::sigmoid_table.end);
    if (any_rare(rare)) {
      const V b = at_most(110, a);
      const LogisticTail tail(b);
      w = xsimd::select(rare, scale(fma(b, tail.high, b * tail.low), tail.n), w);
    }
    return from_tail(v, w);
  }
  /// From the tail w = a Φ(-a) = a e^(-a²/2) q(a) with a = |x|.
  static V gelu(V v) {
    const V a = at_most(avx2::mills_table.end, xsimd::abs(v)), square = a * a;
    const Piece<avx2::mills_table> p(a);
    const V value = p.value(), slope = p.slope();
    const V q = fma(slope, p.d, value), q_low = fma(slope, p.d, value - q);
    const auto e = E::reduce(number(-0.5) * square, number(-0.5) * fma(a, a, -square));
    const V minus_one = e.minus_one();
    const V high = fma(q, minus_one, q), low = fma(q, minus_one, q - high) + fma(q_low, minus_one, q_low);
    return from_tail(v, scale(fma(a, high, a * low), e.n));
  }

 private:
  /// x f(x), where f(x) + f(-x) = 1, from the tail w = |x| f(-|x|): -w below 0 and x - w above, where nothing cancels.
  static V from_tail(V x, V w) { return xsimd::select(x <= number(0), w | xsimd::bitofsign(x), x - w); }

  static bool any_rare(M mask) { return __builtin_expect(_mm256_movemask_ps(mask) != 0, 0); }

  /// e^x = root (1 + minus_one) 2^n: x = (n + j/8) ln 2 + r, root = 2^(j/8) from a table and minus_one = e^r - 1 (Tang,
  /// 1989). The last three bits of `eighths` are j, those above n.
  struct Reduced {
    explicit Reduced(V x) {
      constexpr double shift = 1572864;  // 1.5 2^20: the last bit of the sum is worth 1/8
      const V shifted = fma(x, number(1.4426950408889634), number(shift)), n = shifted - number(shift);
      const V r = fnma(n, number(1.428606765330187e-06), fnma(n, number(0.693145751953125), x));
      eighths = bits(shifted);
      root = lookup(avx2::powers_of_two, eighths);
      minus_one = fma(r * r, horner(r, polynomials::exp_of_eighth), r);
    }
    V root, minus_one;
    U eighths;
  };

  /// σ(-a) = (high + low) 2^n, where z = e^-a is so small that z / (1 + z) = z - z² + z³.
  struct LogisticTail {
    explicit LogisticTail(V a) {
      const auto e = E::reduce(number(0) - a);
      const V p = e.value(), z = scale(p, e.n);
      const V curved = fma(fma(z, z, number(0) - z), p, e.rest);
      const V rest = e.r + curved;
      high = number(1) + rest;
      low = (number(1) - high) + rest;
      n = e.n;
    }
    V high, low, n;
  };
};

#endif

}  // namespace xgrad::kernels

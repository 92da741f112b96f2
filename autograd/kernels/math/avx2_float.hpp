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
  using N::fma, N::fnma, N::number, N::bits, N::from_bits, N::word, N::at_most, N::at_least, N::scale, N::horner,
      N::from_tail;
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
    const V y = small_sigmoid(xsimd::abs(v));
    return xsimd::select(v < number(0), y, number(1) - y);
  }
  /// From the tail w = a σ(-a) with a = |x|.
  static V silu(V v) {
    const V a = xsimd::abs(v);
    const M rare = a > number(avx2::sigmoid_table.end);
    if (!any_rare(rare)) return from_tail(v, tabulated_silu_tail(a));
    const V b = at_most(110, a);
    const LogisticTail tail(b);
    const V w = scale(fma(b, tail.high, b * tail.low), tail.n);
    return from_tail(v, xsimd::select(rare, w, tabulated_silu_tail(at_most(avx2::sigmoid_table.end, a))));
  }
  static V gelu(V v) {
    const V y = usual_gelu(v);
    if (__builtin_expect(_mm256_movemask_ps(v + number(usual_end)) == 0, 1)) return y;
    return xsimd::select(v < number(-usual_end), small_gelu(v), y);
  }

  /// Φ(x) + x φ(x), which is s = e^(-a²/2) (M - a / √(2π)) for x = -a and 1 - s for x = a, where M = Φ(-a) e^(a²/2) is
  /// a polynomial over a + k. Where e^(-a²/2) is subnormal it is replaced by 0.
  static V gelu_slope(V v) {
    constexpr double k = 2.5, shift = N::rounding_shift + N::exponent_bias;
    const V a = at_most(15, xsimd::abs(v)), half = number(-0.5) * a, p = half * a, minus_low = fnma(half, a, p);
    const V inverse = number(1) / (a + number(k));
    const V shifted = at_least(N::rounding_shift, fma(p, number(1.4426950408889634), number(shift)));
    const V n = shifted - number(shift), power = from_bits(bits(shifted) << 23);
    const V r = fnma(n, number(0.6931471805599453), p) - minus_low;
    const V e = fma(power, fma(r * r, horner_of_five(r, polynomials::exp_float), r), power);
    const V t = fma(inverse, number(-2 * k), number(1));
    const V m = inverse * even_and_odd(t, polynomials::gelu_slope);
    const V s = e * fma(a, number(-0.3989422804014327), m);
    return xsimd::select(v < number(0), s, number(1) - s);
  }

  /// σ(x) (1 + x (1 - σ(x))), which is s = σ(-a) (1 - a + a σ(-a)) for x = -a and 1 - s for x = a.
  static V silu_slope(V v) {
    const V a = at_most(110, xsimd::abs(v)), p = small_sigmoid(a);
    const V s = p * fma(a, p, number(1) - a);
    return xsimd::select(v < number(0), s, number(1) - s);
  }

 private:
  static constexpr double usual_end = 6;

  /// σ(-a) for a >= 0.
  static V small_sigmoid(V a) {
    const M rare = a > number(avx2::sigmoid_table.end);
    if (!any_rare(rare)) return tabulated_sigmoid(a);
    const LogisticTail tail(at_most(110, a));
    return xsimd::select(rare, scale(tail.high, tail.n), tabulated_sigmoid(at_most(avx2::sigmoid_table.end, a)));
  }
  static V tabulated_sigmoid(V a) {
    const Piece<avx2::sigmoid_table> p(a);
    return fma(p.slope(), p.d, p.value());
  }
  /// a σ(-a) on the table.
  static V tabulated_silu_tail(V a) {
    const Piece<avx2::sigmoid_table> p(a);
    const V value = p.value(), slope = p.slope();
    const V high = fma(slope, p.d, value), low = fma(slope, p.d, value - high);
    return fma(a, high, a * low);
  }

  /// gelu for x >= -6. It is -w below 0 and x - w above, w = a Φ(-a) with a = |x|; w = a/2 e^(p + rest), where
  /// p = a (l + q a) is close to ln(2 Φ(-a)) and rest is a polynomial. With a = high + low, where high is a multiple of
  /// 1/64, high (l + q high) has no rounding error, and the rest of p is low (l + q high + q a).
  static V usual_gelu(V v) {
    constexpr double l = -2545 / 4096.0, q = -29 / 64.0;
    constexpr double to_multiple = N::rounding_shift / 64;
    constexpr double shift = N::rounding_shift + N::exponent_bias - 1;  // the power of two includes the factor 1/2
    const V a = at_most(usual_end, xsimd::abs(v));
    const V high = (a + number(to_multiple)) - number(to_multiple), low = a - high;
    const V factor = fma(high, number(q), number(l)), p = high * factor;
    const V shifted = fma(p, number(1.4426950408889634), number(shift)), n = shifted - number(shift);
    const V scaled = a * from_bits(bits(shifted) << 23);
    const V rest = fma(low, fma(a, number(q), factor), even_and_odd(a - number(3), polynomials::log_tail));
    const V r = fnma(n, number(0.6931471805599453), p) + rest;
    const V minus_one = fma(r * r, horner_of_five(r, polynomials::exp_of_log_tail), r);
    return at_least(0, v) - fma(scaled, minus_one, scaled);
  }
  /// gelu for x < 0: -a Φ(-a) = -a e^(-a²/2) q(a) with a = -x.
  static V small_gelu(V v) {
    const V a = at_most(avx2::mills_table.end, xsimd::abs(v)), square = a * a;
    const Piece<avx2::mills_table> p(a);
    const V value = p.value(), slope = p.slope();
    const V q = fma(slope, p.d, value), q_low = fma(slope, p.d, value - q);
    const auto e = E::reduce(number(-0.5) * square, number(-0.5) * fma(a, a, -square));
    const V minus_one = e.minus_one();
    const V high = fma(q, minus_one, q), low = fma(q, minus_one, q - high) + fma(q_low, minus_one, q_low);
    return scale(fma(a, high, a * low), e.n) | xsimd::bitofsign(v);
  }

  /// The polynomial c, as the sum of its even and its odd part: half the latency of Horner's rule.
  template <std::size_t count>
  static V even_and_odd(V x, const float (&c)[count]) {
    const V square = x * x;
    V last = number(c[count - 1]), other = number(c[count - 2]);
    for (std::size_t i = count - 2; i-- > 0;) {
      const V next = fma(last, square, number(c[i]));
      last = other;
      other = next;
    }
    return fma(last, x, other);
  }
  static V horner_of_five(V x, const float (&c)[5]) {
    const V square = x * x;
    const V end = fma(number(c[4]), square, fma(number(c[3]), x, number(c[2])));
    return fma(end, square, fma(number(c[1]), x, number(c[0])));
  }

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

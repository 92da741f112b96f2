#pragma once

#include <xgrad/autograd/kernels/math/exponential.hpp>

namespace xgrad::kernels {

/// erf x, and gelu x = x Φ(x) with Φ the normal distribution function.
template <class T, int Isa>
struct ErfGelu : Exponential<T, Isa> {
  using N = Arithmetic<T, Isa>;
  using E = Exponential<T, Isa>;
  using V = typename N::V;
  using N::fma, N::fnma, N::number, N::single, N::horner, N::at_most, N::fast_two_sum;

  /// x + x p(x²) for |x| < 1, else 1 - e^q(|x|) with q = ln erfc.
  static V erf(V v) {
    if constexpr (N::has_avx512_tables) return Avx512Float<Isa>::erf(v);
    const V a = xsimd::abs(v), inner = at_most(1, a), square = inner * inner;
    const V small = fma(inner, erf_polynomial(square), inner);
    const auto e = E::reduce(log_erfc(at_most(single ? 4 : 6, a)));
    const V power = N::power_of_two(e.n);
    const V large = fnma(power, e.minus_one(), number(1) - power);
    return xsimd::select(a < number(1), small, large) | xsimd::bitofsign(v);
  }

  /// x Φ(x) from the tail w = a Φ(-a) with a = |x|: it is -w below 0 and x - w above, where nothing cancels. The tail
  /// is a e^(-a²/2) q(t) / (a + k) with t = (a - k) / (a + k) (Shepherd and Laframboise, 1981).
  static V gelu(V v) {
    if constexpr (N::has_avx512_tables) return Avx512Float<Isa>::gelu(v);
    if constexpr (N::has_avx2_tables) return Avx2Float<Isa>::gelu(v);
    constexpr double k = single ? 2.9805908203125 : 3.3505859375;
    const V a = at_most(single ? 14.5 : 38.8, xsimd::abs(v));
    V sum_low, twice_low, t_low, ratio_low, product_low, p_low;
    const V sum = N::two_sum(a, number(k), sum_low);
    const V inverse = number(1) / sum;
    const V inverse_low =
        fnma(inverse, sum_low, N::residual(inverse, sum, number(1)));  // of 1 / (a + k), relative to it
    const V twice = N::two_product(a + a, inverse, twice_low);
    const V t = fast_two_sum(number(-1), twice, t_low);
    const V t_rest = t_low + fma(twice, inverse_low, twice_low);

    // q(t) = q_0 + t (q_1 + t r(t)), with rounding errors and that of t: q is steep where a is small.
    const V rounded_t = t + t_rest;
    V slope_low, q_low;
    const V slope = N::fma_with_error(rounded_t, gelu_polynomial(rounded_t), number(q_1), slope_low);
    const V q = N::fma_with_error(t, slope, number(q_0), q_low);
    q_low = fma(t_rest, slope, q_low);
    if constexpr (!N::has_fma) q_low = fma(t, slope_low, q_low);
    const V ratio = N::two_product(inverse, q, ratio_low);
    ratio_low = fma(inverse, q_low, ratio_low);

    const V half_a = N::upper_half(a);
    const auto e = E::reduce(number(-0.5) * (half_a * half_a), number(-0.5) * ((a - half_a) * (a + half_a)));
    const V p = e.value(p_low);
    const V product = N::two_product(ratio, p, product_low);
    const V low = fma(product, inverse_low, fma(ratio, p_low, fma(ratio_low, p, product_low)));
    const V w = N::scale(fma(a, product, a * low), e.n);
    return xsimd::select(v <= number(0), w | xsimd::bitofsign(v), v - w);
  }

 private:
  /// erf x / x - 1 of x² in [0, 1].
  static V erf_polynomial(V z) {
    if constexpr (single)
      return horner(z, polynomials::erf_float);
    else
      return horner(z, polynomials::erf_double);
  }
  /// ln erfc a for a >= 1.
  static V log_erfc(V a) {
    if constexpr (single)
      return horner(a, polynomials::log_erfc_float);
    else
      return horner(a, polynomials::log_erfc_double);
  }
  /// (a + k) Φ(-a) e^(a²/2) is q_0 + t (q_1 + t gelu_polynomial(t)).
  static constexpr double q_0 = single ? polynomials::gelu_float[0] : polynomials::gelu_double[0];
  static constexpr double q_1 = single ? polynomials::gelu_float[1] : polynomials::gelu_double[1];
  static V gelu_polynomial(V t) {
    if constexpr (single)
      return N::template horner<2>(t, polynomials::gelu_float);
    else
      return N::template horner<2>(t, polynomials::gelu_double);
  }
};

}  // namespace xgrad::kernels

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
    const V a = xsimd::abs(v), square = a * a;
    const V small = fma(a, erf_polynomial(square), a);
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
    if constexpr (single) {
      return horner(z, 0.12837916612625122, -0.3761262595653534, 0.11283578723669052, -0.026853347197175026,
                    0.005187162198126316, -0.0007997853099368513, 7.806903158780187e-05);
    } else {
      return horner(z, 0.1283791670955126, -0.376126389031841, 0.11283791670971098, -0.026866170648031127,
                    0.005223977652692689, -0.0008548328535864016, 0.00012055386199719924, -1.4926881763514002e-05,
                    1.6481066969878362e-06, -1.6557261271224432e-07, 1.6014500808208462e-08, -1.6471472339883896e-09,
                    1.435855935295271e-10);
    }
  }
  /// ln erfc a for a >= 1.
  static V log_erfc(V a) {
    if constexpr (single) {
      return horner(a, 0.00018846700550056994, -1.1295802593231201, -0.6332165598869324, -0.10842189937829971,
                    0.025210224092006683, -0.004205256700515747, 0.00044147251173853874, -2.1698320779250935e-05);
    } else {
      return horner(a, -1.7963277811113678e-07, -1.1283773291308155, -0.636628489577346, -0.10274725009742808,
                    0.019078150618006672, 0.0002804966998878156, -0.0017690103274291752, 0.0006411816410993531,
                    -4.4828978786160545e-05, -7.036284267613715e-05, 4.503561029762341e-05, -1.6513288854679273e-05,
                    4.32685604328642e-06, -8.505335770243388e-07, 1.256982880710343e-07, -1.3625908030643168e-08,
                    1.0256352262402423e-09, -4.795702350940849e-11, 1.0495412535211299e-12);
    }
  }
  /// (a + k) Φ(-a) e^(a²/2) is q_0 + t (q_1 + t gelu_polynomial(t)).
  static constexpr double q_0 = single ? 0.7283675670623779 : 0.7403941118633092;
  static constexpr double q_1 = single ? -0.5067994594573975 : -0.55043044391359;
  static V gelu_polynomial(V t) {
    if constexpr (single) {
      return horner(t, 0.22642728686332703, -0.04475138708949089, -0.01113712415099144, 0.006751741748303175,
                    0.0011839704820886254, -0.0009999913163483143, -0.0002885083667933941, 0.00011918762174900621,
                    7.106026168912649e-05, 8.74996021593688e-06);
    } else {
      return horner(t, 0.2913580848999024, -0.09495349101377674, 0.007145712603609032, 0.007984368945789315,
                    -0.0020650919710850976, -0.0009054007397199176, 0.0003241503589561461, 0.00015795592538277113,
                    -4.236880753434215e-05, -3.468562804396088e-05, 2.163105157437521e-06, 7.519777150611579e-06,
                    1.4126044495758147e-06, -1.2611181494545534e-06, -7.184360828642475e-07, 5.244146642891929e-08,
                    1.9617297182881744e-07, 6.365851466638619e-08, -2.6746990110929544e-08, -2.7915908296540048e-08,
                    -2.8070422634203434e-09, 5.96386179018051e-09, 2.024529386776774e-09, -5.571050381594055e-10,
                    -2.8827809146650885e-10);
    }
  }
};

}  // namespace xgrad::kernels

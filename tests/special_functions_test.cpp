// The accuracy of special functions, against numbers that mpmath has computed with 40 digits.

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "catch2.hpp"
#include "compare.hpp"

using namespace xgrad;

namespace {

struct Row {
  const char* text;
  double tolerance;  // relative
  Tensor (*f)(const Tensor& x);
  std::vector<double> x, y;
};

const std::vector<Row>& exact() {
  static const std::vector<Row> rows = {
      {"erfinv(x)",
       2e-15,
       [](const Tensor& x) { return erfinv(x); },
       {1e-300, 1e-08, 0.1, 0.249, 0.26, 0.499, 0.5, -0.7, 0.9, 0.999, -0.999999, 0.999999999999, 0.9999999999999999},
       {8.86226925452758e-301, 8.86226925452758e-09, 0.08885599049425769, 0.22437987232308534, 0.2346557516249216,
        0.47582428088309237, 0.4769362762044699, -0.7328690779592167, 1.1630871536766743, 2.3267537655135246,
        -3.458910737275499, 5.042031898572696, 5.8635847487551676}},
      {"erfc(x)",
       2e-15,
       [](const Tensor& x) { return erfc(x); },
       {0.1, 1.0, -3.0, 5.0, 10.0, 26.0},
       {0.887537083981715, 0.15729920705028513, 1.9999779095030015, 1.537459794428035e-12, 2.088487583762545e-45,
        5.663192408856143e-296}},
      {"lgamma(x)",
       2e-15,
       [](const Tensor& x) { return lgamma(x); },
       {0.1, 0.5, 1.5, 2.5, 10.0, 170.5, -0.5, -10.25},
       {2.252712651734206, 0.5723649429247001, -0.12078223763524522, 0.2846828704729192, 12.801827480081469,
        704.0044277342047, 1.2655121234846454, -14.20399790093109}},
      {"grad(sum(lgamma(x)), x)",
       2e-14,
       [](const Tensor& x) { return grad(sum(lgamma(x)), x); },
       {0.1, 2.0, -0.5},
       {-10.423754940411076, 0.42278433509846713, 0.03648997397857652}},
      {"grad(sum(digamma(x)), x)",
       2e-15,
       [](const Tensor& x) { return grad(sum(digamma(x)), x); },
       {0.1, 0.5, 2.0, -0.5},
       {101.43329915079275, 4.934802200544679, 0.6449340668482264, 8.934802200544679}},
      {"digamma(x)",
       2e-14,
       [](const Tensor& x) { return digamma(x); },
       {1e-05, 0.1, 0.5, 1.0, 2.0, 9.5, 10.5, 100.0, -0.5, -7.3, 1000000.0},
       {-100000.57719921567, -10.423754940411076, -1.9635100260214235, -0.5772156649015329, 0.42278433509846713,
        2.1977378764029494, 2.3030010342976865, 4.600161852738087, 0.03648997397857652, 4.33730730551005,
        13.815510057964191}},
      {"polygamma(1, x)",
       1e-14,
       [](const Tensor& x) { return polygamma(1, x); },
       {0.1, 0.5, 1.0, 2.0, 9.5, 30.0, 200.0, -0.5, -7.3, -1.01},
       {101.43329915079275, 4.934802200544679, 1.6449340668482264, 0.6449340668482264, 0.11099728846909904,
        0.033895060357739946, 0.005012520833229168, 8.934802200544679, 14.951383181433922, 10002.64960015046}},
      {"polygamma(2, x)",
       1e-14,
       [](const Tensor& x) { return polygamma(2, x); },
       {0.1, 0.5, 1.0, 2.0, 9.5, 30.0, 200.0, -0.5, -7.3, -1.01},
       {-2001.8614573783436, -16.82879664423432, -2.4041138063191885, -0.4041138063191886, -0.012307845807709338,
        -0.0011487652037286, -2.5125312497395898e-05, -0.82879664423432, 68.82117406359033, 1999999.4708621232}},
      {"polygamma(3, x)",
       1e-14,
       [](const Tensor& x) { return polygamma(3, x); },
       {0.1, 0.5, 1.0, 2.0, 9.5, 30.0, 200.0, -0.5, -7.3, -1.01},
       {60004.51287679026, 97.40909103400244, 6.493939402266829, 0.49393940226682914, 0.0027267288350372493,
        7.78600366473613e-05, 2.518812499218776e-07, 193.40909103400244, 769.0167339816824, 600000012.5149091}},
      {"polygamma(5, x)",
       1e-14,
       [](const Tensor& x) { return polygamma(5, x); },
       {0.1, 0.5, 1.0, 2.0, 9.5, 30.0, 200.0, -0.5, -7.3, -1.01},
       {120000069.30751093, 7691.113548602436, 122.0811674381339, 2.081167438133897, 0.0004002927721168353,
        1.0726994936161623e-06, 7.594218739063086e-11, 15371.113548602436, 165660.1736387418, 120000000000242.0}},
      {"polygamma(20, x)",
       1e-14,
       [](const Tensor& x) { return polygamma(20, x); },
       {0.1, 0.5, 1.0, 2.0, 9.5, 30.0, 200.0, -0.5, -7.3, -1.01},
       {-2.432902008176637e+39, -5.10216531273943e+24, -2.4329031685078615e+18, -1160331221321.7373,
        -0.008174557499259622, -4.786085204571764e-13, -1.2191178556361743e-29, -487772949462609.9,
        2.325831561706772e+29, 2.4329020081765946e+60}},
      {"polygamma(40, x)",
       2e-14,
       [](const Tensor& x) { return polygamma(40, x); },
       {0.1, 0.5, 1.0, 2.0, 9.5, 30.0, 200.0, -0.5, -7.3, -1.01},
       {-8.159152832478958e+88, -1.794216682422424e+60, -8.159152832482688e+47, -3.710353359753228e+35,
        -67962068.05302335, -3.042973522079723e-13, -2.0470279806445654e-46, -4.919301571242758e+40,
        2.2370393559400987e+69, 8.15915283247868e+129}},
      {"polygamma(200, x)",
       2e-13,
       [](const Tensor& x) { return polygamma(200, x); },
       {50.0, 100.0},
       {-2.5829713930705358e+33, -9.125424691096223e-28}},
      {"polygamma(1, x) far out",
       1e-15,
       [](const Tensor& x) { return polygamma(1, x); },
       {1e155, 1e160, 1e200, 1e300},
       {1e-155, 1e-160, 1e-200, 1e-300}},
      {"grad(sum(digamma(x)), x) far out",
       1e-15,
       [](const Tensor& x) { return grad(sum(digamma(x)), x); },
       {1e155, 1e160, 1e200, 1e300},
       {1e-155, 1e-160, 1e-200, 1e-300}},
      {"polygamma(2, x) far out",
       1e-14,
       [](const Tensor& x) { return polygamma(2, x); },
       {1e107, 1e150},
       {-1e-214, -1e-300}},
      {"polygamma(170, x)",
       1e-14,
       [](const Tensor& x) { return polygamma(170, x); },
       {20.0, 1000.0, -0.5, -1.5},
       {-2.4252478874086774e+84, -4.6422754818855408e-206, -5.6127628949062967e+276, -6.5019033864740738e+238}},
      {"polygamma(180, x)",
       1e-14,
       [](const Tensor& x) { return polygamma(180, x); },
       {20.0, 1000.0, -0.5, -1.5},
       {-6.5554978916641061e+93, -1.2195657689397965e-213, -2.6943470542106407e+297, -1.8872518299632412e+257}},
      {"sinc(x)",
       2e-15,
       [](const Tensor& x) { return sinc(x); },
       {1e-09, 0.01, 0.5, 0.75, 1.25},
       {1.0, 0.9998355147105487, 0.6366197723675814, 0.30010543871903533, -0.18006326323142122}},
      {"grad(sum(sinc(x)), x)",
       2e-15,
       [](const Tensor& x) { return grad(sum(sinc(x)), x); },
       {1e-09, 0.0001, 0.01, 0.1, 0.159, 0.16, 0.5, 0.75},
       {-3.289868133696453e-09, -0.0003289868101226756, -0.0328954344817124, -0.325751267883124, -0.5101530283716804,
        -0.5131987642547577, -1.2732395447351628, -1.3429496265407772}},
      {"cbrt(x)",
       2e-15,
       [](const Tensor& x) { return cbrt(x); },
       {8.0, -27.0, 2.0, 1e-300},
       {2.0, -3.0, 1.2599210498948732, 1e-100}},
      {"logit(x)",
       2e-15,
       [](const Tensor& x) { return logit(x); },
       {1e-20, 0.25, 0.5000001, 0.499, 0.75, 0.9},
       {-46.051701859880914, -1.0986122886681098, 3.99999999789463e-07, -0.004000005333346137, 1.0986122886681098,
        2.1972245773362196}},
      {"mish(x)",
       2e-15,
       [](const Tensor& x) { return mish(x); },
       {-40.0, -2.0, -0.5, 0.5, 3.0, 20.0},
       {-1.6993417021166355e-16, -0.2525014826957089, -0.22074377465173, 0.37524521130489513, 2.9865350049679575,
        20.0}},
      {"grad(sum(mish(x)), x)",
       2e-15,
       [](const Tensor& x) { return grad(sum(mish(x)), x); },
       {-40.0, -2.0, -0.5, 0.0, 0.5, 3.0, 20.0},
       {-1.6568581595637197e-16, -0.10835509242039394, 0.2895106779135122, 0.6, 0.8864243753577272, 1.0211069109294437,
        1.0000000000000002}},
  };
  return rows;
}

}  // namespace

TEST_CASE("polygamma ends for every order and argument, and obeys its recurrence for large orders", "[special]") {
  constexpr std::int64_t huge = 100'000'000'000'000'000;
  for (const double x : {1e15, 1e16, 4.9e16, 1e17, 1e18}) {
    INFO("x = " << x);
    CHECK_FALSE(std::isnan(polygamma(huge, Tensor(x)).item()));
    CHECK_FALSE(std::isnan(polygamma(huge - 1, Tensor(x)).item()));
  }
  CHECK(std::isinf(polygamma(huge, Tensor(1e16)).item()));
  CHECK_FALSE(std::isnan(polygamma(std::numeric_limits<std::int64_t>::max(), Tensor(1e18)).item()));
  // ψ(x + 1) - ψ(x) = (-1)^n n! / x^(n+1) for the n-th derivative ψ.
  for (const std::int64_t n : {171, 200, 1001})
    for (const double x : {0.4 * static_cast<double>(n), 0.2 * static_cast<double>(n)}) {
      INFO("n = " << n << ", x = " << x);
      const auto order = static_cast<double>(n);
      const double step = std::exp(std::lgamma(order + 1) - (order + 1) * std::log(x)) * (n % 2 == 0 ? 1 : -1);
      const double here = polygamma(n, Tensor(x)).item(), next = polygamma(n, Tensor(x + 1)).item();
      CHECK(std::abs((next - here) / step - 1) < 1e-10);
    }
}

TEST_CASE("special functions are accurate to a few units in the last place", "[special]") {
  for (const Row& row : exact()) {
    const Tensor x = Tensor(row.x).requires_grad_();
    INFO(row.text);
    CHECK(difference(row.f(x).detach(), Tensor(row.y), row.tolerance) == "");
  }
}

TEST_CASE("the slope of xlogy reaches a seed of zeros, as in forward mode by two backwards", "[pointwise]") {
  const Tensor a = Tensor{0.5, 2.0}.requires_grad_(), b{3.0, 0.25};
  const Tensor seed = zeros({2}, float64).requires_grad_();
  const Tensor g = grad(xlogy(a, b), a, seed, create_graph);
  CHECK(difference(grad(g, seed, ones({2}, float64)), log(b)) == "");
}

TEST_CASE("second derivatives that are nearly 0 keep their digits") {
  const auto second = [](const auto& f, const Tensor& at) {
    const Tensor x = at.clone().requires_grad_();
    return grad(sum(grad(sum(f(x)), x, create_graph)), x);
  };
  const Tensor single{1e-9f, -3e-6f, 0.0f}, wide{1e-17, -3e-9, 0.0};
  for (const Tensor& x : {single, wide}) {
    INFO(name_of(x.dtype()));
    const double tolerance = x.dtype() == float32 ? 1e-6 : 1e-14;
    CHECK(difference(second([](const Tensor& v) { return asin(v); }, x), x, tolerance) == "");
    CHECK(difference(second([](const Tensor& v) { return acos(v); }, x), -x, tolerance) == "");
    CHECK(difference(second([](const Tensor& v) { return atanh(v); }, x), 2.0 * x, tolerance) == "");
    const auto lambda = [](const Tensor& v) { return elementwise([](auto u) { return asin(u) + atanh(u); }, v); };
    CHECK(difference(second(lambda, x), 3.0 * x, tolerance) == "");
  }
  const auto odds = [](const Tensor& v) { return logit(v); };
  CHECK(difference(second(odds, Tensor{0.5f - 0x1p-25f, 0.5f}), Tensor{-0x1p-20f, 0.0f}, 1e-6) == "");
  CHECK(difference(second(odds, Tensor{0.5 + 3e-13, 0.5 - 0x1p-54}), Tensor{32 * (0.5 + 3e-13 - 0.5), -0x1p-49},
                   1e-14) == "");
}

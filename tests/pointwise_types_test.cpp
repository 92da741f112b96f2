// Dtypes, integers, numbers beside tensors, and the edges at which pointwise ops differ from PyTorch on purpose.

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>
#include <vector>

#include <xtensor/xarray.hpp>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "catch2.hpp"
#include "compare.hpp"

using namespace xgrad;

namespace {

constexpr double not_a_number = NAN, inf = HUGE_VAL;

using OfOne = Tensor (*)(Tensor, Source);
using OfTwo = Tensor (*)(Tensor, Tensor, Source);

template <class... T>
bool are_tensors(const T&...) {
  return (std::is_same_v<T, Tensor> && ...);
}

/// The slope of a function of one number.
double slope(Tensor (*f)(const Tensor&), double at) {
  const Tensor x = Tensor(at).requires_grad_();
  return grad(f(x), x).item();
}

/// The slopes of a function of two numbers.
std::vector<double> slopes(OfTwo f, double a, double b) {
  const Tensor x = Tensor(a).requires_grad_(), y = Tensor(b).requires_grad_();
  const std::vector<Tensor> g = grad({f(x, y, Source())}, {x, y});
  return {g[0].item(), g[1].item()};
}

}  // namespace

TEST_CASE("what rounds or selects keeps integers, and other functions make them float32", "[pointwise]") {
  const Tensor i{-3, 0, 5}, b{true, false, true};
  for (const OfOne f : std::vector<OfOne>{floor, ceil, trunc, relu6}) CHECK(f(i, Source()).dtype() == int64);
  CHECK(difference(round(i), i) == "");
  CHECK(difference(round(i, 2), i) == "");
  CHECK(difference(nan_to_num(i), i) == "");
  CHECK(difference(nan_to_num(b), b) == "");
  CHECK(difference(hardtanh(i, -1, 2), Tensor{-1, 0, 2}) == "");
  CHECK(difference(threshold(i, 0, 7), Tensor{7, 7, 5}) == "");
  for (const OfOne f : std::vector<OfOne>{tan, exp2, log2, rsqrt, erfc, lgamma, sinc, logit, frac, selu, hardswish}) {
    CHECK(f(i, Source()).dtype() == float32);
    CHECK(f(b, Source()).dtype() == float32);
  }
  for (const OfTwo f : std::vector<OfTwo>{fmod, remainder, floor_divide, fmax, fmin, heaviside})
    CHECK(f(i, Tensor{2, -2, 3}, Source()).dtype() == int64);
  for (const OfTwo f : std::vector<OfTwo>{fmax, fmin, heaviside}) CHECK(f(b, b, Source()).dtype() == boolean);
  for (const OfTwo f : std::vector<OfTwo>{atan2, hypot, logaddexp, xlogy, copysign})
    CHECK(f(i, i, Source()).dtype() == float32);
  CHECK(remainder(Tensor({1.5, 2.5}, float32), 2.0).dtype() == float32);
  CHECK(addcmul(i, i, i, 2).dtype() == int64);
  CHECK(addcmul(i, i, i, 0.5).dtype() == float32);
  CHECK(lerp(Tensor({1., 2.}, float32), 3.0, 0.5).dtype() == float32);
  CHECK_THROWS_AS(floor(b), std::invalid_argument);
  CHECK_THROWS_AS(remainder(b, b), std::invalid_argument);
}

TEST_CASE("integers divide as in PyTorch, without traps", "[pointwise]") {
  const Tensor a{7, -7, 7, -7, 6}, b{3, 3, -3, -3, -2};
  CHECK(difference(a % b, Tensor{1, 2, -2, -1, 0}) == "");
  CHECK(difference(fmod(a, b), Tensor{1, -1, 1, -1, 0}) == "");
  CHECK(difference(floor_divide(a, b), Tensor{2, -3, -3, 2, -3}) == "");
  CHECK(difference(div(a, b, Rounding::trunc), Tensor{2, -2, -2, 2, -3}) == "");
  CHECK(difference(div(a, b, Rounding::floor), floor_divide(a, b)) == "");
  const Tensor least{INT64_MIN};
  CHECK(difference(least % -1, Tensor{0}) == "");
  CHECK(difference(fmod(least, -1), Tensor{0}) == "");
  CHECK(difference(floor_divide(least, -1), least) == "");
  CHECK(difference(div(least, -1, Rounding::trunc), least) == "");
  CHECK((zeros({0, 2}, int64) % Tensor{0, 0}).shape() == Shape{0, 2});
  CHECK_THROWS_WITH(Tensor({1, 2}) % 0,
                    "remainder: an integer is divided by 0: convert to(float32), which has inf and "
                    "nan");
}

TEST_CASE("functions of two and three operands take numbers and xtensor expressions", "[pointwise]") {
  const xt::xarray<double> e{2., -3.};
  const Tensor w = Tensor{1., 1.5}.requires_grad_();
  CHECK(are_tensors(atan2(w, e), atan2(e, w), hypot(w, e), hypot(e, w), fmod(w, e), remainder(e, w), w % e, e % w));
  CHECK(are_tensors(fmax(w, e), fmin(e, w), copysign(w, e), heaviside(e, w), xlogy(w, e), logaddexp(e, w)));
  CHECK(are_tensors(isclose(w, e), isclose(e, w), logical_xor(w, e), floor_divide(w, e), div(e, w, Rounding::floor)));
  CHECK(are_tensors(lerp(w, e, 0.5), lerp(e, w, e), addcmul(w, e, e), addcdiv(e, w, 2.0, 3), clamp(w, e, e + 1)));
  CHECK(are_tensors(clamp_min(w, e), clamp_max(e, w), clamp(w, e, 2), prelu(w, xt::xarray<double>{0.5})));
  CHECK(are_tensors(atan2(w, 2), hypot(2, w), w % 2, 2 % w, fmax(1.5, w), clamp(w, std::nullopt, 1), clamp_min(w, 0)));
  CHECK(difference(hypot(w, e).detach(), hypot(w.detach(), Tensor(e))) == "");
  CHECK(difference(grad(sum(e % w), w), grad(sum(remainder(Tensor(e), w)), w)) == "");
  CHECK(allclose(e, Tensor{2., -3.}));
  CHECK(!allclose(w, e));
}

TEST_CASE("gradients at points where there is no slope", "[pointwise]") {
  using Pair = std::vector<double>;
  CHECK(slopes(atan2, 0, 0) == Pair{0, 0});
  CHECK(slopes(hypot, 0, 0) == Pair{0, 0});
  CHECK(slopes(xlogy, 0, 0) == Pair{0, 0});
  CHECK(slopes(fmax, 2, 2) == Pair{1, 0});
  CHECK(slopes(fmin, not_a_number, 2) == Pair{0, 1});
  CHECK(slopes(copysign, 0, -1) == Pair{0, 0});
  CHECK(slopes(copysign, inf, -1) == Pair{-1, 0});
  CHECK(slopes(heaviside, 0, 0.5) == Pair{0, 1});
  CHECK(slopes(heaviside, 1, 0.5) == Pair{0, 0});
  CHECK(slope([](const Tensor& x) { return sinc(x); }, 0) == 0);
  CHECK(slope([](const Tensor& x) { return cbrt(x); }, 0) == inf);
  CHECK(slope([](const Tensor& x) { return hardsigmoid(x); }, 1) == 1.0 / 6);
  CHECK(slope([](const Tensor& x) { return digamma(x); }, -2) == inf);
  CHECK(slope([](const Tensor& x) { return mish(x); }, inf) == 1);
  CHECK(std::isnan(slopes(logaddexp, -inf, -inf)[0]));
  CHECK(mish(Tensor(-inf)).item() == 0);
  CHECK(hardswish(Tensor(-inf)).item() == 0);
}

TEST_CASE("values and slopes stay finite wherever they are representable", "[pointwise]") {
  using Pair = std::vector<double>;
  CHECK(hypot(Tensor(3e200), Tensor(4e200)).item() == Approx(5e200));
  CHECK(slopes(hypot, 3e200, 4e200)[0] == Approx(0.6));
  CHECK(slopes(hypot, 3e-310, 4e-310)[1] == Approx(0.8));
  CHECK(slopes(atan2, 3e200, 4e200)[0] == Approx(0.16e-200).epsilon(1e-12));
  CHECK(slopes(atan2, 3e-200, 4e-200)[1] == Approx(-0.12e200).epsilon(1e-12));
  CHECK(slopes(logaddexp, 1e308, -1e308) == Pair{1, 0});
  CHECK(slope([](const Tensor& x) { return asinh(x); }, 1e200) == Approx(1e-200).epsilon(1e-12));
  CHECK(slope([](const Tensor& x) { return acosh(x); }, 1e200) == Approx(1e-200).epsilon(1e-12));
  CHECK(slope([](const Tensor& x) { return 1e200 * rsqrt(x); }, 1e300) == Approx(-0.5e-250).epsilon(1e-12));
  CHECK(slope([](const Tensor& x) { return log10(x); }, 4e-309) == Approx(0.43429448190325182 / 4e-309));
  CHECK(slope([](const Tensor& x) { return addcdiv(0.0, 1e200, x); }, 1e160) == Approx(-1e-120).epsilon(1e-12));
  CHECK(slope([](const Tensor& x) { return mish(x); }, -1e300) == 0);
  CHECK(mish(Tensor(1e300)).item() == 1e300);
  CHECK(hardswish(Tensor(1e308)).item() == 1e308);
  CHECK(sinc(Tensor(1e308)).item() == 0);
  CHECK(slope([](const Tensor& x) { return sinc(x); }, 1e308) == 0);
  CHECK(round(Tensor(1e300), 10).item() == 1e300);
  CHECK(round(Tensor(1234567.0), -3).item() == 1235000);
}

TEST_CASE("rounding to a power of ten beyond the type gives 0", "[pointwise]") {
  const float infinite = std::numeric_limits<float>::infinity();
  CHECK(difference(round(Tensor{3.f, -3e38f, 0.f, infinite}, -39), Tensor{0.f, -0.f, 0.f, infinite}) == "");
  CHECK(difference(round(Tensor{3.f, 3e38f}, -60), Tensor{0.f, 0.f}) == "");
  CHECK(difference(round(Tensor{3., 1e308}, -310), Tensor{0., 0.}) == "");
  CHECK(std::isnan(round(Tensor(std::nan("")), -400).item()));
}

TEST_CASE("a number that is converted counts as a tensor in promotion, to its own dtype too", "[pointwise]") {
  const Tensor x{1.f, 2.f};
  CHECK((x[0] * Tensor(0.5)).dtype() == float32);
  CHECK((x[0] * Tensor(0.5).to(float64)).dtype() == float64);
  CHECK((x[0] * (Tensor(0.5) + 1.0).to(float64)).dtype() == float64);
  CHECK((x * Tensor(0.5).to(float64)).dtype() == float32);  // a tensor of rank 0 beside others, as in PyTorch
  for (const Tensor& number : {Tensor(0.5).to(float64), Tensor(3).to(int64), Tensor(true).to(boolean)})
    CHECK_FALSE(number.weak());
  const Tensor w = Tensor(0.5).requires_grad_();
  CHECK(grad(w.to(float64) * 3.0, w).item() == 3);
}

TEST_CASE("rounding is exact, to even, and keeps the sign of zero", "[pointwise]") {
  const Tensor x{-2.5, -1.5, -0.5, -0.0, 0.5, 1.5, 2.5, 2251799813685249.5, 9007199254740993.0, -1e300};
  CHECK(difference(round(x), Tensor{-2., -2., -0., -0., 0., 2., 2., 2251799813685250., 9007199254740992., -1e300}) ==
        "");
  CHECK(difference(floor(x), Tensor{-3., -2., -1., -0., 0., 1., 2., 2251799813685249., 9007199254740992., -1e300}) ==
        "");
  CHECK(difference(ceil(x), Tensor{-2., -1., -0., -0., 1., 2., 3., 2251799813685250., 9007199254740992., -1e300}) ==
        "");
  for (const OfOne f : std::vector<OfOne>{round, ceil, trunc}) {
    const std::vector<double> y = values(f(Tensor{-0.25, -0.0, 0.0}, Source()));
    CHECK((std::signbit(y[0]) && std::signbit(y[1]) && !std::signbit(y[2])));
  }
  const Tensor narrow({0.49999997f, 8388609.f, -0.7f});
  CHECK(difference(round(narrow), Tensor({0.f, 8388609.f, -1.f})) == "");
}

TEST_CASE("clamp takes tensors that broadcast, one bound, and bounds in the wrong order", "[pointwise]") {
  const Tensor x = Tensor{{-2., 0.5}, {2., not_a_number}}.requires_grad_();
  const Tensor low = Tensor{-1., 0.75}.requires_grad_(), high = Tensor(1.0).requires_grad_();
  const Tensor y = clamp(x, low, high);
  CHECK(difference(y.detach(), Tensor{{-1., 0.75}, {1., not_a_number}}) == "");
  const std::vector<Tensor> g = grad({sum(y)}, {x, low, high});
  CHECK(difference(g[0], zeros({2, 2}, float64)) == "");
  CHECK(difference(g[1], Tensor{1., 1.}) == "");
  CHECK(g[2].item() == 1);
  CHECK(difference(clamp(Tensor{0., 3.}, Tensor{2., 2.}, Tensor{1., 1.}), Tensor{1., 1.}) == "");
  CHECK(difference(clamp(Tensor{-3, 0, 5}, Tensor{2, -2, 3}, Tensor{3, -1, 4}), Tensor{2, -1, 4}) == "");
  CHECK(difference(clamp(Tensor{-3, 5}, 1, std::nullopt), Tensor{1, 5}) == "");
  CHECK(difference(clamp(Tensor{-3, 5}, std::nullopt, 0.5), Tensor({-3., 0.5}, float32)) == "");
  CHECK(clamp(Tensor{true, false}, 0, 1).dtype() == int64);
  CHECK(slope([](const Tensor& v) { return clamp_min(v, 1.0); }, 1) == 1);
}

TEST_CASE("nan_to_num knows the range of the dtype", "[pointwise]") {
  const Tensor x{not_a_number, inf, -inf};
  const double most = std::numeric_limits<double>::max(), most_float = std::numeric_limits<float>::max();
  CHECK(difference(nan_to_num(x), Tensor{0., most, -most}) == "");
  CHECK(difference(nan_to_num(x.to(float32)), Tensor({0., most_float, -most_float}, float32)) == "");
  CHECK(difference(nan_to_num(x, 1, 2, 3), Tensor{1., 2., 3.}) == "");
  CHECK(difference(nan_to_num(x, not_a_number, inf, std::nullopt), Tensor{not_a_number, inf, -most}) == "");
}

TEST_CASE("masked_softmax leaves out what the mask does not hold for", "[pointwise]") {
  const Tensor x = Tensor{{1., 2., 1e4}, {3., -inf, not_a_number}}.requires_grad_();
  const Tensor mask{{true, true, false}, {false, false, false}};
  const Tensor y = masked_softmax(x, mask, 1);
  const double e = std::exp(1.);
  CHECK(difference(y.detach(), Tensor{{1 / (1 + e), e / (1 + e), 0.}, {0., 0., 0.}}, 1e-15) == "");
  const Tensor g = grad(sum(square(y)), x, create_graph);
  CHECK(values(g(1).detach()) == std::vector<double>{0, 0, 0});
  CHECK(values(grad(sum(square(g)), x)(1)) == std::vector<double>{0, 0, 0});
  CHECK(difference(masked_softmax(x, Tensor{true, true, false}, -1)(0).detach(), y(0).detach()) == "");
}

TEST_CASE("lgamma may be called from many threads, as large tensors do", "[pointwise]") {
  const Tensor x = linspace(-3.3, 8.7, 300001, float64), y = lgamma(x);
  for (const std::int64_t i : {0, 77777, 300000}) CHECK(y(i).item() == Approx(std::lgamma(x(i).item())).epsilon(1e-15));
}

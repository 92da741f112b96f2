// Derivatives are right where intermediate results would leave the range of numbers or lose all digits.

#include <cmath>
#include <limits>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/nn/functional.hpp>

#include "catch2.hpp"
#include "inspect.hpp"

using namespace xgrad;

namespace {

const double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// The second derivative of f at one number.
template <class F>
double curvature(F f, double at, DType dtype) {
  const Tensor x = Tensor({at}, dtype).requires_grad_();
  const Tensor slope = grad(sum(f(x)), x, create_graph);
  return sum(grad(sum(slope), x)).item();
}

template <class F>
double slope(F f, double at, DType dtype) {
  const Tensor x = Tensor({at}, dtype).requires_grad_();
  return sum(grad(sum(f(x)), x)).item();
}

bool close(double got, double expected, double tolerance) {
  return std::abs(got - expected) <= tolerance * std::abs(expected);
}

}  // namespace

TEST_CASE("the gradient of std keeps its digits whatever the scale of its input and of the upstream gradient") {
  const std::vector<double> base{1, 2, 4, 9};
  const Tensor unit = leaf(base);
  xgrad::std(unit).backward();
  for (double scale : {1e-300, 1e-160, 1.0, 1e160, 1e300})
    for (double up : {1e-300, 1e-20, 1.0, 1e20, 1e300}) {
      std::vector<double> numbers_there = base;
      for (double& x : numbers_there) x *= scale;
      const Tensor x = leaf(numbers_there);
      xgrad::std(x).backward(Tensor(up).to(float64));
      INFO("scale " << scale << ", upstream " << up);
      for (std::size_t i = 0; i < base.size(); ++i)
        CHECK(close(numbers(x.grad())[i], up * numbers(unit.grad())[i], 1e-12));
    }
}

TEST_CASE("second derivatives of functions whose slope is a sigmoid are accurate in their tails") {
  const DType dtype = GENERATE(DType::float32, DType::float64);
  const double tolerance = dtype == float32 ? 1e-5 : 1e-13;
  const auto s = [](double x) { return 1 / (1 + std::exp(-x)); };
  const auto ds = [&](double x) { return s(x) * s(-x); };
  for (double x : {-60., -30., -20., -15., -12.5, -3., 0., 0.5, 3., 12.5, 15., 19.5, 30., 60.}) {
    INFO("x = " << x << ", " << name_of(dtype));
    CHECK(close(curvature([](const Tensor& t) { return logsigmoid(t); }, x, dtype), -ds(x), tolerance));
    if (x < 20) CHECK(close(curvature([](const Tensor& t) { return softplus(t); }, x, dtype), ds(x), tolerance));
    CHECK(close(slope([](const Tensor& t) { return logsigmoid(t); }, x, dtype), s(-x), tolerance));
  }
}

TEST_CASE("second derivatives of NaN are NaN, and softsign's at 0 is 0") {
  const DType dtype = GENERATE(DType::float32, DType::float64);
  CHECK(std::isnan(curvature([](const Tensor& t) { return softsign(t); }, not_a_number, dtype)));
  CHECK(std::isnan(curvature([](const Tensor& t) { return logsigmoid(t); }, not_a_number, dtype)));
  CHECK(std::isnan(curvature([](const Tensor& t) { return silu(t); }, not_a_number, dtype)));
  CHECK(std::isnan(curvature([](const Tensor& t) { return gelu(t); }, not_a_number, dtype)));
  CHECK(std::isnan(curvature([](const Tensor& t) { return gelu(t, Gelu::tanh); }, not_a_number, dtype)));
  CHECK(curvature([](const Tensor& t) { return softsign(t); }, 0, dtype) == 0);
  CHECK(close(curvature([](const Tensor& t) { return softsign(t); }, 2, dtype), -2.0 / 27, 1e-6));
  CHECK(close(curvature([](const Tensor& t) { return softsign(t); }, -2, dtype), 2.0 / 27, 1e-6));
}

TEST_CASE("gelu of -inf is 0 in both forms, of inf inf, and of NaN NaN") {
  const Gelu form = GENERATE(Gelu::exact, Gelu::tanh);
  const DType dtype = GENERATE(DType::float32, DType::float64);
  const double inf = std::numeric_limits<double>::infinity();
  const Numbers y = numbers(gelu(Tensor({-inf, inf, not_a_number, -1e4, -40, 40}, dtype), form).to(float64));
  CHECK(y[0] == 0);
  CHECK(y[1] == inf);
  CHECK(std::isnan(y[2]));
  CHECK(y[3] == 0);
  CHECK(std::abs(y[4]) < 1e-30);
  CHECK(y[5] == 40);
}

TEST_CASE("the slope of a power does not overflow before its product with a small exponent does") {
  const float base = 1e-41f;
  const double exponent = 1e-10, expected = exponent * std::pow(static_cast<double>(base), exponent - 1);
  CHECK(close(slope([&](const Tensor& t) { return pow(t, exponent); }, base, float32), expected, 1e-5));
  CHECK(close(slope([&](const Tensor& t) { return pow(t, Tensor({exponent}, float32)); }, base, float32), expected,
              1e-5));
  const double tiny = 5e-324, small = 0.045;
  CHECK(close(slope([&](const Tensor& t) { return pow(t, small); }, tiny, float64),
              std::exp(std::log(small) + (small - 1) * std::log(tiny)), 1e-10));
  for (double b : {-0.2, -1e-3, 1e-3, 0.2, 0.24, 0.26}) {
    INFO("exponent " << b);
    for (double a : {0.3, 2.0}) {
      const Tensor power = Tensor({b});
      const double value = b * std::pow(a, b - 1), second = b * (b - 1) * std::pow(a, b - 2);
      CHECK(close(slope([&](const Tensor& t) { return pow(t, power); }, a, float64), value, 1e-14));
      CHECK(close(slope([&](const Tensor& t) { return pow(t, b); }, a, float64), value, 1e-14));
      CHECK(close(curvature([&](const Tensor& t) { return pow(t, power); }, a, float64), second, 1e-13));
      CHECK(close(curvature([&](const Tensor& t) { return pow(t, b); }, a, float64), second, 1e-13));
    }
    const double at_zero = b > 0 ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
    CHECK(slope([&](const Tensor& t) { return pow(t, Tensor({b})); }, 0, float64) == at_zero);
    CHECK(std::isnan(slope([&](const Tensor& t) { return pow(t, Tensor({b})); }, -2, float64)));
  }
  CHECK(slope([&](const Tensor& t) { return pow(t, Tensor({0.0})); }, -2, float64) == 0);
}

TEST_CASE("batch normalisation without eps has finite second derivatives at any scale of its input") {
  const DType dtype = GENERATE(DType::float32, DType::float64);
  const Tensor weights = Tensor({{1., 0.5}, {-2., 1.}, {0.3, 2.}, {0.7, -1.}}).to(dtype);
  const auto second = [&](double scale) {
    const Tensor x = (Tensor({{1., -3.}, {2., 5.}, {4., 1.}, {9., 2.}}) * scale).to(dtype).detach().requires_grad_();
    const Tensor y = batch_norm(x, {}, {}, {}, {}, true, 0.1, std::numeric_limits<double>::denorm_min());
    const Tensor first = grad(sum(y * y * weights), x, create_graph);
    return numbers(grad(sum(first * weights), x).to(float64));
  };
  const Numbers unit = second(1);
  const std::vector<double> scales = dtype == float32 ? std::vector<double>{1e-12, 1e-9, 1e-6, 1e3, 1e8}
                                                      : std::vector<double>{1e-130, 1e-60, 1e-9, 1e20, 1e100};
  for (double scale : scales) {
    const Numbers found = second(scale);
    INFO("scale " << scale);
    for (std::size_t i = 0; i < unit.size(); ++i) {
      const double expected = unit[i] / scale / scale;
      CHECK(std::abs(found[i] - expected) <= (dtype == float32 ? 1e-3 : 1e-9) * std::abs(unit[0] / scale / scale));
    }
  }
}

TEST_CASE("functions that have limits at infinity reach them, with slopes of 0") {
  const DType dtype = GENERATE(DType::float32, DType::float64);
  const double inf = std::numeric_limits<double>::infinity();
  const auto of_sinc = [](const Tensor& t) { return sinc(t); };
  const auto of_softsign = [](const Tensor& t) { return softsign(t); };
  const auto of_height = [](const Tensor& t) { return atan2(t, std::numeric_limits<double>::infinity()); };
  const auto of_width = [](const Tensor& t) { return atan2(Tensor(2.0).to(t.dtype()), t); };
  for (const double x : {-inf, inf}) {
    INFO(x << ", " << name_of(dtype));
    CHECK(sinc(Tensor({x}, dtype))(0).item() == 0);
    CHECK(softsign(Tensor({x}, dtype))(0).item() == (x > 0 ? 1 : -1));
    CHECK(elementwise([](auto t) { return softsign(t) + sinc(t); }, Tensor({x}, dtype))(0).item() == (x > 0 ? 1 : -1));
    for (const double each : {slope(of_sinc, x, dtype), slope(of_softsign, x, dtype), slope(of_width, x, dtype),
                              curvature(of_sinc, x, dtype), curvature(of_softsign, x, dtype),
                              curvature(of_width, x, dtype), slope(of_height, x, dtype), curvature(of_height, x, dtype),
                              slope(of_height, 2.0, dtype), curvature(of_height, 2.0, dtype)})
      CHECK(each == 0);
  }
  CHECK(softsign(Tensor({3e38}, dtype))(0).item() == 1);
  const double nan = std::nan("");
  CHECK(std::isnan(sinc(Tensor({nan}, dtype))(0).item()));
  CHECK(std::isnan(softsign(Tensor({nan}, dtype))(0).item()));
  for (const double each : {slope(of_sinc, nan, dtype), slope(of_softsign, nan, dtype), slope(of_height, nan, dtype),
                            slope(of_width, nan, dtype)})
    CHECK(std::isnan(each));
}

// paths(): a gradient as the sum over paths.

#include <cmath>
#include <cstdint>

#include <xgrad/inspect.hpp>
#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// A leaf of rank 0.
Tensor scalar(double value) { return Tensor(value).detach().requires_grad_(); }

}  // namespace

TEST_CASE("the apple shop: 100 x 2 x tax 1.1 = 220 with gradients 2.2, 110 and 200") {
  const Tensor apple = scalar(100), count = scalar(2), tax = scalar(1.1);
  const Tensor bill = apple * count * tax;
  const TensorNames names = {{"apple", apple}, {"count", count}, {"tax", tax}, {"bill", bill}};
  const PathSum by_apple = paths(bill, apple, names);
  REQUIRE(by_apple.paths().size() == 1);
  CHECK(by_apple.value() == Approx(2.2));
  CHECK(by_apple.paths()[0].text() == "tax count");
  CHECK(by_apple.text() == "dbill/dapple = 2.2, a sum over 1 path\n  tax count\n    = 1.1 * 2 = 2.2\n");
  CHECK(paths(bill, count, names).value() == Approx(110));
  CHECK(paths(bill, tax, names).value() == Approx(200));
  CHECK(paths(bill, tax, names).paths()[0].text() == "(apple count)");
}

TEST_CASE("the 2-3-2 net: dL/dw1 is the sum over two paths") {
  // Two inputs, three hidden units with sigmoid, two linear outputs, half the squared error.
  std::vector<Tensor> w;
  for (const double value : {0.1, 0.2, 0.3, -0.4, 0.5, 0.6, 0.7, -0.8, 0.9, 1.0, -1.1, 1.2}) w.push_back(scalar(value));
  const Tensor x1 = Tensor(0.5).detach(), x2 = Tensor(-0.3).detach(), t1 = Tensor(0.2).detach(),
               t2 = Tensor(0.9).detach();
  const KeepValues scope;
  std::vector<Tensor> h;
  for (std::size_t i = 0; i < 3; ++i) h.push_back(sigmoid(w[2 * i] * x1 + w[2 * i + 1] * x2));
  const Tensor o1 = w[6] * h[0] + w[7] * h[1] + w[8] * h[2], o2 = w[9] * h[0] + w[10] * h[1] + w[11] * h[2];
  const Tensor loss = 0.5 * square(o1 - t1) + 0.5 * square(o2 - t2);
  TensorNames names = {{"x1", x1},     {"x2", x2},     {"t1", t1},   {"t2", t2},   {"z_h1", h[0]},
                       {"z_h2", h[1]}, {"z_h3", h[2]}, {"z_o1", o1}, {"z_o2", o2}, {"L", loss}};
  for (std::size_t i = 0; i < w.size(); ++i) names.emplace_back("w" + std::to_string(i + 1), w[i]);

  const PathSum sum = paths(loss, w[0], names);
  REQUIRE(sum.paths().size() == 2);
  CHECK(sum.paths()[0].text() == "(z_o1 - t1) w7 z_h1 (1 - z_h1) x1");
  CHECK(sum.paths()[1].text() == "(z_o2 - t2) w10 z_h1 (1 - z_h1) x1");
  const double z = h[0].item();
  CHECK(sum.paths()[0].value == Approx((o1.item() - 0.2) * 0.7 * z * (1 - z) * 0.5).epsilon(1e-14));
  CHECK(sum.paths()[1].value == Approx((o2.item() - 0.9) * 1.0 * z * (1 - z) * 0.5).epsilon(1e-14));
  CHECK_THAT(sum.text(), StartsWith("dL/dw1 = ") && Contains("a sum over 2 paths"));
  for (const Tensor& weight : w) {
    const double from_paths = paths(loss, weight, names).value();
    CHECK(from_paths == Approx(grad(loss, weight, retain_graph).item()).epsilon(1e-13));
  }
}

TEST_CASE("the factors of a path carry op, line, value and their name") {
  const Tensor x = scalar(0.5);
  const Tensor y = exp(x) / 4.0;
  const int line = __LINE__ - 1;
  const PathSum sum = paths(y, x, {{"x", x}});
  REQUIRE(sum.paths().size() == 1);
  const std::vector<PathFactor>& factors = sum.paths()[0].factors;
  REQUIRE(factors.size() == 2);
  CHECK(factors[0].op == "div");
  CHECK(factors[0].at.line == line);
  CHECK(factors[0].value == 0.25);
  CHECK(factors[1].op == "exp");
  CHECK(factors[1].text == "exp(x)");
  CHECK(sum.paths()[0].text() == "0.25 exp(x)");
}

TEST_CASE("a value used several times is several paths, and no path gives an empty sum") {
  const Tensor x = scalar(3), other = scalar(1);
  const PathSum square_of = paths(x * x, x, {{"x", x}});
  CHECK(square_of.paths().size() == 2);
  CHECK(square_of.value() == 6);
  CHECK(paths(x, x).value() == 1);
  CHECK(paths(x * 2.0, other).paths().empty());
  CHECK(paths(x * 2.0, other).value() == 0);
}

TEST_CASE("every op that paths can name gives the gradient that grad gives") {
  const Tensor a = scalar(0.7), b = scalar(1.3);
  const TensorNames names = {{"a", a}, {"b", b}};
  const Tensor outputs[] = {a / b,
                            2.0 / a,
                            a - b,
                            -a,
                            square(a),
                            sigmoid(a),
                            tanh(a),
                            exp(a),
                            log(a),
                            sqrt(a),
                            sin(a) + b,
                            cos(a) * b,
                            relu(a),
                            pow(a, 3.0),
                            a + 3.0,
                            abs(-a),
                            gelu(a),
                            (a + b) * (a - b),
                            nn::mse_loss(a, b),
                            maximum(a, b * 0.1)};
  for (const Tensor& y : outputs) {
    const PathSum sum = paths(y, a, names);
    INFO(sum.text());
    CHECK(sum.value() == Approx(grad(y, a, retain_graph).item()).epsilon(1e-12));
    for (const GradientPath& path : sum.paths()) CHECK_FALSE(path.text().empty());
  }
}

TEST_CASE("the number of paths is bounded, and vectors are refused, by errors that say so") {
  Tensor y = scalar(1);
  const Tensor x = y;
  for (int i = 0; i < 60; ++i) y = y + y;
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { paths(y, x); }), StartsWith("paths: more than 1000 paths"));
  const Tensor few = square(x) * x;
  CHECK(paths(few, x, {}, SIZE_MAX).value() == 3);
  CHECK(paths(few, x, {}, SIZE_MAX - 1).paths().size() == 2);
  for (int i = 0; i < 70; ++i) y = y + y;  // more than can be counted
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { paths(y, x, {}, SIZE_MAX); }), StartsWith("paths: more than"));
  const Tensor v = leaf({1, 2});
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { paths(v * 2.0, v); }),
             StartsWith("paths: the root must hold one element, but has shape (2)"));
  const Tensor s = scalar(2);
  CHECK_THAT(thrown_by<std::invalid_argument>([&] {
               paths(sum(s * Tensor{1., 2.}), s);
             }),
             StartsWith("paths: each step on the way must hold one element, but has shape (2)"));
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { paths(s * 2.0, s.detach()); }), StartsWith("paths: "));
  CHECK_THAT(thrown_by<std::logic_error>([&] { paths(Tensor(1.0), s); }), StartsWith("paths: "));
}

TEST_CASE("formulas write negative factors and settings so that they cannot be read as something else") {
  const Tensor x = scalar(2), y = scalar(3);
  const TensorNames names = {{"x", x}, {"y", y}};
  CHECK_THAT(paths(y * (x * -3.0), y, names).text(), Contains("(-3 x)"));
  CHECK_THAT(paths(y * pow(x, 3.0), y, names).text(), Contains("x^3"));
  CHECK_THAT(paths(y * pow(x, -2.0), y, names).text(), Contains("x^(-2)"));
  CHECK_THAT(paths(y * leaky_relu(x, 0.2), y, names).text(), Contains("leaky_relu(x, negative_slope=0.2)"));
}

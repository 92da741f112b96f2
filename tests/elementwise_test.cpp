// elementwise(): a lambda over tiles, over dual numbers and over tensors is one function.

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/gradcheck.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

struct Derivatives {
  Tensor y;
  std::vector<Tensor> first, second;
};

/// The value of f, its gradients under an uneven seed, and the gradients of an uneven sum of those.
template <class F>
Derivatives derivatives(const F& f, const std::vector<Tensor>& x) {
  Generator generator(7);
  Derivatives all;
  all.y = f(x);
  const Tensor seed = randn(all.y.shape(), generator, all.y.dtype()).requires_grad_();
  all.first = grad({all.y}, x, {seed}, create_graph, allow_unused);
  Tensor total = Tensor(0.0) * sum(seed);
  for (std::size_t i = 0; i < x.size(); ++i)
    if (all.first[i].defined()) total = total + sum(all.first[i] * randn(x[i].shape(), generator, x[i].dtype()));
  std::vector<Tensor> inputs = x;
  inputs.push_back(seed);
  all.second = grad({total}, inputs, {}, Graph::release, allow_unused);
  return all;
}

/// "" if both are equal to rtol times the largest element, an undefined gradient counting as zeros.
std::string unlike(const Tensor& got, const Tensor& expected, double rtol) {
  if (!got.defined() && !expected.defined()) return "";
  if (!got.defined()) return difference(zeros_like(expected), expected);
  if (!expected.defined()) return difference(got, zeros_like(got));
  return difference(got, expected, rtol, rtol * largest(expected));
}

/// Holds elementwise(f, x...) to the same formula over tensors: values, gradients and gradients of gradients in both
/// precisions, and the gradients that one pass over dual numbers gives to those that are recorded.
template <class F, class Formula>
void agree_on(const Formula& formula, const F& one, const std::vector<Tensor>& points) {
  for (const DType dtype : {float64, float32}) {
    const double rtol = dtype == float64 ? 1e-13 : 2e-5;
    std::vector<Tensor> x;
    for (const Tensor& each : points) x.push_back(each.to(dtype).detach().clone().requires_grad_());
    const Derivatives got = derivatives(one, x), expected = derivatives(formula, x);
    INFO("in " << name_of(dtype));
    CHECK(unlike(got.y, expected.y, rtol) == "");
    for (std::size_t i = 0; i < got.second.size(); ++i) {
      INFO("input " << i);
      if (i < x.size()) CHECK(unlike(got.first[i], expected.first[i], rtol) == "");
      CHECK(unlike(got.second[i], expected.second[i], 10 * rtol) == "");
    }
    Generator generator(7);
    const Tensor seed = randn(got.y.shape(), generator, dtype);
    const auto fused = grad({one(x)}, x, {seed}, Graph::release, allow_unused);
    for (std::size_t i = 0; i < x.size(); ++i) CHECK(unlike(fused[i], got.first[i], rtol) == "");
  }
}

template <class F>
void agree(const std::string& name, const F& f, const Tensor& points) {
  INFO(name);
  agree_on([&](const std::vector<Tensor>& x) { return f(x[0]); },
           [&](const std::vector<Tensor>& x) { return elementwise(f, x[0]); }, {points});
}
template <class F>
void agree(const std::string& name, const F& f, const Tensor& a, const Tensor& b) {
  INFO(name);
  agree_on([&](const std::vector<Tensor>& x) { return f(x[0], x[1]); },
           [&](const std::vector<Tensor>& x) { return elementwise(f, x[0], x[1]); }, {a, b});
}
template <class F>
void agree(const std::string& name, const F& f, const Tensor& a, const Tensor& b, const Tensor& c) {
  INFO(name);
  agree_on([&](const std::vector<Tensor>& x) { return f(x[0], x[1], x[2]); },
           [&](const std::vector<Tensor>& x) { return elementwise(f, x[0], x[1], x[2]); }, {a, b, c});
}

/// Numbers of both signs, none at a kink.
Tensor points(const Shape& shape, std::uint64_t seed = 1) {
  Generator generator(seed);
  return randn(shape, generator, float64) + 0.0123;
}
Tensor positive(const Shape& shape, std::uint64_t seed = 2) {
  Generator generator(seed);
  return rand(shape, generator, float64) * 2.0 + 0.3;
}

constexpr auto swish = [](auto x) { return x / (1.0 + exp(-x)); };
constexpr auto gelu_formula = [](auto x) { return 0.5 * x * (1.0 + tanh(0.79788456 * (x + 0.044715 * x * x * x))); };
constexpr auto half_root = [](auto x) { return where(x > 0, sqrt(x), 0.0); };

}  // namespace

TEST_CASE("a lambda means the same over tiles, dual numbers and tensors", "[elementwise]") {
  const Tensor x = points({3, 7});
  agree("swish", swish, x);
  agree("gelu", gelu_formula, x);
  agree("integer literals", [](auto v) { return 1 / (1 + exp(-(2 * v))) - 3; }, x);
  agree("float literals", [](auto v) { return 0.5f * v + v / 4.0f; }, x);
  agree("mixed literals", [](auto v) { return (v - 1) * (2.5 - v) / 3.0f; }, x);
  agree("unary signs", [](auto v) { return -v * +v - -v; }, x);
  agree("the argument alone", [](auto v) { return v; }, x);
  agree("a linear function", [](auto v) { return 2.0 * v - 1; }, x);
  agree("comparisons", [](auto v) { return where(v > 0.5, v * v, where(v <= -0.5, -v, 3 * v)); }, x);
  agree("flipped comparisons", [](auto v) { return where(0.5 < v, v * v, where(-0.5 >= v, exp(v), 1.0)); }, x);
  agree("masks of one kind", [](auto v) { return where((v > -1) & (v < 1), v * v, 2 * v); }, x);
  agree("masks of the other", [](auto v) { return where(v < -1 || !(v < 1), sin(v), cos(v)); }, x);
  agree("masks negated", [](auto v) { return where(~(v == v) | (v != v), v, v * v * v); }, x);
  agree("masks as numbers", [](auto v) { return v * (v > 0) + (v < 0.5) * sin(v); }, x);
  agree("numbers on both sides of where", [](auto v) { return v * where(v > 0, 1, -0.25); }, x);
  agree("compound assignment", [](auto v) {
    auto y = v;
    y += 1.5;
    y *= v;
    y -= exp(v);
    y /= 2;
    return y;
  }, x);
  agree("an accumulator", [](auto v) {
    decltype(v) total = 0.0;
    for (int i = 1; i < 4; ++i) total += v / i;
    return total * total;
  }, x);
  const double slope = 0.2;
  const int power = 3;
  agree("captures", [=](auto v) { return where(v > 0, pow(v, power), slope * v); }, x);
  agree("references to arguments", [](const auto& v) { return v * tanh(v); }, x);
}

TEST_CASE("every function of the vocabulary agrees with the op on tensors", "[elementwise]") {
  const Tensor x = points({40}), p = positive({40});
  agree("exp", [](auto v) { return exp(v); }, x);
  agree("expm1", [](auto v) { return expm1(v); }, x);
  agree("log", [](auto v) { return log(v); }, p);
  agree("log1p", [](auto v) { return log1p(v); }, p);
  agree("sin", [](auto v) { return sin(v); }, x);
  agree("cos", [](auto v) { return cos(v); }, x);
  agree("tanh", [](auto v) { return tanh(v); }, x);
  agree("sigmoid", [](auto v) { return sigmoid(v); }, x);
  agree("logsigmoid", [](auto v) { return logsigmoid(v); }, x);
  agree("sqrt", [](auto v) { return sqrt(v); }, p);
  agree("square", [](auto v) { return square(v); }, x);
  agree("reciprocal", [](auto v) { return reciprocal(v); }, p);
  agree("neg", [](auto v) { return neg(v); }, x);
  agree("abs", [](auto v) { return abs(v); }, x);
  agree("sign", [](auto v) { return v * sign(v); }, x);
  agree("step", [](auto v) { return v * step(v); }, x);
  agree("erf", [](auto v) { return erf(v); }, x);
  agree("relu", [](auto v) { return relu(v); }, x);
  agree("leaky_relu", [](auto v) { return leaky_relu(v) + leaky_relu(v, 0.3); }, x);
  agree("elu", [](auto v) { return elu(v) + elu(v, 0.3); }, x);
  agree("silu", [](auto v) { return silu(v); }, x);
  agree("softplus", [](auto v) { return softplus(v); }, x);
  agree("gelu", [](auto v) { return gelu(v) + gelu(v, Gelu::tanh); }, x);
  agree("clamp", [](auto v) { return clamp(v, -0.5, 0.75); }, x);
  agree("maximum and minimum", [](auto v) { return maximum(v, 0.3) * minimum(-0.2, v); }, x);
  agree("isnan", [](auto v) { return where(isnan(v), 0.0, v * v); }, x);
  for (const int n : {-3, -2, -1, 0, 1, 2, 3, 4, 5}) agree("pow, int", [n](auto v) { return pow(v, n) + v; }, x);
  for (const double n : {-0.5, 0.5, 1.7, 2.0}) agree("pow, double", [n](auto v) { return pow(v, n); }, p);
  agree("pow of a number", [](auto v) { return pow(1.7, v) + pow(2.0, v); }, x);
}

TEST_CASE("several inputs broadcast, and each gets its own gradient", "[elementwise]") {
  agree("a product", [](auto a, auto b) { return a * b; }, points({2, 3}), points({2, 3}, 3));
  agree("a quotient", [](auto a, auto b) { return a / (b + 3.0) - b / (a * a + 1); }, points({2, 3}), points({3}, 3));
  agree("a power", [](auto a, auto b) { return pow(a, b); }, positive({4, 1}), points({1, 5}, 3));
  agree("the larger", [](auto a, auto b) { return maximum(a, b) + 2 * minimum(a * b, b); }, points({2, 1, 3}), points({4, 1}, 3));
  agree("a choice", [](auto a, auto b) { return where(a < b, sin(a), b * b); }, points({}), points({2, 2}, 3));
  agree("three", [](auto a, auto b, auto c) { return a * sigmoid(b) + c * c; }, points({3, 1}), points({4}, 3), points({2, 1, 1}, 4));
  agree("one that is ignored", [](auto a, auto b) { return a * a + where(b > 0, 1.0, 2.0); }, points({3}), points({3}, 3));
  agree("long rows", [](auto a, auto b) { return a * exp(b); }, points({5, 1300}), points({1300}, 3));
  agree("short rows", [](auto a, auto b) { return a * exp(b); }, points({700, 3}), points({700, 1}, 3));
  agree("columns", [](auto a, auto b) { return a * exp(b); }, points({2000, 1}), points({1, 2}, 3));

  const Tensor x = points({3}).requires_grad_();
  CHECK(difference(elementwise([](auto a, auto b) { return a * b; }, x, x), x * x) == "");
  const Tensor y = elementwise([](auto a, auto b) { return a * b; }, x, x);
  CHECK(difference(grad(sum(y), x), 2.0 * x.detach()) == "");

  auto eight = [](auto a, auto b, auto c, auto d, auto e, auto f, auto g, auto h) { return a * b + c * d + e * f + g * h; };
  const Tensor product = elementwise(eight, x, 1.0, x, 2.0, x, 3.0, x, 4.0);
  CHECK(difference(grad(sum(product), x), full({3}, 10.0)) == "");
}

TEST_CASE("tiles of every size are right to the last element", "[elementwise]") {
  for (const int n : {0, 1, 15, 16, 17, 255, 256, 257, 511, 513, 1000, 1023, 1024, 1025, 40000}) {
    INFO(n << " elements");
    agree("swish", swish, points({n}));
    agree("a mask", [](auto v) { return where(v > 0, v, 0.1 * v); }, points({n}));
  }
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{1, 1}, Shape{0, 3}, Shape{2, 0}}) agree("a shape", swish, points(shape));
  const Tensor none = points({0, 3}).requires_grad_();
  sum(elementwise([](auto a, auto b) { return a * b; }, none, points({1, 3}))).backward();
  CHECK(none.grad().shape() == Shape({0, 3}));
}

TEST_CASE("results do not depend on the number of threads", "[elementwise]") {
  const int before = num_threads();
  const Tensor x = points({300, 1000}).requires_grad_(), b = points({1000}, 3).requires_grad_();
  auto f = [](auto u, auto v) { return u * sigmoid(u + v); };
  std::vector<Tensor> seen;
  for (const int threads : {1, 2, 4}) {
    set_num_threads(threads);
    const Tensor y = elementwise(f, x, b);
    const auto g = grad({sum(y)}, {x, b});
    for (const Tensor& each : {y.detach(), g[0], g[1]}) seen.push_back(each);
  }
  set_num_threads(before);
  for (std::size_t i = 3; i < seen.size(); ++i) CHECK(difference(seen[i], seen[i % 3]) == "");
}

TEST_CASE("gradcheck holds for user-made ops, to the second order", "[elementwise]") {
  auto check = [](auto f, const std::vector<Tensor>& x) {
    const TensorFunction function = [&](const std::vector<Tensor>& in) {
      if constexpr (std::is_invocable_v<decltype(f), Tensor, Tensor>) return elementwise(f, in[0], in[1]);
      else return elementwise(f, in[0]);
    };
    for (const Tensor& each : x) each.requires_grad_();
    CHECK(gradcheck(function, x).message == "");
    CHECK(gradgradcheck(function, x).message == "");
  };
  check(swish, {points({5})});
  check(gelu_formula, {points({5})});
  check(half_root, {positive({5})});
  check([](auto x) { return softplus(x) * erf(x); }, {points({5})});
  check([](auto x) { return pow(x, 3) - 1 / (1 + square(x)); }, {points({5})});
  check([](auto a, auto b) { return pow(a, b); }, {positive({2, 1}), points({3})});
  check([](auto a, auto b) { return where(a > 1, a * b, sin(b)); }, {Tensor({0.2, 0.6, 1.8, 2.2}), points({2, 4})});
}

TEST_CASE("the branch that where does not take contributes exactly 0", "[elementwise]") {
  const Tensor x = leaf({0.0, 4.0, -1.0});
  const Tensor y = elementwise(half_root, x);
  CHECK(numbers(y) == Numbers{0, 2, 0});
  CHECK(numbers(grad(sum(y), x)) == Numbers{0, 0.25, 0});

  const Tensor first = grad(sum(elementwise(half_root, x)), x, create_graph);
  CHECK(numbers(first) == Numbers{0, 0.25, 0});
  CHECK(numbers(grad(sum(first), x, create_graph)) == Numbers{0, -0.03125, 0});
  const Tensor second = grad(sum(grad(sum(elementwise(half_root, x)), x, create_graph)), x, create_graph);
  CHECK(numbers(grad(sum(second), x)) == Numbers{0, 0.375 / 32, 0});

  auto safe_log = [](auto v) { return where(v > 0, log(v), v * v); };
  const Tensor z = leaf({0.0, -2.0, 1.0});
  CHECK(numbers(grad(sum(elementwise(safe_log, z)), z)) == Numbers{0, -4, 1});
  auto chosen = [](auto a, auto b) { return where(a != 0, b / a, b); };
  const Tensor a = leaf({0.0, 2.0}), b = leaf({3.0, 5.0});
  const auto g = grad({sum(elementwise(chosen, a, b))}, {a, b});
  CHECK(numbers(g[0]) == Numbers{0, -1.25});
  CHECK(numbers(g[1]) == Numbers{1, 0.5});
}

TEST_CASE("dual numbers invent no NaN, and hide none", "[elementwise]") {
  const Tensor x = leaf({1.0}), zero = leaf({0.0}), nan = leaf({not_a_number});
  auto sum_with_root = [](auto a, auto b) { return a + sqrt(b); };
  for (const Graph graph : {Graph::release, Graph::create}) {
    const auto g = grad({elementwise(sum_with_root, x, zero)}, {x, zero}, {}, graph);
    CHECK(numbers(g[0]) == Numbers{1});
    CHECK(numbers(g[1]) == Numbers{infinity});
    CHECK(numbers(grad(elementwise([](auto v) { return sqrt(v * v); }, zero), zero, graph)) == Numbers{0});
    CHECK(numbers(grad(elementwise([](auto v) { return minimum(1.0, -log(v)); }, zero), zero, graph)) == Numbers{0});
    const auto nothing = grad({elementwise([](auto v) { return sqrt(v); }, zero)}, {zero}, {zeros({1}, float64)}, graph);
    CHECK(numbers(nothing[0]) == Numbers{0});
    CHECK(std::isnan(grad(elementwise(swish, nan), nan, graph).item()));
    CHECK(std::isnan(grad(elementwise([](auto v) { return v * v; }, nan), nan, graph).item()));
  }
  CHECK(std::isnan(elementwise(swish, nan).item()));
}

TEST_CASE("kinks and edges are those of the ops on tensors", "[elementwise]") {
  const std::vector<double> edges{-infinity, -2.0, -1.0, -0.0, 0.0, 1.0, 2.0, infinity, not_a_number};
  auto same = [&](const std::string& name, auto f) {
    INFO(name);
    const Tensor x = leaf(edges), y = leaf(edges);
    const Tensor one = elementwise(f, x), formula = f(y);
    CHECK(difference(one, formula) == "");
    CHECK(difference(grad(sum(where(isnan(one), 0.0, one)), x), grad(sum(where(isnan(formula), 0.0, formula)), y)) == "");
  };
  same("abs", [](auto v) { return abs(v); });
  same("sign", [](auto v) { return sign(v) + 0 * v; });
  same("relu", [](auto v) { return relu(v); });
  same("clamp", [](auto v) { return clamp(v, -1.0, 2.0); });
  same("maximum", [](auto v) { return maximum(v, 1.0); });
  same("minimum", [](auto v) { return minimum(-1, v); });
  same("leaky_relu", [](auto v) { return leaky_relu(v); });

  const Tensor a = leaf({1.0, 2.0, not_a_number, 3.0}), b = leaf({1.0, 1.0, 1.0, not_a_number});
  const auto g = grad({elementwise([](auto u, auto v) { return maximum(u, v); }, a, b)}, {a, b}, {ones({4}, float64)});
  CHECK(numbers(g[0]) == Numbers{0.5, 1, 1, 0});
  CHECK(numbers(g[1]) == Numbers{0.5, 0, 0, 1});

  auto power = [](auto u, auto v) { return pow(u, v); };
  const Tensor base = leaf({0.0, 0.0, 0.0, 0.0}), exponent = leaf({0.0, 1.0, 0.5, -1.0});
  const auto p = grad({elementwise(power, base, exponent)}, {base, exponent}, {ones({4}, float64)});
  CHECK(numbers(p[0]) == Numbers{0, 1, infinity, -infinity});
  CHECK(numbers(p[1]) == Numbers{0, 0, 0, -infinity});
}

TEST_CASE("dtypes promote as everywhere", "[elementwise]") {
  const Tensor single = points({3}).to(float32), twice = points({3}), whole = Tensor({1, 2, 3});
  CHECK(elementwise(swish, single).dtype() == float32);
  CHECK(elementwise(swish, twice).dtype() == float64);
  CHECK(elementwise(swish, whole).dtype() == float32);
  CHECK(elementwise(swish, whole > 1).dtype() == float32);
  auto add = [](auto a, auto b) { return a + b; };
  CHECK(elementwise(add, single, twice).dtype() == float64);
  CHECK(elementwise(add, single, 2.0).dtype() == float32);
  CHECK(elementwise(add, 2.0, single).dtype() == float32);
  CHECK(elementwise(add, whole, twice).dtype() == float64);
  CHECK((elementwise(swish, 2.0) * single).dtype() == float32);

  const Tensor w = points({3}).to(float32).requires_grad_(), v = points({3}, 3).requires_grad_();
  auto times = [](auto a, auto b, auto n) { return a * b * n; };
  sum(elementwise(times, w, v, whole)).backward();
  CHECK(w.grad().dtype() == float32);
  CHECK(difference(v.grad(), w.detach().to(float64) * whole) == "");
}

TEST_CASE("xtensor expressions are inputs too", "[elementwise]") {
  const xt::xarray<double> array{1.0, 2.0};
  const Tensor x = leaf({3.0, 4.0});
  auto times = [](auto a, auto b) { return a * b; };
  CHECK(numbers(grad(sum(elementwise(times, x, array + 1.0)), x)) == Numbers{2, 3});
  CHECK(numbers(elementwise(times, array, x)) == Numbers{3, 8});
  CHECK(numbers(elementwise(times, array * 2.0, array)) == Numbers{2, 8});
}

TEST_CASE("a comparison gives a bool tensor without a gradient, and a number a constant", "[elementwise]") {
  const Tensor x = points({2000}).requires_grad_();
  const Tensor inside = elementwise([](auto v) { return (v > -1) & (v < 1); }, x);
  CHECK(inside.dtype() == boolean);
  CHECK_FALSE(inside.requires_grad());
  CHECK(difference(inside, (x > -1) & (x < 1)) == "");

  const Tensor two = elementwise([](auto) { return 2; }, x);
  CHECK(difference(two, full({2000}, 2.0)) == "");
  sum(two + x).backward();
  CHECK(difference(x.grad(), ones({2000}, float64)) == "");
  CHECK(elementwise([](auto) { return true; }, x).dtype() == boolean);
  CHECK(difference(elementwise([](auto v) { return decltype(v)(0.25); }, x), full({2000}, 0.25)) == "");
}

TEST_CASE("a node of elementwise knows the user's line and lets go of everything", "[elementwise]") {
  const auto before = live_nodes();
  {
    const Tensor x = points({3}).requires_grad_();
    const Tensor y = elementwise(swish, x); const int line = __LINE__;
    REQUIRE(y.node() != nullptr);
    CHECK(std::string(y.node()->name()) == "elementwise");
    CHECK(to_string(y.node()->at()) == "elementwise_test.cpp:" + std::to_string(line));
    const Tensor first = grad(sum(y), x, create_graph);
    CHECK(first.requires_grad());
  }
  CHECK(live_nodes() == before);
  const Tensor x = points({3}).requires_grad_();
  const NoGrad off;
  CHECK_FALSE(elementwise(swish, x).requires_grad());
}

TEST_CASE("errors of elementwise name it and both shapes", "[elementwise]") {
  auto add = [](auto a, auto b) { return a + b; };
  const std::string message = thrown_by<std::invalid_argument>([&] { elementwise(add, points({2, 3}), points({4, 5})); });
  CHECK_THAT(message, StartsWith("elementwise: ") && Contains("(2, 3)") && Contains("(4, 5)"));
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { elementwise(add, points({2}), Tensor()); }), StartsWith("elementwise: "));
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { elementwise([](auto v) { return clamp(v, 2.0, 1.0); }, points({2})); }),
             StartsWith("clamp: low must not be above high"));
}

TEST_CASE("an exception of the user's function reaches the caller, forward and backward", "[elementwise]") {
  struct Stop {};
  const auto before = live_nodes();
  {
    const Tensor x = points({100000}).requires_grad_();
    CHECK_THROWS_AS(elementwise([](auto v) -> decltype(v) { throw Stop(); }, x), Stop);
    auto backward_only = [](auto v) {
      if (!std::is_same_v<decltype(v), Lane<kernels::Tile>>) throw Stop();
      return v * v;
    };
    const Tensor y = sum(elementwise(backward_only, x));
    CHECK_THROWS_AS(y.backward(), Stop);
    CHECK_FALSE(x.grad().defined());
  }
  CHECK(live_nodes() == before);
}

// simd::elementwise() is elementwise(), compiled in this file.

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/gradcheck.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/simd.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"
#include "lambdas.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

Tensor points(const Shape& shape, std::uint64_t seed = 1) {
  Generator generator(seed);
  return randn(shape, generator, float64) + 0.0123;
}

std::string unlike(const Tensor& got, const Tensor& expected, double rtol) {
  if (got.defined() != expected.defined()) return "only one of them is defined";
  return got.defined() ? difference(got, expected, rtol, rtol * largest(expected)) : "";
}

/// The value of f, its gradients, those that are recorded, and the gradients of a sum of their squares.
std::vector<Tensor> derivatives(const AnyFunction& f, const std::vector<Tensor>& x, DType dtype) {
  Generator generator(7);
  const Tensor y = f(x);
  const Tensor seed = randn(y.shape(), generator, dtype);
  std::vector<Tensor> all{y.detach()};
  const auto fused = grad({f(x)}, x, {seed}, Graph::release, allow_unused);
  const auto recorded = grad({y}, x, {seed}, create_graph, allow_unused);
  Tensor total = zeros({}, dtype);
  for (const Tensor& each : recorded)
    if (each.defined() && each.requires_grad()) total = total + sum(each * each);
  all.insert(all.end(), fused.begin(), fused.end());
  all.insert(all.end(), recorded.begin(), recorded.end());
  if (!total.requires_grad()) return all;
  const auto second = grad({total}, x, {}, Graph::release, allow_unused);
  all.insert(all.end(), second.begin(), second.end());
  return all;
}

/// Holds two functions to each other in both precisions: values and derivatives.
void agree_on(const AnyFunction& one, const AnyFunction& other, const std::vector<Tensor>& points) {
  for (const DType dtype : {float64, float32}) {
    const double rtol = dtype == float64 ? 1e-14 : 1e-6;
    INFO("in " << name_of(dtype));
    std::vector<Tensor> x;
    for (const Tensor& each : points) x.push_back(each.to(dtype).detach().clone().requires_grad_());
    const auto got = derivatives(one, x, dtype), expected = derivatives(other, x, dtype);
    REQUIRE(got.size() == expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      INFO("result " << i);
      CHECK(unlike(got[i], expected[i], 4 * rtol) == "");
    }
  }
}

/// The lambda as one op on registers.
struct OnRegisters {
  template <class F, class... X>
  static Tensor call(const F& f, const X&... x) {
    return simd::elementwise(f, x...);
  }
};

/// Holds both kinds of elementwise to each other.
template <class F, class... X>
void agree(const std::string& name, const F& f, const X&... points) {
  INFO(name);
  const std::index_sequence_for<X...> places;
  agree_on(compiled<OnRegisters>(f, places), compiled<AsElementwise>(f, places), {points...});
}

constexpr auto swish = [](auto x) { return x / (1.0 + exp(-x)); };
constexpr auto gelu_formula = [](auto x) { return 0.5 * x * (1.0 + tanh(0.79788456 * (x + 0.044715 * x * x * x))); };
constexpr auto of_two = [](auto u, auto v) { return u * exp(v) - maximum(u, v) / (square(minimum(u * v, v)) + 1); };
constexpr auto half_root = [](auto x) { return where(x > 0, sqrt(x), 0.0); };

}  // namespace

TEST_CASE("a lambda means the same over registers as over tiles", "[simd]") {
  const Tensor x = points({3, 47}), a = points({2, 1, 33}), b = points({5, 33}, 3), c = points({}, 4);
  agree("swish", swish, x);
  agree("gelu", gelu_formula, x);
  const double slope = 0.2;
  const int power = 3;
  agree(
      "captures", [=](auto v) { return where(v > 0, pow(v, power), slope * v); }, x);
  agree(
      "masks", [](auto v) { return where((v > -1) & !(v >= 1), v * v, 2 * v) * (v < 0.5) + v; }, x);
  agree(
      "an accumulator",
      [](auto v) {
        decltype(v) total = 0.0;
        for (int i = 1; i < 4; ++i) total += v / i;
        return total * total;
      },
      x);
  agree(
      "functions", [](auto v) { return softplus(v) * erf(v) + elu(v, 0.3) * sigmoid(v) - gelu(v) + silu(v) * cos(v); },
      x);
  agree(
      "powers",
      [](auto v) { return pow(v * v + 1, 1.7) + pow(v, -1) + pow(v, 4) + pow(2.0, v) + clamp(v, -0.5, 0.75); }, x);
  agree("a broadcast", of_two, a, b);
  agree("a scalar", of_two, b, c);
  agree(
      "three", [](auto u, auto v, auto w) { return u * sigmoid(v) + w * w; }, a, b, c);
  agree(
      "one that is ignored", [](auto u, auto v) { return u * u + where(v > 0, 1.0, 2.0); }, b, b + 1);
  for (const int n : {0, 1, 2, 7, 8, 15, 16, 17, 31, 33, 1000, 40000}) {
    INFO(n << " elements");
    agree("a length", swish, points({n}));
  }
}

TEST_CASE("where one of two inputs needs no gradient, the other's is the same", "[simd]") {
  for (const bool first : {true, false}) {
    const Tensor a = points({3, 21}).requires_grad_(first), b = points({21}, 3).requires_grad_(!first);
    const Tensor& x = first ? a : b;
    CHECK(unlike(grad(sum(simd::elementwise(of_two, a, b)), x), grad(sum(elementwise(of_two, a, b)), x), 1e-14) == "");
  }
}

TEST_CASE("over registers too, the branch that where does not take contributes exactly 0", "[simd]") {
  const Tensor x = leaf({0.0, 4.0, -1.0});
  for (const Graph graph : {Graph::release, Graph::create})
    CHECK(numbers(grad(sum(simd::elementwise(half_root, x)), x, graph)) == Numbers{0, 0.25, 0});
  const Tensor zero = leaf({0.0}), nan = leaf({std::numeric_limits<double>::quiet_NaN()});
  CHECK(numbers(grad(simd::elementwise([](auto v) { return sqrt(v * v); }, zero), zero)) == Numbers{0});
  CHECK(std::isnan(grad(simd::elementwise(swish, nan), nan).item()));
}

TEST_CASE("gradcheck holds for simd::elementwise, to the second order", "[simd]") {
  auto check = [](const TensorFunction& function, const std::vector<Tensor>& x) {
    for (const Tensor& each : x) each.requires_grad_();
    CHECK(gradcheck(function, x).message == "");
    CHECK(gradgradcheck(function, x).message == "");
  };
  check([](const std::vector<Tensor>& in) { return simd::elementwise(gelu_formula, in[0]); }, {points({5})});
  check(
      [](const std::vector<Tensor>& in) {
        return simd::elementwise([](auto a, auto b) { return where(a > 1, a * b, sin(b) * exp(a)); }, in[0], in[1]);
      },
      {Tensor({0.2, 0.6, 1.8, 2.2}), points({2, 4})});
}

TEST_CASE("dtypes, masks, numbers and errors are those of elementwise", "[simd]") {
  auto add = [](auto a, auto b) { return a + b; };
  const Tensor single = points({3}).to(float32), twice = points({3}), whole = Tensor({1, 2, 3});
  CHECK(simd::elementwise(add, single, twice).dtype() == float64);
  CHECK(simd::elementwise(add, single, 2.0).dtype() == float32);
  CHECK(simd::elementwise(swish, whole).dtype() == float32);

  const Tensor x = points({2003}).requires_grad_();
  const Tensor inside = simd::elementwise([](auto v) { return (v > -1) & (v < 1); }, x);
  CHECK_FALSE(inside.requires_grad());
  CHECK(difference(inside, (x > -1) & (x < 1)) == "");
  CHECK(difference(simd::elementwise([](auto) { return 2; }, x), full({2003}, 2.0)) == "");
  CHECK(simd::elementwise([](auto) { return true; }, x).dtype() == boolean);

  CHECK_THAT(thrown_by<std::invalid_argument>([&] {
               simd::elementwise(add, points({2, 3}), points({4, 5}));
             }),
             StartsWith("elementwise: ") && Contains("(2, 3)") && Contains("(4, 5)"));
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { simd::elementwise(add, points({2}), Tensor()); }),
             StartsWith("elementwise: "));
}

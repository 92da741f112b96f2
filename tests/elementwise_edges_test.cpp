// elementwise() in edge cases: kinks, NaN, dtypes, errors, exceptions, and what its node keeps.

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/runtime.hpp>
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

Tensor points(const Shape& shape, std::uint64_t seed = 1) {
  Generator generator(seed);
  return randn(shape, generator, float64) + 0.0123;
}

constexpr auto swish = [](auto x) { return x / (1.0 + exp(-x)); };
constexpr auto half_root = [](auto x) { return where(x > 0, sqrt(x), 0.0); };

}  // namespace

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

TEST_CASE("dual numbers neither introduce NaN nor suppress it", "[elementwise]") {
  const Tensor x = leaf({1.0}), zero = leaf({0.0}), nan = leaf({not_a_number});
  auto sum_with_root = [](auto a, auto b) { return a + sqrt(b); };
  for (const Graph graph : {Graph::release, Graph::create}) {
    const auto g = grad({elementwise(sum_with_root, x, zero)}, {x, zero}, {}, graph);
    CHECK(numbers(g[0]) == Numbers{1});
    CHECK(numbers(g[1]) == Numbers{infinity});
    CHECK(numbers(grad(elementwise([](auto v) { return sqrt(v * v); }, zero), zero, graph)) == Numbers{0});
    CHECK(numbers(grad(elementwise([](auto v) { return minimum(1.0, -log(v)); }, zero), zero, graph)) == Numbers{0});
    const auto nothing =
        grad({elementwise([](auto v) { return sqrt(v); }, zero)}, {zero}, {zeros({1}, float64)}, graph);
    CHECK(numbers(nothing[0]) == Numbers{0});
    CHECK(std::isnan(grad(elementwise(swish, nan), nan, graph).item()));
    CHECK(std::isnan(grad(elementwise([](auto v) { return v * v; }, nan), nan, graph).item()));
  }
  CHECK(std::isnan(elementwise(swish, nan).item()));
}

TEST_CASE("sums and products of tiles with numbers keep guards, infinities and NaN", "[elementwise]") {
  const Tensor x = leaf({0.0, 4.0, not_a_number, infinity, -1.0});
  const auto slope = [&](auto f, const Tensor& g) { return numbers(grad({elementwise(f, x)}, {x}, {g})[0]); };
  const Tensor g = ones({5}, float64), nothing = Tensor({0.0, 0.0, not_a_number, infinity, 1.0});
  CHECK(slope([](auto v) { return 3 * where(v > 0, sqrt(v), 0.0) - 1; }, g)[0] == 0);
  CHECK(slope([](auto v) { return 0 * sqrt(v) + 2 * v; }, g) == Numbers{2, 2, 2, 2, 2});
  CHECK(slope([](auto v) { return v * 0; }, g) == Numbers{0, 0, 0, 0, 0});
  CHECK(slope([](auto v) { return 2 * v; }, nothing)[0] == 0);
  CHECK(slope([](auto v) { return 2 * v; }, nothing)[3] == infinity);
  CHECK(std::isnan(slope([](auto v) { return 2 * v; }, nothing)[2]));
  CHECK(slope([](auto v) { return 2 * sqrt(v); }, nothing)[0] == 0);
  CHECK(slope([](auto v) { return 2 * sqrt(v) + 1; }, g)[0] == infinity);
  CHECK(slope([](auto v) { return (1 - v) * (1 - v); }, g)[3] == infinity);
  const auto y = numbers(elementwise([](auto v) { return 2 - 3 * v; }, x));
  CHECK(y[0] == 2);
  CHECK(y[1] == -10);
  CHECK(std::isnan(y[2]));
  CHECK(y[3] == -infinity);
  const Tensor zero = leaf({0.0, -0.0});
  CHECK(std::signbit(numbers(elementwise([](auto v) { return 2 * v; }, zero))[1]));
  CHECK_FALSE(std::signbit(numbers(elementwise([](auto v) { return 2 * v; }, zero))[0]));
  CHECK(std::signbit(numbers(elementwise([](auto v) { return -v; }, zero))[0]));

  // Factors whose product overflows or underflows.
  const Tensor one = leaf({1.0, 2.0});
  auto far = [](auto v) { return 1e250 * (1e-200 * (1e-200 * (1e150 * (v * v)))); };
  const Tensor slopes = grad(sum(elementwise(far, one)), one);
  CHECK(difference(slopes, Tensor({2.0, 4.0}), 1e-12) == "");
}

TEST_CASE("kinks and edges are those of the ops on tensors", "[elementwise]") {
  const std::vector<double> edges{-infinity, -2.0, -1.0, -0.0, 0.0, 1.0, 2.0, infinity, not_a_number};
  auto same = [&](const std::string& name, auto f) {
    INFO(name);
    const Tensor x = leaf(edges), y = leaf(edges);
    const Tensor one = elementwise(f, x), formula = f(y);
    CHECK(difference(one, formula) == "");
    CHECK(difference(grad(sum(where(isnan(one), 0.0, one)), x), grad(sum(where(isnan(formula), 0.0, formula)), y)) ==
          "");
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

TEST_CASE("a node of elementwise has the user's line, and frees all that it keeps", "[elementwise]") {
  const auto before = live_nodes();
  {
    const Tensor x = points({3}).requires_grad_();
    const Tensor y = elementwise(swish, x);
    const int line = __LINE__ - 1;
    REQUIRE(Raw::node(y) != nullptr);
    CHECK(std::string(Raw::node(y)->name()) == "elementwise");
    CHECK(to_string(Raw::node(y)->at()) == "elementwise_edges_test.cpp:" + std::to_string(line));
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
  const std::string message = thrown_by<std::invalid_argument>([&] {
    elementwise(add, points({2, 3}), points({4, 5}));
  });
  CHECK_THAT(message, StartsWith("elementwise: ") && Contains("(2, 3)") && Contains("(4, 5)"));
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { elementwise(add, points({2}), Tensor()); }),
             StartsWith("elementwise: "));
  CHECK_THAT(thrown_by<std::invalid_argument>(
                 [&] { elementwise([](auto v) { return clamp(v, std::nan(""), 1.0); }, points({2})); }),
             StartsWith("clamp: the bounds must not be NaN"));
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

TEST_CASE("lerp is exact at its ends, and finite between ends whose distance is not") {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::nan("");
  struct Row {
    double a, b, w, y;
  };
  const Row rows[] = {{-1e308, 1e308, 1.0, 1e308},   {-1e308, 1e308, 0.0, -1e308}, {-1e308, 1e308, 0.5, 0.0},
                      {-1e308, 1e308, 0.25, -5e307}, {1.0, inf, 1.0, inf},         {1.0, inf, 0.0, 1.0},
                      {-inf, 3.0, 1.0, 3.0},         {inf, 3.0, 1.0, 3.0},         {inf, inf, 0.3, inf},
                      {-inf, inf, 0.5, nan},         {nan, 1.0, 1.0, nan},         {1.0, nan, 0.0, nan},
                      {1.0, 2.0, nan, nan}};
  for (const Row& row : rows) {
    INFO(row.a << ' ' << row.b << ' ' << row.w);
    const Tensor a = full({9}, row.a, float64), b = full({9}, row.b, float64), w = full({9}, row.w, float64);
    const Tensor expected = full({9}, row.y, float64);
    const auto lambda = [](auto u, auto v, auto t) { return lerp(u, v, t); };
    CHECK(difference(lerp(a, b, w), expected) == "");
    CHECK(difference(lerp(a, b, row.w), expected) == "");
    CHECK(difference(elementwise(lambda, a, b, w), expected) == "");
    const Tensor x = a.clone().requires_grad_(), z = b.clone().requires_grad_();
    const auto slopes = grad({elementwise(lambda, x, z, w)}, {x, z}, {ones({9}, float64)}, create_graph);
    const auto of_op = grad({lerp(x, z, w)}, {x, z}, {ones({9}, float64)}, create_graph);
    for (const std::size_t i : {0u, 1u}) {
      if (std::isnan(row.y)) continue;
      CHECK(difference(slopes[i].detach(), i == 0 ? 1 - w : w) == "");
      CHECK(difference(of_op[i].detach(), i == 0 ? 1 - w : w) == "");
    }
  }
  for (const bool lambda : {false, true}) {
    const Tensor a = Tensor{-1e308}.requires_grad_(), b = Tensor{1e308}.requires_grad_(),
                 w = Tensor{1.0}.requires_grad_();
    const Tensor y =
        lambda ? elementwise([](auto u, auto v, auto t) { return lerp(u, v, t); }, a, b, w) : lerp(a, b, w);
    const Tensor slope = grad({y}, {w}, {ones({1}, float64)}, create_graph)[0];
    CHECK(slope.item() == inf);
    const auto second = grad({slope}, {a, b}, {ones({1}, float64)});
    CHECK(second[0].item() == -1);
    CHECK(second[1].item() == 1);
  }
  CHECK(difference(lerp(Tensor{-3e38f, 1.0f}, Tensor{3e38f, 2.0f}, 0.5f), Tensor{0.0f, 1.5f}) == "");
}

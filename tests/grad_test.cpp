// grad(outputs, inputs), values that are used many times, gradient mode, and what errors in rules say.

#include <array>
#include <cmath>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "catch2.hpp"
#include "inspect.hpp"
#include "processor_time.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;

TEST_CASE("grad gives the gradients of leaves and inner nodes, and changes grad() of no leaf", "[grad]") {
  const Tensor x = leaf({2}), w = leaf({5});
  const Tensor y = x * x, z = y * w;
  z.retain_grad();
  const auto found = grad({z}, {x, y, w, z}, {}, retain_graph);
  CHECK(numbers(found[0]) == Numbers{20});
  CHECK(numbers(found[1]) == Numbers{5});
  CHECK(numbers(found[2]) == Numbers{4});
  CHECK(numbers(found[3]) == Numbers{1});
  for (const Tensor& each : {x, w, z}) CHECK_FALSE(each.grad().defined());
  z.backward();
  CHECK(numbers(x.grad()) == Numbers{20});
}

TEST_CASE("grad adds over several outputs, each weighted by its seed", "[grad]") {
  const Tensor x = leaf({2, 3});
  const auto found = grad({x * x, sum(x)}, {x}, {Tensor{1., 10.}, Tensor(100.0)});
  CHECK(numbers(found[0]) == Numbers{104, 160});
}

TEST_CASE("an input that the outputs do not reach is an error unless it is allowed", "[grad]") {
  const Tensor x = leaf({2}), apart = leaf({1}), later = x * 7.0;
  const Tensor y = x * x;
  CHECK_THAT(thrown_by<std::invalid_argument>([&] {
               grad({y}, {x, apart}, {}, retain_graph);
             }),
             Contains("do not depend on input 1") && Contains("allow_unused"));
  CHECK_THROWS_AS(grad({y}, {later}, {}, retain_graph), std::invalid_argument);
  const auto found = grad({y}, {x, apart, later}, {}, Graph::release, allow_unused);
  CHECK(numbers(found[0]) == Numbers{4});
  CHECK_FALSE(found[1].defined());
  CHECK_FALSE(found[2].defined());
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { grad({y}, {Tensor(1.0)}); }),
             Contains("input 0 does not require a gradient"));
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { grad({y}, std::vector<Tensor>()); }),
             Contains("there is no input"));
}

TEST_CASE("grad frees its graph like backward", "[grad]") {
  const Tensor x = leaf({2});
  const Tensor y = x * x;
  CHECK(numbers(grad(y, x)) == Numbers{4});
  CHECK_THAT(thrown_by<std::logic_error>([&] { grad(y, x); }), Contains("freed by an earlier backward"));
}

// ---- values used many times

TEST_CASE("a matrix times itself, and times its transpose, gets both gradients", "[shared]") {
  const Tensor a = Tensor({{1., 2.}, {3., 4.}}).requires_grad_(), seed = Tensor({{1., 10.}, {100., 1000.}});
  // By hand: g Aᵀ + Aᵀ g, and (g + gᵀ) A.
  matmul(a, a).backward(seed);
  CHECK(numbers(a.grad()) == Numbers{21 + 301, 43 + 3010, 2100 + 402, 4300 + 4020});
  a.set_grad(Tensor());
  matmul(a, transpose(a)).backward(seed);
  CHECK(numbers(a.grad()) == Numbers{2 * 1 + 110 * 3, 2 * 2 + 110 * 4, 110 * 1 + 2000 * 3, 110 * 2 + 2000 * 4});
}

TEST_CASE("y = y + y a thousand times gives 2^1000, each node visited once", "[shared]") {
  const Tensor x = leaf({1});
  Tensor y = x;
  int visits = 0;
  for (int i = 0; i < 1000; ++i) {
    y = y + y;
    y.register_hook([&visits](const Tensor&) {
      ++visits;
      return Tensor();
    });
  }
  y.backward();
  CHECK(visits == 1000);
  CHECK(numbers(x.grad()) == Numbers{std::ldexp(1.0, 1000)});
}

TEST_CASE("sixty doublings take no time", "[shared]") {
  const Tensor x = leaf({1});
  const double seconds = seconds_of([&] {
    x.set_grad(Tensor());
    Tensor y = x;
    for (int i = 0; i < 60; ++i) y = y * y;
    y.backward();
  });
  CHECK(numbers(x.grad()) == Numbers{std::ldexp(1.0, 60)});
  CHECK(1000 * seconds < scaled(10, 100));
}

TEST_CASE("one leaf feeds a million consumers", "[shared]") {
  const int count = scaled(1000000, 100000);
  const Tensor x = leaf({3});
  std::vector<Tensor> all;
  all.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) all.push_back(x * 2.0);
  sum(concat(all)).backward();
  CHECK(numbers(x.grad()) == Numbers{2.0 * count});
}

TEST_CASE("the same tensor concatenated twice gets both halves", "[shared]") {
  const Tensor x = leaf({1, 2});
  concat({x, x}).backward(Tensor{1., 2., 10., 20.});
  CHECK(numbers(x.grad()) == Numbers{11, 22});
}

TEST_CASE("total += loss makes one graph of many losses", "[shared]") {
  const Tensor x = leaf({2});
  Tensor total = 0.0;
  const Tensor before = total;
  for (int i = 0; i < 10; ++i) total += x * x;
  total.backward();
  CHECK(numbers(x.grad()) == Numbers{40});
  CHECK(numbers(before) == Numbers{0});  // recorded, += makes a new value for this handle alone
}

// ---- gradient mode

TEST_CASE("NoGrad and EnableGrad nest, and a scope left by an exception puts things back", "[mode]") {
  const Tensor x = leaf({2});
  CHECK(grad_enabled());
  try {
    NoGrad off;
    CHECK_FALSE((x * x).requires_grad());
    {
      EnableGrad on;
      CHECK((x * x).requires_grad());
      NoGrad off_again;
      CHECK_FALSE(grad_enabled());
    }
    CHECK_FALSE(grad_enabled());
    EnableGrad on;
    throw std::runtime_error("left");
  } catch (const std::runtime_error&) {
  }
  CHECK(grad_enabled());
  CHECK((x * x).requires_grad());
}

TEST_CASE("a backward that throws leaves the gradient mode as it was", "[mode]") {
  const Tensor x = leaf({2});
  for (Graph how : {Graph::release, Graph::create}) {
    const Tensor y = x * x;
    y.register_hook([](const Tensor&) -> Tensor { throw std::runtime_error("no"); });
    CHECK_THROWS(y.backward(how));
    CHECK(grad_enabled());
    NoGrad off;
    CHECK_THROWS(y.backward(how));
    CHECK_FALSE(grad_enabled());
  }
}

TEST_CASE("a value that was computed without recording is a constant of the graph", "[mode]") {
  const Tensor x = leaf({3});
  const Tensor frozen = [&] {
    NoGrad off;
    return x * x;
  }();
  (x * frozen).backward();
  CHECK(numbers(x.grad()) == Numbers{9});
  x.set_grad(Tensor());
  (x * (x * x).detach()).backward();
  CHECK(numbers(x.grad()) == Numbers{9});
}

// ---- rules that go wrong

namespace {

template <class F>
Tensor with_rule(const char* name, const Tensor& x, F rule, Source at = Source::here()) {
  return record(name, at, x.detach().clone(), {Tensor(x)}, rule);
}

}  // namespace

TEST_CASE("what a rule throws comes out with the op's name and the user's line, and no leaf has changed", "[rules]") {
  const Tensor x = leaf({1, 2}), other = leaf({1, 2});
  const Tensor y = with_rule("fragile", x, [](const Tensor&) -> Tensor { throw std::runtime_error("it broke"); });
  const int line = __LINE__ - 1;
  const Tensor loss = sum(y * other);
  CHECK_THAT(thrown_by([&] { loss.backward(); }),
             Contains("backward of fragile (grad_test.cpp:" + std::to_string(line) + "): it broke"));
  CHECK_FALSE(x.grad().defined());
  CHECK_FALSE(other.grad().defined());
}

TEST_CASE("a rule whose gradient does not fit its input is named with both shapes", "[rules]") {
  const Tensor x = leaf({1, 2, 3});
  const Tensor y = with_rule("bent", x, [](const Tensor&) { return Tensor{1., 2.}; });
  const int line = __LINE__ - 1;
  CHECK_THAT(
      thrown_by<std::logic_error>([&] { sum(y).backward(); }),
      Contains("bent") && Contains("(2)") && Contains("(3)") && Contains("grad_test.cpp:" + std::to_string(line)));
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("a rule may return a gradient that is broadcast, of another dtype, or none", "[rules]") {
  const Tensor x = leaf({1, 2});
  sum(with_rule("wide", x, [](const Tensor&) { return Tensor({{1., 2.}, {10., 20.}}); })).backward();
  CHECK(numbers(x.grad()) == Numbers{11, 22});
  sum(with_rule("narrow", x, [](const Tensor&) { return Tensor{1.f, 2.f}; })).backward();
  CHECK(x.grad().dtype() == float64);
  CHECK(numbers(x.grad()) == Numbers{12, 24});
  sum(with_rule("silent", x, [](const Tensor&) { return Tensor(); })).backward();
  CHECK(numbers(x.grad()) == Numbers{12, 24});
}

TEST_CASE("backward inside a rule or a hook leaves the walk around it intact", "[rules]") {
  const Tensor x = leaf({3});
  const Tensor y = x * x, z = y * x;
  double inner = 0;
  bool inside = false;
  z.register_hook([&](const Tensor&) {
    if (std::exchange(inside, true)) return Tensor();
    inner = grad({z}, {x}, {Tensor{2.}}, retain_graph)[0].item();
    return Tensor();
  });
  z.backward(retain_graph);
  CHECK(numbers(x.grad()) == Numbers{27});
  CHECK(inner == 54);
}

TEST_CASE("rules do not compute gradients of leaves that grad() was not asked for", "[grad]") {
  std::vector<std::array<bool, 2>> asked;
  const auto f = [&](const Tensor& u, const Tensor& v) {
    return record("product", Source::here(), u.detach() * v.detach(), {u, v},
                  joint<0, 1>([&asked](Tensor p, Tensor q, Tensor g, Needs needs) {
                    asked.push_back({needs[0], needs[1]});
                    return std::array<Tensor, 2>{needs[0] ? q * g : Tensor(), needs[1] ? p * g : Tensor()};
                  }));
  };
  const Tensor a = Tensor({1., 2.}).requires_grad_(), b = Tensor({3., 4.}).requires_grad_();
  using Asked = std::vector<std::array<bool, 2>>;
  CHECK(numbers(grad(sum(f(a, b)), a)) == Numbers{3, 4});
  CHECK(asked == Asked{{true, false}});
  asked.clear();
  CHECK(numbers(grad(sum(f(a, b)), b)) == Numbers{1, 2});
  CHECK(asked == Asked{{false, true}});
  asked.clear();
  // A target behind another op, and a leaf with a hook, which is not called, as in PyTorch.
  const Tensor c = a * 2;
  CHECK(numbers(grad(sum(f(c, b)), a)) == Numbers{6, 8});
  CHECK(asked == Asked{{true, false}});
  asked.clear();
  int seen = 0;
  b.register_hook([&](const Tensor& g) { return ++seen, g; });
  CHECK(numbers(grad(sum(f(a, b)), a)) == Numbers{3, 4});
  CHECK(asked == Asked{{true, false}});
  CHECK(seen == 0);
  asked.clear();
  sum(f(a, b)).backward();
  CHECK(asked == Asked{{true, true}});
}

TEST_CASE("grad walks only the paths to its inputs, and leaves the rest of the graph as it is", "[grad]") {
  const bool input_first = GENERATE(true, false);
  Tensor w;
  if (input_first) w = leaf({2, 3});
  const Tensor x = leaf({1, 2});
  const Tensor constant{1., 1.};
  const Tensor y = x * x * constant;
  if (!input_first) w = leaf({2, 3});
  int calls = 0;
  const auto counted = [&](const Tensor&) {
    ++calls;
    return Tensor();
  };
  x.register_hook(counted);
  y.register_hook(counted);
  const Tensor z = sum(w * y);

  SECTION("another gradient may follow, through what was not walked") {
    CHECK(numbers(grad(z, w)) == Numbers{1, 4});
    CHECK(calls == 0);
    CHECK(numbers(grad(sum(y), x)) == Numbers{2, 4});
    CHECK(calls == 2);
  }
  SECTION("a value that was written matters only on a path") {
    constant.fill_(5);
    CHECK(numbers(grad(z, w)) == Numbers{1, 4});
    CHECK_THROWS_AS(grad(sum(y), x), std::logic_error);
  }
  SECTION("the walk ends at an inner node that was asked for") {
    const auto found = grad({z}, {y, w});
    CHECK(numbers(found[0]) == Numbers{2, 3});
    CHECK(numbers(found[1]) == Numbers{1, 4});
    CHECK(calls == 1);
    CHECK(numbers(grad(sum(y), x)) == Numbers{2, 4});
  }
  SECTION("an output from which no input is reached is left alone") {
    const Tensor other = sum(y * 3.0);
    CHECK(numbers(grad({z, other}, {w})[0]) == Numbers{1, 4});
    CHECK(numbers(grad(other, x)) == Numbers{6, 12});
  }
  SECTION("a branch that was freed may have led to an input: it is refused") {
    sum(y).backward();
    if (input_first)  // else it is older than w
      CHECK_THROWS_AS(grad(z, w), std::logic_error);
    else
      CHECK(numbers(grad({z}, {w}, {}, retain_graph)[0]) == Numbers{1, 4});
    CHECK_THROWS_AS(grad(z, x), std::logic_error);
  }
}

TEST_CASE("grad leaves a branch alone that ends at a leaf which was frozen meanwhile", "[grad]") {
  const Tensor w = leaf({2, 3}), u = leaf({5, 7});
  Tensor x = leaf({1, 2});
  const Tensor y = x * u, z = sum(w * y);
  x.requires_grad_(false);
  CHECK(numbers(grad(z, w)) == Numbers{5, 14});
  CHECK(numbers(grad(sum(y), u)) == Numbers{1, 2});
}

TEST_CASE("grad within a function leaves what the function goes on with", "[grad]") {
  const Tensor w = leaf({2, 3});
  const auto f = [&](const Tensor& x) {
    const Tensor g = grad(sum(w * x), w);
    return sum(x * x * x) + sum(g * g);
  };
  const Tensor x = leaf({1, 2});
  const Tensor g = grad(f(x), x, create_graph);
  CHECK(numbers(g) == Numbers{3, 12});
  CHECK(numbers(grad(sum(g), x)) == Numbers{6, 12});
}

TEST_CASE("grad with respect to some values is that with respect to all, on random graphs", "[grad]") {
  std::mt19937 random(5);
  const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  for (int graph = 0; graph < 300; ++graph) {
    std::vector<Tensor> all;
    const std::size_t leaves = 1 + below(4), size = leaves + 1 + below(12);
    for (std::size_t i = 0; i < leaves; ++i) all.push_back(leaf({0.5 + double(i), 1.5}));
    while (all.size() < size) {
      const Tensor &a = all[below(all.size())], &b = all[below(all.size())];
      all.push_back(below(3) == 0 ? a + b : below(2) == 0 ? a * b : sum(a, 0, keepdims) * 0.5);
    }
    const std::vector<Tensor> outputs{sum(all.back()), sum(all[below(all.size())] * 2.0)};
    const auto full = grad(outputs, all, {}, retain_graph, allow_unused);
    std::vector<Tensor> some;
    std::vector<std::size_t> which;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (below(3) == 0) some.push_back(all[i]), which.push_back(i);
    if (some.empty()) continue;
    const auto found = grad(outputs, some, {}, below(2) == 0 ? retain_graph : create_graph, allow_unused);
    for (std::size_t i = 0; i < some.size(); ++i) {
      REQUIRE(found[i].defined() == full[which[i]].defined());
      if (found[i].defined()) CHECK(numbers(found[i]) == numbers(full[which[i]]));
    }
  }
}

// What backward and grad promise: roots and seeds, sums into leaves, walks that are repeated or recorded, shared
// values.

#include <chrono>
#include <cmath>
#include <stdexcept>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;

// ---- roots and seeds

TEST_CASE("backward from several elements without a seed is an error that names the shape", "[engine]") {
  const Tensor x = leaf({1, 2, 3});
  const Tensor y = reshape(x * 2.0, {1, 3});
  const std::string said = thrown_by<std::invalid_argument>([&] { y.backward(); });
  CHECK_THAT(said,
             Contains("backward: the root must hold one element, but has shape (1, 3)") && Contains("pass a seed"));
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("a root of one element and any rank needs no seed", "[engine]") {
  const Tensor x = leaf({3});
  reshape(x * x, {1, 1}).backward();
  CHECK(numbers(x.grad()) == Numbers{6});
}

TEST_CASE("a seed weights the elements of the root, and is not changed", "[engine]") {
  const Tensor x = leaf({1, 2, 3});
  const Tensor seed = Tensor{10., 20., 30.};
  (x + 1.0).backward(seed);
  CHECK(numbers(x.grad()) == Numbers{10, 20, 30});
  (x + 1.0).backward(seed);
  x.grad().mul_(2.0);
  CHECK(numbers(x.grad()) == Numbers{40, 80, 120});
  CHECK(numbers(seed) == Numbers{10, 20, 30});
}

TEST_CASE("a seed or a hook's result that is the gradient of another leaf is added as it was", "[engine]") {
  for (const bool hooked : {false, true})
    for (const Graph graph : {Graph::release, create_graph}) {
      const Tensor x1 = leaf({1, 2}), x2 = leaf({3, 4});
      sum(x1 * 1.0 + x2 * 1.0).backward();
      x2.grad().mul_(5.0);
      const Tensor y = x1 + x2;
      if (hooked) {
        Tensor same = y;
        same.register_hook([&](const Tensor&) { return x2.grad().detach(); });
        same.backward(ones({2}, float64), graph);
      } else {
        y.backward(x2.grad(), graph);
      }
      CHECK(numbers(x1.grad()) == Numbers{6, 6});
      CHECK(numbers(x2.grad()) == Numbers{10, 10});
    }
}

TEST_CASE("a seed of another shape is an error that names both, even if it would broadcast", "[engine]") {
  const Tensor x = leaf({1, 2, 3});
  const std::string said = thrown_by<std::invalid_argument>([&] { (x * 2.0).backward(Tensor(1.0)); });
  CHECK_THAT(said, Contains("backward: the seed has shape (), the root (3)"));
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("a seed of whole numbers is an error, one of another floating dtype is converted", "[engine]") {
  const Tensor x = leaf({1, 2});
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { (x * 2.0).backward(Tensor{1, 2}); }), Contains("int64"));
  (x * 2.0).backward(Tensor{1.f, 2.f});
  CHECK(x.grad().dtype() == float64);
  CHECK(numbers(x.grad()) == Numbers{2, 4});
}

TEST_CASE("a root that needs no gradient is an error", "[engine]") {
  const Tensor x = leaf({1});
  const char* words = "the root needs no gradient";
  CHECK_THAT(thrown_by<std::logic_error>([&] { Tensor(1.0).backward(); }), Contains(words));
  CHECK_THAT(thrown_by<std::logic_error>([&] { (x.detach() * 2.0).backward(); }), Contains(words));
  CHECK_THAT(thrown_by<std::logic_error>([&] { (x > 0.0).backward(); }), Contains(words));
  NoGrad off;
  CHECK_THAT(thrown_by<std::logic_error>([&] { (x * 2.0).backward(); }), Contains(words));
}

TEST_CASE("a leaf may be the root", "[engine]") {
  const Tensor x = leaf({5});
  x.backward();
  CHECK(numbers(x.grad()) == Numbers{1});
}

TEST_CASE("an empty or moved-from tensor is a clear error wherever it stands", "[engine]") {
  Tensor gone = leaf({1});
  const Tensor x = std::move(gone);
  for (const Tensor& nothing : {Tensor(), gone}) {  // NOLINT(bugprone-use-after-move)
    const char* words = "this tensor is empty";
    CHECK_FALSE(nothing.defined());
    CHECK_THAT(thrown_by<std::logic_error>([&] { nothing.backward(); }), Contains(words));
    CHECK_THAT(thrown_by<std::logic_error>([&] { backward({x, nothing}); }), Contains(words));
    CHECK_THAT(thrown_by<std::logic_error>([&] { grad({x}, {nothing}); }), Contains(words));
    CHECK_THAT(thrown_by<std::logic_error>([&] { nothing.grad(); }), Contains(words));
    CHECK_THAT(thrown_by<std::logic_error>([&] { nothing.requires_grad_(); }), Contains(words));
    CHECK_THAT(thrown_by<std::logic_error>([&] { nothing.detach(); }), Contains(words));
    CHECK_THAT(thrown_by<std::logic_error>([&] { nothing.retain_grad(); }), Contains(words));
    CHECK_THAT(thrown_by<std::logic_error>([&] { nothing.fill_(1); }), Contains("empty"));
    CHECK_THAT(thrown_by<std::logic_error>([&] { exp(nothing); }), Contains("exp"));
  }
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("several roots are walked at once, each with its seed", "[engine]") {
  const Tensor x = leaf({2, 3});
  const Tensor both = x * x;
  backward({both, sum(both)}, {Tensor{1., 10.}, Tensor(100.0)});
  CHECK(numbers(x.grad()) == Numbers{2 * 2 * 101, 2 * 3 * 110});
  CHECK_THAT(thrown_by<std::invalid_argument>([&] {
               backward({x, x}, {Tensor(1.0)});
             }),
             Contains("1 seeds for 2 roots"));
  CHECK_THAT(thrown_by<std::invalid_argument>([] { backward({}); }), Contains("there is no root"));
}

TEST_CASE("the same root twice counts twice", "[engine]") {
  const Tensor x = leaf({3});
  const Tensor y = x * x;
  const Tensor seed = Tensor{5.};
  backward({y, y}, {seed, seed}, retain_graph);
  CHECK(numbers(x.grad()) == Numbers{60});
  CHECK(numbers(seed) == Numbers{5});
  x.set_grad(Tensor());
  backward({y, y});
  CHECK(numbers(x.grad()) == Numbers{12});
}

// ---- leaves and inner nodes

TEST_CASE("leaves add up their gradients, inner nodes keep none", "[engine]") {
  const Tensor x = leaf({2});
  for (int step = 1; step <= 3; ++step) {
    const Tensor y = x * x;
    sum(y * 3.0).backward();
    CHECK(numbers(x.grad()) == Numbers{12.0 * step});
    CHECK_FALSE(y.grad().defined());
  }
}

TEST_CASE("with retain_grad() an inner node keeps its gradient, and adds up too", "[engine]") {
  const Tensor x = leaf({2});
  const Tensor y = x * x;
  y.retain_grad();
  const Tensor z = sum(y * y);
  z.backward(retain_graph);
  CHECK(numbers(y.grad()) == Numbers{8});
  z.backward();
  CHECK(numbers(y.grad()) == Numbers{16});
  CHECK(numbers(x.grad()) == Numbers{64});
  CHECK_THROWS_AS(Tensor(1.0).retain_grad(), std::logic_error);
}

TEST_CASE("gradients of two leaves share no memory, also not with the seed", "[engine]") {
  const Graph how = GENERATE(Graph::release, Graph::retain, Graph::create);
  const Tensor a = leaf({1, 2}), b = leaf({3, 4}), seed = Tensor{1., 1.};
  (a + b).backward(seed, how);
  NoGrad off;
  a.grad().mul_(7.0);
  CHECK(numbers(a.grad()) == Numbers{7, 7});
  CHECK(numbers(b.grad()) == Numbers{1, 1});
  CHECK(numbers(seed) == Numbers{1, 1});
}

TEST_CASE("leaves that are joined get the pieces of one gradient, each as memory of its own", "[engine]") {
  const std::int64_t n = 1 << 14;  // large enough that pieces are not copied
  const Tensor a = ones({n}).requires_grad_(), b = ones({2, n}).requires_grad_(), c = arange(3.0f * n).reshape({3, n});
  const bool kept_by_hook = GENERATE(false, true), overlapping = GENERATE(false, true);
  Tensor seen;
  if (kept_by_hook) a.register_hook([&](const Tensor& g) { return seen = g; });
  Tensor y = concat({reshape(a, {1, n}), b}, 0);
  if (overlapping)
    y = record(
        "joined", Source::here(), y.detach(), {a, b},
        [](const Tensor& g) { return reshape(g(xt::range(0, 1)), {g.shape()[1]}); },
        [](const Tensor& g) { return g(xt::range(0, 2)); });
  sum(y * c).backward();
  const std::int64_t first_of_b = overlapping ? 0 : n;
  CHECK(a.grad()(3).item() == 3);
  CHECK(b.grad()(1, 3).item() == static_cast<double>(first_of_b + n + 3));
  const Tensor w = full({n}, 2.0f).requires_grad_(), later = sum(w * a.grad());
  {
    const NoGrad off;
    b.grad().fill_(7);  // a write that the graph of `later` does not see
  }
  CHECK(a.grad()(3).item() == 3);
  later.backward();
  CHECK(w.grad()(3).item() == 3);
  if (kept_by_hook) {
    const NoGrad off;
    seen.fill_(5);
    CHECK(a.grad()(3).item() == 3);
  }
}

TEST_CASE("a tensor that is joined with itself gets the sum of its pieces", "[engine]") {
  const std::int64_t axis = GENERATE(0, 1), columns = GENERATE(3, 40), times = GENERATE(2, 3);
  Generator generator(4);
  const Tensor q = randn({4, columns}, generator, float64).requires_grad_(),
               r = randn({4, columns}, generator, float64).requires_grad_();
  const auto of_each = [&](const Tensor& a, const Tensor& b, const Tensor& c) {
    const std::vector<Tensor> all = times == 2 ? std::vector<Tensor>{a, r, b} : std::vector<Tensor>{a, b, r, c};
    const Tensor one = concat(all, axis), other = stack(all, axis);
    return sum(one * one * arange(1. * static_cast<double>(one.size())).reshape(one.shape())) +
           sum(other * other * arange(1. * static_cast<double>(other.size())).reshape(other.shape()));
  };
  const Tensor same = of_each(q, q, q), apart = of_each(q * 1, q * 1, q * 1);
  const auto of_same = grad({same}, {q, r}, {}, retain_graph), of_apart = grad({apart}, {q, r}, {}, retain_graph);
  for (std::size_t i = 0; i < 2; ++i) CHECK(difference(of_same[i], of_apart[i], 1e-14) == "");
  const Tensor twice = grad(sum(grad(same, q, create_graph)), q), expected = grad(sum(grad(apart, q, create_graph)), q);
  CHECK(difference(twice, expected, 1e-14) == "");
}

TEST_CASE("what grad returns shares no memory with the seed or with another result", "[engine]") {
  const Graph how = GENERATE(Graph::release, Graph::retain, Graph::create);
  const Tensor a = leaf({1, 2}), b = leaf({3, 4}), seed = Tensor{1., 1.};
  const auto found = grad({a + b}, {a, b, a}, {seed}, how);
  NoGrad off;
  found[0].mul_(7.0);
  CHECK(numbers(found[1]) == Numbers{1, 1});
  CHECK(numbers(found[2]) == Numbers{1, 1});
  CHECK(numbers(seed) == Numbers{1, 1});
}

TEST_CASE("lists in braces get a list of gradients, also when they hold one tensor", "[engine]") {
  const Tensor x = leaf({3, 4}), w = leaf({5, 6});
  CHECK(numbers(grad({sum(x * x)}, {x})[0]) == Numbers{6, 8});
  CHECK(grad({sum(x * w)}, {x, w}).size() == 2);
  CHECK(numbers(grad({x * x}, {x}, {Tensor{1., 2.}})[0]) == Numbers{6, 16});
  CHECK(numbers(grad(sum(x * x), x)) == Numbers{6, 8});
  const std::vector<Tensor> inputs = {x, w};
  CHECK(grad({sum(x * w)}, inputs).size() == 2);
}

TEST_CASE("set_grad puts a gradient in place if shape and dtype agree, and drops it", "[engine]") {
  const Tensor x = leaf({1, 2});
  x.set_grad(Tensor{5., 6.});
  sum(x).backward();
  CHECK(numbers(x.grad()) == Numbers{6, 7});
  CHECK_THAT(thrown_by<std::invalid_argument>([&] {
               x.set_grad(Tensor{1., 2., 3.});
             }),
             Contains("(3)") && Contains("(2)"));
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { x.set_grad(Tensor{1.f, 2.f}); }), Contains("float32"));
  CHECK(numbers(x.grad()) == Numbers{6, 7});
  x.set_grad(Tensor());
  CHECK_FALSE(x.grad().defined());
  CHECK_THROWS_AS(Tensor({1., 2.}).set_grad(Tensor{1., 2.}), std::logic_error);
  CHECK_THROWS_AS(x.set_grad(x), std::invalid_argument);
}

TEST_CASE("only floating tensors can require a gradient", "[engine]") {
  CHECK_THAT(thrown_by<std::invalid_argument>([] { Tensor({1, 2}).requires_grad_(); }), Contains("int64"));
  CHECK_THAT(thrown_by<std::invalid_argument>([] { Tensor({true}).requires_grad_(); }), Contains("bool"));
  const Tensor x = leaf({1});
  CHECK_THAT(thrown_by<std::logic_error>([&] { (x * 2.0).requires_grad_(false); }), Contains("detach()"));
  CHECK_FALSE(x.requires_grad_(false).requires_grad());
  CHECK_FALSE((x * 2.0).requires_grad());
}

TEST_CASE("a gradient has the shape and the dtype of its tensor, whatever the other operands had", "[engine]") {
  const Tensor narrow = Tensor({{1.f, 2.f, 3.f}}).requires_grad_();
  const Tensor wide = Tensor({{10.}, {20.}}).requires_grad_();
  const Tensor y = narrow * wide;
  CHECK(y.dtype() == float64);
  sum(y).backward();
  CHECK(narrow.grad().dtype() == float32);
  CHECK(narrow.grad().shape() == Shape{1, 3});
  CHECK(numbers(narrow.grad()) == Numbers{30, 30, 30});
  CHECK(wide.grad().dtype() == float64);
  CHECK(wide.grad().shape() == Shape{2, 1});
  CHECK(numbers(wide.grad()) == Numbers{6, 6});
}

// ---- walks repeated

TEST_CASE("a second backward is an error that names the usual cause, even if nothing was saved", "[engine]") {
  const Tensor x = leaf({2});
  const Tensor saves = exp(x), saves_nothing = x + 1.0;
  for (const Tensor& y : {saves, saves_nothing}) {
    y.backward();
    const Numbers before = numbers(x.grad());
    CHECK_THAT(thrown_by<std::logic_error>([&] { y.backward(); }), Contains("freed by an earlier backward") &&
                                                                       Contains("retain_graph") &&
                                                                       Contains("carried over from the last step"));
    CHECK(numbers(x.grad()) == before);
  }
}

TEST_CASE("a state carried over from the last step is refused, with the line that made it", "[engine]") {
  const Tensor w = leaf({0.5});
  Tensor state = Tensor{1.};
  state = state * w;
  const int line = __LINE__ - 1;
  sum(state).backward();
  const Tensor loss = sum(state * w);
  const std::string said = thrown_by<std::logic_error>([&] { loss.backward(); });
  CHECK_THAT(said, Contains("detach") && Contains("mul, engine_test.cpp:" + std::to_string(line)));
  CHECK(numbers(w.grad()) == Numbers{1});
}

TEST_CASE("a retained graph can be walked again, and freed by the last walk", "[engine]") {
  const Tensor x = leaf({2});
  const Tensor y = x * x * x;
  y.backward(retain_graph);
  y.backward(retain_graph);
  y.backward();
  CHECK(numbers(x.grad()) == Numbers{36});
  CHECK_THROWS_AS(y.backward(), std::logic_error);
}

// ---- walks recorded

TEST_CASE("the derivatives of x^4, one after the other", "[engine]") {
  const Tensor x = leaf({3});
  Tensor y = x * x * x * x;
  for (double expected : {108.0, 108.0, 72.0, 24.0, 0.0}) {
    y = grad(y, x, create_graph);
    CHECK(numbers(y) == Numbers{expected});
    y = y + 0.0 * x;  // the fourth derivative no longer depends on x
  }
}

TEST_CASE("every derivative of exp is exp, and the fourth of sin is sin", "[engine]") {
  const Tensor x = leaf({0.7, -1.3});
  Tensor e = exp(x), s = sin(x);
  for (int order = 0; order < 4; ++order) {
    e = grad(sum(e), x, create_graph);
    s = grad(sum(s), x, create_graph);
  }
  CHECK(numbers(e) == numbers(exp(x)));
  CHECK(numbers(s) == numbers(sin(x)));
}

TEST_CASE("backward(create_graph) leaves gradients that can be differentiated again", "[engine]") {
  const Tensor x = leaf({2});
  (x * x * x).backward(create_graph);
  const Tensor first = x.grad();
  x.set_grad(Tensor());
  first.backward(create_graph);
  CHECK(numbers(first) == Numbers{12});
  CHECK(numbers(x.grad()) == Numbers{12});
  const Tensor second = x.grad();
  x.set_grad(Tensor());
  second.backward();
  CHECK(numbers(x.grad()) == Numbers{6});
}

TEST_CASE("a recorded gradient adds to what was there, and stays differentiable", "[engine]") {
  const Tensor x = leaf({2});
  (x * x).backward(create_graph);
  (x * x * x).backward(create_graph);
  CHECK(numbers(x.grad()) == Numbers{4 + 12});
  CHECK(numbers(grad(x.grad(), x)) == Numbers{2 + 12});
}

TEST_CASE("a penalty on the gradient trains through it", "[engine]") {
  const Tensor w = leaf({2, -1}), x = Tensor({3., 5.}).requires_grad_();
  const Tensor slope = grad(sum(w * x * x), x, create_graph);  // 2 w x
  sum(slope * slope).backward();                               // d/dw of 4 w² x²
  CHECK(numbers(w.grad()) == Numbers{8 * 2 * 9, 8 * -1 * 25});
}

TEST_CASE("a recorded walk records also inside a NoGrad scope, and an unrecorded one never does", "[engine]") {
  const Tensor x = leaf({2});
  const Tensor y = x * x;
  {
    NoGrad off;
    CHECK(grad({y}, {x}, {}, create_graph)[0].requires_grad());
    CHECK_FALSE(grad_enabled());
  }
  EnableGrad on;
  CHECK_FALSE(grad({y}, {x}, {}, retain_graph)[0].requires_grad());
}

TEST_CASE("an unrecorded gradient has no place in a graph, though its seed has one", "[engine]") {
  const Tensor x = leaf({2}), seed = leaf({3});
  (x + 1.0).backward(seed);
  CHECK_FALSE(x.grad().requires_grad());
  CHECK_FALSE(grad({x + 1.0}, {x}, {seed})[0].requires_grad());
  const Tensor recorded = grad({x * x}, {x}, {seed}, create_graph)[0];
  CHECK(numbers(grad(recorded, seed)) == Numbers{4});
}

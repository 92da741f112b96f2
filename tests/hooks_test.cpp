// Hooks: functions of the complete gradient of a value.

#include <stdexcept>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "catch2.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;

TEST_CASE("a hook on a value used twice sees the sum, once", "[hooks]") {
  const Tensor x = leaf({2});
  const Tensor y = x * x;
  std::vector<Numbers> seen, seen_by_leaf;
  y.register_hook([&](const Tensor& g) {
    seen.push_back(numbers(g));
    return Tensor();
  });
  x.register_hook([&](const Tensor& g) {
    seen_by_leaf.push_back(numbers(g));
    return Tensor();
  });
  (y * 10.0 + y * 3.0).backward();
  CHECK(seen == std::vector<Numbers>{{13}});
  CHECK(seen_by_leaf == std::vector<Numbers>{{52}});
}

TEST_CASE("hooks run in the order of registration, each on what the one before returned", "[hooks]") {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * 1.0;
  y.register_hook([](const Tensor& g) { return g + 1.0; });
  y.register_hook([](const Tensor& g) { return g * 10.0; });
  x.register_hook([](const Tensor& g) { return g - 1.0; });
  sum(y).backward();
  CHECK(numbers(x.grad()) == Numbers{19, 19});
}

TEST_CASE("hooks also shape what grad returns and what an inner node keeps", "[hooks]") {
  const Tensor x = leaf({2});
  const Tensor y = x * x;
  y.retain_grad();
  y.register_hook([](const Tensor& g) { return g * 5.0; });
  const Tensor z = y * 1.0;
  CHECK(numbers(grad({z}, {y}, {}, retain_graph)[0]) == Numbers{5});
  z.backward();
  CHECK(numbers(y.grad()) == Numbers{5});
  CHECK(numbers(x.grad()) == Numbers{20});
}

TEST_CASE("a hook stays for every later backward, and runs unrecorded unless the walk is recorded", "[hooks]") {
  const Tensor x = leaf({2});
  std::vector<bool> modes;
  x.register_hook([&](const Tensor& g) {
    modes.push_back(grad_enabled());
    return g * 2.0;
  });
  const Tensor y = x * x * x;
  y.backward(retain_graph);
  const Tensor first = grad(y, x, create_graph);
  CHECK(numbers(first) == Numbers{24});
  CHECK(numbers(grad(first, x)) == Numbers{48});
  CHECK(modes == std::vector<bool>{false, true, false});
}

TEST_CASE("a hook that returns another shape is an error, one of another dtype is converted", "[hooks]") {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * 2.0;
  const int line = __LINE__ - 1;
  y.register_hook([](const Tensor&) { return Tensor(1.0); });
  CHECK_THAT(
      thrown_by<std::invalid_argument>([&] { sum(y).backward(); }),
      Contains("hook") && Contains("(2)") && Contains("()") && Contains("mul (hooks_test.cpp:" + std::to_string(line)));
  CHECK_FALSE(x.grad().defined());
  const Tensor z = x * 2.0;
  z.register_hook([](const Tensor&) { return Tensor{1.f, 2.f}; });
  sum(z).backward();
  CHECK(x.grad().dtype() == float64);
  CHECK(numbers(x.grad()) == Numbers{2, 4});
}

TEST_CASE("a hook that throws leaves every leaf unchanged and no node alive", "[hooks]") {
  const std::int64_t before = live_nodes();
  {
    const Tensor x = leaf({2}), w = leaf({3});
    x.set_grad(Tensor{100.});
    {
      const Tensor y = x * w;
      y.register_hook([](const Tensor&) -> Tensor { throw std::domain_error("not today"); });
      const Tensor z = y * w;  // w's gradient has begun to arrive when the hook throws
      CHECK(thrown_by<std::domain_error>([&] { z.backward(); }) == "not today");
    }
    CHECK(live_nodes() == before + 2);
    CHECK(numbers(x.grad()) == Numbers{100});
    CHECK_FALSE(w.grad().defined());
    (x * w).backward();  // nothing of the broken walk is left behind
    CHECK(numbers(x.grad()) == Numbers{103});
    CHECK(numbers(w.grad()) == Numbers{2});
  }
  CHECK(live_nodes() == before);
}

TEST_CASE("the gradient that a hook kept or returned is not the leaf's own", "[hooks]") {
  const Tensor x = leaf({1, 2});
  Tensor kept;
  const Tensor mine = Tensor{5., 6.};
  x.register_hook([&](const Tensor& g) {
    kept = g;
    return mine;
  });
  sum(x * 3.0).backward();
  x.grad().mul_(2.0);
  CHECK(numbers(kept) == Numbers{3, 3});
  CHECK(numbers(mine) == Numbers{5, 6});
}

TEST_CASE("an empty hook and a hook on a constant are errors", "[hooks]") {
  const Tensor x = leaf({1});
  CHECK_THROWS_AS(x.register_hook(Hook()), std::invalid_argument);
  CHECK_THROWS_AS(Tensor(1.0).register_hook([](const Tensor&) { return Tensor(); }), std::logic_error);
}

TEST_CASE("a hook that holds its own tensor is let go with the graph", "[hooks]") {
  const std::int64_t before = live_nodes();
  {
    const Tensor x = leaf({1, 2});
    const Tensor y = x * x;
    y.register_hook([y](const Tensor& g) { return g * y.detach(); });
    sum(y).backward();
    CHECK(numbers(x.grad()) == Numbers{2, 16});
  }
  CHECK(live_nodes() == before);
}

TEST_CASE("a hook may be registered, and the graph freed, by a hook", "[hooks]") {
  const Tensor x = leaf({2});
  const Tensor y = x * x, z = y * 3.0;
  int late = 0;
  z.register_hook([&](const Tensor&) {
    y.register_hook([&late](const Tensor&) {
      ++late;
      return Tensor();
    });
    return Tensor();
  });
  z.backward(retain_graph);
  CHECK(late == 1);
  const Tensor u = x * x, v = u * 3.0;
  v.register_hook([&](const Tensor&) {
    backward({u});
    return Tensor();
  });
  CHECK_THAT(thrown_by<std::logic_error>([&] { v.backward(); }), Contains("freed by an earlier backward"));
}

TEST_CASE("hooks that are registered and removed in every step take one place", "[hooks]") {
  const Tensor w = leaf({2});
  int calls = 0;
  const auto count = [&](const Tensor&) {
    ++calls;
    return Tensor();
  };
  w.register_hook(count);
  for (int i = 0; i < 1000; ++i) {
    HookHandle handle = w.register_hook(count);
    handle.remove();
  }
  CHECK(Raw::node(w)->find_extras()->hooks.size() == 2);
  (w * 1.0).backward();
  CHECK(calls == 1);
}

TEST_CASE("a hook that writes the gradient in place is refused, by its value and the line of the write", "[hooks]") {
  const Tensor a = leaf({1, 2}), b = leaf({3, 4});
  const Tensor h = a * 1.0;
  h.register_hook([](const Tensor& g) {
    g.mul_(2.0);
    return Tensor();
  });
  const int line = __LINE__ - 3;
  const Tensor y = h + b;
  CHECK_THAT(thrown_by<std::logic_error>([&] { sum(y).backward(); }),
             Contains("a hook on mul (hooks_test.cpp:") &&
                 Contains("wrote to the gradient in place at hooks_test.cpp:" + std::to_string(line)) &&
                 Contains("return a new tensor"));
  CHECK_FALSE(a.grad().defined());
  CHECK_FALSE(b.grad().defined());
  // To write to another tensor is the hook's own affair.
  const Tensor seen = zeros({2}, float64);
  b.register_hook([&](const Tensor& g) {
    seen.add_(g);
    return Tensor();
  });
  sum(b * 3.0).backward();
  CHECK(numbers(seen) == Numbers{3, 3});
}

TEST_CASE("a recorded gradient does not share the memory of a constant or of what a hook keeps", "[hooks]") {
  const Tensor a = leaf({1, 2}), c = Tensor{1., 1.};
  Tensor seen;
  HookHandle hook = a.register_hook([&](const Tensor&) { return c; });
  sum(a * a).backward(create_graph);
  sum(a * a).backward();
  CHECK(numbers(c) == Numbers{1, 1});
  CHECK(numbers(a.grad()) == Numbers{2, 2});
  hook.remove();
  a.set_grad({});
  hook = a.register_hook([&](const Tensor& g) {
    if (!seen.defined()) seen = g;
    return Tensor();
  });
  sum(a * a).backward(create_graph);
  sum(a * a).backward();
  CHECK(numbers(seen) == Numbers{2, 4});
  CHECK(numbers(a.grad()) == Numbers{4, 8});
}

TEST_CASE("hooks of a leaf stay while it collects no gradient", "[hooks]") {
  Tensor a = leaf({1, 2});
  int calls = 0;
  HookHandle hook = a.register_hook([&](const Tensor& g) {
    ++calls;
    return g * 2.0;
  });
  sum(a * 1.0).backward();
  for (int i = 0; i < 2; ++i) {
    a.requires_grad_(false);
    a.requires_grad_();
  }
  a.set_grad({});
  sum(a * 1.0).backward();
  CHECK(calls == 2);
  CHECK(numbers(a.grad()) == Numbers{2, 2});
  a.requires_grad_(false);
  hook.remove();
  a.requires_grad_();
  sum(a * 1.0).backward();
  CHECK(calls == 2);
}

TEST_CASE("a leaf that a hook replaces while its gradient waits is an error", "[hooks]") {
  Tensor a = leaf({1, 2});
  const Tensor m = leaf({1, 2}) * 1.0;
  m.register_hook([&](const Tensor&) {
    a.requires_grad_(false);
    a.requires_grad_();
    return Tensor();
  });
  const Tensor y = sum(m * m + a);
  CHECK_THAT(thrown_by<std::logic_error>([&] { y.backward(); }),
             Contains("a gradient arrived at a leaf of shape (2) float64 that requires_grad_() has replaced since"));
}

TEST_CASE("detach() of an empty temporary is an error", "[hooks]") {
  const Tensor w = leaf({1});
  CHECK_THAT(thrown_by<std::logic_error>([&] { static_cast<void>(w.grad().detach()); }), Contains("detach: "));
}

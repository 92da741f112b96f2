// What may change between the forward pass and backward: leaves that are replaced, values that are written unseen.

#include <functional>
#include <memory>
#include <stdexcept>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/nn/nn.hpp>
#include <xgrad/optim/optim.hpp>

#include "catch2.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;

namespace {

std::string line(int number) { return "changed_between_test.cpp:" + std::to_string(number); }

}  // namespace

TEST_CASE("backward refuses to lose the gradient of a leaf whose shape or dtype has changed", "[changed]") {
  const Tensor x = leaf({1, 2}), other = leaf({3, 4});
  const Tensor loss = sum(x * other);
  const int op = __LINE__ - 1;
  SECTION("the dtype") {
    x.set_data(Tensor({5.f, 6.f}));
    const std::string said = thrown_by<std::logic_error>([&] { loss.backward(); });
    CHECK_THAT(said, Contains("backward: mul (" + line(op)) && Contains("shape (2) float64") &&
                         Contains("set_data()") && Contains("shape (2) float32"));
  }
  SECTION("the shape") {
    x.set_data(Tensor{5., 6., 7.});
    CHECK_THAT(thrown_by<std::logic_error>([&] { loss.backward(); }), Contains("set_data()") && Contains("(3)"));
  }
  SECTION("twice") {
    x.set_data(Tensor({5.f, 6.f}));
    x.set_data(Tensor{5., 6.});
    CHECK_THAT(thrown_by<std::logic_error>([&] { loss.backward(); }), Contains("set_data()"));
  }
  SECTION("off and on") {
    x.requires_grad_(false);
    x.requires_grad_();
    CHECK_THAT(thrown_by<std::logic_error>([&] { loss.backward(); }), Contains("requires_grad_()"));
  }
  SECTION("off, new data, and on") {
    x.requires_grad_(false);
    x.set_data(Tensor{1., 2., 3.});
    x.requires_grad_();
    CHECK_THAT(thrown_by<std::logic_error>([&] { loss.backward(); }), Contains("requires_grad_()"));
  }
  CHECK_FALSE(x.grad().defined());
  CHECK_FALSE(other.grad().defined());
  sum(x * 2.0).backward();  // a graph of the new leaf
  CHECK(x.grad().shape() == x.shape());
  CHECK(x.grad().dtype() == x.dtype());
}

TEST_CASE("backward refuses to lose the gradients of a model that was converted or switched off and on", "[changed]") {
  nn::Sequential model{nn::Linear(3, 4), nn::ReLU(), nn::Linear(4, 1)};
  const Tensor loss = sum(square(model(ones({2, 3}))));
  SECTION("converted") {
    model.to(float64);
    CHECK_THAT(thrown_by<std::logic_error>([&] { loss.backward(); }), Contains("to()") && Contains("float64"));
  }
  SECTION("converted and back") {
    model.to(float64);
    model.to(float32);
    CHECK_THAT(thrown_by<std::logic_error>([&] { loss.backward(); }), Contains("to()"));
  }
  SECTION("off and on") {
    model.requires_grad_(false);
    model.requires_grad_(true);
    CHECK_THAT(thrown_by<std::logic_error>([&] { loss.backward(); }), Contains("requires_grad_()"));
  }
  for (const Tensor& p : model.parameters()) CHECK_FALSE(p.grad().defined());
}

TEST_CASE("grad refuses too, and asks only for the leaves that it was given", "[changed]") {
  const Tensor x = leaf({1, 2}), other = leaf({3, 4});
  const Tensor loss = sum(x * other * other);
  x.set_data(Tensor({5.f, 6.f}));
  CHECK_THAT(thrown_by<std::logic_error>([&] { grad(loss, x); }), Contains("grad: mul") && Contains("set_data()"));
  const Tensor again = sum(x.detach().to(float64) * other);
  const Tensor old = sum(leaf({1, 2}) * other);
  CHECK_NOTHROW(grad(old, other));
  const Tensor second = leaf({1, 2}), loss2 = sum(second * other);
  second.set_data(Tensor({5.f, 6.f}));
  CHECK_THROWS_AS(grad({loss2}, {second}, {}, retain_graph, allow_unused), std::logic_error);
  CHECK(numbers(grad(loss2, other)) == Numbers{1, 2});
}

TEST_CASE("what loses no wanted gradient is allowed: frozen, same shape, or gone", "[changed]") {
  const Tensor x = leaf({1, 2});
  {
    const Tensor frozen = leaf({3, 4});
    const Tensor loss = sum(x * frozen);
    frozen.requires_grad_(false);
    loss.backward();
    CHECK(numbers(x.grad()) == Numbers{3, 4});
    CHECK_FALSE(frozen.grad().defined());
  }
  x.set_grad(Tensor());
  {
    const Tensor loss = sum(x * 3.0);
    x.set_data(Tensor{8., 9.});
    loss.backward();
    CHECK(numbers(x.grad()) == Numbers{3, 3});
  }
  x.set_grad(Tensor());
  Tensor loss;
  {
    const Tensor gone = leaf({3, 4});
    loss = sum(x * gone);
    gone.set_data(Tensor({1.f}));
  }
  loss.backward();
  CHECK(numbers(x.grad()) == Numbers{3, 4});
}

TEST_CASE("replaced leaves leave nothing behind", "[changed]") {
  const std::int64_t before = live_nodes();
  for (int i = 0; i < 100; ++i) {
    const Tensor x = leaf({1, 2});
    const Tensor y = sum(x * x);
    x.requires_grad_(false);
    x.requires_grad_();
    x.set_data(Tensor{1.});
    CHECK_THROWS_AS(y.backward(), std::logic_error);
  }
  CHECK(live_nodes() == before);
}

TEST_CASE("under DetectWrites a kept mutable_view that is written after the op is noticed", "[changed]") {
  const Tensor x = leaf({1, 2});
  Tensor c = Tensor{3., 4.};
  auto view = c.mutable_view<double>();
  const DetectWrites checked;
  const Tensor y = x * c;
  view(1) = 5;
  CHECK_THAT(thrown_by<std::logic_error>([&] { sum(y).backward(); }),
             Contains("mul (" + line(__LINE__ - 3)) && Contains("input 1") && Contains("mutable_view"));
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("DetectWrites checks whatever a rule reads, and nothing else", "[changed]") {
  const Tensor x = leaf({1, 2});
  Tensor c = Tensor{3., 4.};
  auto view = c.mutable_view<double>();
  const DetectWrites checked;
  SECTION("the output") {
    const Tensor y = exp(x);
    Raw::write<double>(y)[0] += 1;
    CHECK_THAT(thrown_by<std::logic_error>([&] { sum(y).backward(); }), Contains("exp") && Contains("its output"));
  }
  SECTION("a value in the middle of a network") {
    nn::Linear layer(2, 3);
    auto weights = [&] {
      const NoGrad off;
      return layer.weight.mutable_view<float>();
    }();
    const Tensor input = ones({4, 2}).requires_grad_();
    const Tensor loss = sum(square(layer(input)));
    weights(2, 1) += 1;
    CHECK_THAT(thrown_by<std::logic_error>([&] { loss.backward(); }), Contains("mutable_view"));
  }
  SECTION("nothing is refused without a write, or for a value that no rule reads") {
    const Tensor y = x * c, z = x + c;
    sum(y).backward();
    view(1) = 5;
    sum(z).backward();
    CHECK(numbers(x.grad()) == Numbers{4, 5});
  }
}

TEST_CASE("a number is trained as any tensor is", "[changed]") {
  Tensor w = Tensor(0.5).requires_grad_();
  const Tensor same = w;
  for (int step = 0; step < 100; ++step) {
    square(w - 3.0).backward();
    const NoGrad off;
    w -= 0.1 * w.grad();
    w.set_grad(Tensor());
  }
  CHECK(std::abs(w.item() - 3) < 1e-6);
  CHECK(same.item() == w.item());
  CHECK(w.is_leaf());
  CHECK(w.requires_grad());
  CHECK(w.dtype() == float64);
  Tensor other = Tensor(2.0f).requires_grad_();
  {
    const NoGrad off;
    other += 1.0;
    other *= Tensor(2.0);
    other -= Raw::alias(Tensor({0.5}), {});
    other /= 2.0f;
  }
  CHECK(other.item() == 2.75);
  CHECK(other.dtype() == float32);
  CHECK(other.requires_grad());
}

TEST_CASE("a number that collects no gradient is written for all handles too, and takes its result's dtype",
          "[changed]") {
  Tensor count = 3;
  const Tensor same = count;
  count += 1;
  CHECK(whole_numbers(same) == std::vector<std::int64_t>{4});
  count += 0.5;
  CHECK(same.item() == 4.5);
  CHECK(same.dtype() == float64);
  Tensor total = 0.0;
  total += Raw::alias(Tensor({1.5f}), {});
  CHECK(total.dtype() == float32);
  CHECK_FALSE(total.weak());
  const Tensor x = leaf({1, 2});
  Tensor factor = 2.0;
  const Tensor y = x * factor;
  factor += 1.0;
  CHECK_THROWS_AS(sum(y).backward(), std::logic_error);
}

TEST_CASE("a chain of gradients of gradients is freed without recursion", "[changed]") {
  Tensor chain = leaf({1});
  for (int i = 0; i < scaled(1000000, 100000); ++i) {
    const Tensor next = leaf({1});
    next.set_grad(chain);
    chain = next;
  }
  chain = Tensor();
  CHECK_FALSE(chain.defined());
}

TEST_CASE("a hook that holds its own tensor detached is freed with it", "[changed]") {
  const std::int64_t before = live_nodes();
  double seen = 0;
  {
    const Tensor x = leaf({1, 2});
    x.register_hook([&seen, values = x.detach()](const Tensor& g) {
      seen = sum(values * g).item();
      return Tensor();
    });
    sum(x * x).backward();
  }
  CHECK(seen == 2 + 8);
  CHECK(live_nodes() == before);
}

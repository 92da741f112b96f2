// Writing in place: what is refused at once, what backward refuses, and what is allowed.

#include <stdexcept>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "catch2.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;

namespace {

std::string line(int number) { return "mutation_test.cpp:" + std::to_string(number); }

}  // namespace

TEST_CASE("a leaf that requires a gradient cannot be written while ops are recorded", "[mutation]") {
  Tensor x = leaf({1, 2});
  const char* words = "NoGrad";
  CHECK_THAT(thrown_by<std::logic_error>([&] { x.fill_(0); }), Contains("fill_") && Contains(words));
  CHECK_THAT(thrown_by<std::logic_error>([&] { x.zero_(); }), Contains(words));
  CHECK_THAT(thrown_by<std::logic_error>([&] { x.copy_(Tensor{5., 6.}); }), Contains("copy_") && Contains(words));
  CHECK_THAT(thrown_by<std::logic_error>([&] { x.add_(Tensor{5., 6.}); }), Contains("add_") && Contains(words));
  CHECK_THAT(thrown_by<std::logic_error>([&] { x.add_(Tensor(1.0)); }), Contains("add_") && Contains(words));
  CHECK_THAT(thrown_by<std::logic_error>([&] { x.mul_(2.0); }), Contains("mul_") && Contains(words));
  CHECK_THAT(thrown_by<std::logic_error>([&] { x.mutable_view<double>(); }),
             Contains("mutable_view") && Contains(words));
  CHECK(numbers(x) == Numbers{1, 2});
  {
    NoGrad off;
    x.fill_(7);
    x.mutable_view<double>()(1) = 8;
  }
  CHECK(numbers(x) == Numbers{7, 8});
  CHECK(x.requires_grad());
}

TEST_CASE("a recorded result cannot be written while ops are recorded, for the graph would not see it", "[mutation]") {
  const Tensor x = leaf({1, 2});
  Tensor y = x + 1.0;
  const std::string words = "the recorded result of add (" + line(__LINE__ - 1) + ") cannot be written in place";
  CHECK_THAT(thrown_by<std::logic_error>([&] { y.fill_(0); }), Contains("fill_: " + words) && Contains("NoGrad"));
  CHECK_THAT(thrown_by<std::logic_error>([&] { y.copy_(Tensor(1.0)); }), Contains(words));
  CHECK_THAT(thrown_by<std::logic_error>([&] { y.add_(Tensor{5., 6.}); }), Contains(words));
  CHECK_THAT(thrown_by<std::logic_error>([&] { y.mul_(2.0); }), Contains(words));
  CHECK_THAT(thrown_by<std::logic_error>([&] { y.mutable_view<double>(); }), Contains(words));
  CHECK_THAT(thrown_by<std::logic_error>([&] {
               reshape(x, {2, 1}).fill_(0);
             }),
             Contains("the recorded result of reshape"));
  CHECK(numbers(y) == Numbers{2, 3});
  y += 1.0;  // recorded as a new value
  sum(y * y).backward();
  CHECK(numbers(x.grad()) == Numbers{6, 8});
  y.detach().fill_(0);
  CHECK(numbers(y) == Numbers{0, 0});
}

TEST_CASE("a write of values that require a gradient is refused while ops are recorded", "[mutation]") {
  const Tensor x = leaf({1, 2}), plain = Tensor{3., 4.};
  const char* words = "detach()";
  CHECK_THAT(thrown_by<std::logic_error>([&] { plain.copy_(x * 2.0); }), Contains("copy_") && Contains(words));
  CHECK_THAT(thrown_by<std::logic_error>([&] { plain.add_(x); }), Contains("add_") && Contains(words));
  CHECK_THAT(thrown_by<std::logic_error>([&] { plain.add_(x, -1.0); }), Contains("add_") && Contains(words));
  CHECK_THAT(thrown_by<std::logic_error>([&] { plain.add_(sum(x)); }), Contains("add_") && Contains(words));
  CHECK_THAT(thrown_by<std::logic_error>([&] { plain.mul_(x); }), Contains("mul_") && Contains(words));
  CHECK(numbers(plain) == Numbers{3, 4});
  plain.copy_(x.detach());
  CHECK(numbers(plain) == Numbers{1, 2});
  NoGrad off;
  plain.add_(x);
  CHECK(numbers(plain) == Numbers{2, 4});
}

TEST_CASE("a saved input that was written is refused, with the op and both lines", "[mutation]") {
  const Tensor x = leaf({1, 2}), c = Tensor{3., 4.};
  const Tensor y = x * c;
  const int op = __LINE__ - 1;
  c.fill_(0);
  const int write = __LINE__ - 1;
  const std::string said = thrown_by<std::logic_error>([&] { sum(y).backward(); });
  CHECK_THAT(said,
             Contains("mul (" + line(op)) && Contains("input 1") && Contains("written in place at " + line(write)));
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("a saved output that was written is refused, with the op and both lines", "[mutation]") {
  const Tensor x = leaf({1, 2});
  const Tensor y = exp(x);
  const int op = __LINE__ - 1;
  {
    NoGrad off;
    y.mul_(2.0);
  }
  const int write = __LINE__ - 2;
  const std::string said = thrown_by<std::logic_error>([&] { sum(y).backward(); });
  CHECK_THAT(said,
             Contains("exp (" + line(op)) && Contains("its output") && Contains("written in place at " + line(write)));
}

TEST_CASE("every way of writing counts", "[mutation]") {
  const Tensor x = leaf({1, 2});
  Tensor c = Tensor({{3., 4.}, {5., 6.}});
  const auto refuses_after = [&](auto write) {
    const Tensor y = x * c;
    write();
    const std::string said = thrown_by<std::logic_error>([&] { sum(y).backward(); });
    return said.find("written in place") != std::string::npos;
  };
  CHECK_FALSE(refuses_after([] {}));
  CHECK(refuses_after([&] { c.copy_(Tensor(1.0)); }));
  CHECK(refuses_after([&] { c.add_(Tensor({{1., 1.}, {1., 1.}})); }));
  CHECK(refuses_after([&] { c.add_(Tensor{1., 1.}, -0.5); }));
  CHECK(refuses_after([&] { c.mul_(2.0); }));
  CHECK(refuses_after([&] { c.zero_(); }));
  CHECK(refuses_after([&] { c.mutable_view<double>()(0, 0) = 1; }));
  CHECK(refuses_after([&] { c += 1.0; }));
  CHECK(refuses_after([&] { c -= Tensor{1., 2.}; }));
  CHECK(refuses_after([&] { c *= 2.0; }));
  CHECK(refuses_after([&] { c /= 2.0; }));
  CHECK_FALSE(refuses_after([&] { c.view<double>(); }));
  CHECK_FALSE(refuses_after([&] { c = c + 1.0; }));  // makes the handle refer to a new tensor
}

TEST_CASE("a write through whatever shares the storage counts", "[mutation]") {
  const Tensor x = leaf({1, 2});
  const Tensor c = Tensor({{3., 4.}, {5., 6.}});
  const std::vector<Tensor> aliases = {reshape(c, {4}),
                                       flatten(c),
                                       c.detach(),
                                       c[1],
                                       narrow(c, 0, 1, 1),
                                       c(xt::range(0, 1)),
                                       squeeze(unsqueeze(c, 0), 0),
                                       c};
  for (std::size_t i = 0; i < aliases.size(); ++i) {
    INFO("alias " << i);
    const Tensor y = x * c;
    aliases[i].mul_(2.0);
    CHECK_THROWS_AS(sum(y).backward(), std::logic_error);
  }
  const Tensor through = x * reshape(c, {2, 2});
  c.mul_(2.0);
  CHECK_THROWS_AS(sum(through).backward(), std::logic_error);
  const Tensor apart = x * c.clone();
  c.mul_(2.0);
  sum(apart).backward();
  CHECK(x.grad().defined());
}

TEST_CASE("a write to a value that no rule reads does not stop backward", "[mutation]") {
  const Tensor x = leaf({1, 2}), c = Tensor{3., 4.};
  const Tensor y = x + c;
  c.zero_();
  sum(y).backward();
  CHECK(numbers(x.grad()) == Numbers{1, 1});
}

TEST_CASE("a write before the op does not stop backward, nor does a second graph over the new values", "[mutation]") {
  const Tensor x = leaf({1, 2}), c = Tensor{3., 4.};
  const Tensor old = x * c;
  c.mul_(10.0);
  sum(x * c).backward();
  CHECK(numbers(x.grad()) == Numbers{30, 40});
  CHECK_THROWS_AS(sum(old).backward(), std::logic_error);
  CHECK(numbers(x.grad()) == Numbers{30, 40});
}

TEST_CASE("an optimiser steps while an old loss is alive, whose backward then refuses", "[mutation]") {
  const Tensor w = leaf({2}), x = Tensor{3.};
  const Tensor validation = sum(w * w * x);
  sum(w * x).backward();
  {
    NoGrad off;
    w.add_(w.grad(), -0.5);
  }
  CHECK(numbers(w) == Numbers{0.5});
  CHECK_THAT(thrown_by<std::logic_error>([&] { validation.backward(); }), Contains("written in place"));
  CHECK(numbers(w.grad()) == Numbers{3});
  w.set_grad(Tensor());
  sum(w * w * x).backward();
  CHECK(numbers(w.grad()) == Numbers{3});
}

TEST_CASE("+= writes in place for all handles unrecorded, and for one handle recorded", "[mutation]") {
  Tensor w = leaf({1, 2});
  const Tensor same = w;
  {
    NoGrad off;
    w += Tensor{10., 10.};
    w -= 0.5;
  }
  CHECK(numbers(same) == Numbers{10.5, 11.5});
  CHECK(w.is_leaf());
  w += 1.0;
  CHECK(numbers(same) == Numbers{10.5, 11.5});
  CHECK(numbers(w) == Numbers{11.5, 12.5});
  sum(w * w).backward();
  CHECK(numbers(same.grad()) == Numbers{23, 25});
  Tensor plain = Tensor{1.};
  const Tensor handle = plain;
  plain += 1.0;
  CHECK(numbers(handle) == Numbers{2});
}

TEST_CASE("a += that does not fit changes nothing", "[mutation]") {
  Tensor a = Tensor{1., 2.};
  CHECK_THROWS_AS((a += Tensor({{1.}, {2.}})), std::invalid_argument);
  CHECK_THROWS_AS(a.copy_(Tensor{1., 2., 3.}), std::invalid_argument);
  CHECK_THROWS_AS(a.add_(Tensor{1., 2., 3.}), std::invalid_argument);
  CHECK_THROWS_AS(a.mul_(Tensor{1., 2., 3.}), std::invalid_argument);
  CHECK_THROWS_AS(a.add_(Tensor()), std::logic_error);
  CHECK(numbers(a) == Numbers{1, 2});
  const Tensor x = leaf({5, 6});
  const Tensor y = x * a;
  CHECK_THROWS(a.mul_(Tensor{1., 2., 3.}));
  sum(y).backward();  // a refused write does not count as one
  CHECK(numbers(x.grad()) == Numbers{1, 2});
}

TEST_CASE("an overlapping write is made as if from a copy", "[mutation]") {
  const Tensor a = Tensor{1., 2., 3., 4.};
  narrow(a, 0, 1, 3).copy_(narrow(a, 0, 0, 3));
  CHECK(numbers(a) == Numbers{1, 1, 2, 3});
  narrow(a, 0, 1, 3).add_(narrow(a, 0, 0, 3));
  CHECK(numbers(a) == Numbers{1, 2, 3, 5});
  a.add_(a);
  CHECK(numbers(a) == Numbers{2, 4, 6, 10});
}

TEST_CASE("new data for a constant does not change the graph that saved the old", "[mutation]") {
  const Tensor x = leaf({1, 2}), c = Tensor{3., 4.};
  const Tensor y = x * c;
  c.set_data(Tensor{100., 200.});
  sum(y).backward();
  CHECK(numbers(x.grad()) == Numbers{3, 4});
}

TEST_CASE("new data keeps a leaf's place and hooks, and drops its gradient", "[mutation]") {
  const DType dtype = GENERATE(DType::float64, DType::float32);
  const Tensor x = leaf({1, 2});
  int seen = 0;
  x.register_hook([&seen](const Tensor&) {
    ++seen;
    return Tensor();
  });
  const Tensor old = sum(x * x);
  sum(x).backward();
  x.set_data(Tensor({5., 6.}, dtype));
  CHECK_FALSE(x.grad().defined());
  sum(x * x).backward();
  CHECK(x.grad().dtype() == dtype);
  CHECK(numbers(x.grad()) == Numbers{10, 12});
  CHECK(seen == 2);
  if (dtype == float32) return;
  old.backward();  // the graph of the old numbers leads to the same leaf
  CHECK(numbers(x.grad()) == Numbers{10 + 2, 12 + 4});
}

TEST_CASE("set_data changes the dtype too, also of a weak number", "[mutation]") {
  const Tensor scale = 2.0;
  scale.set_data(Tensor{3.});
  CHECK((scale * Tensor{1.f}).dtype() == float64);
  CHECK_THROWS_AS(leaf({1}).set_data(Tensor{1}), std::invalid_argument);
  CHECK_THROWS_AS((leaf({1}) * 2.0).set_data(Tensor{1.}), std::logic_error);
}

TEST_CASE("a constant that becomes a leaf stays a constant to the graph that saved it", "[mutation]") {
  const std::int64_t before = live_nodes();
  {
    const Tensor x = leaf({2}), c = Tensor{3.};
    const Tensor y = x * c;
    c.requires_grad_();
    (y * c).backward(create_graph);
    CHECK(numbers(x.grad()) == Numbers{9});
    CHECK(numbers(c.grad()) == Numbers{6});
  }
  CHECK(live_nodes() == before);
}

TEST_CASE("a tensor over an array that was moved in, and its views, count writes too", "[mutation]") {
  xt::xarray<double> array = {1., 2.};
  Tensor c(std::move(array));
  const Tensor x = leaf({1, 2});
  const Tensor y = x * c;
  c.mutable_view<double>()(0) = 9;
  CHECK_THROWS_AS(sum(y).backward(), std::logic_error);
}

TEST_CASE("a gradient that other code still holds is written only by the next backward", "[mutation]") {
  const Tensor x = leaf({1});
  (x * 2.0).backward();
  const Tensor held = x.grad();
  x.set_grad(Tensor());
  (x * 5.0).backward();
  CHECK(numbers(held) == Numbers{2});
  CHECK(numbers(x.grad()) == Numbers{5});
}

TEST_CASE("a gradient that itself requires a gradient still adds up", "[mutation]") {
  const Tensor x = leaf({1, 2}), y = leaf({1, 2});
  x.set_grad(Tensor{1., 1.});
  x.grad().requires_grad_();
  sum(x * 2.0 + y).backward();
  CHECK(numbers(x.grad()) == Numbers{3, 3});
  CHECK(numbers(y.grad()) == Numbers{1, 1});
}

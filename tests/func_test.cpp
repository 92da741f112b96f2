// The transforms of func.hpp.

#include <cmath>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/gradcheck.hpp>
#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/extend.hpp>
#include <xgrad/func.hpp>
#include <xgrad/nn/cross_entropy.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using func::Tensors;

namespace {

Tensor rosenbrock(const Tensor& x) {
  const std::int64_t n = x.shape(0);
  const Tensor head = narrow(x, 0, 0, n - 1), tail = narrow(x, 0, 1, n - 1);
  return sum(100.0 * square(tail - square(head)) + square(1.0 - head));
}

const auto cube = [](const Tensor& x) { return sum(x * x * x); };

}  // namespace

TEST_CASE("grad is the gradient of a function of tensors, of a list, and of a list with further tensors", "[func]") {
  const Tensor x{1.0, 2.0, -3.0}, y{2.0, 0.5, 1.0};
  CHECK(numbers(func::grad(cube)(x)) == Numbers{3, 12, 27});
  const auto product = [](const Tensor& a, const Tensor& b) { return sum(a * a * b); };
  CHECK(numbers(func::grad(product)(x, y)) == Numbers{4, 2, -6});
  CHECK(numbers(func::grad(product, 1)(x, y)) == Numbers{1, 4, 9});
  CHECK(numbers(func::grad(product, -1)(x, y)) == Numbers{1, 4, 9});
  const Tensors both = func::grad(product, {1, 0})(x, y);
  CHECK(numbers(both[0]) == Numbers{1, 4, 9});
  CHECK(numbers(both[1]) == Numbers{4, 2, -6});
  const auto of_list = [](const Tensors& in) { return sum(in[0] * in[0] * in[1]); };
  CHECK(numbers(func::grad(of_list)({x, y})[1]) == Numbers{1, 4, 9});
  const auto with_batch = [](const Tensors& params, const Tensor& in) { return sum(params[0] * in + params[1]); };
  const Tensors g = func::grad(with_batch)(Tensors{x, y}, x);
  CHECK(g.size() == 2);
  CHECK(numbers(g[0]) == Numbers{1, 2, -3});
  CHECK(numbers(g[1]) == Numbers{1, 1, 1});
}

TEST_CASE("a list is one argument: the number 1 is that of the tensor behind it", "[func]") {
  const auto f = [](const Tensors& p, const Tensor& x) { return sum(p[0] * x * x) + sum(p[1]); };
  const Tensors p{Tensor{1., 2.}, Tensor{5., 6., 7.}};
  const Tensor x{3., 4.};
  for (const std::int64_t last : {1, -1}) {
    const Tensors g = func::grad(f, last)(p, x);
    REQUIRE(g.size() == 1);
    CHECK(numbers(g[0]) == Numbers{6, 16});
    CHECK(numbers(func::value_and_grad(f, last)(p, x).grad[0]) == Numbers{6, 16});
    CHECK(func::jacobian(f, last)(p, x)[0].shape() == Shape{2});
  }
  const Tensors all = func::grad(f, {1, 0})(p, x);
  REQUIRE(all.size() == 3);
  CHECK(numbers(all[0]) == Numbers{6, 16});
  CHECK(numbers(all[1]) == Numbers{9, 16});
  CHECK(numbers(all[2]) == Numbers{1, 1, 1});
  CHECK(func::grad(f, -2)(p, x).size() == 2);
  CHECK_THAT(thrown_by([&] { func::grad(f, 2)(p, x); }), Contains("argument number 2 of a call with 2"));
}

TEST_CASE("a gradient that does not exist is zeros", "[func]") {
  const Tensor x{1.0, 2.0}, y{3.0, 4.0};
  const auto f = [](const Tensor& a, const Tensor&) { return sum(a); };
  CHECK(numbers(func::grad(f, 1)(x, y)) == Numbers{0, 0});
  CHECK(numbers(func::grad([](const Tensor&) { return Tensor(2.0); })(x)) == Numbers{0, 0});
}

TEST_CASE("an empty list of argument numbers is an error, and not the first argument", "[func]") {
  const auto product = [](const Tensor& a, const Tensor& b) { return sum(a * b); };
  const std::vector<std::int64_t> none;
  const auto refused = Contains(": the list of argument numbers is empty: name those to differentiate by");
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { static_cast<void>(func::grad(product, none)); }),
             StartsWith("grad") && refused);
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { static_cast<void>(func::value_and_grad(product, none)); }),
             StartsWith("value_and_grad") && refused);
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { static_cast<void>(func::jacobian(product, none)); }),
             StartsWith("jacobian") && refused);
}

TEST_CASE("value_and_grad gives both, and what the function returns besides", "[func]") {
  const Tensor x{1.0, 2.0};
  const auto [value, g] = func::value_and_grad(cube)(x);
  CHECK(value.item() == 9);
  CHECK(numbers(g) == Numbers{3, 12});
  CHECK_FALSE(value.requires_grad());
  const auto with_aux = [](const Tensor& a) {
    const Tensor squares = a * a;
    return std::pair(sum(squares * a), squares);
  };
  const auto [v, slope, aux] = func::value_and_grad(with_aux)(x);
  CHECK(v.item() == 9);
  CHECK(numbers(slope) == Numbers{3, 12});
  CHECK(numbers(aux) == Numbers{1, 4});
  CHECK_FALSE(aux.requires_grad());
  const auto with_text = [](const Tensor& a) { return std::pair(sum(a), std::string("text")); };
  CHECK(func::grad(with_text)(x).second == "text");
}

TEST_CASE("a seed weighs the elements of a result of any shape", "[func]") {
  const Tensor x{1.0, 2.0};
  const auto squares = [](const Tensor& a) { return a * a; };
  CHECK(numbers(func::grad(squares).seed(Tensor{10.0, -1.0})(x)) == Numbers{20, -4});
  CHECK_THAT(thrown_by([&] { func::grad(squares)(x); }),
             Contains("grad: the function must return one element, but returned shape (2)"));
  CHECK_THAT(thrown_by([&] { func::grad(squares).seed(Tensor{1.0})(x); }),
             Contains("grad: the seed has shape (1), the result of the function (2)"));
}

TEST_CASE("transforms leave tensors as they were, and release their graphs", "[func]") {
  const Tensor w = leaf({1, 2});
  const std::int64_t before = live_nodes();
  {
    const Tensor g = func::grad([&](const Tensor& x) { return sum(x * x * w); })(Tensor{3.0, 4.0});
    CHECK(g.requires_grad());  // it depends on w, which is recorded
    CHECK(numbers(grad(sum(g), w)) == Numbers{6, 8});
  }
  CHECK_FALSE(w.grad().defined());
  CHECK(live_nodes() == before);
  {
    const NoGrad off;
    const Tensor g = func::grad([&](const Tensor& x) { return sum(x * x * w); })(Tensor{3.0, 4.0});
    CHECK_FALSE(g.requires_grad());
    CHECK(numbers(g) == Numbers{6, 16});
  }
  CHECK_FALSE(func::grad(cube)(Tensor{1.0}).requires_grad());
}

TEST_CASE("gradients nest to any order, and know whose variable is whose", "[func]") {
  const Tensor x(2.0);
  const auto f = [](const Tensor& a) { return a * a * a * a; };
  const auto first = func::grad(f);
  const auto second = func::grad(first);
  const auto third = func::grad(second);
  CHECK(first(x).item() == 32);
  CHECK(second(x).item() == 48);
  CHECK(third(x).item() == 48);
  // d/dx (x d/dy (x y)) at y = x: an inner derivative that took x for its own variable would give 3 x instead of 2 x.
  const auto outer = [](const Tensor& a) { return a * func::grad([&](const Tensor& b) { return a * b; })(a); };
  CHECK(func::grad(outer)(x).item() == 4);
  const auto forward = [](const Tensor& a) {
    return a * func::jvp([&](const Tensor& b) { return a * b; }, a, Tensor(1.0)).second;
  };
  CHECK(func::jvp(forward, x, Tensor(1.0)).second.item() == 4);
  CHECK(func::grad(forward)(x).item() == 4);
}

TEST_CASE("vjp returns the value and a function that may be called again", "[func]") {
  const auto f = [](const Tensor& a, const Tensor& b) { return matmul(a, b); };
  const Tensor a{{1.0, 2.0}, {3.0, 4.0}}, b{{5.0}, {6.0}};
  const auto [y, pullback] = func::vjp(f, a, b);
  CHECK(numbers(y) == Numbers{17, 39});
  for (int again = 0; again < 2; ++again) {
    const Tensors g = pullback(Tensor{{1.0}, {10.0}});
    CHECK(numbers(g[0]) == Numbers{5, 6, 50, 60});
    CHECK(numbers(g[1]) == Numbers{31, 42});
  }
  const auto [one, back] = func::vjp(cube, Tensor{2.0});
  CHECK(numbers(back(Tensor(1.0))) == Numbers{12});
  CHECK_THAT(thrown_by([&p = pullback] { p(Tensor{1.0}); }), Contains("vjp: the seed has shape (1)"));
}

TEST_CASE("jvp and linearize give the derivative along a direction", "[func]") {
  const Tensor x{1.0, 2.0, 3.0}, t{0.5, -1.0, 2.0};
  const auto f = [](const Tensor& a) { return sin(a) * a; };
  const auto [y, ty] = func::jvp(f, x, t);
  for (std::int64_t i = 0; i < 3; ++i) {
    const double at = x(i).item();
    CHECK(y(i).item() == Approx(std::sin(at) * at));
    CHECK(ty(i).item() == Approx((std::cos(at) * at + std::sin(at)) * t(i).item()));
  }
  CHECK_FALSE(ty.requires_grad());
  const auto [value, along] = func::linearize(f, x);
  CHECK(difference(along(t), ty) == "");
  CHECK(difference(along(2.0 * t), 2.0 * ty, 1e-15) == "");
  CHECK(difference(value, y) == "");
  const auto two = [](const Tensors& in) { return Tensors{in[0] * in[1], in[0] + in[1]}; };
  const auto [list, tangents] = func::jvp(two, Tensors{x, t}, Tensors{Tensor(), x});
  CHECK(list.size() == 2);
  CHECK(numbers(tangents[0]) == Numbers{1, 4, 9});
  CHECK(numbers(tangents[1]) == Numbers{1, 2, 3});
}

TEST_CASE("a tangent that cannot be is refused", "[func]") {
  const Tensor x{1.0, 2.0};
  CHECK_THAT(thrown_by([&] { func::jvp(cube, x, Tensor{1.0}); }),
             Contains("jvp: tangent 0 has shape (1), its argument (2): they must agree"));
  CHECK_THAT(thrown_by([&] { func::jvp(cube, x, Tensor{1, 2}); }), Contains("jvp: tangent 0 is int64"));
  CHECK_THAT(thrown_by([&] { func::jvp(cube, Tensor{1, 2}, x); }), Contains("jvp: argument 0 is int64"));
  CHECK_THAT(thrown_by([&] { func::grad(cube, 3)(x); }), Contains("grad: argument number 3 of a call with 1"));
  CHECK_THAT(thrown_by([&] { func::grad(cube)(Tensor()); }), Contains("grad: argument 0 is an empty tensor"));
}

TEST_CASE("forward mode refuses a graph that was freed, and a saved value that was written", "[func]") {
  Tensor scale{2.0, 3.0};
  const auto [y, along] = func::linearize([&](const Tensor& x) { return x * scale; }, Tensor{1.0, 1.0});
  CHECK(numbers(along(Tensor{1.0, 1.0})) == Numbers{2, 3});
  scale += 1;
  CHECK_THAT(thrown_by([&a = along] {
               a(Tensor{1.0, 1.0});
             }),
             Contains("linearize: mul") && Contains("written in place"));
}

TEST_CASE("a rule that loops over raw numbers has no forward mode, unless it brings its own", "[func]") {
  const auto doubled = [](const Tensor& x, bool with) {
    const auto rule = once_differentiable([](Tensor g) {
      Tensor out = Raw::uninitialized(g.shape(), g.dtype());
      for (std::int64_t i = 0; i < g.size(); ++i) Raw::write<double>(out)[i] = 2 * Raw::data<double>(g)[i];
      return out;
    });
    const Tensor y = 2.0 * x.detach();
    if (with) return record("doubled", Source::here(), y, {x}, with_push(rule, [](Tensor t) { return 2.0 * t; }));
    return record("doubled", Source::here(), y, {x}, rule);
  };
  const Tensor x{1.0, 2.0};
  CHECK_THAT(thrown_by<std::logic_error>([&] { func::jvp([&](const Tensor& a) { return doubled(a, false); }, x, x); }),
             Contains("jvp through doubled (func_test.cpp:") && Contains("give it a push"));
  CHECK(numbers(func::jvp([&](const Tensor& a) { return doubled(a, true); }, x, x).second) == Numbers{2, 4});
  // A Jacobian takes the other way by itself.
  const Tensor j = func::jacobian([&](const Tensor& a) { return doubled(a, false); })(x);
  CHECK(numbers(j) == Numbers{2, 0, 0, 2});
}

TEST_CASE("a Jacobian has the shape of the result and that of the argument, in both modes", "[func]") {
  const Tensor x{{0.3, -0.7, 1.1}, {0.2, 0.9, -0.4}}, w{{1.0, 2.0}, {0.5, -1.0}, {2.0, 0.25}};
  const auto f = [&](const Tensor& a) { return tanh(matmul(a, w)); };
  const Tensor forward = func::jacfwd(f)(x), reverse = func::jacrev(f)(x);
  CHECK(forward.shape() == Shape{2, 2, 2, 3});
  CHECK(difference(forward, reverse, 1e-13, 1e-15) == "");
  for (std::int64_t i = 0; i < 2; ++i)
    for (std::int64_t j = 0; j < 2; ++j) {
      const auto element = [&](const Tensor& a) { return f(a)(i, j); };
      CHECK(difference(forward(i, j), numerical_gradient(element, x), 1e-6, 1e-8) == "");
    }
  const Tensors blocks = func::jacobian([](const Tensors& in) { return in[0] * in[1]; })({x, x(0)});
  CHECK(blocks[0].shape() == Shape{2, 3, 2, 3});
  CHECK(blocks[1].shape() == Shape{2, 3, 3});
  CHECK(func::jacobian(f)(zeros({0, 3}, float64)).shape() == Shape{0, 2, 0, 3});
  CHECK(func::jacfwd([](const Tensor& a) { return sum(a); })(zeros({0, 3}, float64)).shape() == Shape{0, 3});
  CHECK(numbers(func::jacobian([](const Tensor& a) { return a * a; })(Tensor(3.0))) == Numbers{6});
}

TEST_CASE("where an elementwise function is flat in an input, its tangent is zeros", "[func]") {
  const auto steps = [](const Tensor& a) { return elementwise([](auto v) { return floor(v); }, a); };
  const Tensor x{0.5, 1.5};
  CHECK(numbers(func::jvp(steps, x, x).second) == Numbers{0, 0});
  CHECK(difference(func::jacfwd(steps)(x), zeros({2, 2}, float64)) == "");
  CHECK(difference(func::jacobian(steps)(x), zeros({2, 2}, float64)) == "");
  // An input that is only compared, and broadcasts.
  const Tensor condition{{1.0}, {-1.0}, {2.0}}, v = reshape(arange(1., 13.), {3, 4});
  const auto chosen = [](const Tensors& in) {
    return elementwise([](auto c, auto u) { return where(c > 0, u * u, 0.0); }, in[0], in[1]);
  };
  const auto along = [&](const Tensor& t, const Tensor& u) {
    return func::jvp([&](const Tensors& in) { return Tensors{chosen(in)}; }, Tensors{condition, v}, Tensors{t, u})
        .second[0];
  };
  const Tensor t = ones({3, 1}, float64), u = ones({3, 4}, float64);
  CHECK(difference(along(t, Tensor()), zeros({3, 4}, float64)) == "");
  CHECK(difference(along(t, u), along(Tensor(), u)) == "");
  CHECK(numbers(along(t, u)) == Numbers{2, 4, 6, 8, 0, 0, 0, 0, 18, 20, 22, 24});
  const Tensors forward = func::jacfwd(chosen)({condition, v}), reverse = func::jacrev(chosen)({condition, v});
  CHECK(difference(forward[0], zeros({3, 4, 3, 1}, float64)) == "");
  CHECK(difference(forward[1], reverse[1]) == "");
  // Over a recorded derivative.
  const auto slope = func::grad([&](const Tensor& a) { return sum(chosen({a, v}) * a); });
  CHECK(difference(func::jacfwd(slope)(condition), zeros({3, 1, 3, 1}, float64)) == "");
}

TEST_CASE("a Hessian is that of differences of gradients, and symmetric", "[func]") {
  const Tensor x{-1.2, 1.0, 0.4, 2.0, -0.3};
  const Tensor h = func::hessian(rosenbrock)(x);
  CHECK(h.shape() == Shape{5, 5});
  CHECK(difference(h, transpose(h), 1e-12, 1e-12) == "");
  for (std::int64_t i = 0; i < 5; ++i) {
    const auto slope = [&](const Tensor& a) { return func::grad(rosenbrock)(a)(i); };
    CHECK(difference(h(i), numerical_gradient(slope, x), 1e-6, 1e-4) == "");
  }
  const Tensor v{1.0, -2.0, 0.5, 0.0, 3.0};
  CHECK(difference(func::hvp(rosenbrock, x, v), matmul(h, v), 1e-12, 1e-12) == "");
  const auto of_two = [](const Tensors& in) { return sum(in[0] * in[0]) * sum(in[1]); };
  const auto blocks = func::hessian(of_two)({Tensor{1.0, 2.0}, Tensor{3.0}});
  CHECK(numbers(blocks[0][0]) == Numbers{6, 0, 0, 6});
  CHECK(numbers(blocks[0][1]) == Numbers{2, 4});
  CHECK(numbers(blocks[1][0]) == Numbers{2, 4});
  CHECK(numbers(blocks[1][1]) == Numbers{0});
}

TEST_CASE("Jacobians and Hessians can be differentiated", "[func]") {
  const Tensor x{0.7, -0.4};
  const auto trace_of_hessian = [](const Tensor& a) {
    const auto h = func::hessian([](const Tensor& b) { return sum(b * b * b * b); })(a);
    return h(0, 0) + h(1, 1);
  };
  const Tensor g = func::grad(trace_of_hessian)(x);
  CHECK(difference(g, 24.0 * x, 1e-13) == "");
  const auto squared = [](const Tensor& a) {
    return sum(square(func::jacfwd([](const Tensor& b) { return sin(b); })(a)));
  };
  CHECK(difference(func::grad(squared)(x), -sin(2.0 * x), 1e-13) == "");
}

TEST_CASE("per-sample gradients are those of each sample alone, and their sum that of the batch", "[func]") {
  const Tensor w{{0.2, -0.5, 0.1}, {0.7, 0.3, -0.2}}, b{0.1, -0.3};
  const Tensor x{{1.0, 2.0, 3.0}, {-1.0, 0.5, 0.0}, {0.3, 0.2, 0.1}, {2.0, -1.0, 1.0}};
  const Tensor labels{0, 1, 1, 0};
  const auto loss = [](const Tensors& params, const Tensor& in, const Tensor& label) {
    return nn::cross_entropy(unsqueeze(linear(in, params[0], params[1]), 0), unsqueeze(label, 0));
  };
  const Tensors each = func::per_sample_grad(loss)(Tensors{w, b}, x, labels);
  CHECK(each[0].shape() == Shape{4, 2, 3});
  CHECK(each[1].shape() == Shape{4, 2});
  const auto whole = [](const Tensors& params, const Tensor& in, const Tensor& label) {
    return nn::cross_entropy(linear(in, params[0], params[1]), label);
  };
  const Tensors all = func::grad(whole)(Tensors{w, b}, x, labels);
  CHECK(difference(mean(each[0], 0), all[0], 1e-14, 1e-15) == "");
  CHECK(difference(mean(each[1], 0), all[1], 1e-14, 1e-15) == "");
  CHECK_THAT(thrown_by([&] {
               func::per_sample_grad(loss)(Tensors{w, b}, x, Tensor{0, 1});
             }),
             Contains("tensor 1 of the batch holds 2 samples, the first 4"));
}

TEST_CASE("forward mode does not recurse, however long the chain", "[func]") {
  const auto chain = [](const Tensor& x) {
    Tensor y = x;
    for (int i = 0; i < 100000; ++i) y = y + 0.5 * y - 0.5 * y;
    return y;
  };
  const auto [y, t] = func::jvp(chain, Tensor(1.0), Tensor(2.0));
  CHECK(y.item() == 1);
  CHECK(t.item() == 2);
}

TEST_CASE("a Jacobian in chunks is that of all columns at once", "[func]") {
  const std::int64_t n = 1500;
  const Tensor x = linspace(0.1, 1.0, n, float64);
  const Tensor j = func::jacfwd([](const Tensor& a) { return a * a; })(x);
  CHECK(difference(diagonal(j), 2.0 * x, 1e-15) == "");
  CHECK(sum(j).item() == Approx(sum(2.0 * x).item()));
}

TEST_CASE("a Jacobian has the dtype of the argument, whatever its shape and the mode", "[func]") {
  const Tensor x{1.f, 2.f};
  const auto squares = [](const Tensor& in) { return to(in * in, float64); };
  const auto total = [](const Tensor& in) { return sum(to(in * in, float64)); };
  CHECK(func::jacobian(squares)(x).dtype() == float32);
  CHECK(func::jacobian(total)(x).dtype() == float32);
  CHECK(func::jacfwd(squares)(x).dtype() == float32);
  CHECK(func::jacrev(squares)(x).dtype() == float32);
  CHECK(numbers(func::jacfwd(squares)(x)) == Numbers{2, 0, 0, 4});
  const auto narrowed = [](const Tensor& in) { return to(in * in, float32); };
  CHECK(func::jacfwd(narrowed)(Tensor{1., 2.}).dtype() == float64);
  CHECK(func::jacrev(narrowed)(Tensor{1., 2.}).dtype() == float64);
}

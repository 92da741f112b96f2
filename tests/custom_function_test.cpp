// Functions with a gradient of the user's own, and their check.

#include <cmath>
#include <sstream>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/autograd/graph/profiler.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/extend.hpp>
#include <xgrad/func.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;
using func::Tensors;

namespace {

struct Cube : func::Function<Cube> {
  static constexpr const char* name = "cube";
  static Tensor forward(func::Context& context, const Tensor& x) {
    context.save_for_backward({x});
    return x * x * x;
  }
  static Tensors backward(func::Context& context, const Tensor& g) {
    const Tensor& x = context.saved()[0];
    return {3.0 * x * x * g};
  }
};

/// y = x^p by a loop, with the result and the exponent kept.
struct Power : func::Function<Power> {
  static constexpr const char* name = "power";
  static constexpr bool once_differentiable = true;
  static Tensor forward(func::Context& context, const Tensor& x, double p) {
    context.data = p;
    const Tensor y = pow(x, p);
    context.save_for_backward({x, y});
    return y;
  }
  static Tensors backward(func::Context& context, const Tensor& g) {
    const double p = std::any_cast<double>(context.data);
    const Tensor &x = context.saved()[0], &y = context.saved()[1];
    Tensor out = Raw::uninitialized(x.shape(), x.dtype());
    for (std::int64_t i = 0; i < x.size(); ++i)
      Raw::write<double>(out)[i] = p * Raw::data<double>(y)[i] / Raw::data<double>(x)[i] * Raw::data<double>(g)[i];
    return {out};
  }
};

struct PowerForward : func::Function<PowerForward> {
  static constexpr const char* name = "power_forward";
  static constexpr bool once_differentiable = true;
  static Tensor forward(func::Context& context, const Tensor& x, double p) { return Power::forward(context, x, p); }
  static Tensors backward(func::Context& context, const Tensor& g) { return Power::backward(context, g); }
  static Tensor jvp(func::Context& context, const Tensors& t) {
    return std::any_cast<double>(context.data) * context.saved()[1] / context.saved()[0] * t[0];
  }
};

/// A matrix product with a jvp.
struct Product : func::Function<Product> {
  static constexpr const char* name = "product";
  static Tensor forward(func::Context& context, const Tensor& a, const Tensor& b) {
    context.save_for_backward({a, b});
    return matmul(a, b);
  }
  static Tensors backward(func::Context& context, const Tensor& g) {
    return {matmul(g, transpose(context.saved()[1])), matmul(transpose(context.saved()[0]), g)};
  }
  static Tensor jvp(func::Context& context, const Tensors& t) {
    return matmul(t[0], context.saved()[1]) + matmul(context.saved()[0], t[1]);
  }
};

/// a b, with the gradients in the wrong order.
struct Crossed : func::Function<Crossed> {
  static constexpr const char* name = "crossed";
  static Tensor forward(func::Context& context, const Tensor& a, const Tensor& b) {
    context.save_for_backward({a, b});
    return a * b;
  }
  static Tensors backward(func::Context& context, const Tensor& g) {
    return {context.saved()[0] * g, context.saved()[1] * g};
  }
};

}  // namespace

TEST_CASE("a class with a forward and a backward is a function of tensors, of any order", "[custom]") {
  const Tensor x = leaf({2.0, -1.0});
  const Tensor y = Cube::apply(x);
  CHECK(numbers(y) == Numbers{8, -1});
  sum(y).backward();
  CHECK(numbers(x.grad()) == Numbers{12, 3});
  CHECK(func::check([](const Tensor& in) { return Cube::apply(in); }, Tensor{1.5, -0.5, 2.0}).message == "");
  CHECK(numbers(func::hessian([](const Tensor& in) { return sum(Cube::apply(in)); })(Tensor{2.0})) == Numbers{12});
  CHECK_FALSE(Cube::apply(Tensor{1.0}).requires_grad());
}

TEST_CASE("a backward over raw numbers is once differentiable, and says so", "[custom]") {
  const auto power = [](const Tensor& in) { return Power::apply(in, 2.5); };
  CHECK(func::check(power, Tensor{1.5, 0.5, 2.0}).message == "");
  CHECK_THAT(thrown_by([&] { func::jvp(power, Tensor{1.0}, Tensor{1.0}); }), Contains("jvp through power"));
  const Tensor x = leaf({2.0});
  const Tensor slope = grad(power(x), x, create_graph);
  CHECK_THAT(thrown_by([&] { sum(slope).backward(); }), Contains("once_differentiable()"));
  const auto with = [](const Tensor& in) { return PowerForward::apply(in, 2.5); };
  CHECK(func::check(with, Tensor{1.5, 0.5, 2.0}).message == "");
  CHECK(func::jvp(with, Tensor{4.0}, Tensor{1.0}).second.item() == Approx(2.5 * 8));
}

TEST_CASE("a name outlives its function, in nodes and in profiles", "[custom]") {
  const auto square = [](const std::string& name, const Tensor& x) {
    return func::custom(
        name, [](const func::Tensors& in) { return in[0] * in[0]; },
        [](const func::Tensors& in, const Tensor&, const Tensor& g) { return func::Tensors{2.0 * in[0] * g}; })(x);
  };
  const Tensor x = leaf({3.0});
  Profiler profiler;
  const Tensor y = square("a name too long for a string without memory of its own", x);
  const Tensor slope = grad(square("another name that needs memory, " + std::to_string(7), x), x);
  profiler.stop();
  CHECK(Raw::node(y)->name() == std::string("a name too long for a string without memory of its own"));
  CHECK_THAT(profiler.table(), Contains("another name that needs memory, 7"));
}

TEST_CASE("the check finds a wrong gradient and a wrong tangent", "[custom]") {
  const auto crossed = [](const Tensors& in) { return Crossed::apply(in[0], in[1]); };
  CHECK_FALSE(func::check(crossed, Tensors{Tensor{1.0, 2.0}, Tensor{3.0, 5.0}}).passed);
  const auto forward = [](const Tensors& x) { return x[0] * x[0]; };
  const auto backward = [](const Tensors& x, const Tensor&, const Tensor& g) { return Tensors{2.0 * x[0] * g}; };
  const auto squared = func::custom("squared", forward, backward);
  CHECK(func::check(squared, Tensor{1.0, -2.0}).message == "");
  const auto wrong = squared.jvp([](const Tensors& x, const Tensor&, const Tensors& t) { return 2.001 * x[0] * t[0]; });
  CHECK_THAT(func::check(wrong, Tensor{1.0, -2.0}).message, Contains("forward mode gives"));
  const auto right = squared.jvp([](const Tensors& x, const Tensor&, const Tensors& t) { return 2.0 * x[0] * t[0]; });
  CHECK(func::check(right, Tensor{1.0, -2.0}).message == "");
}

TEST_CASE("lambdas make a function, of several arguments and with the result", "[custom]") {
  const auto softmul = func::custom(
      "softmul", [](const Tensors& x) { return exp(x[0]) * x[1]; },
      [](const Tensors& x, const Tensor& y, const Tensor& g) {
        return Tensors{y * g, exp(x[0]) * g};
      });
  CHECK(
      func::check([&](const Tensors& x) { return softmul(x); }, Tensors{Tensor{0.1, 0.2}, Tensor{0.5, -0.7}}).message ==
      "");
  const Tensor labels{1, 2};
  const auto mixed = func::custom(
      "mixed", [](const Tensors& x) { return x[0] * x[1]; },
      [](const Tensors& x, const Tensor&, const Tensor& g) {
        return Tensors{x[1] * g, Tensor()};
      });
  const Tensor x = leaf({3.0, 4.0});
  sum(mixed(x, labels)).backward();
  CHECK(numbers(x.grad()) == Numbers{1, 2});
}

TEST_CASE("faults of a custom function are errors that name it", "[custom]") {
  const auto one = func::custom(
      "one", [](const Tensors& x) { return x[0] + x[1]; },
      [](const Tensors&, const Tensor&, const Tensor& g) { return Tensors{g}; });
  const Tensor x = leaf({1.0});
  CHECK_THAT(thrown_by<std::logic_error>([&] { sum(one(x, x)).backward(); }),
             Contains("backward of one") && Contains("its backward gave 1 gradients for 2 tensors"));
  CHECK_THAT(thrown_by([&] { one(x, Tensor()); }), Contains("one: argument 1 is an empty tensor"));
  const auto shape = func::custom(
      "shape", [](const Tensors& in) { return in[0] * 1.0; },
      [](const Tensors&, const Tensor&, const Tensor&) { return Tensors{ones({3})}; });
  const Tensor two = leaf({1.0, 2.0});
  CHECK_THAT(thrown_by([&] { sum(shape(two)).backward(); }), Contains("backward of shape"));
  CHECK_THAT(thrown_by([] { func::custom("", nullptr, nullptr); }), Contains("custom: the name is empty"));
  Tensor w = leaf({2.0});
  const Tensor y = Cube::apply(w * 1.0);
  const Tensor kept = w * 1.0;
  const Tensor z = Cube::apply(kept);
  {
    const NoGrad off;
    kept.fill_(5);
  }
  CHECK_THAT(thrown_by([&] { sum(z).backward(); }), Contains("cube") && Contains("written in place"));
  CHECK(numbers(grad(sum(y), w)) == Numbers{12});
}

TEST_CASE("a function that returns its argument, and one that is used and forgotten, leave nothing behind",
          "[custom]") {
  const std::int64_t before = live_nodes();
  {
    const auto same = func::custom(
        "same", [](const Tensors& x) { return x[0]; },
        [](const Tensors&, const Tensor&, const Tensor& g) { return Tensors{2.0 * g}; });
    const Tensor x = leaf({1.0});
    sum(same(x)).backward();
    CHECK(numbers(x.grad()) == Numbers{2});
    const Tensor unused = Cube::apply(x);
  }
  CHECK(live_nodes() == before);
}

TEST_CASE("a backward that returns a tensor of the user's leaves it a constant", "[custom]") {
  const Tensor mask{0.0, 2.0}, x = leaf({3.0, 4.0});
  const auto masked = func::custom(
                          "masked", [mask](const Tensors& in) { return in[0] * mask; },
                          [mask](const Tensors&, const Tensor&, const Tensor&) { return Tensors{mask}; })
                          .once_differentiable();
  const Tensor slope = grad(sum(masked(x)), x, create_graph);
  CHECK(numbers(slope) == Numbers{0, 2});
  CHECK(slope.requires_grad());
  CHECK_FALSE(mask.requires_grad());
  mask.fill_(1.0);
}

TEST_CASE("a forward that returns a tensor of the user's leaves it a constant", "[custom]") {
  const Tensor table{5.0, 6.0}, x = leaf({3.0, 4.0});
  const auto fixed = func::custom(
      "fixed", [table](const Tensors&) { return table; },
      [](const Tensors&, const Tensor& y, const Tensor& g) { return Tensors{y * g}; });
  const Tensor y = fixed(x);
  CHECK(y.requires_grad());
  CHECK_FALSE(table.requires_grad());
  sum(y).backward();
  CHECK(numbers(x.grad()) == Numbers{5, 6});
}

TEST_CASE("a backward that writes the gradient that it is given in place is refused", "[custom]") {
  const auto doubled = func::custom(
      "doubled", [](const Tensors& in) { return in[0] * 2.0; },
      [](const Tensors&, const Tensor&, const Tensor& g) { return Tensors{g.mul_(2.0)}; });
  const Tensor x = leaf({1.0}), b = leaf({1.0});
  CHECK_THAT(thrown_by<std::logic_error>([&] { sum(doubled(x) + b).backward(); }),
             Contains("backward of doubled") && Contains("in place at custom_function_test.cpp:"));
  CHECK_FALSE(b.grad().defined());
}

TEST_CASE("a jvp that returns nothing means zeros, in every way forward", "[custom]") {
  const auto flat = func::custom(
                        "flat", [](const Tensors& x) { return sum(x[0] > 0.0).to(float64) * ones({2}, float64); },
                        [](const Tensors&, const Tensor&, const Tensor&) { return Tensors{Tensor()}; })
                        .jvp([](const Tensors&, const Tensor&, const Tensors&) { return Tensor(); });
  const auto f = [&](const Tensor& x) { return flat(x) + x * x; };
  const Tensor x{2.0, 3.0};
  CHECK(numbers(func::jvp(f, x, Tensor{1.0, 1.0}).second) == Numbers{4, 6});
  CHECK(numbers(func::jacfwd(f)(x)) == Numbers{4, 0, 0, 6});
  CHECK(numbers(func::hessian([&](const Tensor& a) { return sum(f(a)); })(x)) == Numbers{2, 0, 0, 2});
}

TEST_CASE("a jvp is given zeros of its shape for an argument that is not differentiated", "[custom]") {
  const Tensor a{{1., 2., 3.}, {0., 1., -1.}}, b{{2., 1.}, {1., 1.}, {0., 3.}};
  const auto by_a = [&](const Tensor& x) { return Product::apply(x, b); };
  const auto by_b = [&](const Tensor& x) { return Product::apply(a, x); };
  CHECK(numbers(func::jvp(by_a, a, ones({2, 3}, float64)).second) == Numbers{3, 5, 3, 5});
  CHECK(numbers(func::jvp(by_b, b, ones({3, 2}, float64)).second) == Numbers{6, 6, 0, 0});
  CHECK(func::check(by_a, a).message == "");
  CHECK(func::check(by_b, b).message == "");
  const auto custom = func::custom(
                          "scaled", [](const Tensors& x) { return x[0] * x[1]; },
                          [](const Tensors& x, const Tensor&, const Tensor& g) {
                            return Tensors{g * x[1], sum(g * x[0], 0)};
                          })
                          .jvp([](const Tensors& x, const Tensor&, const Tensors& t) {
                            CHECK(t[0].shape() == x[0].shape());
                            CHECK(t[1].shape() == x[1].shape());
                            return t[0] * x[1] + x[0] * t[1];
                          });
  const Tensor row{1., 2., 3.};
  CHECK(numbers(func::jvp([&](const Tensor& x) { return custom(x, row); }, a, ones({2, 3}, float64)).second) ==
        Numbers{1, 2, 3, 1, 2, 3});
}

namespace {

// y = 4 x^2, the gradient by a graph of its own: of the gradient of h^3, plus h^2, with respect to h.
struct ByAGraph : func::Function<ByAGraph> {
  static constexpr const char* name = "by_a_graph";
  static Tensor forward(func::Context& context, const Tensor& x) {
    context.save_for_backward({x});
    return 4.0 * x * x;
  }
  static Tensors backward(func::Context& context, const Tensor& g) {
    const EnableGrad on;
    const Tensor& x = context.saved()[0];
    const Tensor h = x.requires_grad() ? x * 1.0 : x.detach().requires_grad_();
    return {grad(grad(sum(h * h * h), h, create_graph) + h * h, h, g, create_graph)};
  }
};

}  // namespace

TEST_CASE("a backward that differentiates by itself is right in forward mode too", "[custom]") {
  const Tensor x{.5, -1.5, 2.}, t{1., 2., -1.}, right{4., -24., -16.};
  const auto f = [](const Tensor& v) { return ByAGraph::apply(v); };
  CHECK(difference(func::jvp(f, x, t).second, right) == "");
  CHECK(difference(func::jacfwd(f)(x), func::jacrev(f)(x)) == "");
  CHECK(difference(func::hessian([&](const Tensor& v) { return sum(f(v) * v); })(x), diag(Tensor{12., -36., 48.})) ==
        "");
}

TEST_CASE("the check finds a backward over raw numbers that does not say so", "[custom]") {
  const auto raw = [](const Tensors& x, const Tensor&, const Tensor& g) {
    Tensor slope = Raw::uninitialized(x[0].shape(), float64);
    for (std::int64_t i = 0; i < g.size(); ++i)
      Raw::write<double>(slope)[i] = 2 * Raw::data<double>(x[0])[i] * Raw::data<double>(g)[i];
    return Tensors{slope};
  };
  const auto square = [](const Tensors& x) { return x[0] * x[0]; };
  const func::Custom silent = func::custom("silent", square, raw);
  const GradcheckResult result = func::check([&](const Tensor& x) { return silent(x); }, Tensor{1., 2.});
  CHECK_FALSE(result.passed);
  CHECK_THAT(result.message, Contains("read raw numbers"));
  const func::Custom said = silent.once_differentiable();
  CHECK(func::check([&](const Tensor& x) { return said(x); }, Tensor{1., 2.}).passed);
}

TEST_CASE("a raw read of a rule counts although a custom function is called with the same tensor", "[custom]") {
  const func::Custom same = func::custom(
      "same", [](const Tensors& x) { return x[0] * 1.0; },
      [](const Tensors&, const Tensor&, const Tensor& g) { return Tensors{g}; });
  const func::Custom cube = func::custom(
      "cube", [](const Tensors& x) { return x[0] * x[0] * x[0]; },
      [&](const Tensors& x, const Tensor&, const Tensor& g) {
        const Tensor raw = x[0].to_xarray<double>();
        return Tensors{3.0 * raw * same(x[0]) * g};
      });
  const Tensor x = leaf({1, 2});
  CHECK_THAT(thrown_by<std::logic_error>([&] { static_cast<void>(grad(sum(cube(x)), x, create_graph)); }),
             Contains("read raw numbers"));
}

TEST_CASE("a rule may print what it reads, and use a checkpoint", "[custom]") {
  const func::Custom cube = func::custom(
      "cube", [](const Tensors& x) { return x[0] * x[0] * x[0]; },
      [](const Tensors& x, const Tensor&, const Tensor& g) {
        std::ostringstream text;
        text << x[0];
        return Tensors{func::checkpoint([](const Tensor& v) { return 3.0 * v * v; }, x[0]) * g};
      });
  const Tensor x = leaf({1, 2});
  const Tensor slope = grad(sum(cube(x)), x, create_graph);
  CHECK(difference(grad(sum(slope), x), Tensor{6., 12.}) == "");
}

TEST_CASE("retain_grad() of a saved leaf leaves the leaf its gradient", "[custom]") {
  const func::Custom doubled = func::custom(
      "doubled", [](const Tensors& x) { return 2 * x[0]; },
      [](const Tensors& x, const Tensor&, const Tensor& g) {
        if (x[0].requires_grad()) x[0].retain_grad();
        return Tensors{2 * g};
      });
  const Tensor a = leaf({1, 2});
  static_cast<void>(grad(sum(doubled(a)), a, create_graph));
  sum(a * 3.0).backward();
  CHECK(difference(a.grad(), Tensor{3., 3.}) == "");
}

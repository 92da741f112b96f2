// Rules of record() under create_graph: what they read must reach their result by recorded ops.

#include <array>
#include <cmath>
#include <stdexcept>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/gradcheck.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/nn/functional.hpp>
#include <xgrad/nn/losses.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;

namespace {

/// x³ element by element, by a loop.
Tensor cubed(const Tensor& x) {
  Tensor y = Raw::uninitialized(x.shape(), x.dtype());
  for (std::int64_t i = 0; i < x.size(); ++i) Raw::write<double>(y)[i] = std::pow(Raw::data<double>(x)[i], 3);
  return y;
}

/// 3 g x² by a loop over raw numbers, which is not recorded.
Tensor loop(const Tensor& x, const Tensor& g) {
  Tensor out = Raw::uninitialized(x.shape(), x.dtype());
  for (std::int64_t i = 0; i < x.size(); ++i)
    Raw::write<double>(out)[i] = 3 * Raw::data<double>(g)[i] * Raw::data<double>(x)[i] * Raw::data<double>(x)[i];
  return out;
}

template <class Rule>
Tensor cube(const Tensor& x, Rule rule) {
  return record("cube", Source::here(), cubed(x.detach()), {x}, std::move(rule));
}

/// The gradient of f(x) with create_graph, and its sum's gradient.
template <class F>
Tensor second(const F& f, const Tensor& x) {
  const Tensor y = sum(f(x));
  const Tensor g = grad(y, x, create_graph);
  return grad(sum(g), x);
}

Tensor point() { return Tensor({1., 2., -0.5}).requires_grad_(); }

}  // namespace

TEST_CASE("a rule that loops over raw numbers is refused when backward is recorded, with the way out", "[record]") {
  const auto by_loop = [](const Tensor& x) {
    return cube(x, from<0>([](Tensor in, Tensor g) { return loop(in, g); }));
  };
  const Tensor x = point();
  CHECK(difference(grad(sum(by_loop(x)), x), Tensor{3., 12., .75}, 1e-14, 0) == "");
  CHECK_THROWS_AS(grad(sum(by_loop(x)), x, create_graph), std::logic_error);
  CHECK_THROWS_WITH(grad(sum(by_loop(x)), x, create_graph), Contains("backward of cube") && Contains("raw numbers") &&
                                                                Contains("write the rule over tensors") &&
                                                                Contains("once_differentiable"));
}

TEST_CASE("a rule that reads raw numbers through a view, an array or item() is refused too", "[record]") {
  const Tensor x = point();
  const auto refused = [&](auto slope) {
    const auto f = [&](const Tensor& in) { return cube(in, from<0>(slope)); };
    CHECK_THROWS_WITH(grad(sum(f(x)), x, create_graph),
                      Contains("backward of cube") && Contains("once_differentiable"));
    CHECK_NOTHROW(grad(sum(f(x)), x));
  };
  refused([](Tensor in, Tensor g) { return g * Tensor(3 * xt::eval(in.view<double>() * in.view<double>())); });
  refused([](Tensor in, Tensor g) {
    const xt::xarray<double> copy = in.to_xarray<double>();
    return g * Tensor(3 * copy * copy);
  });
  refused([](Tensor in, Tensor g) { return g * (3 * in[0].detach().item() * in[0].item() + 0 * in); });
  // A recorded use of the same value afterwards does not account for the read.
  refused([](Tensor in, Tensor g) {
    const auto* d = Raw::data<double>(in);
    return g * Tensor{3 * d[0], 3 * d[1], 3 * d[2]} * in;
  });
  refused([](Tensor in, Tensor g) {
    const auto* d = static_cast<const double*>(Raw::bytes(in));
    return g * Tensor{3 * d[0], 3 * d[1], 3 * d[2]} * in;
  });
  refused([](Tensor in, Tensor g) {
    Tensor slope;
    {
      const NoGrad off;
      slope = 3 * in;
    }
    return g * slope * in;
  });
  refused([](Tensor in, Tensor g) {
    const NoGrad off;
    return g * 3 * in * in;
  });
}

TEST_CASE("a rule that goes on with a detached value is refused too", "[record]") {
  const Tensor x = point();
  const auto refused = [&](auto slope) {
    const auto f = [&](const Tensor& in) { return cube(in, from<0>(slope)); };
    CHECK_THROWS_WITH(grad(sum(f(x)), x, create_graph),
                      Contains("backward of cube") && Contains("once_differentiable"));
    CHECK_NOTHROW(grad(sum(f(x)), x));
    const auto once = [&](const Tensor& in) { return cube(in, once_differentiable(from<0>(slope))); };
    CHECK_NOTHROW(grad(sum(once(x)), x, create_graph));
  };
  refused([](Tensor in, Tensor g) { return 3 * in.detach() * in * g; });
  refused([](Tensor in, Tensor g) { return 3 * Tensor(in).detach() * in * g; });
  refused([](Tensor in, Tensor g) { return 3 * (in * in).detach() * g; });
  refused([](Tensor in, Tensor g) {
    Tensor r = zeros_like(in);
    r.copy_((3 * in * in * g).detach());
    return r + 0 * g;
  });
  refused(
      [](Tensor in, Tensor g) { return elementwise([](auto u, auto v) { return 3 * u * u * v; }, in.detach(), g); });
  refused([](Tensor in, Tensor g) {
    Tensor r = 0 * g;
    const Tensor values = in.detach();
    for (std::int64_t i = 0; i < in.size(); ++i) r = r + 3 * values[i].item() * values[i].item() * g / in.size();
    return r;
  });
  // The values of a constant may be detached, and so may what the rule does not differentiate.
  const auto free = [](const Tensor& in) {
    return cube(in, from<0>([](Tensor u, Tensor g) { return 3 * g * u * u * ones({3}, float64).detach(); }));
  };
  CHECK(difference(second(free, x), Tensor{6., 12., -3.}, 1e-14, 0) == "");
}

TEST_CASE("a rule that gives whole numbers or truth values is refused", "[record]") {
  const Tensor x = point();
  const auto refused = [&](auto rule, const std::string& dtype) {
    for (const Graph graph : {Graph::release, create_graph}) {
      const Tensor y = sum(record("halve", Source::here(), x.detach() / 2, {x}, rule));
      CHECK_THAT(thrown_by<std::logic_error>([&] { grad(y, x, graph); }),
                 Contains("backward of halve (recorded_rules_test.cpp:") && Contains("a gradient that is " + dtype) &&
                     Contains("float32 or float64"));
    }
  };
  refused([](Tensor g) { return full(g.shape(), 2, int64); }, "int64");
  refused([](Tensor g) { return g > 0; }, "bool");
}

TEST_CASE("record says what is wrong with a result that it cannot take, and how to make one", "[record]") {
  const Tensor x = point();
  const auto refusal = [&](const Tensor& y) {
    return thrown_by<std::invalid_argument>([&] {
      static_cast<void>(record("own", Source{"model.cpp", 12}, y, {x}, [](Tensor g) { return g; }));
    });
  };
  CHECK_THAT(refusal(x * 2), Contains("own: the result given to record() of shape (3) is recorded already, by mul (") &&
                                 Contains("NoGrad") && Contains("(model.cpp:12)"));
  CHECK_THAT(refusal(x), Contains("own: ") && Contains("is input 0 itself") && Contains("clone()"));
  CHECK_THAT(refusal(point()), Contains("own: ") && Contains("a leaf that requires a gradient"));
  CHECK_THAT(refusal(Tensor{1, 2, 3}), Contains("own: ") && Contains("is int64") && Contains("without record()"));
  CHECK_THAT(refusal(Tensor()), Contains("own: ") && Contains("undefined"));
  // A constant that is an input too must not become a recorded result.
  const Tensor c = Tensor{1., 2., 3.};
  CHECK_THAT(thrown_by<std::invalid_argument>([&] {
               static_cast<void>(record(
                   "own", Source::here(), c, {x, c}, [](Tensor g) { return g; }, no_gradient));
             }),
             Contains("is input 1 itself"));
  CHECK_FALSE(c.requires_grad());
  CHECK_THAT(thrown_by<std::invalid_argument>([&] {
               static_cast<void>(record_each("own", Source::here(), x, {x}, [](std::size_t, Tensor g) { return g; }));
             }),
             Contains("is input 0 itself"));
  // Where nothing is recorded, whole numbers pass.
  const NoGrad off;
  CHECK(record("own", Source::here(), Tensor{1}, {x}, [](Tensor g) { return g; }).dtype() == int64);
}

TEST_CASE("a rule whose result does not depend on the upstream gradient is refused", "[record]") {
  const Tensor x = point(), w = point();
  const auto rule = [](Tensor g) { return ones_like(g) * 2; };
  const auto f = [&](const Tensor& in) { return record("twice", Source::here(), 2 * in.detach(), {in}, rule); };
  CHECK_THROWS_WITH(grad(sum(f(x) * w * w), x, create_graph),
                    Contains("backward of twice") && Contains("upstream gradient"));
}

TEST_CASE("rules over tensors pass, whatever of their inputs they use", "[record]") {
  const Tensor x = point();
  const auto f = [](const Tensor& in) { return cube(in, from<0>([](Tensor u, Tensor g) { return 3 * g * u * u; })); };
  CHECK(difference(second(f, x), Tensor{6., 12., -3.}, 1e-14, 0) == "");
  // A mask of the input: its slope in the input is zero, and with a constant g nothing is recorded.
  const auto half = [](const Tensor& in) {
    return record("half", Source::here(), where(in.detach() > 0, in.detach(), 0), {in},
                  from<0>([](Tensor u, Tensor g) { return where(u > 0, g, 0); }));
  };
  CHECK(difference(grad(sum(half(x)), x, create_graph).detach(), Tensor{1., 1., 0.}) == "");
  // The shape alone.
  const auto same = [](const Tensor& in) {
    return record("same", Source::here(), in.detach().clone(), {in},
                  from<0>([](Tensor u, Tensor g) { return reshape(g, u.shape()); }));
  };
  CHECK(difference(grad(sum(same(x) * x), x, create_graph).detach(), Tensor{2., 4., -1.}) == "");
}

TEST_CASE("a rule may use ops of the user's own, which read raw numbers and record", "[record]") {
  const auto own_square = [](const Tensor& in) {
    Tensor y = Raw::uninitialized(in.shape(), in.dtype());
    for (std::int64_t i = 0; i < in.size(); ++i)
      Raw::write<double>(y)[i] = Raw::data<double>(in)[i] * Raw::data<double>(in)[i];
    return record("own_square", Source::here(), y, {in}, from<0>([](Tensor u, Tensor g) { return 2 * g * u; }));
  };
  const auto f = [&](const Tensor& in) {
    return cube(in, from<0>([&](Tensor u, Tensor g) { return 3 * g * own_square(u); }));
  };
  CHECK(difference(second(f, point()), Tensor{6., 12., -3.}, 1e-14, 0) == "");
}

TEST_CASE("a rule that is once_differentiable lets backward be recorded, and refuses by name to go further",
          "[record]") {
  const auto f = [](const Tensor& x) {
    return cube(x, once_differentiable(from<0>([](Tensor in, Tensor g) { return loop(in, g); })));
  };
  const Tensor x = point();
  const Tensor g = grad(sum(f(x)), x, create_graph);
  CHECK(difference(g.detach(), Tensor{3., 12., .75}, 1e-14, 0) == "");
  CHECK_THROWS_AS(grad(sum(g), x), std::logic_error);
  CHECK_THROWS_WITH(grad(sum(g), x), Contains("backward of cube") && Contains("once_differentiable"));
  // Other paths are not affected.
  const Tensor y = sum(f(x)) + sum(square(x));
  CHECK_NOTHROW(grad(y, x, create_graph));
  CHECK(gradcheck([&](const std::vector<Tensor>& in) { return f(in[0]); }, {x}).passed);
}

TEST_CASE("a joint rule can be once_differentiable too", "[record]") {
  const Tensor a = point(), b = point();
  const auto f = [](const Tensor& u, const Tensor& v) {
    return record("outer", Source::here(), u.detach() * v.detach(), {u, v},
                  once_differentiable(joint<0, 1>([](Tensor p, Tensor q, Tensor g, Needs) {
                    return std::array<Tensor, 2>{loop(q, g) / (3 * q), loop(p, g) / (3 * p)};
                  })));
  };
  const auto g = grad({sum(f(a, b))}, {a, b}, {}, create_graph);
  CHECK(difference(g[0].detach(), b.detach(), 1e-14, 0) == "");
  CHECK_THROWS_WITH(grad({sum(g[0])}, {b}), Contains("backward of outer"));
}

TEST_CASE("nodes keep the settings of their ops", "[record]") {
  const Tensor x = Tensor({{1., 2.}, {3., 4.}}).requires_grad_();
  const auto text = [](const Tensor& y) {
    std::string all;
    for (const Attribute& each : Raw::node(y)->attributes()) all += (all.empty() ? "" : ", ") + to_string(each);
    return all;
  };
  CHECK(text(leaky_relu(x, 0.2)) == "negative_slope=0.2");
  CHECK(text(elu(x, 1.5)) == "alpha=1.5");
  CHECK(text(softplus(x, 2.0, 10.0)) == "beta=2, threshold=10");
  CHECK(text(gelu(x, Gelu::tanh)) == "approximate=tanh");
  CHECK(text(clamp(x, -1, 2)) == "low=-1, high=2");
  CHECK(text(pow(x, 3)) == "exponent=3");
  CHECK(text(exp(x)).empty());
  CHECK(text(sum(x, -1, keepdims)) == "axes=(1), keepdims=true");
  CHECK(text(mean(x)) == "axes=(0, 1), keepdims=false");
  CHECK(text(amax(x, 0)) == "axes=(0), keepdims=false");
  CHECK(text(var(x, 1, 0)) == "axes=(1), correction=0, keepdims=false");
  CHECK(text(logsumexp(x, 1)) == "axes=(1)");
  CHECK(text(softmax(x, -1)) == "axis=1");
  CHECK(text(reshape(x, {4, -1})) == "shape=(4, 1)");
  CHECK(text(transpose(x)) == "axes=(1, 0)");
  CHECK(text(x(xt::all(), xt::range(0, 1))) == "start=(0, 0), step=(1, 1), count=(2, 1)");
  CHECK(text(broadcast_to(x, {3, 2, 2})) == "shape=(3, 2, 2)");
  CHECK(text(concat({x, x}, 1)) == "axis=1");
  CHECK(text(index_select(x, 0, Tensor{1, 1})) == "axis=0");
  CHECK(text(x.to(float32)) == "dtype=float32");
  CHECK(text(nn::huber_loss(x, zeros({2, 2}, float64), nn::Reduction::sum, 2.0)) == "delta=2, reduction=sum");
  CHECK(text(nn::cross_entropy(x, Tensor{0, 1})) == "ignore_index=-100, reduction=mean");
  CHECK(text(nn::dropout(x, 0.25)) == "p=0.25, training=true");
  CHECK(text(nn::batch_norm(x, {}, {}, {}, {}, true)) == "training=true, momentum=0.1, eps=1e-05");
}

TEST_CASE("a rule that reads an empty tensor is refused", "[rules]") {
  const Tensor x = leaf({1, 2});
  CHECK_THAT(thrown_by<std::invalid_argument>([&] {
               static_cast<void>(record("mine", Source::here(), x.detach() * 2.0, {x, Tensor()},
                                        from<1>([](Tensor other, Tensor g) { return g * other; }), no_gradient));
             }),
             Contains("record: a rule reads an input that is an empty tensor"));
  const Tensor y = record(
      "mine", Source::here(), x.detach() * 2.0, {x, Tensor()}, [](Tensor g) { return 2.0 * g; }, no_gradient);
  CHECK(numbers(grad(sum(y), x)) == Numbers{2, 2});
}

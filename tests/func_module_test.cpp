// functional_call and checkpoints.

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/func.hpp>
#include <xgrad/nn/nn.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;
using func::Tensors;

namespace {

nn::Sequential small_net() {
  manual_seed(3);
  nn::Sequential model{nn::Linear(4, 6), tanh, nn::Linear(6, 3)};
  model.to(float64);
  return model;
}

Tensor batch() {
  manual_seed(4);
  return randn({5, 4}, float64);
}

/// The gradients of all parameters after backward of loss().
template <class F>
Tensors gradients_of(nn::ModuleBase& model, const F& loss) {
  model.zero_grad();
  loss().backward();
  Tensors result;
  for (const Tensor& p : model.parameters()) result.push_back(p.grad().clone());
  model.zero_grad();
  return result;
}

std::string all_equal(const Tensors& a, const Tensors& b, double rtol = 0) {
  std::string result = a.size() == b.size() ? "" : "of other lengths";
  for (std::size_t i = 0; i < a.size() && result.empty(); ++i) result = difference(a[i], b[i], rtol, rtol);
  return result;
}

}  // namespace

TEST_CASE("functional_call computes with the tensors it is given, and leaves the module as it was", "[func]") {
  nn::Sequential model = small_net();
  const Tensor x = batch(), before = model(x).detach();
  const StateDict own = model.state_dict();
  StateDict zeroed;
  for (const auto& [name, value] : own) zeroed.emplace_back(name, zeros_like(value));
  CHECK(largest_of_all(func::functional_call(model, zeroed, x)) == 0);
  CHECK(difference(model(x), before) == "");
  CHECK(model.parameters()[0].is_leaf());
  const Tensor partly = func::functional_call(model, StateDict{{"2.bias", Tensor{1.0, 2.0, 3.0}}}, x);
  CHECK(difference(partly, before - own["2.bias"] + Tensor{1.0, 2.0, 3.0}, 1e-14) == "");
}

TEST_CASE("functional_call with the module's own tensors in other places computes with what they were", "[func]") {
  nn::Sequential model{nn::Linear(3, 3), nn::Tanh(), nn::Linear(3, 3), nn::Tanh(), nn::Linear(3, 3)};
  model.to(float64);
  const std::vector<Tensor> p = model.parameters();
  const Tensor x = randn({4, 3}, float64);
  for (const std::vector<int>& order : {std::vector<int>{2, 3, 0, 1, 4, 5}, {2, 3, 4, 5, 0, 1}, {4, 5, 0, 1, 2, 3}}) {
    Tensors moved, copies;
    for (const int i : order) {
      moved.push_back(p[static_cast<std::size_t>(i)]);
      copies.push_back(moved.back().detach().clone().requires_grad_());
    }
    const Tensor y = func::functional_call(model, moved, x), z = func::functional_call(model, copies, x);
    CHECK(difference(y.detach(), z.detach()) == "");
    CHECK(all_equal(grad({sum(square(y))}, moved), grad({sum(square(z))}, copies)) == "");
  }
}

TEST_CASE("functional_call gives the gradients of its parameters, not of the module's", "[func]") {
  nn::Sequential model = small_net();
  const Tensor x = batch();
  const auto loss = [&](const Tensors& params) { return sum(square(func::functional_call(model, params, x))); };
  Tensors constants;
  for (const Tensor& p : model.parameters()) constants.push_back(p.detach().clone());
  const Tensors g = func::grad(loss)(constants);
  for (const Tensor& p : model.parameters()) CHECK_FALSE(p.grad().defined());
  CHECK(all_equal(g, gradients_of(model, [&] { return sum(square(model(x))); })) == "");
}

TEST_CASE("functional_call restores the module after an exception, and refuses what does not fit", "[func]") {
  nn::Sequential model = small_net();
  const Tensor x = batch(), before = model(x).detach();
  const StateDict one{{"0.bias", ones({6}, float64)}};
  CHECK_THROWS(func::functional_call(model, one, ones({5, 7}, float64)));
  CHECK(difference(model(x), before) == "");
  CHECK_THAT(thrown_by([&] {
               func::functional_call(model, StateDict{{"3.bias", ones({6})}}, x);
             }),
             Contains("functional_call: Sequential has no parameter or buffer \"3.bias\""));
  CHECK_THAT(thrown_by([&] {
               func::functional_call(model, StateDict{{"0.bias", ones({5})}}, x);
             }),
             Contains("functional_call: \"0.bias\" has shape (6), its replacement (5)"));
  CHECK_THAT(thrown_by([&] { func::functional_call(model, Tensors{ones({6})}, x); }),
             Contains("1 tensors for the 4 parameters of Sequential"));
}

TEST_CASE("functional_call writes the buffers that it is given", "[func]") {
  nn::BatchNorm1d norm(4);
  norm.to(float64);
  const Tensor mean = zeros({4}, float64);
  static_cast<void>(func::functional_call(norm, StateDict{{"running_mean", mean}}, batch()));
  CHECK(largest_of_all(mean) > 0);
  CHECK(largest_of_all(norm.buffer("running_mean")) == 0);
}

TEST_CASE("hvp of a net's loss agrees with differences of gradients", "[func]") {
  manual_seed(5);
  nn::Sequential model{nn::Linear(784, 50), tanh, nn::Linear(50, 10)};
  model.to(float64);
  const Tensor x = rand({8, 784}, float64);
  const Tensor labels{0, 1, 2, 3, 4, 5, 6, 7};
  Tensors params, along;
  for (const Tensor& p : model.parameters()) {
    params.push_back(p.detach().clone());
    along.push_back(randn(p.shape(), float64));
  }
  const auto loss = [&](const Tensors& p) { return nn::cross_entropy(func::functional_call(model, p, x), labels); };
  const Tensors product = func::hvp(loss, params, along);
  const double h = 1e-5;
  Tensors up, down;
  for (std::size_t i = 0; i < params.size(); ++i) {
    up.push_back(params[i] + h * along[i]);
    down.push_back(params[i] - h * along[i]);
  }
  const Tensors high = func::grad(loss)(up), low = func::grad(loss)(down);
  for (std::size_t i = 0; i < params.size(); ++i)
    CHECK(difference(product[i], (high[i] - low[i]) / (2 * h), 1e-6, 1e-7 * largest(product[i])) == "");
}

TEST_CASE("a checkpoint gives the same values and gradients, with the same dropout mask", "[func]") {
  nn::Sequential model{nn::Linear(4, 6), nn::Dropout(0.5), tanh, nn::Linear(6, 3)};
  model.to(float64);
  const Tensor x = batch().requires_grad_();
  const auto run = [&](bool checkpointed) {
    manual_seed(9);
    x.set_grad(Tensor());
    const Tensor y = checkpointed ? func::checkpoint(model, x) : model(x);
    return sum(square(dropout(y, 0.5)));
  };
  const Tensors plain = gradients_of(model, [&] { return run(false); });
  const Tensor of_x = x.grad().clone();
  const Tensors again = gradients_of(model, [&] { return run(true); });
  CHECK(all_equal(again, plain) == "");
  CHECK(difference(x.grad(), of_x) == "");
  CHECK(difference(run(true), run(false)) == "");
}

TEST_CASE("the graph of a checkpoint holds its arguments only, and is released", "[func]") {
  const Tensor x = leaf({0.1, 0.2, 0.3});
  const std::int64_t before = live_nodes();
  {
    const Tensor y = func::checkpoint([](const Tensor& a) { return exp(sin(cos(a * a))); }, x);
    CHECK(live_nodes() == before + 1);
    sum(y).backward();
  }
  CHECK(live_nodes() == before);
  CHECK(difference(x.grad(), func::grad([](const Tensor& a) { return sum(exp(sin(cos(a * a)))); })(x.detach()),
                   1e-15) == "");
}

TEST_CASE("checkpoints nest, share what they capture, and can be differentiated again and forward", "[func]") {
  const Tensor w{0.4, -0.2, 0.9};
  const auto inner = [](const Tensor& a) { return sin(a) * a; };
  const auto plain = [&](const Tensor& a, const Tensor& b) { return sum(inner(a * b) * b + a * a * b); };
  const auto kept = [&](const Tensor& a, const Tensor& b) {
    const Tensor h = a * b;  // captured, and an argument
    return sum(func::checkpoint([=](const Tensor& c) { return func::checkpoint(inner, c) * b + h * a; }, h));
  };
  const Tensor x{1.0, 0.3, -0.5};
  CHECK(difference(kept(x, w), plain(x, w), 1e-15) == "");
  for (int argument = 0; argument < 2; ++argument) {
    CHECK(difference(func::grad(kept, argument)(x, w), func::grad(plain, argument)(x, w), 1e-14, 1e-14) == "");
    const auto at = [&](const auto& f) { return [&f, &w](const Tensor& a) { return f(a, w); }; };
    CHECK(difference(func::hessian(at(kept))(x), func::hessian(at(plain))(x), 1e-13, 1e-13) == "");
    CHECK(difference(func::jvp(at(kept), x, w).second, func::jvp(at(plain), x, w).second, 1e-14) == "");
  }
  const auto of_w = [&](const Tensor& b) { return func::grad(kept)(x, b); };
  const auto plain_of_w = [&](const Tensor& b) { return func::grad(plain)(x, b); };
  CHECK(difference(func::jacrev(of_w)(w), func::jacrev(plain_of_w)(w), 1e-13, 1e-13) == "");
}

TEST_CASE("a hook on what a checkpoint captures sees the complete gradient, once", "[func]") {
  const Tensor w = leaf({2.0});
  std::vector<Numbers> seen;
  w.register_hook([&](const Tensor& g) {
    seen.push_back(numbers(g));
    return Tensor();
  });
  const Tensor y = func::checkpoint([&](const Tensor& a) { return a * w * w; }, Tensor{3.0}) + w;
  sum(y).backward();
  CHECK(seen == std::vector<Numbers>{{13}});
}

TEST_CASE("a checkpoint of a function that gives other results the second time is an error", "[func]") {
  const Tensor x = leaf({1.0, 2.0});
  int calls = 0;
  const Tensor y = func::checkpoint([&](const Tensor& a) { return a * static_cast<double>(++calls); }, x);
  CHECK_THAT(thrown_by<std::logic_error>([&] { sum(y).backward(); }),
             Contains("backward of checkpoint") && Contains("gave another result when it was called again"));
  CHECK_FALSE(x.grad().defined());
  Tensor scale{1.0, 1.0};
  const Tensor z = func::checkpoint([](const Tensor& a, const Tensor& b) { return a * b; }, x, scale);
  scale += 1;
  CHECK_THAT(thrown_by([&] { sum(z).backward(); }), Contains("needs input 1, which was written in place"));
}

TEST_CASE("a plan of checkpoints keeps within its bytes, and computes the same", "[func]") {
  manual_seed(6);
  nn::Sequential model;
  for (int i = 0; i < 8; ++i) {
    model.push_back(nn::Linear(16, 16));
    model.push_back(tanh);
  }
  model.to(float64);
  const Tensor x = rand({32, 16}, float64);
  const std::int64_t one = 32 * 16 * 8;
  const func::CheckpointPlan all = func::checkpoint_plan(model, x, 100 * one);
  CHECK(all.fits());
  CHECK(all.peak() == 16 * one);
  CHECK(all.segments().size() == 1);
  const func::CheckpointPlan tight = func::checkpoint_plan(model, x, 9 * one);
  CHECK(tight.fits());
  CHECK(tight.peak() <= 9 * one);
  const func::CheckpointPlan none = func::checkpoint_plan(model, x, 1);
  CHECK_FALSE(none.fits());
  CHECK(none.peak() < 9 * one);
  const Tensors plain = gradients_of(model, [&] { return sum(model(x)); });
  CHECK(all_equal(gradients_of(model, [&] { return sum(tight(x)); }), plain) == "");
  CHECK(all_equal(gradients_of(model, [&] { return sum(none(x)); }), plain) == "");
  std::size_t next = 0;
  for (const auto& segment : tight.segments()) {
    CHECK(segment.begin == next);
    next = segment.end;
  }
  CHECK(next == model.size());
}

TEST_CASE("what forward does to a tensor that functional_call has put in place ends with the call", "[func]") {
  struct Retaining : nn::Module {
    explicit Retaining(const Tensor& values) : w(values) { add("w", w); }
    Tensor forward(const Tensor& x) override {
      Tensor t = w;
      if (of_before.defined()) of_before.backward();
      t.retain_grad();
      return x * w;
    }
    nn::Parameter w;
    Tensor of_before;
  };
  const Tensor x{2., 3.}, other = leaf({5, 6});
  Retaining m(Tensor{1., 1.});
  sum(func::functional_call(m, {{"w", other}}, x)).backward();
  CHECK(difference(other.grad(), x) == "");
  CHECK_FALSE(m.w.grad().defined());
  const Tensor inner = other * 1.0;
  sum(func::functional_call(m, {{"w", inner}}, x)).backward();
  CHECK(difference(inner.grad(), x) == "");
  CHECK_FALSE(m.w.grad().defined());
  m.of_before = sum(m.w * m.w);  // its gradient belongs to the module's own parameter
  sum(func::functional_call(m, {{"w", other}}, x)).backward();
  CHECK(difference(m.w.grad(), Tensor{2., 2.}) == "");
}

TEST_CASE("a hook that a checkpoint's function puts on its argument is called", "[func]") {
  const auto f = [](const Tensor& a) {
    a.register_hook([](const Tensor& g) { return g * 10.0; });
    return a * a;
  };
  for (bool is_leaf : {true, false}) {
    const Tensor x = leaf({.5, -1.5, 2}), v = is_leaf ? x : x * 1.0;
    sum(func::checkpoint(f, v)).backward();
    CHECK(difference(x.grad(), Tensor{10., -30., 40.}) == "");
  }
}

TEST_CASE("a parameter that is written after a checkpoint is noticed although the result stays", "[func]") {
  const Tensor x{1., 2.}, p = leaf({3, 4}), gate = leaf({0, 0});
  const Tensor y = func::checkpoint([&](const Tensor& a) { return a * p * gate; }, x);
  {
    const NoGrad off;
    Tensor(p).fill_(100);
  }
  CHECK_THAT(thrown_by<std::logic_error>([&] { sum(y).backward(); }), Contains("was written in place at"));
}

TEST_CASE("functional_call refuses two replacements of one tensor", "[func]") {
  nn::Linear a(2, 2);
  nn::Sequential model{a, a};
  const Tensor x = ones({1, 2});
  const StateDict both = {{"0.weight", eye(2)}, {"1.weight", eye(2) * 3.0}};
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { static_cast<void>(func::functional_call(model, both, x)); }),
             Catch::Matchers::Equals(
                 "functional_call: \"0.weight\" and \"1.weight\" are one tensor, and two replacements are given for "
                 "it"));
  const Tensor same = eye(2);
  CHECK(largest(func::functional_call(model, StateDict{{"0.weight", same}, {"1.weight", same}}, x) - model(x)) >= 0);
}

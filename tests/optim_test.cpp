#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/nn/nn.hpp>
#include <xgrad/optim/optim.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;
using optim::SGD;

namespace {

Tensor leaf(double value) { return full({1}, value, float64).requires_grad_(); }

// The values of p after each of several steps on slope(p).
std::vector<double> path(double start, double lr, const SGD::Options& options,
                         const std::function<Tensor(Tensor)>& loss, int steps) {
  Tensor p = leaf(start);
  SGD optimizer({p}, lr, options);
  std::vector<double> result;
  for (int i = 0; i < steps; ++i) {
    optimizer.zero_grad();
    loss(p).backward();
    optimizer.step();
    result.push_back(p.item());
  }
  return result;
}

void require_close(const std::vector<double>& got, const std::vector<double>& expected) {
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    CAPTURE(i);
    REQUIRE(got[i] == Approx(expected[i]).epsilon(1e-12).margin(1e-14));
  }
}

Tensor slope_one(Tensor p) { return sum(p); }
Tensor half_square(Tensor p) { return sum(square(p)) / 2.0; }

}  // namespace

TEST_CASE("SGD follows sequences worked out by hand") {
  // p <- p - 0.1 p
  require_close(path(1, 0.1, {}, half_square, 3), {0.9, 0.81, 0.729});
  // b = 1, 1.8, 2.34, 2.592: the first buffer is the gradient itself
  require_close(path(1, 0.1, SGD::Options().momentum(0.9), half_square, 4), {0.9, 0.72, 0.486, 0.2268});
  // b = 1, 1.4, 1.76: the first gradient is not dampened
  require_close(path(0, 1, SGD::Options().momentum(0.9).dampening(0.5), slope_one, 3), {-1, -2.4, -4.16});
  // b = 1, 1.9, 2.71 and d = 1.9, 2.71, 3.439
  require_close(path(0, 1, SGD::Options().momentum(0.9).nesterov(), slope_one, 3), {-1.9, -4.61, -8.049});
  // d = 1 + 2/2, then 1 + 1.8/2
  require_close(path(2, 0.1, SGD::Options().weight_decay(0.5), slope_one, 2), {1.8, 1.61});
  // decay enters the momentum: b = 2, 0.9 * 2 + 1.9
  require_close(path(2, 0.1, SGD::Options().weight_decay(0.5).momentum(0.9), slope_one, 2), {1.8, 1.43});
  // climbing turns the gradient, not the decay: d = -1 + 2/2
  require_close(path(2, 0.1, SGD::Options().weight_decay(0.5).maximize(), slope_one, 1), {2});
  require_close(path(2, 0.1, SGD::Options().maximize(), slope_one, 2), {2.1, 2.2});
}

TEST_CASE("momentum on a quadratic has the closed form of a damped oscillation") {
  // p'' = (1 + m - lr) p' - m p has the roots √m e^(±iθ), cos θ = (1 + m - lr) / 2√m.
  const double m = 0.81, lr = 0.1, radius = 0.9, theta = std::acos((1 + m - lr) / (2 * radius));
  const std::vector<double> got = path(1, lr, SGD::Options().momentum(m), half_square, 60);
  const double b = ((1 - lr) / radius - std::cos(theta)) / std::sin(theta);
  for (int n = 1; n <= 60; ++n) {
    const double expected = std::pow(radius, n) * (std::cos(n * theta) + b * std::sin(n * theta));
    REQUIRE(got[static_cast<std::size_t>(n - 1)] == Approx(expected).margin(1e-12));
  }
}

TEST_CASE("every combination of options agrees with scalar arithmetic on long tensors") {
  const std::int64_t n = 270001;  // several chunks and a rest
  for (int bits = 0; bits < 16; ++bits) {
    const bool momentum = bits & 1, nesterov = momentum && (bits & 2), decay = bits & 4, climb = bits & 8;
    if ((bits & 2) && !momentum) continue;
    const double m = momentum ? 0.9 : 0, dampening = momentum && !nesterov ? 0.25 : 0, wd = decay ? 0.01 : 0;
    const Tensor p = randn({n}, float64).requires_grad_();
    std::vector<double> x = values(p), b;
    SGD optimizer({p}, 0.5,
                  SGD::Options().momentum(m).dampening(dampening).nesterov(nesterov).weight_decay(wd).maximize(climb));
    for (int step = 0; step < 3; ++step) {
      const Tensor g = randn({n}, float64);
      p.set_grad(g);
      optimizer.step();
      std::vector<double> d = values(g);
      for (std::size_t i = 0; i < d.size(); ++i) d[i] = (climb ? -d[i] : d[i]) + wd * x[i];
      if (step == 0)
        b = d;
      else
        for (std::size_t i = 0; i < d.size(); ++i) b[i] = m * b[i] + (1 - dampening) * d[i];
      for (std::size_t i = 0; i < d.size(); ++i) x[i] -= 0.5 * (!momentum ? d[i] : nesterov ? d[i] + m * b[i] : b[i]);
    }
    CAPTURE(bits);
    REQUIRE(difference(p, Tensor(x), 1e-12, 1e-13) == "");
  }
}

TEST_CASE("a parameter without a gradient is skipped, one with a zero gradient decays") {
  const Tensor skipped = leaf(2), decayed = leaf(2);
  SGD optimizer({skipped, decayed}, 0.1, SGD::Options().weight_decay(1).momentum(0.5));
  const std::uint32_t version = Raw::storage(skipped)->version();
  decayed.set_grad(zeros({1}, float64));
  optimizer.step();
  REQUIRE(skipped.item() == 2);
  REQUIRE(Raw::storage(skipped)->version() == version);
  REQUIRE(decayed.item() == Approx(1.8));
  // Its momentum begins with its own first gradient.
  skipped.set_grad(ones({1}, float64));
  optimizer.step();
  REQUIRE(skipped.item() == Approx(2 - 0.1 * 3));
  optimizer.zero_grad();
  REQUIRE(!skipped.grad().defined());
}

TEST_CASE("an infinite or NaN parameter stays what it is without decay") {
  const Tensor p = Tensor{std::numeric_limits<double>::infinity(), std::nan("")}.requires_grad_();
  SGD optimizer({p}, 0.1);
  p.set_grad(ones({2}, float64));
  optimizer.step();
  REQUIRE(std::isinf(values(p)[0]));
  REQUIRE(std::isnan(values(p)[1]));
}

TEST_CASE("a learning rate of 0 is legal and moves nothing") {
  const Tensor p = leaf(2);
  SGD optimizer({p}, 0);
  p.set_grad(ones({1}, float64));
  optimizer.step();
  REQUIRE(p.item() == 2);
  optimizer.set_lr(0.5);
  optimizer.step();
  REQUIRE(p.item() == 1.5);
  REQUIRE(optimizer.lr() == 0.5);
}

TEST_CASE("what cannot be trained is refused at construction") {
  const Tensor p = leaf(1), q = leaf(1);
  REQUIRE(thrown_by([&] { SGD({p}, -0.1); }) == "SGD: the learning rate must be finite and not negative, got -0.1");
  REQUIRE(thrown_by([&] { SGD({p}, std::nan("")); }) ==
          "SGD: the learning rate must be finite and not negative, got nan");
  REQUIRE_THROWS_AS(SGD({p}, std::numeric_limits<double>::infinity()), std::invalid_argument);
  REQUIRE(thrown_by([] { SGD(std::vector<Tensor>{}, 0.1); }) ==
          "SGD: there are no parameters to train: pass model.parameters(), and in a module of your own register each "
          "member with add()");
  REQUIRE(thrown_by([&] { SGD({p, q, p}, 0.1); }) == "SGD: parameter 2 is parameter 0 again: each may be given once");
  REQUIRE(thrown_by([&] {
            SGD({p, Tensor()}, 0.1);
          }) == "SGD: parameter 1 is an empty tensor: only tensors with values can be trained");
  REQUIRE(thrown_by([&] { SGD({p * 2.0}, 0.1); }) ==
          "SGD: parameter 0, of shape (1), was made by an op: only leaves can be trained");
  REQUIRE(thrown_by([&] {
            SGD({zeros({2, 3})}, 0.1);
          }) == "SGD: parameter 0, of shape (2, 3), requires no gradient: leave it out, or call requires_grad_()");
  REQUIRE_THROWS_AS(SGD({p}, 0.1, SGD::Options().momentum(-0.1)), std::invalid_argument);
  REQUIRE_THROWS_AS(SGD({p}, 0.1, SGD::Options().weight_decay(-1)), std::invalid_argument);
  REQUIRE_THROWS_AS(SGD({p}, 0.1, SGD::Options().dampening(std::nan(""))), std::invalid_argument);
  REQUIRE_THROWS_AS(SGD({p}, 0.1, SGD::Options().nesterov()), std::invalid_argument);
  REQUIRE_THROWS_AS(SGD({p}, 0.1, SGD::Options().momentum(0.9).dampening(0.1).nesterov()), std::invalid_argument);
  SGD optimizer({p}, 0.1);
  REQUIRE_THROWS_AS(optimizer.set_lr(-1), std::invalid_argument);
  REQUIRE(optimizer.lr() == 0.1);
}

TEST_CASE("an optimiser outlives moves and conversions of its model") {
  nn::Sequential model{nn::Linear(2, 3), nn::Linear(3, 1)};
  SGD optimizer(model.parameters(), 0.1, SGD::Options().momentum(0.9));
  nn::Sequential moved = std::move(model);
  const auto train = [&](DType dtype) {
    const Tensor before = moved.parameters()[0].clone();
    optimizer.zero_grad();
    sum(moved(ones({4, 2}, dtype))).backward();
    optimizer.step();
    REQUIRE(difference(moved.parameters()[0], before) != "");
  };
  train(float32);
  moved.to(float64);
  train(float64);
  REQUIRE(moved.parameters()[0].dtype() == float64);
}

TEST_CASE("a step is a write that a graph kept alive notices") {
  nn::Linear linear(2, 2);
  SGD optimizer(linear.parameters(), 0.1);
  Tensor x = ones({1, 2}).requires_grad_();
  const Tensor old_loss = sum(linear(x));
  sum(linear(x)).backward();
  optimizer.step();
  REQUIRE_THROWS_AS(old_loss.backward(), std::logic_error);
  REQUIRE(linear.weight.requires_grad());
  REQUIRE(linear.weight.is_leaf());
}

TEST_CASE("a saved optimiser goes on as if it had never stopped") {
  const Tensor p = Tensor{1., -2.}.requires_grad_(), q = Tensor{1., -2.}.requires_grad_();
  const SGD::Options options = SGD::Options().momentum(0.9).nesterov();
  SGD whole({p}, 0.1, options), first({q}, 0.1, options);
  const auto step = [](SGD& optimizer, const Tensor& t) {
    optimizer.zero_grad();
    half_square(t).backward();
    optimizer.step();
  };
  for (int i = 0; i < 3; ++i) step(whole, p), step(first, q);
  first.set_lr(0.05);
  whole.set_lr(0.05);
  const StateDict state = first.state_dict();
  REQUIRE(state[0].first == "state.0.momentum_buffer");
  REQUIRE(state.at("param_groups.0.lr").item() == 0.05);
  SGD second({q}, 0.7, options);
  second.load_state_dict(state);
  for (int i = 0; i < 3; ++i) step(whole, p), step(second, q);
  REQUIRE(difference(p, q) == "");
  REQUIRE(second.lr() == 0.05);

  REQUIRE_THROWS_AS(second.load_state_dict({}), std::invalid_argument);
  REQUIRE_THROWS_AS(second.load_state_dict({{"lr", 0.1}, {"state.1.momentum_buffer", zeros({2})}}),
                    std::invalid_argument);
  REQUIRE_THROWS_AS(second.load_state_dict({{"lr", 0.1}, {"state.0.momentum_buffer", zeros({3})}}),
                    std::invalid_argument);
  REQUIRE_THROWS_AS(second.load_state_dict({{"lr", -0.1}}), std::invalid_argument);
  REQUIRE(second.lr() == 0.05);
  step(whole, p);
  step(second, q);
  REQUIRE(difference(p, q) == "");
}

TEST_CASE("the state of another optimiser is refused as such") {
  const Tensor p = Tensor{1., 2.}.requires_grad_();
  sum(square(p)).backward();
  optim::Adam adam({p}, .1);
  optim::Adam bounded({p}, .1, optim::Adam::Options().amsgrad());
  SGD sgd({p}, .1, SGD::Options().momentum(.9));
  adam.step();
  bounded.step();
  sgd.step();
  CHECK(
      thrown_by([&] { sgd.load_state_dict(adam.state_dict()); }) ==
      "SGD: cannot load this state: it holds step, exp_avg, exp_avg_sq, and SGD keeps momentum_buffer: it is the state "
      "of another optimiser, or of other options");
  CHECK(thrown_by([&] { adam.load_state_dict(sgd.state_dict()); }) ==
        "Adam: cannot load this state: it holds momentum_buffer, and Adam keeps step, exp_avg, exp_avg_sq: it is the "
        "state of another optimiser, or of other options");
  // Without options, as states of earlier versions, what is kept must be what these options keep.
  StateDict old{{"lr", Tensor(.1)}};
  for (const auto& entry : bounded.state_dict())
    if (entry.first.rfind("state.", 0) == 0) old.push_back(entry);
  CHECK(thrown_by([&] { adam.load_state_dict(old); }).find("it holds max_exp_avg_sq, and Adam") != std::string::npos);
  CHECK_NOTHROW(bounded.load_state_dict(old));
  // With them, they are those of the state.
  CHECK_NOTHROW(adam.load_state_dict(bounded.state_dict()));
  CHECK(adam.param_groups()[0].option("amsgrad") == 1);
}

TEST_CASE("a small net learns XOR") {
  manual_seed(1);
  nn::Sequential model{nn::Linear(2, 8), nn::Tanh(), nn::Linear(8, 1)};
  SGD optimizer(model.parameters(), 0.1, SGD::Options().momentum(0.9));
  const Tensor x({{0., 0.}, {0., 1.}, {1., 0.}, {1., 1.}}, float32), y({{0.}, {1.}, {1.}, {0.}}, float32);
  double last = 1;
  for (int i = 0; i < 500; ++i) {
    const Tensor loss = nn::mse_loss(model(x), y);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    last = loss.item();
  }
  REQUIRE(last < 1e-3);
}

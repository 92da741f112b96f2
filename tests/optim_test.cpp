#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/autograd/engine/anomaly.hpp>
#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/nn/nn.hpp>
#include <xgrad/optim/optim.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;
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
  // That of another optimiser with the same keys for each parameter lacks options, or has others.
  optim::RAdam rectified({p}, .1);
  rectified.step();
  const StateDict before = bounded.state_dict();
  CHECK(thrown_by([&] { bounded.load_state_dict(rectified.state_dict()); }) ==
        "Adam: cannot load this state: \"param_groups.0.amsgrad\" is missing, which every state of Adam has: it is not "
        "complete, or that of another optimiser");
  CHECK_THAT(thrown_by([&] { rectified.load_state_dict(bounded.state_dict()); }), Contains("max_exp_avg_sq"));
  CHECK_THAT(thrown_by([&] { rectified.load_state_dict(adam.state_dict()); }), Contains("param_groups.0.amsgrad"));
  for (const auto& each : before) {
    StateDict part = before;
    part.erase(part.find(each.first));
    const std::string option = each.first.substr(each.first.rfind('.') + 1);
    const bool may_lack = option == "maximize" || option == "decoupled_weight_decay" || option == "max_exp_avg_sq";
    const std::string why = thrown_by([&] { bounded.load_state_dict(part); });
    INFO(why);
    CHECK((why == "nothing was thrown") == may_lack);
    CHECK_NOTHROW(bounded.load_state_dict(before));
  }
  CHECK_THAT(thrown_by([&] {
               sgd.load_state_dict({{"param_groups.0.lr", Tensor(.2)}});
             }),
             Contains("\"param_groups.0.momentum\" is missing"));
  CHECK(sgd.lr() == .1);
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

namespace {

Tensor matrix(double shift) { return (linspace(-2, 3, 12, float64) + shift).reshape({3, 4}).clone().requires_grad_(); }

/// Sets an option, chosen at random, of both to one of several values; what an optimiser refuses is not set.
void switch_an_option(std::mt19937& random, const std::string& kind, optim::ParamGroup a, optim::ParamGroup b) {
  static const std::vector<const char*> names{"lr",
                                              "momentum",
                                              "dampening",
                                              "weight_decay",
                                              "nesterov",
                                              "maximize",
                                              "betas.0",
                                              "betas.1",
                                              "eps",
                                              "amsgrad",
                                              "alpha",
                                              "centered",
                                              "rho",
                                              "lr_decay",
                                              "initial_accumulator_value",
                                              "lambd",
                                              "t0",
                                              "momentum_decay",
                                              "etas.0",
                                              "etas.1",
                                              "beta2_decay",
                                              "eps.0",
                                              "eps.1",
                                              "d",
                                              "decoupled_weight_decay",
                                              "ns_steps",
                                              "step_sizes.0",
                                              "step_sizes.1",
                                              "adjust_lr_fn",
                                              "tolerance_change",
                                              "max_iter",
                                              "history_size",
                                              "line_search_fn",
                                              "max_eval",
                                              "tolerance_grad"};
  static const std::vector<double> values{0, .01, .5, .9, 1, 2, -.5};
  const std::string name = names[random() % names.size()];
  // That of AdamW is what makes it one.
  if (!a.has_option(name) || (kind == "AdamW" && name == "decoupled_weight_decay")) return;
  const double value = values[random() % values.size()];
  try {
    a.set_option(name, value);
    b.set_option(name, value);
  } catch (const std::invalid_argument&) {
  }
}

template <class O>
void step(O& optimizer, const Tensor& p, int t) {
  optimizer.step([&] {
    optimizer.zero_grad();
    Tensor loss = sum(square(p) * (1.0 + t % 3)) + sum(sin(p * (1.0 + t)));
    loss.backward();
    return loss;
  });
}

template <class O>
O made(const Tensor& p, double lr) {
  if constexpr (std::is_same_v<O, optim::LBFGS>)
    return O({p}, lr, optim::LBFGS::Options().max_iter(4).history_size(5));  // which is enough, and fast
  else
    return O({p}, lr);
}

/// Trains with options that change between the steps, and twice: the second time with a new optimiser after every few
/// steps, which has the state of the one before.
template <class O>
void goes_on() {
  for (unsigned seed = 0; seed < static_cast<unsigned>(scaled(12, 2)); ++seed) {
    std::mt19937 random(seed);
    const Tensor p = matrix(seed), q = matrix(seed);
    O whole = made<O>(p, .1);
    auto part = std::make_unique<O>(made<O>(q, .1));
    INFO(part->name() << ", seed " << seed);
    for (int t = 0; t < 30; ++t) {
      for (unsigned switches = random() % 4; switches > 0; --switches)
        switch_an_option(random, part->name(), whole.param_groups()[0], part->param_groups()[0]);
      const StateDict state = part->state_dict();
      if (random() % 3 == 0) part = std::make_unique<O>(made<O>(q, .2));
      REQUIRE(thrown_by([&] { part->load_state_dict(state); }) == "nothing was thrown");
      step(whole, p, t);
      step(*part, q, t);
      REQUIRE(difference(q.detach(), p.detach()) == "");
    }
  }
}

}  // namespace

TEST_CASE("whatever options are changed between steps, an optimiser goes on from its state with the same bits") {
  goes_on<SGD>();
  goes_on<optim::Adam>();
  goes_on<optim::AdamW>();
  goes_on<optim::Adamax>();
  goes_on<optim::NAdam>();
  goes_on<optim::RAdam>();
  goes_on<optim::Adagrad>();
  goes_on<optim::Adadelta>();
  goes_on<optim::RMSprop>();
  goes_on<optim::Rprop>();
  goes_on<optim::ASGD>();
  goes_on<optim::Lion>();
  goes_on<optim::Muon>();
  goes_on<optim::Adafactor>();
  goes_on<optim::LBFGS>();
}

TEST_CASE("momentum that a schedule has taken to 0 is kept for the steps that follow") {
  const Tensor p = matrix(0), q = matrix(0);
  const auto options = optim::OneCycleLR::Options().base_momentum(0).max_momentum(.9).pct_start(.5);
  SGD whole({p}, .1, SGD::Options().momentum(.9)), first({q}, .1, SGD::Options().momentum(.9));
  optim::OneCycleLR one(whole, .1, 8, options), two(first, .1, 8, options);
  for (int t = 0; t < 3; ++t) {
    step(whole, p, t);
    step(first, q, t);
    one.step();
    two.step();
  }
  REQUIRE(first.param_groups()[0].option("momentum") == 0);
  SGD second({q}, .1);
  optim::OneCycleLR three(second, .1, 8, options);
  three.load_state_dict(two.state_dict());
  second.load_state_dict(first.state_dict());
  for (int t = 3; t < 8; ++t) {
    step(whole, p, t);
    step(second, q, t);
    one.step();
    three.step();
  }
  CHECK(difference(q.detach(), p.detach()) == "");
}

TEST_CASE("of what every parameter has, a state holds all or nothing") {
  const Tensor p = Tensor{1., -2.}.requires_grad_();
  const auto refused = [&](auto optimizer, std::vector<const char*> kept) {
    StateDict state = optimizer.state_dict();
    for (const char* name : kept)
      state.emplace_back(std::string("state.0.") + name, std::string(name) == "step" ? Tensor(0) : zeros({2}, float64));
    return thrown_by<std::invalid_argument>([&] { optimizer.load_state_dict(state); });
  };
  const std::string start = "Adam: cannot load this state: parameter 0 has ";
  CHECK(refused(optim::Adam({p}), {"step", "exp_avg"}) == start + "exp_avg but no exp_avg_sq");
  CHECK(refused(optim::Adam({p}), {"step", "exp_avg_sq"}) == start + "exp_avg_sq but no exp_avg");
  CHECK(refused(optim::Adam({p}), {"exp_avg", "exp_avg_sq"}) == start + "exp_avg but no step");
  CHECK(refused(optim::Adam({p}, .1, optim::Adam::Options().amsgrad()), {"step", "max_exp_avg_sq"}) ==
        start + "max_exp_avg_sq but no exp_avg");
  CHECK(refused(optim::ASGD({p}), {"step", "ax"}) == "ASGD: cannot load this state: parameter 0 has ax but no eta");
  // PyTorch's Adagrad has a state before its first step.
  optim::Adagrad plain({p}, .1), loaded({p}, .1), again({p}, .1);
  StateDict state = plain.state_dict();
  state.emplace_back("state.0.step", Tensor(0));
  state.emplace_back("state.0.sum", zeros({2}, float64));
  loaded.load_state_dict(state);
  again.load_state_dict(loaded.state_dict());
  CHECK(again.state_dict().at("state.0.step").item() == 0);
}

TEST_CASE("a step in which an anomaly is found is made for every parameter") {
  const Tensor first = Tensor({1e308}).requires_grad_(), second = Tensor({1.}).requires_grad_();
  const auto run = [&](optim::Optimizer& optimizer) {
    const DetectAnomaly scope;
    first.set_grad(Tensor{-1e300});
    second.set_grad(Tensor{.5});
    return thrown_by([&] { optimizer.step(); });
  };
  SGD sgd({first, second}, 1e10, SGD::Options().momentum(.9));
  CHECK_THAT(run(sgd), Catch::Matchers::Contains("SGD: element (0) of the result is inf of this write in place"));
  CHECK(second.item() == 1 - 1e10 * .5);
  CHECK(sgd.state_dict().contains("state.0.momentum_buffer"));
  CHECK(sgd.state_dict().contains("state.1.momentum_buffer"));
}

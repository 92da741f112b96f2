#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;
using namespace xgrad::optim;
using Catch::Matchers::Contains;

namespace {

constexpr double pi = 3.14159265358979323846;

SGD make(double lr = 0.1) { return SGD({zeros({1}).requires_grad_()}, lr, SGD::Options().momentum(0.5)); }

/// The learning rates from t = 0 on.
std::vector<double> rates(const Optimizer& optimizer, LRScheduler& schedule, int steps) {
  std::vector<double> result;
  for (int t = 0; t < steps; ++t) {
    result.push_back(optimizer.lr());
    schedule.step();
  }
  return result;
}

void require_formula(const std::vector<double>& got, const std::function<double(double)>& formula) {
  for (std::size_t t = 0; t < got.size(); ++t) {
    CAPTURE(t);
    CHECK(got[t] == Approx(formula(static_cast<double>(t))).epsilon(1e-12).margin(1e-15));
  }
}

}  // namespace

TEST_CASE("schedules follow their closed formulas", "[schedule]") {
  SGD o = make();
  SECTION("StepLR") {
    StepLR s(o, 7, .5);
    require_formula(rates(o, s, 60), [](double t) { return .1 * std::pow(.5, std::floor(t / 7)); });
  }
  SECTION("MultiStepLR") {
    MultiStepLR s(o, {20, 5, 20}, .5);
    require_formula(rates(o, s, 40), [](double t) { return t < 5 ? .1 : t < 20 ? .05 : .0125; });
  }
  SECTION("ConstantLR") {
    ConstantLR s(o, .25, 4);
    require_formula(rates(o, s, 9), [](double t) { return t < 4 ? .025 : .1; });
  }
  SECTION("LinearLR") {
    LinearLR s(o, .2, .8, 10);
    require_formula(rates(o, s, 20), [](double t) { return .1 * (.2 + .6 * std::min(10., t) / 10); });
  }
  SECTION("ExponentialLR") {
    ExponentialLR s(o, .9);
    require_formula(rates(o, s, 50), [](double t) { return .1 * std::pow(.9, t); });
  }
  SECTION("PolynomialLR") {
    PolynomialLR s(o, 30, 2);
    require_formula(rates(o, s, 40), [](double t) { return .1 * std::pow(1 - std::min(30., t) / 30, 2); });
  }
  SECTION("CosineAnnealingLR") {
    CosineAnnealingLR s(o, 25, .01);
    require_formula(rates(o, s, 25), [](double t) { return .01 + .09 * (1 + std::cos(pi * t / 25)) / 2; });
  }
  SECTION("CosineAnnealingWarmRestarts") {
    CosineAnnealingWarmRestarts s(o, 10, 2);
    require_formula(rates(o, s, 70), [](double t) {
      double length = 10;
      for (; t >= length; length *= 2) t -= length;
      return .1 * (1 + std::cos(pi * t / length)) / 2;
    });
  }
  SECTION("LambdaLR") {
    LambdaLR s(o, [](std::int64_t t) { return 1.0 / static_cast<double>(1 + t); });
    require_formula(rates(o, s, 20), [](double t) { return .1 / (1 + t); });
  }
  SECTION("MultiplicativeLR") {
    MultiplicativeLR s(o, [](std::int64_t t) { return static_cast<double>(t) / static_cast<double>(t + 1); });
    require_formula(rates(o, s, 20), [](double t) { return .1 / (1 + t); });
  }
  SECTION("SWALR") {
    SWALR s(o, .02, 8);
    require_formula(rates(o, s, 20), [](double t) {
      const double a = (1 - std::cos(pi * std::min(1., t / 8))) / 2;
      return .02 * a + .1 * (1 - a);
    });
  }
  SECTION("CyclicLR") {
    CyclicLR s(o, .01, .11, CyclicLR::Options().step_size_up(4).step_size_down(6));
    require_formula(rates(o, s, 50), [](double t) {
      const double u = std::fmod(t, 10);
      return .01 + .1 * (u <= 4 ? u / 4 : (10 - u) / 6);
    });
  }
}

TEST_CASE("warm-up with cosine is one schedule after the other", "[schedule]") {
  SGD a = make(.3), b = make(.3);
  WarmupCosineLR one(a, 8, 60, .05, .01);
  SequentialLR two(b, {LinearLR(b, .05, 1, 8), CosineAnnealingLR(b, 52, .01)}, {8});
  for (int t = 0; t < 60; ++t) {
    CAPTURE(t);
    CHECK(a.lr() == Approx(b.lr()).epsilon(1e-13));
    one.step();
    two.step();
  }
  CHECK(a.lr() == Approx(.01));
  one.step();
  CHECK(a.lr() == .01);
}

TEST_CASE("OneCycleLR rises and falls, with momentum the other way", "[schedule]") {
  SGD o = make();
  OneCycleLR s(o, 1, 100);
  ParamGroup group = o.param_groups()[0];
  CHECK(o.lr() == Approx(1 / 25.));
  CHECK(group.option("momentum") == .95);
  for (int t = 0; t < 29; ++t) s.step();
  CHECK(o.lr() == 1);
  CHECK(group.option("momentum") == Approx(.85));
  for (int t = 29; t < 99; ++t) s.step();
  CHECK(o.lr() == Approx(1 / 25e4));
  CHECK(group.option("momentum") == Approx(.95));
  s.step();  // as PyTorch, which counts to total_steps
  CHECK(thrown_by([&] { s.step(); }) == "OneCycleLR: step 101 of 100: it has no values beyond its last step");

  Adam adam({zeros({1}).requires_grad_()});
  OneCycleLR of_betas(adam, .1, 10);
  CHECK(adam.param_groups()[0].option("betas.0") == .95);
  Adagrad plain({zeros({1}).requires_grad_()});
  CHECK(thrown_by([&] { OneCycleLR(plain, .1, 10); }) ==
        "OneCycleLR: Adagrad has neither momentum nor betas: call cycle_momentum(false)");
  CHECK_NOTHROW(OneCycleLR(plain, .1, 10, OneCycleLR::Options().cycle_momentum(false)));
}

TEST_CASE("ReduceLROnPlateau waits, reduces, and rests", "[schedule]") {
  SGD o = make();
  ReduceLROnPlateau s(o, ReduceLROnPlateau::Options().factor(.5).patience(1).cooldown(2).min_lr(.03));
  const auto after = [&](std::vector<double> losses) {
    for (double loss : losses) s.step(loss);
    return o.lr();
  };
  CHECK(after({1, 1}) == .1);  // one epoch without improvement is tolerated
  CHECK(after({1}) == .05);
  CHECK(after({1, 1, 1}) == .05);  // two are not counted
  CHECK(after({1}) == .03);        // not .025
  CHECK(s.best() == 1);
  CHECK(after({std::nan(""), std::nan(""), std::nan(""), std::nan(""), std::nan("")}) == .03);
  CHECK(s.best() == 1);
  LRScheduler& base = s;
  CHECK(thrown_by([&] { base.step(); }) == "ReduceLROnPlateau: step() needs the metric: write step(loss)");
}

TEST_CASE("a schedule works on groups, and on an optimiser that has moved", "[schedule]") {
  const Tensor p = zeros({1}).requires_grad_(), q = zeros({1}).requires_grad_();
  SGD first({Group({p}).lr(1), Group({q}).lr(.1)}, .5);
  ExponentialLR s(first, .5);
  ReduceLROnPlateau plateau(first);
  SGD moved = std::move(first);
  s.step();
  CHECK(moved.param_groups()[0].lr() == .5);
  CHECK(moved.param_groups()[1].lr() == .05);
  CHECK(s.get_last_lr() == std::vector<double>{.5, .05});
  moved.add_param_group(Group({zeros({2}).requires_grad_()}));
  CHECK_THROWS_AS(s.step(), std::logic_error);
  CHECK_THAT(thrown_by([&] { s.step(); }),
             Contains("ExponentialLR: the optimiser has 3 groups, and had 2 when the schedule was made"));
  CHECK_THAT(thrown_by([&] { plateau.step(1); }), Contains("ReduceLROnPlateau: the optimiser has 3 groups"));
  CHECK(plateau.last_epoch() == 0);
}

TEST_CASE("a step that throws was not made", "[schedule]") {
  SGD o({zeros({1}).requires_grad_()}, .5);
  bool bad = false;
  LambdaLR s(o, [&](std::int64_t t) { return bad ? std::nan("") : 1.0 / static_cast<double>(t + 1); });
  s.step();
  bad = true;
  CHECK_THAT(thrown_by([&] { s.step(); }), Contains("must be finite"));
  CHECK(s.last_epoch() == 1);
  CHECK(o.lr() == .25);
  bad = false;
  s.step();
  CHECK(o.lr() == .5 / 3);
}

TEST_CASE("a rate that is negative by rounding alone is 0", "[schedule]") {
  SECTION("of LinearLR, from any start, in any number of steps") {
    for (const double start : {1., .5, 1. / 3, .1})
      for (int steps = 1; steps <= 60; ++steps) {
        CAPTURE(start, steps);
        SGD o = make();
        LinearLR s(o, start, 0, steps);
        for (int t = 0; t < steps + 2; ++t) s.step();
        CHECK(o.lr() == Approx(0).margin(1e-16));
        CHECK(o.lr() >= 0);
      }
    SGD o = make();
    LinearLR s(o, .1, 0, 4);
    for (int t = 0; t < 4; ++t) s.step();
    CHECK(o.lr() == 0);  // PyTorch: -5.55e-19
    CHECK(s.get_last_lr() == std::vector<double>{0});
  }
  const auto tiny = [](std::int64_t t) { return t == 0 ? 1 : t == 1 ? -1e-16 : -1e-6; };
  SECTION("of a factor of one's own") {
    const Tensor p = zeros({1}).requires_grad_(), q = zeros({1}).requires_grad_();
    SGD o({Group({p}).lr(1e-3), Group({q}).lr(1e3)}, .1);
    LambdaLR s(o, tiny);
    s.step();
    CHECK(s.get_last_lr() == std::vector<double>{0, 0});
    CHECK_THAT(thrown_by([&] { s.step(); }),
               Contains("LambdaLR: the learning rate becomes -1e-09 at step 2: it must be finite and not negative"));
    CHECK(s.last_epoch() == 1);
  }
  SECTION("where a sequence begins a part, and in a chain") {
    SGD o = make();
    SequentialLR s(o, {ConstantLR(o, 1, 1), LambdaLR(o, [](std::int64_t) { return -1e-17; })}, {1});
    s.step();
    CHECK(o.lr() == 0);
    SGD b = make();
    ChainedScheduler chain(b, {LinearLR(b, .1, 0, 4), ExponentialLR(b, .9)});
    for (int t = 0; t < 6; ++t) chain.step();
    CHECK(b.lr() == 0);
  }
}

TEST_CASE("a schedule outlives its optimiser", "[schedule]") {
  auto o = std::make_unique<SGD>(std::vector<Tensor>{zeros({1}).requires_grad_()}, .1);
  ExponentialLR s(*o, .5);
  o.reset();
  s.step();
  CHECK(s.get_last_lr()[0] == .05);
}

TEST_CASE("schedules refuse settings that make no sense", "[schedule]") {
  SGD o = make(), other = make();
  CHECK(thrown_by([&] { StepLR(o, 0); }) == "StepLR: step_size must be positive, got 0");
  CHECK(thrown_by([&] { StepLR(o, 3, -1); }) == "StepLR: gamma must be finite and not negative, got -1");
  CHECK_THAT(thrown_by([&] { ConstantLR(o, 0); }), Contains("factor must lie within (0, 1], got 0"));
  CHECK_THAT(thrown_by([&] { LinearLR(o, 2); }), Contains("start_factor"));
  CHECK_THAT(thrown_by([&] { LinearLR(o, .5, 1, 0); }), Contains("total_iters"));
  CHECK_THAT(thrown_by([&] { CosineAnnealingLR(o, 0); }), Contains("T_max"));
  CHECK_THAT(thrown_by([&] { CosineAnnealingWarmRestarts(o, 5, 0); }), Contains("T_mult"));
  CHECK_THAT(thrown_by([&] { WarmupCosineLR(o, 5, 5); }), Contains("total_steps must exceed warmup_steps, got 5"));
  CHECK_THAT(thrown_by([&] { LambdaLR(o, LRLambda()); }), Contains("empty function"));
  CHECK_THAT(thrown_by([&] { LambdaLR(o, std::vector<LRLambda>(2)); }), Contains("got 2 functions for 1 groups"));
  CHECK_THAT(thrown_by([&] { OneCycleLR(o, {.1, .2}, 10); }), Contains("max_lr has 2 values, the optimiser 1 groups"));
  CHECK_THAT(thrown_by([&] { OneCycleLR(o, .1, 0); }), Contains("total_steps"));
  CHECK_THAT(thrown_by([&] { CyclicLR(o, -.1, .1); }), Contains("base_lr"));
  CHECK_THAT(thrown_by([&] { ReduceLROnPlateau(o, ReduceLROnPlateau::Options().factor(1)); }), Contains("factor"));
  CHECK_THAT(thrown_by([&] { SWALR(o, std::nan("")); }), Contains("swa_lr"));
  CHECK_THAT(thrown_by([&] { SequentialLR(o, {}, {}); }), Contains("got no schedules"));
  CHECK_THAT(thrown_by([&] { SequentialLR(o, {StepLR(o, 1)}, {3}); }), Contains("got 1 schedules and 1 milestones"));
  CHECK_THAT(thrown_by([&] {
               SequentialLR(o, {StepLR(o, 1), StepLR(other, 1)}, {3});
             }),
             Contains("schedule 1, StepLR, is one of another optimiser"));
  CHECK_THAT(thrown_by([&] { ChainedScheduler(o, {ReduceLROnPlateau(o)}); }), Contains("needs a metric"));
  LambdaLR negative(o, [](std::int64_t t) { return 1 - static_cast<double>(t); });
  negative.step();
  CHECK_THAT(thrown_by([&] { negative.step(); }), Contains("the learning rate becomes -"));
}

TEST_CASE("a state that does not fit a schedule is refused, and nothing changes", "[schedule]") {
  SGD o = make();
  CosineAnnealingWarmRestarts s(o, 5);
  s.step();
  const double lr = o.lr();
  const StateDict good = s.state_dict();
  const auto with = [&](const std::string& key, const Tensor& value) {
    StateDict state = good;
    if (value.defined())
      state[key] = value;
    else
      state.erase(state.find(key));
    return thrown_by([&] { s.load_state_dict(state); });
  };
  CHECK_THAT(with("T_i", Tensor(0)), Contains("\"T_i\" holds 0: it must be a whole number from 1 on"));
  CHECK_THAT(with("T_cur", Tensor(1.5)), Contains("whole number"));
  CHECK_THAT(with("last_epoch", Tensor(1e300)), Contains("whole number"));
  CHECK_THAT(with("last_lr", Tensor{.1, .2}), Contains("must hold 1 numbers, but has shape (2)"));
  CHECK_THAT(with("last_lr", Tensor({std::nan("")})), Contains("finite"));
  CHECK_THAT(with("base_lrs", Tensor()), Contains("\"base_lrs\" is missing"));
  StateDict more = good;
  more.emplace_back("x", Tensor(1));
  CHECK_THAT(thrown_by([&] { s.load_state_dict(more); }), Contains("\"x\" is nothing that it keeps"));
  CHECK(o.lr() == lr);
  CHECK_NOTHROW(s.load_state_dict(good));
}

TEST_CASE("a schedule that is refused leaves the optimiser as it was", "[schedule]") {
  SGD o = make();
  Adam adam({zeros({1}).requires_grad_()});
  const std::vector<std::function<void()>> bad{
      [&] { StepLR(o, 0); },
      [&] { CyclicLR(o, .01, -1); },
      [&] { CyclicLR(o, .01, .1, CyclicLR::Options().max_momentum(-1)); },
      [&] {
        CyclicLR(o, {.01, .02}, .1);
      },
      [&] { OneCycleLR(o, 1, 10, OneCycleLR::Options().max_momentum(-1)); },
      [&] { OneCycleLR(adam, .1, 10, OneCycleLR::Options().max_momentum(1)); },
      [&] { SWALR(o, -1); },
      [&] { ReduceLROnPlateau(o, ReduceLROnPlateau::Options().factor(1)); },
      [&] { LambdaLR(o, [](std::int64_t) { return -1.0; }); },
      [&] { ChainedScheduler(o, {}); },
  };
  for (std::size_t i = 0; i < bad.size(); ++i) {
    INFO("case " << i);
    CHECK_THROWS_AS(bad[i](), std::invalid_argument);
    CHECK(o.lr() == .1);
    CHECK(o.param_groups()[0].option("momentum") == .5);
    CHECK_FALSE(o.param_groups()[0].initial_lr().has_value());
    CHECK(adam.lr() == 1e-3);
    CHECK(adam.param_groups()[0].option("betas.0") == .9);
    CHECK_FALSE(adam.param_groups()[0].initial_lr().has_value());
  }
  // One that is made is not taken back by an exception that comes later.
  CHECK_THROWS_AS(
      [&] {
        const ReduceLROnPlateau plateau(o);
        const StepLR step(o, 1);
        o.set_lr(.3);
        throw std::runtime_error("later");
      }(),
      std::runtime_error);
  CHECK(o.lr() == .3);
}

TEST_CASE("a schedule of one's own is not taken back by an exception that comes later", "[schedule]") {
  struct Own : LRScheduler {
    explicit Own(const Optimizer& optimizer) : LRScheduler("Own", optimizer) { last_epoch_ = 0; }
    double next(std::size_t, double lr) const override { return lr / 2; }
  };
  struct Refuses : LRScheduler {
    explicit Refuses(const Optimizer& optimizer) : LRScheduler(MayRefuse(), "Refuses", optimizer) {
      set_lr(0, .7);
      refuse("always");
    }
    double next(std::size_t, double lr) const override { return lr; }
  };
  SGD o = make();
  CHECK_THROWS_WITH(Refuses(o), "Refuses: always");
  CHECK(o.lr() == .1);
  CHECK_FALSE(o.param_groups()[0].initial_lr().has_value());
  CHECK_THROWS_AS(
      [&] {
        const Own own(o);
        o.set_lr(.3);
        throw std::runtime_error("later");
      }(),
      std::runtime_error);
  CHECK(o.lr() == .3);
  Own own(o);
  own.step();
  CHECK(o.lr() == .15);
}

TEST_CASE("a state that is refused leaves the rates that were set by hand", "[schedule]") {
  SGD o = make();
  OneCycleLR s(o, 1, 10);
  s.step();
  o.set_lr(.05);
  o.param_groups()[0].set_option("momentum", .25);
  StateDict state = s.state_dict();
  state["last_epoch"] = Tensor(99);
  CHECK_THAT(thrown_by([&] { s.load_state_dict(state); }), Contains("last_epoch is 99"));
  CHECK(o.lr() == .05);
  CHECK(o.param_groups()[0].option("momentum") == .25);
  CHECK(s.last_epoch() == 1);
}

TEST_CASE("a scheduled momentum that the optimiser would refuse is refused when the schedule is made", "[schedule]") {
  const Tensor p = zeros({1}).requires_grad_();
  SGD nesterov({p}, .1, SGD::Options().momentum(.9).nesterov());
  Adam adam({p}, .1);
  const auto refused = [](auto&& make) { return thrown_by<std::invalid_argument>(make); };
  CHECK_THAT(refused([&] { OneCycleLR(nesterov, 1, 10, OneCycleLR::Options().base_momentum(0)); }),
             Contains("OneCycleLR: base_momentum is 0: SGD: cannot look ahead with momentum 0"));
  CHECK_THAT(refused([&] { CyclicLR(nesterov, .1, 1, CyclicLR::Options().base_momentum(0)); }),
             Contains("CyclicLR: base_momentum is 0: SGD: cannot look ahead with momentum 0"));
  CHECK_THAT(refused([&] { OneCycleLR(adam, 1, 10, OneCycleLR::Options().base_momentum(1.5)); }),
             Contains("OneCycleLR: base_momentum is 1.5: Adam: betas must lie within [0, 1), got 1.5"));
  CHECK_THAT(refused([&] { CyclicLR(adam, .1, 1, CyclicLR::Options().max_momentum(-1)); }),
             Contains("CyclicLR: max_momentum is -1: Adam: betas must lie within [0, 1), got -1"));
  CHECK(nesterov.lr() == .1);
  CHECK(nesterov.param_groups()[0].option("momentum") == .9);
  CHECK(adam.param_groups()[0].option("betas.0") == .9);
}

// SequentialLR and ChainedScheduler, within each other too.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
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

SGD make() { return SGD({zeros({1}).requires_grad_()}, .1, SGD::Options().momentum(.5)); }

}  // namespace

TEST_CASE("schedules of schedules step together or not at all", "[schedule]") {
  const Tensor p = zeros({1}).requires_grad_(), q = zeros({1}).requires_grad_();
  SGD o({Group({p}).lr(1), Group({q}).lr(.1)}, .5, SGD::Options().momentum(.5));
  bool bad = false;
  const LRLambda good = [](std::int64_t t) { return 1.0 / static_cast<double>(t + 2); };
  const LRLambda second = [&](std::int64_t t) { return bad ? std::nan("") : 1.0 / static_cast<double>(t + 3); };
  const auto unchanged = [&](LRScheduler& schedule) {
    const StateDict before = schedule.state_dict(), options = o.state_dict();
    CHECK_THAT(thrown_by([&] { schedule.step(); }), Contains("OneCycleLR: step 3 of 2") || Contains("finite"));
    for (const auto& [key, tensor] : schedule.state_dict()) {
      INFO(key);
      CHECK(difference(tensor, before.at(key)) == "");
    }
    for (const auto& [key, tensor] : o.state_dict()) {
      INFO(key);
      CHECK(difference(tensor, options.at(key)) == "");
    }
  };
  SECTION("in a chain whose second part is over") {
    ChainedScheduler chain(o, {ExponentialLR(o, .5), OneCycleLR(o, 1, 2)});
    chain.step();
    chain.step();
    unchanged(chain);
  }
  SECTION("where a part begins and fails at the second group") {
    SequentialLR sequence(o, {ExponentialLR(o, .5), LambdaLR(o, std::vector<LRLambda>{good, second})}, {2});
    sequence.step();
    bad = true;
    unchanged(sequence);
    bad = false;
    sequence.step();
    CHECK(o.param_groups()[1].lr() == Approx(.1 / 3));
  }
}

TEST_CASE("schedules of composed schedules load at every step what they save", "[schedule]") {
  using Build = std::function<Schedule(const SGD&)>;
  const Build sequence = [](const SGD& o) { return SequentialLR(o, {StepLR(o, 2, .5), ExponentialLR(o, .9)}, {2}); };
  const Build chain = [](const SGD& o) { return ChainedScheduler(o, {StepLR(o, 2, .5), ExponentialLR(o, .9)}); };
  std::vector<Build> all{sequence, chain};
  for (const Build& inner : {sequence, chain}) {
    all.emplace_back([inner](const SGD& o) { return SequentialLR(o, {inner(o), ExponentialLR(o, .8)}, {4}); });
    all.emplace_back([inner](const SGD& o) { return SequentialLR(o, {ExponentialLR(o, .8), inner(o)}, {3}); });
    all.emplace_back([inner](const SGD& o) { return ChainedScheduler(o, {inner(o), ExponentialLR(o, .8)}); });
  }
  const std::size_t count = all.size();
  for (std::size_t i = 2; i < count; ++i)
    all.emplace_back([inner = all[i]](const SGD& o) { return SequentialLR(o, {inner(o), StepLR(o, 1, .7)}, {6}); });
  for (std::size_t i = 0; i < all.size(); ++i)
    for (int at = 0; at < 9; ++at) {
      CAPTURE(i, at);
      SGD a = make(), b = make();
      const Schedule from = all[i](a), to = all[i](b);
      for (int t = 0; t < at; ++t) from->step();
      from->load_state_dict(from->state_dict());
      to->load_state_dict(from->state_dict());
      for (int t = at; t < 10; ++t) {
        CHECK(a.lr() == b.lr());
        from->step();
        to->step();
      }
    }
}

TEST_CASE("a composed schedule has the same rates as the first part of a sequence as alone", "[schedule]") {
  using Build = std::function<Schedule(const SGD&)>;
  const auto of = [](const Build& build, int steps = 14) {
    SGD o = make();
    const Schedule schedule = build(o);
    std::vector<double> rates;
    for (int t = 0; t < steps; ++t) {
      rates.push_back(o.lr());
      schedule->step();
    }
    return rates;
  };
  const Build sequence = [](const SGD& o) { return SequentialLR(o, {ExponentialLR(o, .9), StepLR(o, 1, .1)}, {3}); };
  const Build chain = [](const SGD& o) { return ChainedScheduler(o, {ExponentialLR(o, .9), ConstantLR(o, .5, 2)}); };
  const std::vector<double> expected{.1, .09, .081, .1, .01}, of_chain{.05, .045, .081, .0729, .06561};
  for (std::size_t t = 0; t < expected.size(); ++t) {
    CAPTURE(t);
    CHECK(of(sequence)[t] == Approx(expected[t]));
    CHECK(of(chain)[t] == Approx(of_chain[t]));
  }
  const Build three = [](const SGD& o) {
    return SequentialLR(o, {ExponentialLR(o, .9), LinearLR(o, .5, 1, 2), CosineAnnealingLR(o, 4)}, {1, 4});
  };
  const Build changing = [](const SGD& o) {
    return ChainedScheduler(o, {LinearLR(o, .2, 1, 3), LambdaLR(o, [](std::int64_t t) { return 1. / double(1 + t); }),
                                CosineAnnealingWarmRestarts(o, 2, 2)});
  };
  const Build momentum = [](const SGD& o) {
    return ChainedScheduler(
        o, {StepLR(o, 2, .5), OneCycleLR(o, 1, 20), MultiplicativeLR(o, [](std::int64_t) { return .9; })});
  };
  const auto first = [](const Build& inner) -> Build {
    return [inner](const SGD& o) { return SequentialLR(o, {inner(o), ConstantLR(o, 1, 1)}, {9}); };
  };
  const auto chained = [](const Build& inner) -> Build {
    return [inner](const SGD& o) { return ChainedScheduler(o, {inner(o), ExponentialLR(o, 1)}); };
  };
  const Build backwards = [](const SGD& o) {
    return ChainedScheduler(o, {ConstantLR(o, .5, 2), ExponentialLR(o, .9)});
  };
  std::vector<Build> all{sequence, chain, three, changing, momentum, backwards};
  for (std::size_t i = 0; i < 6; ++i) all.push_back(chained(all[i]));
  for (std::size_t i = 0; i < all.size(); ++i) {
    CAPTURE(i);
    const std::vector<double> alone = of(all[i], 9);
    for (const Build& nested : {first(all[i]), first(first(all[i])), first(chained(first(all[i])))}) {
      const std::vector<double> got = of(nested, 9);
      CHECK(got == alone);
    }
    // Begun by a milestone, it has them too, up to the rounding of closed formulas.
    const std::vector<double> later = of([&](const SGD& o) {
      return SequentialLR(o, {StepLR(o, 1, .3), all[i](o)}, {3});
    });
    for (std::size_t t = 0; t < alone.size(); ++t) {
      CAPTURE(t);
      CHECK(later[t + 3] == Approx(alone[t]).epsilon(1e-14));
    }
  }
}

TEST_CASE("a sequence that goes on has the momentum that a part before the present one has left", "[schedule]") {
  const auto sequence = [](const Optimizer& optimizer) {
    return SequentialLR(optimizer, {OneCycleLR(optimizer, 1, 5), CosineAnnealingLR(optimizer, 10)}, {4});
  };
  for (const int steps : {2, 4, 6}) {
    CAPTURE(steps);
    SGD whole = make();
    SequentialLR schedule = sequence(whole);
    for (int t = 0; t < steps; ++t) schedule.step();
    SGD resumed = make();
    resumed.load_state_dict(whole.state_dict());
    SequentialLR going_on = sequence(resumed);
    going_on.load_state_dict(schedule.state_dict());
    for (int t = 0; t < 3; ++t) {
      CHECK(resumed.lr() == whole.lr());
      CHECK(resumed.param_groups()[0].option("momentum") == whole.param_groups()[0].option("momentum"));
      schedule.step();
      going_on.step();
    }
  }
}

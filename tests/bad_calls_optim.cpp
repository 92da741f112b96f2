// Bad calls of optimisers beyond the first three, groups, schedules, clipping and averaging.

#include <limits>

#include "bad_calls.hpp"

namespace bad_calls {
namespace {

using namespace optim;

std::vector<Tensor> weights() {
  std::vector<Tensor> result{ones({2, 3}).requires_grad_(), ones({3, 2}).requires_grad_()};
  for (const Tensor& p : result) p.set_grad(ones(p.shape()));
  return result;
}

/// An optimiser with a learning rate and two of its options.
template <class T>
void optimiser(Catalogue& all, const char* name, typename T::Options (*options)(double, double), double a, double b) {
  const auto made = [=](double lr, double first, double second) {
    T optimizer(weights(), lr, options(first, second));
    optimizer.step();
  };
  probe(all, name, made, Setting{.1}, Setting{a}, Setting{b});
  probe(
      all, name, [](auto v) { T(v, .1); }, weights());
}

void optimisers(Catalogue& all) {
  optimiser<Adamax>(
      all, "Adamax", [](double a, double b) { return Adamax::Options().betas(a, b); }, .9, .99);
  optimiser<NAdam>(
      all, "NAdam", [](double a, double b) { return NAdam::Options().eps(a).momentum_decay(b); }, 1e-8, 4e-3);
  optimiser<RAdam>(
      all, "RAdam", [](double a, double b) { return RAdam::Options().betas(a, .99).weight_decay(b); }, .9, 0);
  optimiser<Adagrad>(
      all, "Adagrad", [](double a, double b) { return Adagrad::Options().lr_decay(a).initial_accumulator_value(b); }, 0,
      0);
  optimiser<Adadelta>(
      all, "Adadelta", [](double a, double b) { return Adadelta::Options().rho(a).eps(b); }, .9, 1e-6);
  optimiser<RMSprop>(
      all, "RMSprop", [](double a, double b) { return RMSprop::Options().alpha(a).momentum(b); }, .9, .5);
  optimiser<Rprop>(
      all, "Rprop", [](double a, double b) { return Rprop::Options().etas(a, b); }, .5, 1.2);
  optimiser<ASGD>(
      all, "ASGD", [](double a, double b) { return ASGD::Options().lambd(a).t0(b); }, 1e-4, 1);
  optimiser<Lion>(
      all, "Lion", [](double a, double b) { return Lion::Options().betas(a, .99).weight_decay(b); }, .9, 0);
  optimiser<Muon>(
      all, "Muon", [](double a, double b) { return Muon::Options().momentum(a).eps(b); }, .9, 1e-7);
  optimiser<Adafactor>(
      all, "Adafactor", [](double a, double b) { return Adafactor::Options().beta2_decay(a).d(b); }, -.8, 1);
  const auto lbfgs = [](double lr, double gradient, double change) {
    LBFGS(weights(), lr, LBFGS::Options().tolerance_grad(gradient).tolerance_change(change));
  };
  probe(all, "LBFGS", lbfgs, Setting{1}, Setting{1e-7}, Setting{1e-9});
  refused(all, "LBFGS", "a step without a function", [] { LBFGS(weights()).step(); });
  refused(all, "LBFGS", "a function without a loss", [] { LBFGS(weights()).step([] { return Tensor(); }); });
}

void groups(Catalogue& all) {
  const auto added = [](const std::vector<Tensor>& parameters) {
    SGD optimizer(weights(), .1);
    optimizer.add_param_group(Group(parameters));
  };
  probe_as(all, "add_param_group", "SGD", added, weights());
  const auto set = [](double value) { SGD(weights(), .1).param_groups()[0].set_option("momentum", value); };
  probe_as(all, "set_option", "SGD", set, Setting{.9});
  refused(all, "SGD", "an option that it does not have",
          [] { SGD(weights(), .1).param_groups()[0].set_option("betas.0", .9); });
  refused(all, "SGD", "an option that it does not have",
          [] { static_cast<void>(SGD(weights(), .1).param_groups()[0].option("")); });
  const auto first = [](double value) { SGD(weights(), .1).param_groups()[0].set_initial_lr(value); };
  probe_as(all, "set_initial_lr", "SGD", first, Setting{.1});
  // Lists of options are checked where an optimiser gets them, and handles have nothing to check.
  all.functions.insert(all.functions.end(),
                       {"Group", "Groups", "ParamGroup", "betas", "eps", "lr", "maximize", "momentum", "option",
                        "weight_decay", "has_option", "is_sibling", "is_bias_or_norm", "is_weight", "PerGroup",
                        "Schedule", "LRScheduler", "operator()"});
}

void schedules(Catalogue& all) {
  const auto with = [](auto make) {
    return [=](auto... settings) {
      SGD optimizer(weights(), .1);
      auto schedule = make(optimizer, settings...);
      for (int t = 0; t < 3; ++t) schedule.step();
    };
  };
  probe(all, "StepLR", with([](auto& o, auto n, double g) { return StepLR(o, n, g); }), Index{2}, Setting{.5});
  probe(all, "MultiStepLR", with([](auto& o, auto n, double g) { return MultiStepLR(o, {n}, g); }), Index{2},
        Setting{.5});
  probe(all, "ConstantLR", with([](auto& o, double f, auto n) { return ConstantLR(o, f, n); }), Setting{.5}, Index{2});
  probe(all, "LinearLR", with([](auto& o, double f, double g, auto n) { return LinearLR(o, f, g, n); }), Setting{.5},
        Setting{1}, Index{2});
  probe(all, "ExponentialLR", with([](auto& o, double g) { return ExponentialLR(o, g); }), Setting{.5});
  probe(all, "PolynomialLR", with([](auto& o, auto n, double p) { return PolynomialLR(o, n, p); }), Index{2},
        Setting{1});
  probe(all, "CosineAnnealingLR", with([](auto& o, auto n, double e) { return CosineAnnealingLR(o, n, e); }), Index{9},
        Setting{0});
  probe(all, "CosineAnnealingWarmRestarts",
        with([](auto& o, auto n, auto m, double e) { return CosineAnnealingWarmRestarts(o, n, m, e); }), Index{2},
        Index{2}, Setting{0});
  probe(all, "WarmupCosineLR",
        with([](auto& o, auto w, auto n, double s, double e) { return WarmupCosineLR(o, w, n, s, e); }), Index{2},
        Index{9}, Setting{.1}, Setting{0});
  probe(all, "OneCycleLR", with([](auto& o, double most, auto n, double share, double div) {
          return OneCycleLR(o, most, n, OneCycleLR::Options().pct_start(share).div_factor(div));
        }),
        Setting{.1}, Index{9}, Setting{.3}, Setting{25});
  probe(all, "CyclicLR", with([](auto& o, double low, double high, auto n, double g) {
          return CyclicLR(o, low, high, CyclicLR::Options().step_size_up(n).gamma(g));
        }),
        Setting{.1}, Setting{.2}, Index{9}, Setting{.3});
  probe(all, "SWALR", with([](auto& o, double lr, auto n) { return SWALR(o, lr, n); }), Setting{.1}, Index{9});
  const auto plateau = [](double factor, double threshold, double eps, auto patience) {
    SGD optimizer(weights(), .1);
    ReduceLROnPlateau schedule(
        optimizer, ReduceLROnPlateau::Options().factor(factor).threshold(threshold).eps(eps).patience(patience));
    schedule.step(1);
  };
  probe(all, "ReduceLROnPlateau", plateau, Setting{.1}, Setting{1e-4}, Setting{1e-8}, Index{2});
  const auto of = [](double factor) { return [=](std::int64_t) { return factor; }; };
  probe(all, "LambdaLR", with([=](auto& o, double f) { return LambdaLR(o, of(f)); }), Setting{1});
  probe(all, "MultiplicativeLR", with([=](auto& o, double f) { return MultiplicativeLR(o, of(f)); }), Setting{1});
  refused(all, "LambdaLR", "an empty function", [] {
    SGD optimizer(weights(), .1);
    LambdaLR(optimizer, LRLambda());
  });
  const auto sequence = [](auto milestone) {
    SGD optimizer(weights(), .1);
    SequentialLR schedule(optimizer, {StepLR(optimizer, 1), StepLR(optimizer, 1)}, {milestone});
    for (int t = 0; t < 3; ++t) schedule.step();
  };
  probe(all, "SequentialLR", sequence, Index{2});
  refused(all, "SequentialLR", "no schedules", [] { SequentialLR(SGD(weights(), .1), {}, {}); });
  refused(all, "ChainedScheduler", "no schedules", [] { ChainedScheduler(SGD(weights(), .1), {}); });
  refused(all, "StepLR", "a state without keys", [] {
    SGD optimizer(weights(), .1);
    StepLR(optimizer, 1).load_state_dict({});
  });
}

void weights_and_gradients(Catalogue& all) {
  probe(
      all, "get_total_norm", [](const Tensor& x, double p) { return Tensor(get_total_norm({x}, p)); }, ones({2, 3}),
      Setting{2});
  probe(
      all, "clip_grad_norm_", [](double most, double p) { clip_grad_norm_(weights(), most, p); }, Setting{1},
      Setting{2});
  probe(
      all, "clip_grad_value_", [](double most) { clip_grad_value_(weights(), most); }, Setting{1});
  for (const char* name : {"clip_grad_norm_", "clip_grad_value_"})
    refused(all, name, "an empty tensor", [name = std::string(name)] {
      if (name == "clip_grad_norm_")
        clip_grad_norm_({Tensor()}, 1);
      else
        clip_grad_value_({Tensor()}, 1);
    });
  probe(
      all, "AveragedModel",
      [](double decay) { AveragedModel<nn::Linear>(nn::Linear(2, 2), AveragingOptions().ema(decay)); }, Setting{.9});
  refused(all, "AveragedModel", "a state without keys",
          [] { AveragedModel<nn::Linear>(nn::Linear(2, 2)).load_state_dict({}); });
  refused(all, "update_parameters", "another model",
          [] { AveragedModel<nn::Linear>(nn::Linear(2, 2)).update_parameters(nn::Linear(3, 2)); });
  refused(all, "SwappedWeights", "another model",
          [] { const SwappedWeights swapped(nn::Linear(2, 2), nn::Linear(3, 2)); });
  const auto sweep = [](double first, double last, double smoothing, auto steps) {
    nn::Linear model(2, 2);
    SGD optimizer(model.parameters(), .1);
    static_cast<void>(find_lr(
        model, optimizer,
        [&] {
          return sum(square(model(ones({1, 2}))));
        },
        LRFinderOptions().start_lr(first).end_lr(last).smoothing(smoothing).steps(
            static_cast<int>(std::min<std::int64_t>(steps, std::numeric_limits<int>::max())) % 1000)));
  };
  probe(all, "find_lr", sweep, Setting{1e-5}, Setting{1}, Setting{.9}, Index{5});
  all.functions.insert(all.functions.end(), {"update", "update_bn", "state_dict", "Averager"});
}

}  // namespace

void optimizer_calls(Catalogue& all) {
  optimisers(all);
  groups(all);
  schedules(all);
  weights_and_gradients(all);
}

}  // namespace bad_calls

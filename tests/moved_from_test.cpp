// What is left of objects of optim and train that were moved from: the same as before, or an error that says so.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/train.hpp>
#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "folder.hpp"
#include "inspect.hpp"

using namespace xgrad;
using namespace xgrad::optim;
using namespace xgrad::train;
using Catch::Matchers::Contains;

namespace {

SGD make() { return SGD({zeros({1}).requires_grad_()}, .1, SGD::Options().momentum(.5)); }

std::string difference_of(const StateDict& a, const StateDict& b) {
  if (a.size() != b.size()) return std::to_string(a.size()) + " and " + std::to_string(b.size()) + " entries";
  for (const auto& [key, tensor] : a)
    if (const std::string what = difference(tensor, b.at(key)); !what.empty()) return key + ": " + what;
  return {};
}

// The object after it was moved from, to a new one and to one that is there.
template <class T, class F>
void stays(T from, const F& seen) {
  const auto before = seen(from);
  T to = std::move(from);
  CHECK(seen(from) == before);  // NOLINT(bugprone-use-after-move): that is what is tested
  CHECK(seen(to) == before);
  to = std::move(from);
  CHECK(seen(from) == before);  // NOLINT(bugprone-use-after-move)
  CHECK(seen(to) == before);
}

template <class M>
void stays_metric(M metric, const Tensor& prediction, const Tensor& target) {
  CAPTURE(metric.name());
  metric.update(prediction, target);
  stays(metric, [](const M& x) { return x.value(); });
  M to = std::move(metric);
  CHECK(difference_of(metric.state_dict(), to.state_dict()) == "");  // NOLINT(bugprone-use-after-move)
  metric.merge(to);
  metric.update(prediction, target);
  CHECK(metric.value() == Approx(to.value()));
  metric.load_state_dict(to.state_dict());
  metric.reset();
}

template <class S>
void refuses(const std::string& name, const Optimizer& optimizer, S from) {
  INFO(name);
  const S to = std::move(from);
  const StateDict options = optimizer.state_dict(), state = to.state_dict();
  const double rate = optimizer.lr();
  const auto refused = [&](const std::function<void(S&)>& use) {
    CHECK(thrown_by<std::logic_error>([&] { use(from); }) ==
          name + ": this schedule was moved from: use the one that it was moved to");
    CHECK(difference_of(optimizer.state_dict(), options) == "");
    CHECK(difference_of(to.state_dict(), state) == "");
  };
  if constexpr (std::is_same_v<S, ReduceLROnPlateau>) {
    refused([](S& s) { s.step(1); });
    refused([](S& s) { static_cast<void>(s.best()); });
  } else {
    refused([](S& s) { s.step(); });
    refused([&](S& s) { SequentialLR(optimizer, {std::move(s)}, {}); });
    refused([&](S& s) { ChainedScheduler(optimizer, {std::move(s)}); });
  }
  refused([](S& s) { static_cast<void>(s.get_last_lr()); });
  refused([](S& s) { static_cast<void>(s.last_epoch()); });
  refused([](S& s) { static_cast<void>(s.state_dict()); });
  refused([&](S& s) { s.load_state_dict(state); });
  refused([](S& s) { static_cast<void>(s.restorer()); });
  refused([](S& s) { Checkpoint().add("schedule", s).save("/nowhere/at all"); });
  CHECK(to.get_last_lr() == std::vector<double>{rate});
}

template <class T>
constexpr bool stays_where_it_is = !std::is_move_constructible_v<T> && !std::is_move_assignable_v<T>;

}  // namespace

TEST_CASE("a schedule that was moved from is refused, and changes nothing", "[schedule]") {
  const LRLambda f = [](std::int64_t t) { return 1.0 / static_cast<double>(t + 1); };
  const auto with = [](const char* name, const auto& schedule) {
    const SGD o = make();
    refuses(name, o, schedule(o));
  };
  with("StepLR", [](const SGD& o) { return StepLR(o, 1); });
  with("MultiStepLR", [](const SGD& o) { return MultiStepLR(o, {1, 2}); });
  with("ConstantLR", [](const SGD& o) { return ConstantLR(o); });
  with("LinearLR", [](const SGD& o) { return LinearLR(o); });
  with("ExponentialLR", [](const SGD& o) { return ExponentialLR(o, .9); });
  with("PolynomialLR", [](const SGD& o) { return PolynomialLR(o); });
  with("CosineAnnealingLR", [](const SGD& o) { return CosineAnnealingLR(o, 5); });
  with("CosineAnnealingWarmRestarts", [](const SGD& o) { return CosineAnnealingWarmRestarts(o, 5); });
  with("WarmupCosineLR", [](const SGD& o) { return WarmupCosineLR(o, 2, 5); });
  with("OneCycleLR", [](const SGD& o) { return OneCycleLR(o, 1, 5); });
  with("CyclicLR", [](const SGD& o) { return CyclicLR(o, .1, 1); });
  with("LambdaLR", [&](const SGD& o) { return LambdaLR(o, f); });
  with("MultiplicativeLR", [&](const SGD& o) { return MultiplicativeLR(o, f); });
  with("SWALR", [](const SGD& o) { return SWALR(o, .01); });
  with("ReduceLROnPlateau", [](const SGD& o) { return ReduceLROnPlateau(o); });
  with("SequentialLR", [](const SGD& o) { return SequentialLR(o, {StepLR(o, 2), StepLR(o, 3)}, {2}); });
  with("ChainedScheduler", [](const SGD& o) { return ChainedScheduler(o, {StepLR(o, 2), StepLR(o, 3)}); });

  SGD o = make();
  StepLR one(o, 1), other(o, 2);
  other = std::move(one);
  CHECK_THAT(thrown_by([&] { one.step(); }), Contains("StepLR: this schedule was moved from"));
  other.step();
  CHECK(o.lr() == Approx(.01));
  one = std::move(other);
  one.step();
  CHECK(o.lr() == Approx(.001));
}

TEST_CASE("an optimiser that was moved from does not call the closure", "[optimizers]") {
  const Tensor p = Tensor{1., 2.}.requires_grad_();
  int calls = 0;
  const auto closure = [&] { return Tensor(static_cast<double>(++calls)); };
  SGD sgd({p}, .1);
  const SGD to = std::move(sgd);
  LBFGS lbfgs({p});
  const LBFGS other = std::move(lbfgs);
  CHECK_THAT(thrown_by<std::logic_error>([&] { sgd.step(closure); }), Contains("moved from"));
  CHECK_THAT(thrown_by<std::logic_error>([&] { lbfgs.step(closure); }), Contains("moved from"));
  CHECK(calls == 0);
}

TEST_CASE("handles and options of optimisers are copied where they are moved", "[optimizers]") {
  const Tensor p = Tensor{1., 2.}.requires_grad_();
  SGD o({p}, .1);
  stays(o.param_groups()[0], [](const ParamGroup& x) { return x.lr() + static_cast<double>(x.siblings()); });
  const auto momentum = [](const Groups& groups, const SGD::Options& options = {}) {
    return SGD(groups, .1, options).param_groups()[0].option("momentum");
  };
  stays(Group({p}).momentum(.5), [&](const Group& x) { return momentum({x}); });
  stays(Groups({Group({p}).momentum(.5)}), [&](const Groups& x) { return momentum(x); });
  stays(SGD::Options().momentum(.5), [&](const SGD::Options& x) { return momentum({p}, x); });
  stays(PerGroup(.3), [](const PerGroup& x) { return x.values(); });
  stays(PerGroup({.3}), [&](const PerGroup& x) { return OneCycleLR(o, x, 9).get_last_lr(); });
  stays(CyclicLR::Options().cycle_momentum(false).scale_of_step([](double) { return .5; }), [&](const auto& x) {
    CyclicLR s(o, .1, 1, x);
    s.step();
    return o.lr();
  });
  stays(OneCycleLR::Options().base_momentum(.5).cycle_momentum(false),
        [&](const auto& x) { return OneCycleLR(o, 1, 9, x).get_last_lr(); });
  stays(ReduceLROnPlateau::Options().min_lr(.05).patience(0), [&](const auto& x) {
    SGD plain = make();
    ReduceLROnPlateau s(plain, x);
    for (int i = 0; i < 3; ++i) s.step(1);
    return plain.lr();
  });
  stays(Schedule(StepLR(o, 3)), [](const Schedule& x) { return x->last_epoch(); });
}

TEST_CASE("an average of weights that was moved from goes on as it was", "[averaging]") {
  nn::Linear model(2, 1);
  {
    const NoGrad off;
    model.weight.fill_(2);
  }
  const auto options =
      AveragingOptions().avg_fn([](const Tensor& old, const Tensor& now, std::int64_t) { return maximum(old, now); });
  const auto shift = [&](double by) {
    const NoGrad off;
    model.weight.add_(Tensor(by));
  };
  AveragedModel<nn::Linear> average(model, options);
  average.update_parameters(model);
  const Tensor largest = model.weight.detach().clone();
  AveragedModel<nn::Linear> to = std::move(average);
  shift(-1);
  average.update_parameters(model);  // NOLINT(bugprone-use-after-move)
  CHECK(average.n_averaged() == 2);
  CHECK(difference(average.module.weight.detach(), largest) == "");
  CHECK(average(ones({1, 2})).shape() == Shape({1, 1}));
  CHECK(to.n_averaged() == 1);
  stays(options, [&](const AveragingOptions& x) {
    AveragedModel<nn::Linear> one(model, x);
    one.update_parameters(model);
    shift(-1);
    one.update_parameters(model);
    shift(1);
    return difference(one.module.weight.detach(), model.weight.detach());
  });
  static_assert(stays_where_it_is<SwappedWeights>);
}

TEST_CASE("a metric that was moved from has the same rows", "[train]") {
  const Tensor scores({{.1f, .7f, .2f}, {.6f, .3f, .1f}, {.2f, .3f, .5f}}), classes{1, 2, 2};
  const Tensor single{.9f, .2f, .6f}, binary{1, 0, 0}, numbers{1.f, 2.f, 4.f}, more{2.f, 2.f, 3.f};
  const auto three = ClassMetricOptions().classes(3);
  stays_metric(Accuracy(), scores, classes);
  stays_metric(TopKAccuracy(2), scores, classes);
  stays_metric(ConfusionMatrix(3), scores, classes);
  stays_metric(Precision(three), scores, classes);
  stays_metric(Recall(three), scores, classes);
  stays_metric(F1Score(three), scores, classes);
  stays_metric(AUROC(), single, binary);
  stays_metric(AveragePrecision(), single, binary);
  stays_metric(MeanAbsoluteError(), numbers, more);
  stays_metric(MeanSquaredError(), numbers, more);
  stays_metric(RootMeanSquaredError(), numbers, more);
  stays_metric(R2Score(), numbers, more);
  stays_metric(Mean(), numbers, more);
}

TEST_CASE("parts of a training that were moved from are what they were", "[train]") {
  const Folder folder;
  std::int64_t epoch = 7;
  SECTION("a checkpoint does not write an empty one over a file") {
    Checkpoint from;
    from.add("epoch", epoch).note("by", "me");
    const std::string path = folder.file("run");
    stays(from, [&](const Checkpoint& x) {
      x.save(path);
      return Checkpoint::read(path).parts;
    });
    Checkpoint to = std::move(from);
    epoch = 0;
    from.load(path);  // NOLINT(bugprone-use-after-move)
    CHECK(epoch == 7);
    CHECK(io::load_safetensors_metadata(path).at("by") == "me");
  }
  SECTION("a folder of checkpoints") {
    Checkpoint checkpoint;
    checkpoint.add("epoch", epoch);
    stays(CheckpointFolder(folder.path(), 2), [&](const CheckpointFolder& x) {
      const std::string path = x.save(checkpoint, 5);
      return path + x.load(checkpoint).value().path + x.folder();
    });
  }
  SECTION("a history, an early stopping, a contract, a sum, a record") {
    History history;
    history.add(Record{{"epoch", 1}, {"loss", .5}});
    stays(history, [](const History& x) { return x.csv() + std::to_string(x.size()) + std::to_string(x["loss"][0]); });
    const StateDict state = history.state_dict();
    history.clear();
    history.load_state_dict(state);
    CHECK(history.csv() == "epoch,loss\n1,0.5\n");
    EarlyStopping early(EarlyStopping::Options().patience(1));
    early.update(1);
    early.update(2);
    stays(early, [](const EarlyStopping& x) { return x.best() + (x.should_stop() ? 10 : 0); });
    InputContract contract;
    contract.observe(arange(24).reshape({8, 3}).to(float32));
    contract.set_transforms({"normalise"});
    stays(contract, [](const InputContract& x) { return numbers(x.mean()); });
    stays(contract, [](InputContract x) {
      x.observe(ones({2, 3}));
      return x.transforms();
    });
    ExactSum sum;
    sum.add(.5);
    stays(sum, [](const ExactSum& x) { return x.value(); });
  }
  SECTION("what a trainer is given") {
    const auto fit = [&](const Objective& objective, const TrainerOptions& options) {
      nn::Linear model(3, 1);
      SGD o(model.parameters(), .01);
      std::vector<data::Batch> batches{{ones({2, 3}), zeros({2, 1})}};
      Trainer trainer(model, o, objective, options);
      trainer.fit(batches, batches);
      return trainer.history().columns();
    };
    const auto quiet = TrainerOptions().progress(ProgressStyle::silent);
    const Objective loss = nn::mse_loss;
    stays(loss, [&](const Objective& x) { return fit(x, quiet); });
    stays(Objective([](const Tensor& y, const Tensor& t) { return mean(abs(y - t)); }),
          [&](const Objective& x) { return fit(x, quiet); });
    stays(TrainerOptions(quiet).metric("mae", MeanAbsoluteError()).prefixes("of_", "on_"),
          [&](const TrainerOptions& x) { return fit(loss, x); });
    data::DataLoader loader(data::TensorDataset(ones({4, 3}), ones({4, 1})), data::DataLoader::Options().batch_size(2));
    stays(Batches(loader), [](const Batches& x) {
      std::int64_t count = 0;
      x.for_each([&](const std::vector<Tensor>&) { return ++count > 0; });
      return count + 10 * x.size() + 100 * x.rows() + (x.has_position() ? 1000 : 0);
    });
    static_assert(stays_where_it_is<Trainer>);
    static_assert(stays_where_it_is<Progress>);
    static_assert(stays_where_it_is<InterruptScope>);
  }
}

TEST_CASE("an optimiser that is moved to itself is what it was", "[optimizers]") {
  const auto train = [](auto& optimizer, const Tensor& p) {
    return [&optimizer, p] {
      for (int i = 0; i < 2; ++i)
        optimizer.step([&] {
          optimizer.zero_grad();
          Tensor loss = sum(square(p) * Tensor({1.f, 30.f}) + p);
          loss.backward();
          return loss;
        });
    };
  };
  const auto check = [&](auto make) {
    const Tensor p = Tensor({1.f, 2.f}).requires_grad_(), q = Tensor({1.f, 2.f}).requires_grad_();
    auto moved = make(p), kept = make(q);
    train(moved, p)();
    train(kept, q)();
    auto& same = moved;
    moved = std::move(same);
    REQUIRE(moved.parameters().size() == 1);
    train(moved, p)();
    train(kept, q)();
    CHECK(difference(p.detach(), q.detach()) == "");
    CHECK(moved.state_dict().size() == kept.state_dict().size());
  };
  check([](const Tensor& p) { return optim::Adam({p}, .1); });
  check([](const Tensor& p) { return optim::LBFGS({p}, .1, optim::LBFGS::Options().max_iter(2)); });
}

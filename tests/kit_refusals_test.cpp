// What the training kit refuses: states that cannot be, empty functions, samplers of other rows, a schedule given
// twice; and which line its errors name.

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <xgrad/train.hpp>
#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "folder.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

Tensor parameter(int seed) {
  manual_seed(static_cast<std::uint64_t>(seed));
  return randn({3, 2}).requires_grad_();
}

/// Each key of the optimiser's state that begins with "state." with each bad number in place of one of its own: which
/// of them are refused, without a change.
template <class O>
std::string refused_states(O& optimizer, const Tensor& p) {
  for (int i = 0; i < 3; ++i) {
    p.set_grad(full({3, 2}, 0.5 + i, float32));
    optimizer.step([&] { return Tensor(1.0); });
  }
  const StateDict state = optimizer.state_dict();
  const auto same = [&] {
    const StateDict now = optimizer.state_dict();
    for (std::size_t i = 0; i < state.size(); ++i)
      if (now[i].first != state[i].first || difference(now[i].second.to(float64), state[i].second.to(float64)) != "")
        return false;
    return true;
  };
  std::string all;
  for (std::size_t i = 0; i < state.size(); ++i) {
    const std::string& key = state[i].first;
    if (key.rfind("state.", 0) != 0 || state[i].second.dtype() == int64) continue;
    for (const double bad : {-1.0, no_number}) {
      StateDict changed = state;
      Tensor values = state[i].second.to(float64).reshape({-1}).clone();
      values.mutable_view<double>().flat(static_cast<std::size_t>(values.size() - 1)) = bad;
      changed[i].second = values.reshape(state[i].second.shape()).to(state[i].second.dtype());
      const std::string text = thrown_by<std::invalid_argument>([&] { optimizer.load_state_dict(changed); });
      if (text == "nothing was thrown") {
        optimizer.load_state_dict(state);
        continue;
      }
      CHECK_THAT(text, StartsWith(std::string(optimizer.name()) + ": cannot load this state: \"" + key + "\" "));
      CHECK(same());
      all += key.substr(8) + (std::isnan(bad) ? " nan, " : " -1, ");
    }
  }
  for (const char* flag : {"param_groups.0.maximize", "param_groups.0.amsgrad", "param_groups.0.nesterov",
                           "param_groups.0.centered", "param_groups.0.decoupled_weight_decay"})
    for (const double bad : {no_number, 2.0, -1.0}) {
      StateDict changed = state;
      const auto found = changed.find(flag);
      if (found == changed.end()) continue;
      found->second = Tensor(bad);
      CHECK_THAT(thrown_by<std::invalid_argument>([&] { optimizer.load_state_dict(changed); }),
                 Contains("must be 0 or 1, got"));
      CHECK(same());
    }
  return all;
}

template <class O, class... A>
std::string refused_of(A&&... options) {
  const Tensor p = parameter(1);
  O optimizer({p}, 0.01, std::forward<A>(options)...);
  return refused_states(optimizer, p);
}

std::string negative(const char* name) { return std::string(name) + " -1, "; }
std::string both(const char* name) { return std::string(name) + " -1, " + name + " nan, "; }

}  // namespace

TEST_CASE("second moments that are negative are refused in every optimiser", "[optim]") {
  using namespace optim;
  CHECK(refused_of<SGD>(SGD::Options().momentum(0.9)) == "");
  CHECK(refused_of<Adam>(Adam::Options().amsgrad()) == negative("exp_avg_sq") + negative("max_exp_avg_sq"));
  CHECK(refused_of<AdamW>() == negative("exp_avg_sq"));
  CHECK(refused_of<Adamax>() == negative("exp_inf"));
  CHECK(refused_of<NAdam>() == negative("exp_avg_sq") + both("mu_product"));
  CHECK(refused_of<RAdam>() == negative("exp_avg_sq"));
  CHECK(refused_of<Adagrad>() == negative("sum"));
  CHECK(refused_of<Adadelta>() == negative("square_avg") + negative("acc_delta"));
  CHECK(refused_of<RMSprop>(RMSprop::Options().centered().momentum(0.5)) == negative("square_avg"));
  CHECK(refused_of<Rprop>() == negative("step_size"));
  CHECK(refused_of<ASGD>() == both("eta") + both("mu"));
  CHECK(refused_of<Lion>() == "");
  CHECK(refused_of<Muon>() == "");
  CHECK(refused_of<Adafactor>() == negative("row_var") + negative("col_var"));
}

TEST_CASE("a schedule refuses the state of another class, and positions that it cannot be in", "[schedule]") {
  using namespace optim;
  const Tensor p = parameter(1);
  SGD optimizer({p}, 0.1, SGD::Options().momentum(0.9));
  StepLR step(optimizer, 3);
  CosineAnnealingLR cosine(optimizer, 10);
  CHECK_THAT(thrown_by([&] { step.load_state_dict(cosine.state_dict()); }),
             Contains("StepLR: cannot load this state: it is that of CosineAnnealingLR"));
  step.load_state_dict(step.state_dict());
  StateDict old = cosine.state_dict();  // of an earlier version, which did not say
  old.erase(old.find("class.CosineAnnealingLR"));
  step.load_state_dict(old);

  CosineAnnealingWarmRestarts warm(optimizer, 4);
  OneCycleLR cycle(optimizer, 0.2, 10);
  ReduceLROnPlateau plateau(optimizer);
  SequentialLR sequence(optimizer, {LinearLR(optimizer), StepLR(optimizer, 3)}, {5});
  SequentialLR other(optimizer, {LinearLR(optimizer), ExponentialLR(optimizer, 0.5)}, {5});
  CHECK_THAT(thrown_by([&] { other.load_state_dict(sequence.state_dict()); }),
             Contains("SequentialLR: cannot load this state: it is that of StepLR in place of ExponentialLR"));
  const auto refuses = [&](LRScheduler& schedule, const char* key, double value) {
    const StateDict before = schedule.state_dict();
    const double rate = optimizer.lr(), momentum = optimizer.param_groups()[0].option("momentum");
    StateDict changed = before;
    changed.find(key)->second = Tensor(value);
    const std::string text = thrown_by<std::invalid_argument>([&] { schedule.load_state_dict(changed); });
    const StateDict after = schedule.state_dict();
    for (std::size_t i = 0; i < before.size(); ++i)
      CHECK(difference(before[i].second.to(float64), after[i].second.to(float64)) == "");
    CHECK(optimizer.lr() == Approx(rate).epsilon(1e-15));
    CHECK(optimizer.param_groups()[0].option("momentum") == momentum);
    return text;
  };
  warm.load_state_dict(warm.state_dict());
  CHECK_THAT(refuses(warm, "T_cur", 9), Contains("CosineAnnealingWarmRestarts: cannot load this state: T_cur is 9"));
  cycle.load_state_dict(cycle.state_dict());
  CHECK_THAT(refuses(cycle, "last_epoch", 99), Contains("OneCycleLR: cannot load this state: last_epoch is 99"));
  plateau.load_state_dict(plateau.state_dict());
  CHECK_THAT(refuses(plateau, "best", no_number), Contains("ReduceLROnPlateau: cannot load this state: \"best\""));
}

TEST_CASE("an empty function is refused by the call that takes it", "[train]") {
  using namespace train;
  const std::function<Tensor(const Tensor&)> none;
  const std::function<Tensor(const Tensor&, const Tensor&)> none_of_two;
  const std::function<StepResult(const std::vector<Tensor>&)> no_step;
  const std::function<data::Batch(Tensor, Tensor)> no_map;
  const auto said = [](auto f) { return thrown_by<std::invalid_argument>(f); };
  nn::Linear net(2, 1);
  optim::SGD optimizer(net.parameters(), 0.1);
  const data::TensorDataset rows(ones({4, 2}), ones({4, 1}));
  const auto empty = [](const char* op) { return StartsWith(std::string(op) + ": got an empty function for "); };
  CHECK_THAT(said([&] { Trainer(net, optimizer, none_of_two); }), empty("Trainer"));
  CHECK_THAT(said([&] { Trainer(net, optimizer, no_step); }), empty("Trainer"));
  Tensor (*null)(Tensor, Tensor, nn::Reduction, Source) = nullptr;
  CHECK_THAT(said([&] { Trainer(net, optimizer, null); }), empty("Trainer"));
  CHECK_THAT(said([&] { TrainerOptions().on_epoch_end(nullptr); }), empty("on_epoch_end"));
  CHECK_THAT(said([&] { TrainerOptions().on_batch_end(nullptr); }), empty("on_batch_end"));
  CHECK_THAT(said([&] { data::transforms::Lambda made(none); }), empty("Lambda"));
  CHECK_THAT(said([&] { static_cast<void>(data::map(rows, no_map)); }), empty("map"));
  CHECK_THAT(said([&] { static_cast<void>(data::map_rows(rows, no_map)); }), empty("map_rows"));
  CHECK_THAT(said([&] { nn::Sequential{none}; }), empty("Sequential"));
  CHECK_THAT(said([&] { net.apply(nullptr); }), empty("apply"));
  CHECK_THAT(said([&] { optim::AveragingOptions().avg_fn(nullptr); }), empty("avg_fn"));
  CHECK_THAT(said([&] { optim::CyclicOptions().scale_of_cycle(nullptr); }), empty("scale_of_cycle"));
  CHECK_THAT(said([&] { optim::CyclicOptions().scale_of_step(nullptr); }), empty("scale_of_step"));
  CHECK_THAT(said([&] { optimizer.step(optim::Optimizer::Closure()); }), empty("SGD"));
  optim::LBFGS lbfgs(net.parameters());
  CHECK_THAT(said([&] { lbfgs.step(optim::Optimizer::Closure()); }), empty("LBFGS"));
  CHECK_THAT(said([&] { optim::LambdaLR made(optimizer, optim::LRLambda()); }), Contains("LambdaLR: got an empty"));
}

TEST_CASE("a sampler that was made for other rows than the dataset's is refused by name", "[data]") {
  const data::TensorDataset rows(ones({6, 2}), ones({6, 1}));
  const auto said = [&](const auto& sampler) {
    return thrown_by<std::invalid_argument>(
        [&] { data::DataLoader loader(rows, data::DataLoader::Options().sampler(sampler)); });
  };
  for (const std::int64_t count : {4, 8}) {
    const std::string rest = ", and 6 rows in the dataset: there must be one for each row";
    CHECK(said(data::StratifiedSampler(zeros({count}, int64))) ==
          "StratifiedSampler: there are " + std::to_string(count) + " labels" + rest);
    CHECK(said(data::WeightedRandomSampler(ones({count}), 3)) ==
          "WeightedRandomSampler: there are " + std::to_string(count) + " weights" + rest);
  }
  CHECK(said(data::StratifiedSampler(zeros({6}, int64))) == "nothing was thrown");
  CHECK(said(data::WeightedRandomSampler(ones({6}), 30)) == "nothing was thrown");
}

TEST_CASE("a schedule that is given twice is refused", "[train]") {
  nn::Linear net(2, 1);
  optim::SGD optimizer(net.parameters(), 0.1);
  optim::StepLR one(optimizer, 2), other(optimizer, 3);
  using train::Trainer;
  CHECK_THROWS_WITH(Trainer(net, optimizer, nn::mse_loss,
                            Trainer::Options().schedule(one).schedule(other).schedule(one, train::Per::step)),
                    Contains("Trainer: schedule 2 was given before: it would step twice: give each once"));
  Trainer(net, optimizer, nn::mse_loss, Trainer::Options().schedule(one).schedule(other));
}

TEST_CASE("every loss of two tensors can be given by its name", "[train]") {
  using train::Trainer;
  nn::Linear net(3, 3);
  optim::SGD optimizer(net.parameters(), 0.01);
  const Tensor x = ones({4, 3}), numbers = full({4, 3}, 0.5, float32), signs = ones({4, 3}),
               classes = zeros({4}, int64);
  const auto loss_of = [&](const Tensor& target, train::Objective objective) {
    std::vector<std::vector<Tensor>> batches{{x, target}};
    return Trainer(net, optimizer, std::move(objective)).evaluate(batches).at("loss");
  };
  const Tensor y = net(x).detach();
  CHECK(loss_of(numbers, nn::mse_loss) == nn::mse_loss(y, numbers).item());
  CHECK(loss_of(numbers, nn::l1_loss) == nn::l1_loss(y, numbers).item());
  CHECK(loss_of(numbers, nn::smooth_l1_loss) == nn::smooth_l1_loss(y, numbers).item());
  CHECK(loss_of(numbers, nn::huber_loss) == nn::huber_loss(y, numbers).item());
  CHECK(loss_of(numbers, nn::kl_div) == nn::kl_div(y, numbers).item());
  CHECK(loss_of(numbers, nn::half_squared_error) == nn::half_squared_error(y, numbers).item());
  CHECK(loss_of(numbers, nn::binary_cross_entropy_with_logits) ==
        nn::binary_cross_entropy_with_logits(y, numbers).item());
  CHECK_THROWS_WITH(loss_of(numbers + 1, nn::binary_cross_entropy), Contains("binary_cross_entropy: "));
  CHECK(loss_of(classes, nn::cross_entropy) == nn::cross_entropy(y, classes).item());
  CHECK(loss_of(classes, nn::nll_loss) == nn::nll_loss(y, classes).item());
  CHECK(loss_of(classes, nn::multi_margin_loss) == nn::multi_margin_loss(y, classes).item());
  CHECK(loss_of(numbers, nn::poisson_nll_loss) == nn::poisson_nll_loss(y, numbers).item());
  CHECK(loss_of(signs, nn::hinge_embedding_loss) == nn::hinge_embedding_loss(y, signs).item());
  CHECK(loss_of(signs, nn::soft_margin_loss) == nn::soft_margin_loss(y, signs).item());
  CHECK(loss_of(signs, nn::multilabel_soft_margin_loss) == nn::multilabel_soft_margin_loss(y, signs).item());
  CHECK(loss_of(numbers, nn::HuberLoss()) == nn::huber_loss(y, numbers).item());
}

TEST_CASE("errors inside a training name the line of the user's call", "[train]") {
  using train::Trainer;
  const auto at = [](int line) { return EndsWith(" (kit_refusals_test.cpp:" + std::to_string(line) + ")"); };
  const auto said = [](auto f) { return thrown_by<std::invalid_argument>(f); };
  nn::Linear net(3, 1);
  optim::SGD optimizer(net.parameters(), 0.01);
  std::vector<std::vector<Tensor>> narrow{{ones({4, 2}), ones({4, 1})}}, other{{ones({4, 3}), ones({4})}},
      right{{ones({4, 3}), ones({4, 1})}};
  const Trainer::Options quiet =
      Trainer::Options().progress(train::ProgressStyle::silent).clip_grad_norm(1).warn([](const std::string&) {});
  Trainer trainer(net, optimizer, nn::mse_loss, quiet);
  CHECK_THAT(said([&] { trainer.fit(narrow); }), at(__LINE__));
  CHECK_THAT(said([&] { trainer.fit(other); }), at(__LINE__));
  CHECK_THAT(said([&] { trainer.fit(right, other); }), at(__LINE__));
  CHECK_THAT(said([&] { trainer.evaluate(narrow); }), at(__LINE__));
  CHECK_THAT(said([&] { trainer.evaluate(other); }), at(__LINE__));
  CHECK_THAT(said([&] { static_cast<void>(trainer.predict(narrow)); }), at(__LINE__));
  Trainer module(net, optimizer, nn::MSELoss(), quiet);
  CHECK_THAT(said([&] { module.fit(other); }), at(__LINE__));
  // In a function of the user's own it is the line there.
  Trainer own(
      net, optimizer, [](const Tensor& y, const Tensor& t) { return mean(y + reshape(t, {5})); }, quiet);
  const int inside = __LINE__ - 1;
  CHECK_THAT(said([&] { own.fit(right); }), at(inside));
  Trainer spoiled(
      net, optimizer, [](const Tensor& y, const Tensor& t) { return mean(sqrt(y * 0.0) + t * 0.0); }, quiet);
  CHECK_THAT(said([&] { spoiled.fit(right); }), StartsWith("clip_grad_norm_: ") && at(__LINE__));

  const Folder folder;
  nn::Linear wide(4, 1);
  train::Checkpoint().add("model", net).save(folder.file("a"));
  CHECK_THAT(said([&] { train::Checkpoint().add("model", wide).load(folder.file("a")); }), at(__LINE__));
  train::Checkpoint first, second;
  first.add("model", net);
  second.add("model", wide);
  const train::CheckpointFolder run(folder.file("run"));
  run.save(first, 1);
  CHECK_THAT(said([&] { run.load(second); }), at(__LINE__));
  optim::AveragedModel<nn::Linear> average(net);
  CHECK_THAT(said([&] { average(ones({1, 2})); }), at(__LINE__));
  std::vector<Tensor> batches{ones({4, 2})};
  nn::Sequential normed{nn::BatchNorm1d(3)};
  CHECK_THAT(said([&] { optim::update_bn(batches, normed); }), at(__LINE__));
}

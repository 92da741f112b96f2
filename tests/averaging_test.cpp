#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;
using namespace xgrad::optim;
using Catch::Matchers::Contains;

namespace {

nn::Sequential small() {
  return nn::Sequential{nn::Linear(3, 4), nn::BatchNorm1d(4), nn::ReLU(), nn::Dropout(.5), nn::Linear(4, 2)};
}

void shift(const nn::ModuleBase& model, double by) {
  const NoGrad off;
  for (const Tensor& p : model.parameters()) p.add_(Tensor(by));
}

std::vector<Tensor> with_gradients(const std::vector<Tensor>& gradients) {
  std::vector<Tensor> result;
  for (const Tensor& g : gradients) {
    result.push_back(zeros_like(g).requires_grad_());
    result.back().set_grad(g.clone());
  }
  return result;
}

}  // namespace

TEST_CASE("SWA is the mean of all weights, EMA their exponential mean", "[averaging]") {
  nn::Linear model(2, 2);
  model.to(float64);
  const Tensor start = model.weight.detach().clone();
  AveragedModel<nn::Linear> swa(model), ema(model, AveragingOptions().ema(.75));
  AveragedModel<nn::Linear> own(
      model, AveragingOptions().avg_fn([](const Tensor& a, const Tensor& b, std::int64_t) { return maximum(a, b); }));
  double mean = 0, running = 0;
  for (int n = 0; n < 5; ++n) {
    if (n > 0) shift(model, n == 3 ? -5 : 1);
    const double now = n < 3 ? n : n - 6;
    mean += (now - mean) / (n + 1);
    running = n == 0 ? now : .75 * running + .25 * now;
    swa.update_parameters(model);
    ema.update_parameters(model);
    own.update_parameters(model);
  }
  CHECK(difference(swa.module.weight.detach(), start + mean, 1e-13, 1e-13) == "");
  CHECK(difference(ema.module.weight.detach(), start + running, 1e-13, 1e-13) == "");
  CHECK(difference(own.module.weight.detach(), start + 2.0) == "");
  CHECK(swa.n_averaged() == 5);
  // The model itself is another one.
  CHECK(difference(model.weight.detach(), start - 2.0, 1e-13, 1e-13) == "");
}

TEST_CASE("buffers are copied, or averaged on request", "[averaging]") {
  nn::BatchNorm1d model(2);
  AveragedModel<nn::BatchNorm1d> copied(model), averaged(model, AveragingOptions().use_buffers());
  for (double value : {1., 2., 6.}) {
    model.running_mean.fill_(value);
    model.num_batches_tracked.fill_(value);
    copied.update_parameters(model);
    averaged.update_parameters(model);
  }
  CHECK(difference(copied.module.running_mean, Tensor{6.f, 6.f}) == "");
  CHECK(difference(averaged.module.running_mean, Tensor{3.f, 3.f}, 1e-6) == "");
  CHECK(copied.module.num_batches_tracked.item() == 6);
  CHECK(averaged.module.num_batches_tracked.item() == 2);  // 1, then 1.5 and 2.67 without their fractions
}

TEST_CASE("an average is saved with PyTorch's keys and goes on", "[averaging]") {
  nn::Sequential model = small();
  AveragedModel<nn::Sequential> average(model), other(model);
  average.update_parameters(model);
  shift(model, 1);
  average.update_parameters(model);
  const StateDict state = average.state_dict();
  CHECK(state[0].first == "n_averaged");
  CHECK(state[1].first == "module.0.weight");
  other.load_state_dict(state);
  CHECK(other.n_averaged() == 2);
  shift(model, 1);
  average.update_parameters(model);
  other.update_parameters(model);
  CHECK(difference(other.module.parameters()[0].detach(), average.module.parameters()[0].detach()) == "");
  CHECK_THAT(thrown_by([&] { other.load_state_dict({}); }), Contains("\"n_averaged\" is missing"));
  CHECK_THAT(thrown_by([&] { other.load_state_dict({{"n_averaged", Tensor(-1)}}); }), Contains("whole number"));
  CHECK_THAT(thrown_by([&] { AveragedModel<nn::Linear>(nn::Linear(2, 2), AveragingOptions().ema(1.5)); }),
             Contains("AveragedModel: the decay must lie within [0, 1], got 1.5"));
  AveragedModel<nn::Linear> linear(nn::Linear(2, 2));
  CHECK_THAT(thrown_by([&] { linear.update_parameters(nn::Linear(2, 3)); }), Contains("weight is (2, 2) float32"));
}

TEST_CASE("an average whose function throws is none of any tensor", "[averaging]") {
  nn::Linear model(2, 2);
  int calls = 0, at = -1;
  AveragedModel<nn::Linear> average(model,
                                    AveragingOptions().avg_fn([&](const Tensor& a, const Tensor& b, std::int64_t) {
                                      if (++calls == at) throw std::runtime_error("once");
                                      return (a + b) / 2;
                                    }));
  average.update_parameters(model);
  shift(model, 2);
  const StateDict before = average.state_dict();
  calls = 0;
  at = 2;
  CHECK_THROWS_WITH(average.update_parameters(model), "once");
  CHECK(average.n_averaged() == 1);
  for (const auto& [key, tensor] : average.state_dict()) CHECK(difference(tensor, before.at(key)) == "");
  average.update_parameters(model);
  CHECK(average.n_averaged() == 2);
  for (const auto& [key, tensor] : average.module.state_dict())
    CHECK(difference(tensor, before.at("module." + key) + 1.0f, 1e-6, 1e-6) == "");
}

TEST_CASE("an average is moved, and not copied", "[averaging]") {
  using Average = AveragedModel<nn::Linear>;
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<Average>);
  STATIC_REQUIRE_FALSE(std::is_copy_assignable_v<Average>);
  STATIC_REQUIRE(std::is_move_constructible_v<Average>);
  STATIC_REQUIRE(std::is_move_assignable_v<Average>);
}

TEST_CASE("an average whose function returns an empty tensor says so", "[averaging]") {
  nn::Linear model(2, 2);
  AveragedModel<nn::Linear> average(
      model, AveragingOptions().avg_fn([](const Tensor&, const Tensor&, std::int64_t) { return Tensor(); }));
  average.update_parameters(model);
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { average.update_parameters(model); }),
             Contains("update_parameters: avg_fn has returned an empty tensor: it must return (2, 2) float32"));
  CHECK(average.n_averaged() == 1);
}

TEST_CASE("two models exchange their weights for a while", "[averaging]") {
  nn::Sequential model = small();
  AveragedModel<nn::Sequential> average(model);
  const Tensor before = model.parameters()[0].detach().clone();
  shift(model, 1);
  const Tensor trained = model.parameters()[0].detach().clone();
  {
    const SwappedWeights swapped(model, average.module);
    CHECK(difference(model.parameters()[0].detach(), before) == "");
    CHECK(difference(average.module.parameters()[0].detach(), trained) == "");
  }
  CHECK(difference(model.parameters()[0].detach(), trained) == "");
  CHECK_THAT(thrown_by([&] { const SwappedWeights swapped(model, model); }), Contains("share their weights"));
}

TEST_CASE("exchanged weights come back where two parameters share memory", "[averaging]") {
  manual_seed(4);
  const Tensor table = randn({9, 3});
  nn::Sequential model{nn::Embedding::from_pretrained(table, nn::Freeze::no),
                       nn::Embedding::from_pretrained(table, nn::Freeze::no)};
  AveragedModel<nn::Sequential> average(model);
  average.update_parameters(model);
  shift(model, 1);
  const StateDict before = model.state_dict(), averaged = average.module.state_dict();
  {
    const SwappedWeights swapped(model, average.module);
    CHECK(difference(model.parameters()[0].detach(), averaged.begin()->second) == "");
  }
  for (const auto& [key, tensor] : model.state_dict()) CHECK(difference(tensor, before.at(key)) == "");
  for (const auto& [key, tensor] : average.module.state_dict()) CHECK(difference(tensor, averaged.at(key)) == "");
}

TEST_CASE("exchanged weights come back in another dtype, and not in another shape", "[averaging]") {
  manual_seed(4);
  nn::Linear model(20, 30);
  AveragedModel<nn::Linear> average(model);
  const Tensor first = model.weight.detach().clone();
  shift(model, 1);
  const Tensor trained = model.weight.detach().clone(), bias = model.bias.detach().clone();
  {
    const SwappedWeights swapped(model, average.module);
    model.to(float64);
    model.bias.set_data(zeros({7}, float64));
  }
  CHECK(difference(model.weight.detach(), trained.to(float64)) == "");
  CHECK(difference(average.module.weight.detach(), first) == "");
  CHECK(difference(model.bias.detach(), zeros({7}, float64)) == "");
  CHECK(difference(average.module.bias.detach(), bias) == "");
}

TEST_CASE("update_bn computes running statistics as means over all batches", "[averaging]") {
  manual_seed(3);
  nn::Sequential model{nn::BatchNorm1d(2), nn::Linear(2, 1)};
  model.eval();
  std::vector<Tensor> batches;
  Tensor means = zeros({2}), variances = zeros({2});
  for (int i = 0; i < 4; ++i) {
    batches.push_back(randn({8, 2}) * (1.0 + i) + 1.0 * i);
    means += mean(batches.back(), 0) / 4.0;
    variances += var(batches.back(), 0) / 4.0;
  }
  const auto buffers = [&] { return model.named_buffers(); };
  model(batches[0]);
  update_bn(batches, model);
  CHECK(difference(buffers().at("0.running_mean"), means, 1e-5, 1e-6) == "");
  CHECK(difference(buffers().at("0.running_var"), variances, 1e-5, 1e-6) == "");
  CHECK(buffers().at("0.num_batches_tracked").item() == 4);
  CHECK_FALSE(model.is_training());
  // Afterwards momentum is what it was.
  model.train();
  model(batches[0]);
  CHECK(difference(buffers().at("0.running_mean"), means * .9 + mean(batches[0], 0) * .1, 1e-5, 1e-6) == "");
}

namespace {

/// A net whose name begins as that of a batch normalisation, and which has buffers of its own.
class BatchNormNet : public nn::Module {
 public:
  BatchNormNet() {
    add("positions", positions);
    add("norm", norm);
    add("loss", loss);
    add("running_mean", running_mean);
  }
  Tensor forward(const Tensor& x) override { return norm(positions(x)); }

  nn::SinusoidalPositions positions{5, 2};
  nn::BatchNorm1d norm{3};
  nn::BCEWithLogitsLoss loss{nn::BCEWithLogitsLoss::Options().weight(full({2}, 7.f))};
  nn::Buffer running_mean{full({2}, 5.f)};
};

/// A batch normalisation of another name, with one more buffer.
class MyNorm : public nn::BatchNorm1d {
 public:
  MyNorm() : BatchNorm1d(2) { add("scale", scale); }
  Tensor forward(const Tensor& x) override { return BatchNorm1d::forward(x) * scale; }

  nn::Buffer scale{full({2}, 3.f)};
};

}  // namespace

TEST_CASE("update_bn knows batch normalisations by their class, and touches no other buffer", "[averaging]") {
  BatchNormNet net;
  const auto before = net.state_dict().clone();
  std::vector<Tensor> batches;
  for (int i = 0; i < 3; ++i) batches.push_back(randn({4, 3, 2}));
  update_bn(batches, net);
  for (const char* kept : {"positions.table", "loss.weight", "running_mean"})
    CHECK(difference(net.buffer(kept), before.at(kept)) == "");
  CHECK(net.norm.num_batches_tracked.item() == 3);

  MyNorm norm;
  for (const nn::Sequential& model : {nn::Sequential{norm}, nn::clone(nn::Sequential{norm})}) {
    const Tensor x = randn({8, 2}) + 4.0;
    model(randn({8, 2}));
    update_bn(std::vector<Tensor>{x}, model);
    CHECK(difference(model.buffer("0.running_mean"), mean(x, 0), 1e-5, 1e-6) == "");
    CHECK(model.buffer("0.num_batches_tracked").item() == 1);
    CHECK(difference(model.buffer("0.scale"), full({2}, 3.f)) == "");
  }
}

TEST_CASE("update_bn leaves every module in its mode, also where the model throws", "[averaging]") {
  nn::BatchNorm1d frozen(2);
  nn::Dropout dropout(.5);
  nn::Sequential model{frozen, dropout, nn::BatchNorm1d(2)};
  frozen.eval();
  const std::vector<Tensor> batches{randn({8, 2}), randn({8, 2})};
  update_bn(batches, model);
  CHECK(model.is_training());
  CHECK_FALSE(frozen.is_training());
  CHECK(dropout.is_training());
  CHECK(frozen.num_batches_tracked.item() == 2);  // it is estimated anew too
  CHECK_THROWS_AS(update_bn(std::vector<Tensor>{randn({8, 3})}, model), std::invalid_argument);
  CHECK_FALSE(frozen.is_training());
  CHECK(dropout.is_training());
}

TEST_CASE("gradients are clipped to a norm", "[clip]") {
  const std::vector<Tensor> gradients = {Tensor{3., 0.}, Tensor({{-4.}}), Tensor(12.0)};
  const auto clipped = [&](double most, double p) {
    const auto parameters = with_gradients(gradients);
    const double norm = clip_grad_norm_(parameters, most, p);
    std::vector<double> result{norm};
    for (const Tensor& each : parameters)
      for (double g : values(each.grad())) result.push_back(g);
    return result;
  };
  const auto close = [](const std::vector<double>& got, const std::vector<double>& expected) {
    return difference(Tensor(got), Tensor(expected), 1e-14, 1e-14) == "";
  };
  const double share = 6.5 / (13 + 1e-6);
  CHECK(close(clipped(6.5, 2), {13, 3 * share, 0, -4 * share, 12 * share}));
  CHECK(close(clipped(20, 2), {13, 3, 0, -4, 12}));
  CHECK(clipped(20, 2)[1] == 3);
  CHECK(close(clipped(50, 1), {19, 3, 0, -4, 12}));
  const double of_one = 1 / (19 + 1e-6), of_most = 1 / (12 + 1e-6);
  CHECK(close(clipped(1, 1), {19, 3 * of_one, 0, -4 * of_one, 12 * of_one}));
  CHECK(close(clipped(1, std::numeric_limits<double>::infinity()), {12, 3 * of_most, 0, -4 * of_most, 12 * of_most}));
  CHECK(clipped(100, 3)[0] == Approx(std::cbrt(27 + 64 + 1728)));
  CHECK(clipped(0, 2)[1] == 0);
  CHECK(get_total_norm(gradients) == Approx(13));
  CHECK(get_total_norm({}) == 0);
  CHECK(get_total_norm({Tensor{1e200, 1e200}}) == Approx(std::sqrt(2.) * 1e200));
  CHECK(get_total_norm({zeros({0})}) == 0);
  CHECK(clip_grad_norm_({zeros({2}).requires_grad_()}, 1) == 0);
}

TEST_CASE("a norm that is not finite is an error, unless it is allowed", "[clip]") {
  for (double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    const auto parameters = with_gradients({Tensor{1., bad}, Tensor{2.}});
    CHECK_THAT(thrown_by([&] { clip_grad_norm_(parameters, 1); }),
               Contains("clip_grad_norm_: the norm of order 2 is") && Contains("averaging_test.cpp"));
    CHECK(parameters[1].grad().item() == 2);
    CHECK_FALSE(std::isfinite(clip_grad_norm_(parameters, 1, 2, Nonfinite::allowed)));
    CHECK((std::isnan(bad) ? std::isnan(parameters[1].grad().item()) : parameters[1].grad().item() == 0));
  }
  CHECK_THAT(thrown_by([] { clip_grad_norm_({}, -1); }), Contains("max_norm"));
  CHECK_THAT(thrown_by([] { clip_grad_norm_({}, 1, 0); }), Contains("order of the norm must be positive, got 0"));
  CHECK_THAT(thrown_by([] { clip_grad_norm_({Tensor()}, 1); }), Contains("parameter 0 is an empty tensor"));
}

TEST_CASE("gradients are clipped to a range", "[clip]") {
  Tensor g = linspace(-5, 5, 37, float64);
  const auto parameters = with_gradients({g, Tensor{std::nan(""), 7.}});
  clip_grad_value_(parameters, 2);
  CHECK(difference(parameters[0].grad(), clamp(g, -2, 2)) == "");
  CHECK(std::isnan(values(parameters[1].grad())[0]));
  CHECK(values(parameters[1].grad())[1] == 2);
  CHECK_THAT(thrown_by([&] { clip_grad_value_(parameters, -2); }), Contains("clip_value"));
}

TEST_CASE("a sweep finds a learning rate and leaves no trace", "[lr_finder]") {
  manual_seed(5);
  nn::Sequential model = small();
  const Tensor x = randn({64, 3}), y = randint(0, 2, {64});
  Adam optimizer(model.parameters(), .01);
  const auto step = [&] {
    optimizer.zero_grad();
    Tensor loss = nn::cross_entropy(model(x), y);
    loss.backward();
    optimizer.step();
    return loss.item();
  };
  step();
  const StateDict weights = model.state_dict(), state = optimizer.state_dict();
  const Tensor gradient = model.parameters()[0].grad().clone();
  const Generator generator = default_generator();
  const double next = step();
  model.load_state_dict(weights);
  optimizer.load_state_dict(state);
  default_generator() = generator;
  model.parameters()[0].set_grad(gradient.clone());

  const LRSweep sweep = find_lr(model, optimizer, [&] { return nn::cross_entropy(model(x), y); });
  CHECK(sweep.lrs.size() > 20);
  CHECK(sweep.losses.size() == sweep.lrs.size());
  CHECK(sweep.smoothed.size() == sweep.lrs.size());
  CHECK(sweep.lrs[0] == 1e-7);
  CHECK(sweep.suggestion > 1e-5);
  CHECK(sweep.suggestion < 10);
  for (const auto& [key, tensor] : model.state_dict()) CHECK(difference(tensor, weights.at(key)) == "");
  const StateDict after = optimizer.state_dict();
  REQUIRE(after.size() == state.size());
  for (const auto& [key, tensor] : after) CHECK(difference(tensor, state.at(key)) == "");
  CHECK(difference(model.parameters()[0].grad(), gradient) == "");
  CHECK(step() == next);

  int calls = 0;
  CHECK_THROWS_AS(find_lr(model, optimizer,
                          [&]() -> Tensor {
                            if (++calls == 3) throw std::runtime_error("no more batches");
                            return nn::cross_entropy(model(x), y);
                          }),
                  std::runtime_error);
  CHECK(optimizer.lr() == .01);
  CHECK_THAT(thrown_by([&] { static_cast<void>(find_lr(model, optimizer, nullptr)); }), Contains("empty function"));
  CHECK_THAT(thrown_by([&] {
               static_cast<void>(find_lr(
                   model, optimizer, [&] { return Tensor(1.0); }, LRFinderOptions().start_lr(2).end_lr(1)));
             }),
             Contains("end_lr must exceed start_lr, got 1"));
}

TEST_CASE("a sweep brings back options that have changed between steps, and says what it cannot bring back",
          "[lr_finder]") {
  manual_seed(5);
  nn::Linear model(3, 1);
  const Tensor x = randn({8, 3});
  SGD optimizer(model.parameters(), .01, SGD::Options().momentum(.9));
  const auto loss = [&] { return mean(square(model(x))); };
  loss().backward();
  optimizer.step();
  optimizer.param_groups()[0].set_option("momentum", 0);
  const StateDict weights = model.state_dict(), state = optimizer.state_dict();
  REQUIRE(state.contains("state.0.momentum_buffer"));
  static_cast<void>(find_lr(model, optimizer, loss, LRFinderOptions().steps(5)));
  for (const auto& [key, tensor] : optimizer.state_dict()) CHECK(difference(tensor, state.at(key)) == "");
  for (const auto& [key, tensor] : model.state_dict()) CHECK(difference(tensor, weights.at(key)) == "");

  const Tensor more = zeros({1}).requires_grad_();
  const auto adds = [&](bool throws) {
    return [&, throws] {
      if (optimizer.param_groups().size() == 1) optimizer.add_param_group(Group({more}));
      if (throws) throw std::runtime_error("no more batches");
      return loss();
    };
  };
  CHECK_THROWS_WITH(find_lr(model, optimizer, adds(true)), "no more batches");
  for (const auto& [key, tensor] : model.state_dict()) CHECK(difference(tensor, weights.at(key)) == "");
  SGD again(model.parameters(), .01);
  CHECK_THAT(thrown_by([&] {
               static_cast<void>(find_lr(model, again, [&] {
                 if (again.param_groups().size() == 1) again.add_param_group(Group({more}));
                 return loss();
               }));
             }),
             Contains("SGD: cannot load this state: \"param_groups.1.lr\" is missing"));
  for (const auto& [key, tensor] : model.state_dict()) CHECK(difference(tensor, weights.at(key)) == "");
}

TEST_CASE("a sweep brings back gradients of parameters that the optimiser does not train", "[lr_finder]") {
  manual_seed(5);
  nn::Sequential model{nn::Linear(3, 4), nn::Linear(4, 1)};
  const Tensor x = randn({8, 3});
  const auto loss = [&] { return mean(square(model(x))); };
  loss().backward();
  std::vector<Tensor> handles, before;
  for (const Tensor& p : model.parameters()) {
    handles.push_back(p.grad());
    before.push_back(p.grad().clone());
  }
  SGD optimizer({model.parameters()[2], model.parameters()[3]}, .01);
  static_cast<void>(find_lr(model, optimizer, loss, LRFinderOptions().steps(5)));
  for (std::size_t i = 0; i < before.size(); ++i) {
    CHECK(difference(model.parameters()[i].grad(), before[i]) == "");
    CHECK(difference(handles[i], before[i]) == "");
  }
}

TEST_CASE("a sweep brings back the generators of layers", "[lr_finder]") {
  manual_seed(5);
  nn::Sequential model{nn::Linear(3, 4), nn::Dropout(.5, Generator(7)), nn::Linear(4, 1), nn::Dropout(.1)};
  const Tensor x = randn({8, 3});
  SGD optimizer(model.parameters(), .01);
  const auto draws = [&] {
    std::vector<std::uint64_t> all;
    for (const auto& each : nn::named_generators(model)) all.push_back(*each.second ? (*each.second)->draws() : 0);
    return all;
  };
  static_cast<void>(model(x));
  const std::vector<std::uint64_t> before = draws();
  REQUIRE(before == std::vector<std::uint64_t>{1, 0});
  int calls = 0;
  const auto loss = [&] {
    if (++calls == 7) throw std::runtime_error("no more batches");
    return mean(square(model(x)));
  };
  static_cast<void>(find_lr(model, optimizer, loss, LRFinderOptions().steps(5)));
  CHECK(calls == 5);
  CHECK(draws() == before);
  CHECK_THROWS_WITH(find_lr(model, optimizer, loss), "no more batches");
  CHECK(draws() == before);
}

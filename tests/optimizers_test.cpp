#include <cmath>
#include <functional>
#include <limits>
#include <memory>
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

using Make = std::function<std::unique_ptr<Optimizer>(const Groups&)>;

template <class T>
std::pair<std::string, Make> maker(const char* name, double lr, const typename T::Options& options = {}) {
  return {name, [=](const Groups& groups) { return std::make_unique<T>(groups, lr, options); }};
}

/// Every optimiser that steps by gradients, with options under which it does all that it can.
const std::vector<std::pair<std::string, Make>>& all() {
  static const std::vector<std::pair<std::string, Make>> makers{
      maker<SGD>("SGD", .1, SGD::Options().momentum(.9).weight_decay(.01)),
      maker<Adam>("Adam", .1, Adam::Options().amsgrad().weight_decay(.01)),
      maker<AdamW>("AdamW", .1),
      maker<Adamax>("Adamax", .1, Adamax::Options().weight_decay(.01)),
      maker<NAdam>("NAdam", .1, NAdam::Options().weight_decay(.01)),
      maker<RAdam>("RAdam", .1, RAdam::Options().weight_decay(.01)),
      maker<Adagrad>("Adagrad", .1, Adagrad::Options().initial_accumulator_value(.1)),
      maker<Adadelta>("Adadelta", 1),
      maker<RMSprop>("RMSprop", .1, RMSprop::Options().momentum(.5).centered()),
      maker<Rprop>("Rprop", .1),
      maker<ASGD>("ASGD", .1, ASGD::Options().t0(1)),
      maker<Lion>("Lion", .1, Lion::Options().weight_decay(.1)),
      maker<Muon>("Muon", .1),
      maker<Adafactor>("Adafactor", .1)};
  return makers;
}

Tensor gradient_of(const Tensor& p, int t) { return sin(p.detach() * (1.0 + t)); }

void train(Optimizer& optimizer, int from, int to) {
  for (int t = from; t < to; ++t) {
    for (const Tensor& p : optimizer.parameters()) p.set_grad(gradient_of(p, t));
    optimizer.step();
  }
}

Tensor start(const Shape& shape, DType dtype = float64) {
  return linspace(-2, 3, shape.count(), float64).reshape(shape).to(dtype).clone().requires_grad_();
}

}  // namespace

TEST_CASE("many small parameters are stepped as one, with the bits of each stepped alone, by any number of threads") {
  const int before = num_threads();
  for (const auto& [name, make] : all()) {
    CAPTURE(name);
    const auto parameters = [] {
      std::vector<Tensor> result;
      for (int i = 0; i < 50; ++i) result.push_back(start({i % 7 == 0 ? 3 : 41, i == 5 ? 0 : 101}, float32));
      return result;
    };
    std::vector<Tensor> alone = parameters();
    for (const Tensor& p : alone) train(*make(Groups{{p}}), 0, 3);
    for (const int threads : {1, 2, 3, 8}) {
      set_num_threads(threads);
      const std::vector<Tensor> together = parameters();
      train(*make(Groups{together}), 0, 3);
      for (std::size_t i = 0; i < together.size(); ++i) REQUIRE(difference(together[i], alone[i]) == "");
    }
  }
  set_num_threads(before);
}

TEST_CASE("groups are trained with their own options, as by an optimiser for each", "[optimizers]") {
  const Tensor a = start({3, 4}), b = start({5}), c = start({3, 4}), d = start({5});
  AdamW both({Group({a}).lr(.05).weight_decay(.5), Group({b}).betas(.5, .6)}, .1);
  AdamW first({c}, .05, AdamW::Options().weight_decay(.5)), second({d}, .1, AdamW::Options().betas(.5, .6));
  train(both, 0, 5);
  train(first, 0, 5);
  train(second, 0, 5);
  CHECK(difference(a, c) == "");
  CHECK(difference(b, d) == "");
  CHECK(both.param_groups().size() == 2);
  CHECK(both.param_groups()[0].lr() == .05);
  CHECK(both.param_groups()[1].lr() == .1);
  CHECK(both.param_groups()[1].option("weight_decay") == .01);
  CHECK(both.lr() == .05);
  both.set_lr(.2);
  CHECK(both.param_groups()[1].lr() == .2);
  both.param_groups()[1].set_lr(.3);
  CHECK(both.param_groups()[0].lr() == .2);
  CHECK(both.param_groups()[1].lr() == .3);
}

TEST_CASE("groups are made of a model's parameters by a predicate", "[optimizers]") {
  nn::Sequential net{nn::Linear(3, 4), nn::BatchNorm1d(4), nn::Linear(4, 2)};
  const StateDict named = net.named_parameters();
  AdamW optimizer({Group(named, is_bias_or_norm).weight_decay(0), Group(named, is_weight)}, 1e-3);
  CHECK(optimizer.param_groups()[0].parameters().size() == 4);
  CHECK(optimizer.param_groups()[1].parameters().size() == 2);
  const Group last(named, [](const std::string& name, const Tensor&) { return name.rfind("2.", 0) == 0; });
  CHECK(last.parameters().size() == 2);
  CHECK(Group(named).parameters().size() == 6);
}

TEST_CASE("groups that cannot be trained are refused", "[optimizers]") {
  const Tensor a = start({2}), b = start({2});
  CHECK(thrown_by([&] {
          SGD({Group({a}), Group({b, a})}, .1);
        }) == "SGD: parameter 1 of group 1 is parameter 0 again: each may be given once");
  CHECK(thrown_by([&] {
          SGD({Group({a}), Group(std::vector<Tensor>{})}, .1);
        }) == "SGD: group 1 has no parameters: leave it out");
  CHECK(thrown_by([&] { SGD({Group({a}).betas(.9, .99)}, .1); }) ==
        "SGD: there is no option betas.0: it has lr, momentum, dampening, weight_decay, nesterov, maximize");
  CHECK(thrown_by([&] { SGD({Group({a}).lr(-1)}, .1); }) ==
        "SGD: the learning rate must be finite and not negative, got -1");
  CHECK_THAT(thrown_by([&] { SGD({Group({a}).option("nesterov", 1)}, .1); }), Contains("cannot look ahead"));
  SGD optimizer({Group({a}), Group({b})}, .1);
  CHECK(thrown_by([&] { optimizer.add_param_group(Group({b})); }) ==
        "SGD: parameter 0 of group 2 is parameter 0 of group 1 again: each may be given once");
  CHECK(optimizer.param_groups().size() == 2);
  CHECK_THAT(thrown_by([&] { optimizer.param_groups()[0].set_option("momentum", -1); }), Contains("momentum must be"));
  CHECK_THAT(thrown_by([&] { static_cast<void>(optimizer.param_groups()[0].option("x")); }), Contains("no option x"));
  CHECK(optimizer.param_groups()[0].option("momentum") == 0);
}

TEST_CASE("a group may be added later, and options changed", "[optimizers]") {
  const Tensor a = start({3}), b = start({4});
  RMSprop optimizer({a}, .1);
  train(optimizer, 0, 2);
  optimizer.add_param_group(Group({b}).lr(.2));
  optimizer.param_groups()[0].set_option("momentum", .9);
  train(optimizer, 2, 4);
  const StateDict state = optimizer.state_dict();
  CHECK(state.at("state.0.step").item() == 4);
  CHECK(state.at("state.1.step").item() == 2);
  CHECK(state.contains("state.0.momentum_buffer"));
  CHECK_FALSE(state.contains("state.1.momentum_buffer"));
  CHECK(state.at("param_groups.1.lr").item() == .2);
  CHECK(difference(state.at("param_groups.1.params"), Tensor{1}) == "");

  Adam adam({b}, .1);
  train(adam, 0, 2);
  adam.param_groups()[0].set_option("amsgrad", 1);
  train(adam, 2, 3);
  CHECK(sum(isfinite(b)).item() == 4);
}

TEST_CASE("AdamW stays AdamW with the state of an Adam", "[optimizers]") {
  const Tensor a = start({3});
  Adam from({a}, .1);
  train(from, 0, 2);
  AdamW to({a}, .1);
  to.load_state_dict(from.state_dict());
  CHECK(to.param_groups()[0].option("decoupled_weight_decay") == 1);
  ParamGroup group = to.param_groups()[0];
  CHECK(thrown_by([&] { group.set_option("decoupled_weight_decay", 0); }) ==
        "AdamW: decoupled_weight_decay is 1, and was to become 0: it makes the class what it is: Adam has it as an "
        "option");
  group.set_option("decoupled_weight_decay", 1);
  CHECK(group.option("decoupled_weight_decay") == 1);
  // PyTorch's states have the key, with either value.
  for (const bool decoupled : {false, true}) {
    StateDict state = to.state_dict();
    state["param_groups.0.decoupled_weight_decay"] = Tensor(decoupled);
    to.load_state_dict(state);
    CHECK(group.option("decoupled_weight_decay") == 1);
    from.load_state_dict(state);
    CHECK(from.param_groups()[0].option("decoupled_weight_decay") == (decoupled ? 1 : 0));
  }
  from.param_groups()[0].set_option("decoupled_weight_decay", 0);
  CHECK(from.param_groups()[0].option("decoupled_weight_decay") == 0);
}

TEST_CASE("an optimiser that was moved from is refused", "[optimizers]") {
  const Tensor a = start({3});
  SGD from({a}, .1);
  const SGD to = std::move(from);
  CHECK(to.lr() == .1);
  for (const auto& use :
       std::vector<std::function<void()>>{[&] { from.step(); }, [&] { from.zero_grad(); },
                                          [&] { static_cast<void>(from.state_dict()); }, [&] { StepLR(from, 1); }})
    CHECK_THAT(thrown_by(use), Contains("moved from"));
}

TEST_CASE("an empty group is named", "[optimizers]") {
  const Tensor a = start({3});
  CHECK_THAT(thrown_by([&] {
               SGD({Group(std::vector<Tensor>{}), Group({a})}, .1);
             }),
             Contains("SGD: group 0 has no parameters: leave it out"));
}

TEST_CASE("a state with other groups is refused", "[optimizers]") {
  const Tensor a = start({3}), b = start({4});
  SGD one({a, b}, .1), two({Group({a}), Group({b})}, .2);
  CHECK_THAT(thrown_by([&] { one.load_state_dict(two.state_dict()); }),
             Contains("SGD: cannot load this state: \"param_groups.0.params\""));
  CHECK_THAT(thrown_by([&] { two.load_state_dict(one.state_dict()); }), Contains("params"));
  SGD three({Group({a}), Group({b}), Group({start({2})})}, .3);
  CHECK_THAT(thrown_by([&] { three.load_state_dict(two.state_dict()); }),
             Contains("\"param_groups.2.lr\" is missing: it must have as many groups as the optimiser, 3"));
  CHECK_THAT(thrown_by([&] { two.load_state_dict(three.state_dict()); }), Contains("more groups"));
  CHECK_THAT(thrown_by([&] { one.load_state_dict(nn::Linear(2, 2).state_dict()); }), Contains("the state of a model?"));
  StateDict state = two.state_dict();
  state["param_groups.1.momentum"] = Tensor(-.5);
  CHECK_THAT(thrown_by([&] { two.load_state_dict(state); }), Contains("momentum must be"));
  state["param_groups.1.momentum"] = Tensor{.5, .5};
  CHECK_THAT(thrown_by([&] { two.load_state_dict(state); }), Contains("must hold 1 numbers"));
  CHECK(two.lr() == .2);
}

TEST_CASE("a closure is called while ops are recorded, and its loss is returned", "[optimizers]") {
  const Tensor p = start({3});
  SGD optimizer({p}, .1);
  const NoGrad off;
  const Tensor before = sum(square(p.detach()));
  const Tensor loss = optimizer.step([&] {
    optimizer.zero_grad();
    Tensor value = sum(square(p));
    value.backward();
    return value;
  });
  CHECK(loss.item() == before.item());
  CHECK(difference(p, start({3}).detach() * .8, 1e-15, 1e-15) == "");
}

TEST_CASE("every optimiser follows its model into another dtype", "[optimizers]") {
  for (const auto& [name, make] : all()) {
    INFO(name);
    nn::Linear model(3, 4, nn::no_bias);
    const auto optimizer = make(model.parameters());
    train(*optimizer, 0, 3);
    model.to(float64);
    train(*optimizer, 3, 6);
    CHECK(model.weight.dtype() == float64);
    CHECK(sum(isfinite(model.weight)).item() == 12);
    for (const auto& [key, tensor] : optimizer->state_dict())
      if (key.rfind("state.", 0) == 0 && tensor.rank() == 2) CHECK(tensor.dtype() == float64);
  }
}

TEST_CASE("the step of every optimiser has the same bits for any number of threads", "[optimizers]") {
  const int before = num_threads();
  for (const DType dtype : {float32, float64})
    for (const auto& [name, make] : all()) {
      INFO(name << ' ' << dtype);
      std::vector<Tensor> results;
      for (int threads : {1, 3}) {
        set_num_threads(threads);
        const Tensor p = start({3, 100001}, dtype);
        const auto optimizer = make({p});
        train(*optimizer, 0, name == "Muon" ? 1 : 3);
        results.push_back(p.detach());
      }
      set_num_threads(before);
      CHECK(difference(results[0], results[1]) == "");
    }
}

TEST_CASE("an element's step does not depend on its place in the tensor", "[optimizers]") {
  for (const auto& [name, make] : all()) {
    if (name == "Muon" || name == "Adafactor") continue;  // whose steps depend on all elements
    INFO(name);
    const Tensor whole = start({19}, float32);
    std::vector<Tensor> parts;
    for (std::int64_t i = 0; i < 19; ++i) parts.push_back(narrow(whole.detach(), 0, i, 1).clone().requires_grad_());
    const auto one = make({whole}), many = make(parts);
    train(*one, 0, 3);
    train(*many, 0, 3);
    for (std::int64_t i = 0; i < 19; ++i)
      CHECK(whole.detach()(i).item() == parts[static_cast<std::size_t>(i)].detach().item());
  }
}

TEST_CASE("empty parameters and single numbers are parameters too", "[optimizers]") {
  for (const auto& [name, make] : all()) {
    if (name == "Muon") continue;
    INFO(name);
    const Tensor none = zeros({0, 3}).requires_grad_(), number = Tensor(.5).requires_grad_();
    const auto optimizer = make({none, number});
    train(*optimizer, 0, 3);
    CHECK(number.item() < .5);
    const auto again = make({none, number});
    again->load_state_dict(optimizer->state_dict());
  }
}

TEST_CASE("Muon makes its steps orthogonal, and trains matrices only", "[optimizers]") {
  manual_seed(2);
  for (const Shape& shape : {Shape{4, 9}, Shape{9, 4}}) {
    const Tensor p = zeros(shape, float64).requires_grad_();
    Muon optimizer({p}, 1, Muon::Options().weight_decay(0).adjust_lr_fn(AdjustLR::match_rms_adamw).nesterov(false));
    p.set_grad(randn(shape, float64));
    optimizer.step();
    const Tensor step = p.detach() / (.2 * 3);
    const Tensor gram = shape[0] < shape[1] ? matmul(step, step.t()) : matmul(step.t(), step);
    for (std::int64_t i = 0; i < 4; ++i) {
      CHECK(gram(i, i).item() > .4);
      CHECK(gram(i, i).item() < 1.5);
    }
  }
  CHECK(thrown_by([] { Muon({start({3})}); }) ==
        "Muon: parameter 0, of shape (3), is no matrix: train it with another optimiser, such as AdamW");
  CHECK_THAT(thrown_by([] { Muon({start({3, 3})}, .1, Muon::Options().ns_steps(100)); }), Contains("ns_steps"));
}

TEST_CASE("Adafactor keeps rows and columns of matrices, and vectors whole", "[optimizers]") {
  const Tensor a = start({2, 3, 4}), b = start({5});
  Adafactor optimizer({a, b});
  train(optimizer, 0, 1);
  const StateDict state = optimizer.state_dict();
  CHECK(state.at("state.0.row_var").shape() == Shape{2, 3, 1});
  CHECK(state.at("state.0.col_var").shape() == Shape{2, 1, 4});
  CHECK(state.at("state.1.variance").shape() == Shape{5});
  CHECK_FALSE(state.contains("state.0.variance"));
  CHECK_THAT(thrown_by([&] { Adafactor({a}, .1, Adafactor::Options().d(.5)); }),
             Contains("d must be finite and at least 1"));
  CHECK_THAT(thrown_by([&] { Adafactor({a}, .1, Adafactor::Options().beta2_decay(1)); }), Contains("not positive"));
}

TEST_CASE("options of the new optimisers are checked", "[optimizers]") {
  const Tensor p = start({2, 2});
  CHECK_THAT(thrown_by([&] { Rprop({p}, .1, Rprop::Options().etas(1.2, .5)); }), Contains("Rprop: etas must"));
  CHECK_THAT(thrown_by([&] { Rprop({p}, .1, Rprop::Options().step_sizes(2, 1)); }), Contains("step_sizes must be"));
  CHECK_THAT(thrown_by([&] { Adadelta({p}, .1, Adadelta::Options().rho(1.1)); }),
             Contains("Adadelta: rho must lie within [0, 1], got 1.1"));
  CHECK_THAT(thrown_by([&] { RMSprop({p}, .1, RMSprop::Options().alpha(-1)); }), Contains("alpha"));
  CHECK_THAT(thrown_by([&] { ASGD({p}, .1, ASGD::Options().lambd(std::nan(""))); }), Contains("lambd must be finite"));
  CHECK_THAT(thrown_by([&] { Adagrad({p}, .1, Adagrad::Options().lr_decay(-1)); }), Contains("lr_decay"));
  CHECK_THAT(thrown_by([&] { Lion({p}, .1, Lion::Options().betas(.9, 1)); }), Contains("betas must lie within [0, 1)"));
  CHECK_THAT(thrown_by([&] { LBFGS({p}, .1, LBFGS::Options().max_iter(-1)); }), Contains("max_iter"));
}

TEST_CASE("the programs of docs/optimizers.md", "[optimizers]") {
  manual_seed(1);
  nn::Sequential model{nn::Linear(4, 8), nn::BatchNorm1d(8), nn::ReLU(), nn::Linear(8, 2)};
  const Tensor inputs = randn({32, 4}), labels = randint(0, 2, {32});
  const std::vector<std::pair<Tensor, Tensor>> loader(6, {inputs, labels});
  const int epochs = 3;
  {
    const StateDict named = model.named_parameters();
    optim::AdamW optimizer(
        {optim::Group(named, optim::is_bias_or_norm).weight_decay(0), optim::Group(named, optim::is_weight).lr(3e-4)},
        1e-3, optim::AdamW::Options().betas(0.9, 0.98));
    CHECK(optimizer.param_groups().size() == 2);
    for (optim::ParamGroup group : optimizer.param_groups()) group.set_option("eps", 1e-7);
  }
  {
    optim::SGD optimizer(model.parameters(), 0.1, optim::SGD::Options().momentum(0.9));
    optim::WarmupCosineLR schedule(optimizer, 2, 18);
    optim::AveragedModel<nn::Sequential> average(model, optim::AveragingOptions().ema(0.99));
    for (int epoch = 0; epoch < epochs; ++epoch)
      for (const auto& [x, y] : loader) {
        Tensor loss = nn::cross_entropy(model(x), y);
        optimizer.zero_grad();
        loss.backward();
        optim::clip_grad_norm_(model.parameters(), 1.0);
        optimizer.step();
        schedule.step();
        average.update_parameters(model);
      }
    CHECK(schedule.last_epoch() == 18);
    {
      const optim::SwappedWeights swapped(model, average.module);
      model.eval();
      static_cast<void>(model(inputs));
      model.train();
    }
    StateDict saved = optimizer.state_dict();
    optimizer.load_state_dict(saved);
    schedule.load_state_dict(schedule.state_dict());
  }
  {
    optim::SGD optimizer(model.parameters(), 0.1);
    const int batches_per_step = 3;
    int batch = 0;
    optimizer.zero_grad();
    for (const auto& [x, y] : loader) {
      (nn::cross_entropy(model(x), y) / double(batches_per_step)).backward();
      if (++batch % batches_per_step != 0) continue;
      optimizer.step();
      optimizer.zero_grad();
    }
  }
  {
    optim::SGD optimizer(model.parameters(), 0.1);
    const optim::LRSweep sweep =
        optim::find_lr(model, optimizer, [&] { return nn::cross_entropy(model(inputs), labels); });
    optimizer.set_lr(sweep.suggestion);
  }
  optim::LBFGS optimizer(model.parameters(), 1,
                         optim::LBFGS::Options().line_search_fn(optim::LineSearch::strong_wolfe));
  const Tensor before = optimizer.step([&] {
    optimizer.zero_grad();
    Tensor loss = nn::cross_entropy(model(inputs), labels);
    loss.backward();
    return loss;
  });
  CHECK(nn::cross_entropy(model(inputs), labels).item() < before.item());
}

TEST_CASE("an option that is switched off leaves what it kept alone, in the dtype that it had", "[optimizers]") {
  const auto train_two = [](const char* option, const RMSprop::Options& options) {
    nn::Linear model(2, 3);
    RMSprop optimizer(model.parameters(), .1, options);
    train(optimizer, 0, 1);
    optimizer.param_groups()[0].set_option(option, 0);
    model.to(float64);
    train(optimizer, 1, 3);
    const StateDict state = optimizer.state_dict();
    CHECK(state.at("state.0.step").item() == 3);
    CHECK(state.at("state.0.square_avg").dtype() == float64);
    CHECK(state.at(option == std::string("momentum") ? "state.0.momentum_buffer" : "state.0.grad_avg").dtype() ==
          float32);
  };
  train_two("momentum", RMSprop::Options().momentum(.9));
  train_two("centered", RMSprop::Options().centered());
}

TEST_CASE("ASGD refuses a state whose next learning rate is none", "[optimizers]") {
  const Tensor p = start({2});
  ASGD optimizer({p});
  train(optimizer, 0, 1);
  for (const double eta : {-1., std::numeric_limits<double>::infinity()}) {
    StateDict state;
    for (const auto& [key, tensor] : optimizer.state_dict())
      state.emplace_back(key, key == "state.0.eta" ? Tensor(eta) : tensor);
    CHECK_THAT(thrown_by([&] { optimizer.load_state_dict(state); }),
               Contains("ASGD: cannot load this state: \"state.0.eta\" is ") && Contains("it must lie within [0, "));
  }
}

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;
using namespace xgrad::optim;
using Catch::Matchers::Contains;

TEST_CASE("LBFGS finds the end of a curved valley", "[optimizers]") {
  const Tensor p = Tensor{-1.2, 1.}.requires_grad_();
  int calls = 0;
  LBFGS optimizer({p}, 1, LBFGS::Options().max_iter(100).line_search_fn(LineSearch::strong_wolfe));
  const auto closure = [&] {
    ++calls;
    optimizer.zero_grad();
    Tensor loss = 100.0 * square(p[1] - square(p[0])) + square(1.0 - p[0]);
    loss.backward();
    return loss;
  };
  CHECK(optimizer.step(closure).item() == Approx(24.2));
  CHECK(calls < 60);
  CHECK(difference(p.detach(), Tensor{1., 1.}, 1e-3) == "");
  CHECK_THAT(thrown_by([&] { optimizer.step(); }), Contains("LBFGS: step() needs a function that computes the loss"));
  CHECK_THAT(thrown_by([&] { optimizer.step([&] { return p.detach(); }); }), Contains("must return the loss"));
}

TEST_CASE("LBFGS leaves the parameters as they were where the closure throws", "[optimizers]") {
  const Tensor p = Tensor{-1.2, 1.}.requires_grad_();
  LBFGS optimizer({p}, 1, LBFGS::Options().line_search_fn(LineSearch::strong_wolfe));
  int calls = 0;
  const auto closure = [&] {
    if (++calls == 2) throw std::runtime_error("no data");
    optimizer.zero_grad();
    Tensor loss = sum(square(p));
    loss.backward();
    return loss;
  };
  CHECK(thrown_by([&] { optimizer.step(closure); }) == "no data");
  CHECK(difference(p.detach(), Tensor{-1.2, 1.}) == "");
}

TEST_CASE("an iteration of LBFGS whose closure throws was not made", "[optimizers]") {
  for (const LineSearch search : {LineSearch::none, LineSearch::strong_wolfe})
    for (const int fails : {1, 2}) {
      INFO("line search " << static_cast<int>(search) << ", call " << fails);
      const Tensor p = Tensor{-1.2, 1.}.requires_grad_(), q = Tensor{-1.2, 1.}.requires_grad_();
      const LBFGS::Options options = LBFGS::Options().max_iter(3).line_search_fn(search);
      LBFGS optimizer({p}, .1, options), other({q}, .1, options);
      int calls = 0, at = -1;
      const auto closure = [&](LBFGS& of, const Tensor& x, double target) {
        return [&, x, target] {
          if (++calls == at) throw std::runtime_error("no data");
          of.zero_grad();
          Tensor loss = 2.0 * square(x[1] - square(x[0])) + square(target - x[0]);
          loss.backward();
          return loss;
        };
      };
      const auto kept = [&] {
        StateDict state = optimizer.state_dict();
        state.erase(state.find("state.0.func_evals"));  // those of the step before the iteration count
        return state;
      };
      optimizer.step(closure(optimizer, p, 1));
      other.step(closure(other, q, 1));
      const StateDict before = kept();
      const Tensor values = p.detach().clone();
      calls = 0;
      at = fails;
      CHECK(thrown_by([&] { optimizer.step(closure(optimizer, p, 5)); }) == "no data");
      at = -1;
      CHECK(difference(p.detach(), values) == "");
      const StateDict after = kept();
      REQUIRE(after.size() == before.size());
      for (const auto& [key, tensor] : after) CHECK(difference(tensor, before.at(key)) == "");
      // Other data do not make a pair of differences with a move that was not made.
      optimizer.step(closure(optimizer, p, 3));
      other.step(closure(other, q, 3));
      CHECK(difference(p.detach(), q.detach()) == "");
    }
}

TEST_CASE("LBFGS keeps at least one pair", "[optimizers]") {
  const std::vector<Tensor> p{zeros({3}).requires_grad_()};
  CHECK_THROWS_WITH(LBFGS(p, 1, LBFGS::Options().history_size(0)), "LBFGS: history_size must be at least 1, got 0");
  LBFGS optimizer(p, 1, LBFGS::Options().history_size(1));
  CHECK_THROWS_WITH(optimizer.param_groups()[0].set_option("history_size", 0),
                    "LBFGS: history_size must be at least 1, got 0");
  CHECK(optimizer.param_groups()[0].option("history_size") == 1);
}

TEST_CASE("what LBFGS keeps follows its parameters to another dtype", "[optimizers]") {
  for (const LineSearch search : {LineSearch::none, LineSearch::strong_wolfe})
    for (const auto& [from, to] : {std::pair(float32, float64), std::pair(float64, float32)}) {
      INFO("line search " << static_cast<int>(search) << ", to " << name_of(to));
      manual_seed(3);
      nn::Sequential model{nn::Linear(3, 4), nn::Tanh(), nn::Linear(4, 1)};
      model.to(from);
      const Tensor x = randn({9, 3}, float64), y = randn({9, 1}, float64);
      const LBFGS::Options options = LBFGS::Options().max_iter(4).history_size(3).line_search_fn(search);
      LBFGS optimizer(model.parameters(), .1, options);
      int calls = 0, fails = -1;
      const auto step = [&](nn::Sequential& net, LBFGS& of) {
        const DType dtype = net.parameters()[0].dtype();
        return of.step([&] {
          if (++calls == fails) throw std::runtime_error("no data");
          of.zero_grad();
          Tensor loss = nn::mse_loss(net(x.to(dtype)), y.to(dtype));
          loss.backward();
          return loss;
        });
      };
      for (int i = 0; i < 3; ++i) step(model, optimizer);
      model.to(to);
      nn::Sequential twin = nn::clone(model);
      LBFGS other(twin.parameters(), .1, options);
      other.load_state_dict(optimizer.state_dict());
      CHECK(optimizer.state_dict().at("state.0.d").dtype() == from);
      // An iteration that was not made converts nothing.
      calls = 0;
      fails = 2;
      const StateDict before = optimizer.state_dict(), weights = model.state_dict();
      CHECK(thrown_by([&] { step(model, optimizer); }) == "no data");
      fails = -1;
      for (const auto& [key, tensor] : optimizer.state_dict())
        if (key != "state.0.func_evals") CHECK(difference(tensor, before.at(key)) == "");
      for (const auto& [key, tensor] : model.state_dict()) CHECK(difference(tensor, weights.at(key)) == "");
      for (int i = 0; i < 3; ++i) CHECK(step(model, optimizer).item() == step(twin, other).item());
      const StateDict expected = other.state_dict();
      for (const auto& [key, tensor] : optimizer.state_dict())
        if (key != "state.0.func_evals") CHECK(difference(tensor, expected.at(key)) == "");
      for (const auto& [key, tensor] : model.state_dict()) CHECK(difference(tensor, twin.state_dict().at(key)) == "");
      CHECK(optimizer.state_dict().at("state.0.old_dirs").dtype() == to);
    }
}

TEST_CASE("LBFGS takes one group of one dtype", "[optimizers]") {
  const Tensor a = zeros({2}, float64).requires_grad_(), b = zeros({2}).requires_grad_();
  CHECK_THAT(thrown_by([&] {
               LBFGS({Group({a}), Group({b})});
             }),
             Contains("LBFGS: it has one group of parameters, got 2"));
  CHECK_THAT(thrown_by([&] { LBFGS({a, b}); }), Contains("parameter 0 is float64, parameter 1 float32"));
  LBFGS good({a});
  const auto load = [&](const char* key, const Tensor& value) {
    return thrown_by([&] {
      good.load_state_dict({{"lr", Tensor(1.0)}, {"state.0.func_evals", Tensor(3)}, {key, value}});
    });
  };
  CHECK_THAT(load("state.0.n_iter", Tensor(-1)), Contains("whole number"));
  CHECK_THAT(load("state.0.n_iter", Tensor(1)), Contains("\"state.0.d\" must have shape (2), but is missing"));
  CHECK_THAT(load("state.0.step", Tensor(1)), Contains("n_iter"));
}

TEST_CASE("LBFGS refuses another group, through its base too", "[optimizers]") {
  const Tensor p = Tensor{1., 2.}.requires_grad_(), q = Tensor{1.}.requires_grad_();
  LBFGS lbfgs({p});
  Optimizer& optimizer = lbfgs;
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { optimizer.add_param_group(Group({q})); }),
             Contains("LBFGS: it has one group of parameters: no other can be added"));
  CHECK(lbfgs.parameters().size() == 1);
  CHECK(lbfgs.param_groups().size() == 1);
}

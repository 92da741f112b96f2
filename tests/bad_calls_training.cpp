// Bad calls of the first three optimisers.

#include "bad_calls.hpp"

namespace bad_calls {
namespace {

std::vector<Tensor> parameters() { return nn::Linear(3, 2).parameters(); }

void optimisers(Catalogue& all) {
  using namespace optim;
  const auto sgd = [](double lr, double momentum, double dampening, double decay) {
    SGD made(parameters(), lr, SGD::Options().momentum(momentum).dampening(dampening).weight_decay(decay));
    made.step();
  };
  probe(all, "SGD", sgd, Setting{.1}, Setting{.9}, Setting{0}, Setting{0});
  const auto adam = [](double lr, double first, double second, double eps, double decay) {
    Adam made(parameters(), lr, Adam::Options().betas(first, second).eps(eps).weight_decay(decay));
    made.step();
  };
  probe(all, "Adam", adam, Setting{.1}, Setting{.9}, Setting{.99}, Setting{1e-8}, Setting{0});
  const auto adamw = [](double lr, double first, double second, double eps, double decay) {
    AdamW made(parameters(), lr, AdamW::Options().betas(first, second).eps(eps).weight_decay(decay));
    made.step();
  };
  probe(all, "AdamW", adamw, Setting{.1}, Setting{.9}, Setting{.99}, Setting{1e-8}, Setting{0});
  const std::vector<Tensor> leaves = {ones({2}).requires_grad_(), ones({3}).requires_grad_()};
  probe(
      all, "SGD", [](auto v) { SGD(v, .1); }, leaves);
  probe(
      all, "Adam", [](auto v) { Adam(v, .1); }, leaves);
  probe(
      all, "AdamW", [](auto v) { AdamW(v, .1); }, leaves);
  all.functions.insert(all.functions.end(), {"set_lr", "load_state_dict", "step"});
  probe_as(
      all, "set_lr", "SGD", [](auto lr) { SGD(parameters(), .1).set_lr(lr); }, Setting{.2});
  refused(all, "SGD", "a state without lr", [] { SGD(parameters(), .1).load_state_dict({}); });
  probe_as(
      all, "load_state_dict", "SGD",
      [](auto lr) {
        SGD(parameters(), .1).load_state_dict({{"lr", lr}});
      },
      Tensor(.1));
  const auto load = [](const Tensor& step) {
    Adam(std::vector<Tensor>{ones({2}).requires_grad_()})
        .load_state_dict({{"lr", Tensor(.1)},
                          {"state.0.step", step},
                          {"state.0.exp_avg", ones({2})},
                          {"state.0.exp_avg_sq", ones({2})}});
  };
  probe_as(all, "load_state_dict", "Adam", load, Tensor(1));
  for (double step : {1e300, -1.0, nan, 2.5})
    refused(all, "Adam", "a step of " + std::to_string(step), [=] { load(Tensor(step)); });
}

}  // namespace

void training_calls(Catalogue& all) {
  optimisers(all);
  optimizer_calls(all);
}

}  // namespace bad_calls

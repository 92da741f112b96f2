// Where memory runs out at any allocation, what a call changes is changed whole or not at all.

#include <sstream>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/nn/nn.hpp>
#include <xgrad/optim/optim.hpp>

#include "catch2.hpp"
#include "failing_memory.hpp"
#include "inspect.hpp"

using namespace xgrad;

namespace {

std::vector<Numbers> state_of(const StateDict& state) {
  std::vector<Numbers> result;
  for (const auto& entry : state) result.push_back(numbers(entry.second.to(float64)));
  return result;
}

std::string text_of(const nn::ModuleBase& module) {
  std::ostringstream out;
  out << module;
  return out.str();
}

class Pair : public nn::Module {
 public:
  using ModuleBase::add;
  Tensor forward(const Tensor& x) override { return x; }
};

/// Runs `step` with one allocation more each time; between, `unchanged` must hold.
template <class Step, class Check>
int all_or_nothing(const Step& step, const Check& unchanged) {
  int halves = 0;
  const int allocations_made = until_it_succeeds(step, [&](bool finished) {
    if (!finished && !unchanged()) ++halves;
  });
  CHECK(halves == 0);
  return XGRAD_OWN_OPERATORS ? allocations_made : 1;
}

}  // namespace

TEST_CASE("batch normalisation moves its three buffers or none", "[memory]") {
  nn::BatchNorm1d norm(3);
  const Tensor x = Tensor({{1.f, 2.f, 3.f}, {4.f, 6.f, 8.f}}).requires_grad_();
  const auto before = state_of(norm.state_dict());
  CHECK(all_or_nothing([&] { norm(x); }, [&] { return state_of(norm.state_dict()) == before; }) > 0);
  CHECK(norm.num_batches_tracked.item<int>() == 1);
  CHECK(numbers(norm.running_mean)[0] == Approx(0.25));
  CHECK(numbers(norm.running_var)[0] == Approx(0.9 + 0.45));
}

TEST_CASE("a layer is appended to a Sequential whole or not at all", "[memory]") {
  nn::Sequential model{nn::Linear(2, 3), nn::ReLU()};
  const nn::Layer added = nn::Linear(3, 1);
  const std::string before = text_of(model);
  all_or_nothing([&] { model.push_back(added); },
                 [&] { return text_of(model) == before && model.size() == 2 && model.state_dict().size() == 2; });
  CHECK(model.size() == 3);
  CHECK(model(ones({4, 2})).shape() == Shape{4, 1});
}

TEST_CASE("a member, and a vector of members, is registered whole or not at all", "[memory]") {
  Pair pair;
  std::vector<nn::Linear> list{nn::Linear(2, 2), nn::Linear(2, 2), nn::Linear(2, 2)};
  nn::Linear one(2, 2);
  nn::Parameter weight(ones({2}));
  nn::Buffer buffer(ones({2}));
  const auto has = [&](std::size_t keys) { return pair.state_dict().size() == keys; };
  all_or_nothing([&] { pair.add("weight", weight); }, [&] { return has(0); });
  all_or_nothing([&] { pair.add("buffer", buffer); }, [&] { return has(1); });
  all_or_nothing([&] { pair.add("one", one); }, [&] { return has(2) && text_of(pair) == "Pair()"; });
  const std::string before = text_of(pair);
  all_or_nothing([&] { pair.add("list", list); }, [&] { return has(4) && text_of(pair) == before; });
  CHECK(has(10));
}

TEST_CASE("a model is converted, frozen and loaded whole or not at all", "[memory]") {
  nn::Sequential model{nn::Linear(2, 3), nn::BatchNorm1d(3), nn::Linear(3, 1)};
  const auto dtypes = [&](DType dtype) {
    for (const Tensor& p : model.parameters())
      if (p.dtype() != dtype || !p.requires_grad()) return false;
    return true;
  };
  const Tensor old_graph = sum(model(Tensor({{1.f, 2.f}, {3.f, 5.f}})));  // makes the conversion note former leaves
  all_or_nothing([&] { model.to(float64); }, [&] { return dtypes(float32); });
  CHECK(dtypes(float64));
  const auto trained = [&](bool on) {
    for (const Tensor& p : model.parameters())
      if (p.requires_grad() != on) return false;
    return true;
  };
  all_or_nothing([&] { model.requires_grad_(false); }, [&] { return trained(true); });
  all_or_nothing([&] { model.requires_grad_(true); }, [&] { return trained(false); });
  CHECK(trained(true));

  const auto before = state_of(model.state_dict());
  const nn::Sequential other{nn::Linear(2, 3), nn::BatchNorm1d(3), nn::Linear(3, 1)};
  const StateDict state = other.state_dict();
  all_or_nothing([&] { model.load_state_dict(state); }, [&] { return state_of(model.state_dict()) == before; });
  CHECK(state_of(model.state_dict()) == state_of(state));
}

TEST_CASE("an optimiser makes a step, or loads its state, whole or not at all", "[memory]") {
  const std::vector<Tensor> parameters{leaf({1, 2, 3}), leaf({4, 5})};
  const auto check = [&](auto& optimizer) {
    for (const Tensor& p : parameters) p.set_grad(ones(p.shape(), p.dtype()));
    const StateDict fresh = optimizer.state_dict();
    const Numbers first = numbers(parameters[0]), second = numbers(parameters[1]);
    const auto untouched = [&] {
      return numbers(parameters[0]) == first && numbers(parameters[1]) == second &&
             state_of(optimizer.state_dict()) == state_of(fresh);
    };
    CHECK(all_or_nothing([&] { optimizer.step(); }, untouched) > 0);
    CHECK(numbers(parameters[1]) != second);
    const StateDict later = optimizer.state_dict();
    CHECK(all_or_nothing([&] { optimizer.load_state_dict(fresh); },
                         [&] { return state_of(optimizer.state_dict()) == state_of(later); }) > 0);
    CHECK(state_of(optimizer.state_dict()) == state_of(fresh));
  };
  optim::SGD sgd(parameters, 0.1, optim::SGD::Options().momentum(0.9));
  check(sgd);
  optim::Adam adam(parameters, 0.1, optim::Adam::Options().amsgrad(true));
  check(adam);
}

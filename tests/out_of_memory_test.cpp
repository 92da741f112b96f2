// Where memory runs out at any allocation, what a call changes is changed whole or not at all.

#include <functional>
#include <sstream>
#include <utility>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/nn/nn.hpp>
#include <xgrad/optim/optim.hpp>
#include <xgrad/train/history.hpp>

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

/// Runs `step` with one allocation more each time; between, `unchanged` must hold. A step that makes no allocation is a
/// mistake of the test.
template <class Step, class Check>
void all_or_nothing(const Step& step, const Check& unchanged) {
  int halves = 0;
  const int allocations_made = until_it_succeeds(step, [&](bool finished) {
    if (!finished && !unchanged()) ++halves;
  });
  CHECK(halves == 0);
  if (XGRAD_OWN_OPERATORS) CHECK(allocations_made > 0);
}

}  // namespace

TEST_CASE("batch normalisation moves its three buffers or none", "[memory]") {
  nn::BatchNorm1d norm(3);
  const Tensor x = Tensor({{1.f, 2.f, 3.f}, {4.f, 6.f, 8.f}}).requires_grad_();
  const auto before = state_of(norm.state_dict());
  all_or_nothing([&] { norm(x); }, [&] { return state_of(norm.state_dict()) == before; });
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

TEST_CASE("a container is extended or updated whole or not at all", "[memory]") {
  nn::ParameterDict weights{{"left", nn::Parameter(ones({2}))}, {"right", nn::Parameter(zeros({2}))}};
  const nn::Parameter left(full({2}, 3.f)), middle(full({2}, 4.f));
  const auto before = state_of(weights.state_dict());
  const auto keys = [](const nn::ModuleBase& module) {
    std::string all;
    for (const auto& entry : module.state_dict()) all += entry.first + " ";
    return all;
  };
  all_or_nothing(
      [&] {
        weights.update({{"left", left}, {"middle", middle}});
      },
      [&] {
        return keys(weights) == "left right " && weights.size() == 2 && state_of(weights.state_dict()) == before;
      });
  CHECK(keys(weights) == "right left middle ");
  CHECK(numbers(weights["left"])[0] == 3);

  nn::ParameterList list{nn::Parameter(ones({2}))};
  all_or_nothing([&] { list.extend({left, middle}); }, [&] { return keys(list) == "0 " && list.size() == 1; });
  CHECK(keys(list) == "0 1 2 ");

  nn::ModuleDict dict{{"a", nn::Linear(2, 2)}, {"b", nn::ReLU()}};
  const nn::Layer other = nn::Linear(2, 2, nn::no_bias), more = nn::Linear(2, 2);
  const std::string text = text_of(dict);
  all_or_nothing(
      [&] {
        dict.update({{"a", other}, {"c", more}});
      },
      [&] { return text_of(dict) == text && dict.size() == 2 && keys(dict) == "a.weight a.bias "; });
  CHECK(keys(dict) == "a.weight c.weight c.bias ");

  nn::ModuleList layers{nn::Linear(2, 2)};
  all_or_nothing(
      [&] {
        layers.extend({other, more});
      },
      [&] { return keys(layers) == "0.weight 0.bias " && layers.size() == 1; });
  CHECK(layers.size() == 3);
}

TEST_CASE("an embedding shortens its rows and gives a result, or neither", "[memory]") {
  const auto check = [](const auto& lookup) {
    const Tensor table = Tensor({{3.f, 4.f}, {.5f, 0.f}, {0.f, 10.f}}).requires_grad_();
    const auto before = numbers(table);
    all_or_nothing([&] { lookup(table); }, [&] { return numbers(table) == before; });
    CHECK(numbers(table) != before);
    CHECK(numbers(table)[2] == .5);
  };
  const Tensor indices({0, 2, 1, 2}), rows = reshape(indices, {2, 2});
  check([&](const Tensor& table) { nn::embedding(indices, table, nn::EmbeddingOptions().max_norm(1)); });
  check([&](const Tensor& table) {
    nn::embedding(indices, table, nn::EmbeddingOptions().max_norm(1).scale_grad_by_freq(true));
  });
  for (const nn::BagMode mode : {nn::BagMode::sum, nn::BagMode::mean, nn::BagMode::max})
    check([&](const Tensor& table) {
      nn::embedding_bag(rows, table, {}, nn::EmbeddingBagOptions().max_norm(1).mode(mode));
    });
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
    all_or_nothing([&] { optimizer.step(); }, untouched);
    CHECK(numbers(parameters[1]) != second);
    const StateDict later = optimizer.state_dict();
    all_or_nothing([&] { optimizer.load_state_dict(fresh); },
                   [&] { return state_of(optimizer.state_dict()) == state_of(later); });
    CHECK(state_of(optimizer.state_dict()) == state_of(fresh));
  };
  optim::SGD sgd(parameters, 0.1, optim::SGD::Options().momentum(0.9));
  check(sgd);
  optim::Adam adam(parameters, 0.1, optim::Adam::Options().amsgrad(true));
  check(adam);
}

TEST_CASE("an op that draws moves its generator by one draw, or not at all", "[memory]") {
  const Tensor x = linspace(-1., 1., 24, float64).reshape({1, 2, 3, 4}).requires_grad_();
  const Tensor half = full({3, 4}, 0.5), flat = x.detach().reshape({6, 4}).requires_grad_();
  using Op = std::function<void(Generator&)>;
  const std::pair<const char*, Op> ops[] = {
      {"rand",
       [](Generator& own) {
         rand({3, 4}, own);
       }},
      {"randn",
       [](Generator& own) {
         randn({3, 4}, own);
       }},
      {"randint",
       [](Generator& own) {
         randint(0, 9, {3, 4}, own);
       }},
      {"randperm", [](Generator& own) { randperm(9, own); }},
      {"randint_like", [&](Generator& own) { randint_like(x, 0, 9, own); }},
      {"bernoulli", [&](Generator& own) { bernoulli(half, own); }},
      {"multinomial", [&](Generator& own) { multinomial(half, 2, Replacement::no, own); }},
      {"multinomial with replacement", [&](Generator& own) { multinomial(half, 9, Replacement::yes, own); }},
      {"normal", [&](Generator& own) { normal(x.detach(), Tensor(2.0), own); }},
      {"gumbel_softmax", [&](Generator& own) { gumbel_softmax(flat, own, 0.5, Sampling::hard); }},
      {"dropout", [&](Generator& own) { dropout(x, 0.5, true, &own); }},
      {"dropout1d", [&](Generator& own) { dropout1d(flat, 0.5, true, &own); }},
      {"dropout2d", [&](Generator& own) { dropout2d(x, 0.5, true, &own); }},
      {"alpha_dropout", [&](Generator& own) { alpha_dropout(x, 0.5, true, &own); }},
      {"feature_alpha_dropout", [&](Generator& own) { feature_alpha_dropout(x, 0.5, true, &own); }},
      {"rrelu", [&](Generator& own) { rrelu(x, 0.1, 0.3, true, &own); }},
      {"scaled_dot_product_attention",
       [&](Generator& own) {
         scaled_dot_product_attention(x, x, x, {}, AttentionOptions().dropout_p(0.5).generator(&own));
       }},
      {"packed_attention",
       [&](Generator& own) {
         const Tensor qkv = x.reshape({1, 4, 6});
         packed_attention(qkv, 1, {}, AttentionOptions().dropout_p(0.5).generator(&own));
       }},
  };
  for (const auto& [name, op] : ops) {
    INFO(name);
    Generator own(7);
    all_or_nothing([&, &run = op] { run(own); }, [&] { return own.draws() == 0; });
    CHECK(own.draws() == 1);
  }
}

TEST_CASE("a group is added to an optimiser whole or not at all", "[memory]") {
  const Tensor first = ones({2}).requires_grad_(), second = ones({3}).requires_grad_(),
               third = ones({2}).requires_grad_();
  optim::NAdam optimizer({first}, .1);
  const optim::Group added({second, third});
  all_or_nothing([&] { optimizer.add_param_group(added); },
                 [&] { return optimizer.parameters().size() == 1 && optimizer.param_groups().size() == 1; });
  REQUIRE(optimizer.parameters().size() == 3);
  for (const Tensor& p : optimizer.parameters()) p.set_grad(ones(p.shape()));
  optimizer.step();
  CHECK(optimizer.state_dict().contains("state.2.mu_product"));
}

TEST_CASE("an optimiser loads its state whole or not at all", "[memory]") {
  const auto trained = [](const Tensor& p, double lr) {
    optim::LBFGS optimizer({p}, lr, optim::LBFGS::Options().max_iter(3));
    optimizer.step([&] {
      optimizer.zero_grad();
      Tensor loss = sum(square(square(p) - 2.0));
      loss.backward();
      return loss;
    });
    return optimizer;
  };
  const Tensor p = Tensor{1., 3.}.requires_grad_(), q = Tensor{5., -3.}.requires_grad_();
  optim::LBFGS from = trained(p, .1), to = trained(q, .01);
  const StateDict state = from.state_dict();
  const auto before = state_of(to.state_dict());
  all_or_nothing([&] { to.load_state_dict(state); }, [&] { return state_of(to.state_dict()) == before; });
  CHECK(state_of(to.state_dict()) == state_of(state));
}

TEST_CASE("a history has a row whole or not at all", "[memory]") {
  train::History history;
  const std::string name = "a name that is too long to be kept without memory, ";
  for (int i = 0; i < 9; ++i) {
    train::Record row{{"epoch", i}, {name + "loss", .5}};
    for (int k = 0; k < i; k += 2) row.emplace_back(name + std::to_string(k), k);
    const std::string before = history.csv();
    all_or_nothing([&] { history.add(row); },
                   [&] {
                     return history.csv() == before &&
                            history.columns().size() == static_cast<std::size_t>(i == 0 ? 0 : 2 + i / 2);
                   });
    CHECK(history.row(-1) == row);
  }
  CHECK(history.size() == 9);
  CHECK(history[name + "6"].size() == 9);
}

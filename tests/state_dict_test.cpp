#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/nn/nn.hpp>
#include <xgrad/optim/sgd.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;

namespace {

class Net : public nn::Module {
 public:
  Net() {
    add("layer1", layer1);
    add("layer2", layer2);
    add("temperature", temperature);
  }
  Tensor forward(const Tensor& x) override { return layer2(layer1(x)) / temperature; }

  nn::Sequential layer1{nn::Linear(6, 5, nn::no_bias), nn::BatchNorm1d(5), nn::ReLU(), nn::Dropout(0.5)};
  nn::Sequential layer2{nn::Linear(5, 3)};
  nn::Parameter temperature{Tensor(2.0f)};
};

std::vector<std::string> keys(const StateDict& state) {
  std::vector<std::string> result;
  for (const auto& entry : state) result.push_back(entry.first);
  return result;
}

int load_line = 0;  // where load_error() last loaded

std::string load_error(nn::ModuleBase& model, const StateDict& state) {
  try {
    load_line = __LINE__ + 1;
    model.load_state_dict(state);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no error";
}

StateDict copied(const StateDict& state) {
  StateDict result;
  for (const auto& [key, tensor] : state) result.emplace_back(key, tensor.clone());
  return result;
}

}  // namespace

TEST_CASE("a state has PyTorch's keys, order and shapes") {
  const Net net;
  const StateDict state = net.state_dict();
  REQUIRE(keys(state) == std::vector<std::string>{"temperature", "layer1.0.weight", "layer1.1.weight", "layer1.1.bias",
                                                  "layer1.1.running_mean", "layer1.1.running_var",
                                                  "layer1.1.num_batches_tracked", "layer2.0.weight", "layer2.0.bias"});
  REQUIRE(state[0].second.shape() == Shape());
  REQUIRE(state[1].second.shape() == Shape{5, 6});
  REQUIRE(state[6].second.shape() == Shape());
  REQUIRE(state[6].second.dtype() == int64);
  REQUIRE(!state[1].second.requires_grad());
  REQUIRE(keys(net.named_parameters()) == std::vector<std::string>{"temperature", "layer1.0.weight", "layer1.1.weight",
                                                                   "layer1.1.bias", "layer2.0.weight",
                                                                   "layer2.0.bias"});
  REQUIRE(keys(net.named_buffers()) ==
          std::vector<std::string>{"layer1.1.running_mean", "layer1.1.running_var", "layer1.1.num_batches_tracked"});
  REQUIRE(net.parameter("layer2.0.bias").shape() == Shape{3});
  REQUIRE(net.buffer("layer1.1.running_var").shape() == Shape{5});
  REQUIRE_THROWS_AS(net.parameter("layer3.weight"), std::invalid_argument);
}

TEST_CASE("a state that is loaded into another model gives the same outputs") {
  Net a, b;
  for (int i = 0; i < 3; ++i) a(randn({4, 6}));
  a.eval();
  b.eval();
  const Tensor x = randn({4, 6});
  REQUIRE(difference(a(x), b(x)) != "");
  b.load_state_dict(a.state_dict());
  REQUIRE(difference(a(x), b(x)) == "");
  REQUIRE(b.buffer("layer1.1.num_batches_tracked").item<std::int64_t>() == 3);
  REQUIRE(Raw::storage(b.parameter("layer1.0.weight")) != Raw::storage(a.parameter("layer1.0.weight")));
  REQUIRE(b.parameter("layer1.0.weight").requires_grad());
  b.load_state_dict(b.state_dict());
  REQUIRE(difference(a(x), b(x)) == "");
}

TEST_CASE("a state may be loaded from another floating dtype") {
  Net a, b;
  b.to(float64);
  REQUIRE(b.parameter("layer1.0.weight").dtype() == float64);
  REQUIRE(b.buffer("layer1.1.running_mean").dtype() == float64);
  REQUIRE(b.buffer("layer1.1.num_batches_tracked").dtype() == int64);
  b.load_state_dict(a.state_dict());
  REQUIRE(b.parameter("layer1.0.weight").dtype() == float64);
  REQUIRE(difference(b.parameter("layer1.0.weight"), a.parameter("layer1.0.weight").to(float64)) == "");
  a.load_state_dict(b.state_dict());
  b.eval();
  REQUIRE(b(randn({2, 6}, float64)).dtype() == float64);
}

TEST_CASE("a finite number that would load as an infinite one is refused, and an infinite one is not") {
  nn::Linear wide(2, 1), narrow(2, 1);
  wide.to(float64);
  StateDict state = copied(wide.state_dict());
  state[0].second = Tensor({{1., -1e39}});
  const StateDict before = copied(narrow.state_dict());
  REQUIRE_THAT(load_error(narrow, state),
               Catch::Matchers::StartsWith("Linear: cannot load this state: range: weight is float32 here and holds "
                                           "-1e+39 in the state: nothing was changed"));
  REQUIRE(difference(narrow.weight, before[0].second) == "");
  wide.load_state_dict(state);
  REQUIRE(wide.weight(0, 1).item() == -1e39);
  const double endless = std::numeric_limits<double>::infinity();
  const double largest = static_cast<double>(std::numeric_limits<float>::max());
  state[0].second = Tensor({{endless, largest}});
  narrow.load_state_dict(state);
  REQUIRE(values(narrow.weight) == std::vector<double>{endless, largest});
}

TEST_CASE("a state that does not fit changes nothing, and every fault is named") {
  Net net;
  const StateDict before = copied(net.state_dict());
  StateDict state = copied(net.state_dict());
  for (auto& entry : state)
    if (is_floating(entry.second.dtype())) entry.second.fill_(9);
  state[1].second = zeros({6, 5});
  state[3].second = zeros({5}, int64);
  state[6].second = zeros(Shape()).fill_(0.5);
  state[4].first = "layer1.1.mean";
  state.erase(state.begin() + 7);
  const std::string text = load_error(net, state);
  REQUIRE(
      text ==
      "Net: cannot load this state: shape: layer1.0.weight is (5, 6) here and (6, 5) in the state; dtype: "
      "layer1.1.bias "
      "is float32 here and int64 in the state, layer1.1.num_batches_tracked is int64 here and float32 in the state; "
      "missing: layer1.1.running_mean, layer2.0.weight; unexpected: layer1.1.mean: nothing was changed "
      "(state_dict_test.cpp:" +
          std::to_string(load_line) + ")");
  for (std::size_t i = 0; i < before.size(); ++i)
    REQUIRE(difference(net.state_dict()[i].second, before[i].second) == "");

  StateDict twice = net.state_dict();
  twice.push_back(twice[1]);
  REQUIRE_THAT(
      load_error(net, twice),
      Catch::Matchers::StartsWith("Net: cannot load this state: given twice: layer1.0.weight: nothing was changed"));
  StateDict empty = net.state_dict();
  empty[2].second = Tensor();
  REQUIRE_THAT(load_error(net, empty),
               Catch::Matchers::StartsWith("Net: cannot load this state: empty: layer1.1.weight: nothing was changed"));
}

TEST_CASE("a state that is not loaded strictly returns the keys that only one side has") {
  Net net;
  StateDict state = copied(net.state_dict());
  for (auto& entry : state) entry.second.fill_(9);
  state[1].first = "head.weight";
  state.emplace_back("foreign", zeros({7}));
  state.erase(state.begin() + 6);  // num_batches_tracked, which old files lack
  CHECK_THROWS_AS(net.load_state_dict(state), std::invalid_argument);
  CHECK_THROWS_AS(net.load_state_dict(state, nn::Strict::yes), std::invalid_argument);
  const Tensor kept = net.state_dict()["layer1.0.weight"];
  const nn::IncompatibleKeys keys = net.load_state_dict(state, nn::Strict::no);
  CHECK(keys.missing_keys == std::vector<std::string>{"layer1.0.weight"});
  CHECK(keys.unexpected_keys == std::vector<std::string>{"head.weight", "foreign"});
  CHECK_FALSE(keys.empty());
  CHECK(difference(net.state_dict()["layer1.0.weight"], kept) == "");
  CHECK(largest_of_all(net.temperature) == 9);
  std::ostringstream text;
  text << keys << '\n' << net.load_state_dict(net.state_dict(), nn::Strict::yes);
  CHECK(text.str() ==
        "_IncompatibleKeys(missing_keys=['layer1.0.weight'], unexpected_keys=['head.weight', 'foreign'])\n"
        "<All keys matched successfully>");

  // What both have must fit all the same, and then nothing is written.
  state[0].second = zeros({3}).fill_(1);
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { net.load_state_dict(state, nn::Strict::no); }),
             Catch::Matchers::StartsWith("Net: cannot load this state: shape: temperature is () here and (3) in the"));
  CHECK(largest_of_all(net.temperature) == 9);
  CHECK(net.load_state_dict({}, nn::Strict::no).missing_keys.size() == 8);
}

TEST_CASE("parts of a model are found by path, a tied parameter by each of its names") {
  Net net;
  CHECK(net.get_submodule("layer1.0").type_name() == "Linear");
  CHECK(net.get_submodule("").type_name() == "Net");
  CHECK(thrown_by<std::invalid_argument>([&] { static_cast<void>(net.get_submodule("layer3")); }) ==
        "Net: there is no module \"layer3\": there are layer1, layer1.0, layer1.1, layer1.2, layer1.3, layer2, "
        "layer2.0");
  net.get_submodule("layer1").requires_grad_(false);
  CHECK_FALSE(net.get_parameter("layer1.1.bias").requires_grad());
  CHECK(net.get_parameter("layer2.0.bias").requires_grad());
  net.get_submodule("layer1.3").eval();
  CHECK(net.is_training());
  CHECK(net.modules().size() == 8);
  CHECK(net.buffers().size() == 3);
  CHECK(Raw::value(net.get_buffer("layer1.1.running_var")) == Raw::value(net.buffers()[1]));

  for (auto& [name, parameter] : net.named_parameters()) parameter.requires_grad_(name.find("bias") == name.npos);
  CHECK(net.get_parameter("layer1.1.weight").requires_grad());
  CHECK_FALSE(net.get_parameter("layer2.0.bias").requires_grad());
  Tensor trained = sum(net(rand({4, 6})));
  trained.backward();
  CHECK_FALSE(net.get_parameter("layer2.0.bias").grad().defined());
}

TEST_CASE("tied weights are one parameter with two keys, wherever they go") {
  class Tied : public nn::Module {
   public:
    Tied() {
      add("encoder", encoder);
      nn::tie(decoder.weight, encoder.weight);
      add("decoder", decoder);
    }
    Tensor forward(const Tensor& x) override { return decoder(encoder(x)); }
    nn::Linear encoder{3, 3, nn::no_bias}, decoder{3, 3, nn::no_bias};
  };
  Tied net;
  CHECK(keys(net.state_dict()) == std::vector<std::string>{"encoder.weight", "decoder.weight"});
  CHECK(net.parameters().size() == 1);
  CHECK(Raw::value(net.get_parameter("decoder.weight")) == Raw::value(net.encoder.weight));

  optim::SGD optimizer(net.parameters(), 0.1);
  sum(net(ones({2, 3}))).backward();
  optimizer.step();
  CHECK(difference(net.state_dict()["decoder.weight"], net.encoder.weight.detach()) == "");
  net.to(float64);
  CHECK(net.decoder.weight.dtype() == float64);
  CHECK(Raw::value(net.decoder.weight) == Raw::value(net.encoder.weight));

  Tied copy = clone(net);
  CHECK(Raw::value(copy.decoder.weight) == Raw::value(copy.encoder.weight));
  CHECK(Raw::value(copy.decoder.weight) != Raw::value(net.encoder.weight));
  Tied other;
  other.to(float64);
  other.load_state_dict(net.state_dict());
  CHECK(Raw::value(other.decoder.weight) == Raw::value(other.encoder.weight));
  CHECK(difference(other.encoder.weight, net.encoder.weight) == "");
}

TEST_CASE("only a parameter that no other handle has is tied") {
  nn::Linear a(2, 3), b(2, 3);
  nn::tie(a.weight, b.weight);
  nn::tie(a.weight, b.weight);
  CHECK(Raw::value(a.parameters()[0]) == Raw::value(b.weight));
  CHECK_THROWS_AS(a.weight = nn::Parameter(zeros({3, 2})), std::logic_error);
  CHECK(
      thrown_by<std::invalid_argument>([&] { nn::tie(a.weight, a.bias); }) ==
      "tie: one parameter is (3, 2) float32, the other (3) float32: only those of one shape and dtype can be the same");
  nn::Linear none(2, 3, nn::no_bias);
  CHECK_THROWS_AS(nn::tie(a.bias, none.bias), std::invalid_argument);

  nn::Linear copied(2, 3);
  const nn::Sequential holder{copied};
  const void* before = Raw::value(copied.weight);
  CHECK_THAT(thrown_by<std::logic_error>([&] { nn::tie(copied.weight, b.weight); }),
             Catch::Matchers::StartsWith("tie: the parameter of shape (3, 2) has 2 handles"));
  CHECK(Raw::value(copied.weight) == before);
  CHECK(Raw::value(copied.parameters()[0]) == before);

  nn::Parameter free(zeros({3, 2}));
  nn::tie(free, b.weight);
  CHECK(Raw::value(free) == Raw::value(b.weight));
}

TEST_CASE("an error about many keys names some of them and counts the others") {
  nn::Linear model(2, 1);
  StateDict state = model.state_dict();
  for (int i = 0; i < 100'000; ++i) state.emplace_back("foreign." + std::to_string(i), zeros({1}));
  state.emplace_back(std::string(1'000'000, 'x'), zeros({1}));
  const std::string text = thrown_by<std::invalid_argument>([&] { model.load_state_dict(state); });
  CHECK_THAT(text, Catch::Matchers::Contains("unexpected: foreign.0, foreign.1, ") &&
                       Catch::Matchers::Contains("foreign.19 and 99981 more"));
  CHECK(text.size() < 1000);
}

TEST_CASE("a state is a copy: it keeps the best weights while training goes on") {
  nn::Linear model(3, 2);
  const StateDict best = model.state_dict();
  const Tensor weights = model.weight.detach().clone();
  optim::SGD sgd(model.parameters(), 0.1);
  sum(square(model(ones({4, 3})))).backward();
  sgd.step();
  REQUIRE(difference(model.weight.detach(), weights) != "");
  REQUIRE(difference(best["weight"], weights) == "");
  model.load_state_dict(best);
  REQUIRE(difference(model.weight.detach(), weights) == "");
}

TEST_CASE("a state finds by key") {
  const Net net;
  StateDict state = net.state_dict();
  REQUIRE(state.contains("layer2.0.bias"));
  REQUIRE(!state.contains("layer2.0"));
  REQUIRE(state["layer2.0.bias"].shape() == Shape{3});
  REQUIRE(state.at("layer1.0.weight").shape() == Shape{5, 6});
  REQUIRE(state.find("temperature") == state.begin());
  state["layer2.0.bias"].fill_(4);
  REQUIRE(state.back().second[0].item() == 4);
  REQUIRE_THROWS_WITH(state["layer3"],
                      Catch::Matchers::Contains("layer3") && Catch::Matchers::Contains("layer2.0.bias"));
}

TEST_CASE("a clone of a state has memory of its own, which entries share as before") {
  const Tensor a = ones({2}), b = zeros({2});
  const StateDict state{{"a", a}, {"b", b}, {"c", a}, {"none", Tensor()}};
  const StateDict copy = state.clone();
  a.fill_(5);
  REQUIRE(copy["a"][0].item() == 1);
  copy["a"].fill_(3);
  REQUIRE(copy["c"][0].item() == 3);
  REQUIRE(copy["b"][0].item() == 0);
  REQUIRE(!copy["none"].defined());

  // Under other shapes, and in part.
  const Tensor x = arange(6.0);
  const StateDict views =
      StateDict{{"end", x(xt::range(2, 6))}, {"x", x},           {"table", x.reshape({2, 3})},   {"row", x[1]},
                {"none", zeros({0, 3})},     {"again", x + 0.0}, {"row 1", x.reshape({2, 3})[1]}}
          .clone();
  x.fill_(9);
  CHECK(numbers(views["end"]) == Numbers{2, 3, 4, 5});
  CHECK(views["none"].shape() == Shape({0, 3}));
  CHECK(views["row"].shape() == Shape());
  views["row 1"].fill_(7);
  views["row"].fill_(8);
  CHECK(numbers(views["x"]) == Numbers{0, 8, 2, 7, 7, 7});
  CHECK(numbers(views["table"]) == numbers(views["x"]));
  CHECK(views["table"].shape() == Shape({2, 3}));
  CHECK(numbers(views["end"]) == Numbers{2, 7, 7, 7});
  CHECK(numbers(views["again"]) == Numbers{0, 1, 2, 3, 4, 5});
  // Two parts without a number in common are two copies.
  const Tensor y = arange(4.0);
  const StateDict halves = StateDict{{"b", y(xt::range(2, 4))}, {"a", y(xt::range(0, 2))}}.clone();
  CHECK(Raw::storage(halves["a"]) != Raw::storage(halves["b"]));
}

TEST_CASE("a state whose tensors share the model's memory is loaded correctly") {
  nn::Sequential model{nn::Linear(3, 3, nn::no_bias), nn::Linear(3, 3, nn::no_bias)};
  const StateDict before = copied(model.state_dict());
  const StateDict now = model.named_parameters();
  model.load_state_dict({{"0.weight", now[1].second}, {"1.weight", now[0].second}});
  REQUIRE(difference(model.state_dict()[0].second, before[1].second) == "");
  REQUIRE(difference(model.state_dict()[1].second, before[0].second) == "");
}

TEST_CASE("loading is a write that backward sees") {
  nn::Linear linear(2, 2);
  Tensor x = ones({1, 2}).requires_grad_();
  const Tensor loss = sum(linear(x));
  linear.load_state_dict(linear.state_dict());
  REQUIRE_THROWS_AS(loss.backward(), std::logic_error);
}

TEST_CASE("modes, gradients and dtypes reach every module below") {
  Net net;
  REQUIRE(net.is_training());
  net.eval();
  REQUIRE(!net.layer1[3].module().is_training());
  net.train();
  REQUIRE(net.layer1[3].module().is_training());

  sum(square(net(randn({4, 6})))).backward();
  REQUIRE(net.parameter("layer1.0.weight").grad().defined());
  net.zero_grad();
  for (const Tensor& p : net.parameters()) REQUIRE(!p.grad().defined());
  net.requires_grad_(false);
  REQUIRE(!net(randn({4, 6})).requires_grad());
  net.requires_grad_();

  const std::vector<Tensor> handles = net.parameters();
  net.to(float64);
  for (const Tensor& p : handles) {
    REQUIRE(p.dtype() == float64);
    REQUIRE(p.requires_grad());
  }
  REQUIRE(net.temperature.dtype() == float64);
  REQUIRE_THROWS_AS(net.to(int64), std::invalid_argument);
}

TEST_CASE("a model is walked by names and by functions") {
  Net net;
  std::vector<std::string> names;
  for (const auto& [name, module] : net.named_modules()) names.push_back(name + ":" + module.type_name());
  REQUIRE(names == std::vector<std::string>{":Net", "layer1:Sequential", "layer1.0:Linear", "layer1.1:BatchNorm1d",
                                            "layer1.2:ReLU", "layer1.3:Dropout", "layer2:Sequential",
                                            "layer2.0:Linear"});
  REQUIRE(net.children().size() == 2);
  REQUIRE(net.named_children()[1].first == "layer2");

  std::vector<std::string> order;
  net.apply([&](nn::ModuleBase& module) {
    order.push_back(module.type_name());
    if (module.type_name() == "Linear") nn::init::ones_(module.parameter("weight"));
  });
  REQUIRE(order == std::vector<std::string>{"Linear", "BatchNorm1d", "ReLU", "Dropout", "Sequential", "Linear",
                                            "Sequential", "Net"});
  REQUIRE(sum(net.parameter("layer1.0.weight")).item() == 30);
}

TEST_CASE("a function is applied once to a module that stands twice in a parent") {
  const nn::Linear shared(2, 2);
  nn::Sequential model{shared, nn::ReLU(), shared};
  std::vector<std::string> order;
  model.apply([&](nn::ModuleBase& module) { order.push_back(module.type_name()); });
  REQUIRE(order == std::vector<std::string>{"Linear", "ReLU", "Sequential"});
  // Of two parents it is a child of each, as in PyTorch.
  nn::Sequential parents{nn::ReLU(), nn::Linear(2, 2)};
  parents.push_back(nn::Sequential{shared, nn::ReLU()});
  parents.push_back(nn::Sequential{shared, nn::Tanh()});
  int calls = 0;
  parents.apply([&](nn::ModuleBase& module) { calls += module.type_name() == "Linear" ? 1 : 0; });
  REQUIRE(calls == 3);
}

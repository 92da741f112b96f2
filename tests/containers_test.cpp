// Lists and dicts of modules and parameters, and layers that take their shape from the first input.

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
using Catch::Matchers::StartsWith;
using Strings = std::vector<std::string>;

namespace {

Strings keys(const nn::ModuleBase& module) {
  Strings result;
  for (const auto& each : module.state_dict()) result.push_back(each.first);
  return result;
}

std::string text(const nn::ModuleBase& module) {
  std::ostringstream out;
  out << module;
  return out.str();
}

nn::Parameter numbers_of(double value) { return nn::Parameter(full({2}, value, float64)); }

const void* id(const Tensor& x) { return Raw::value(x); }

class Blocks : public nn::Module {
 public:
  explicit Blocks(int depth) {
    for (int i = 0; i < depth; ++i) {
      layers.append(nn::Linear(3, 3));
      scales.append(nn::Parameter(ones({3})));
    }
    add("layers", layers);
    add("activations", activations);
    add("scales", scales);
    add("offsets", offsets);
  }
  Tensor forward(const Tensor& x) override {
    Tensor y = x;
    for (std::size_t i = 0; i < layers.size(); ++i) y = activations["tanh"](layers[i](y)) * scales[i];
    return y + offsets["last"];
  }

  nn::ModuleListOf<nn::Linear> layers;
  nn::ModuleDict activations{{"tanh", tanh}, {"relu", nn::ReLU()}};
  nn::ParameterList scales;
  nn::ParameterDict offsets{{"last", nn::Parameter(zeros({3}))}};
};

/// Holds a dict and a list, which it cannot be put into.
class Holder : public nn::Module {
 public:
  Holder() {
    add("dict", dict);
    add("list", list);
  }
  Tensor forward(const Tensor& x) override { return x; }

  nn::ModuleDict dict{{"first", nn::Linear(2, 2)}, {"second", nn::ReLU()}};
  nn::ModuleList list{nn::Linear(2, 2)};
};

}  // namespace

TEST_CASE("a ModuleList numbers its modules by their places") {
  nn::ModuleList list{nn::Linear(2, 3), relu};
  CHECK(list.size() == 2);
  list.append(nn::Linear(3, 4, nn::no_bias));
  CHECK(keys(list) == Strings{"0.weight", "0.bias", "2.weight"});
  list.insert(1, nn::PReLU());
  CHECK(keys(list) == Strings{"0.weight", "0.bias", "1.weight", "3.weight"});
  CHECK(list[1].is<nn::PReLU>());
  CHECK(list[-1].as<nn::Linear>().out_features() == 4);
  list.insert(-1, nn::Tanh());
  CHECK(list[3].is<nn::Tanh>());
  CHECK(keys(list).back() == "4.weight");
  list.extend({nn::Tanh(), nn::Tanh()});
  CHECK(list.size() == 7);
  const nn::Layer taken = list.pop(1);
  CHECK(taken.is<nn::PReLU>());
  CHECK(keys(list) == Strings{"0.weight", "0.bias", "3.weight"});
  CHECK(list.pop().is<nn::Tanh>());
  CHECK(list.size() == 5);

  std::size_t seen = 0;
  for (const nn::Layer& layer : list) seen += layer.module().parameters().size();
  CHECK(seen == list.parameters().size());

  CHECK(thrown_by<std::invalid_argument>([&] { list[5]; }) == "ModuleList: there is no element 5: it has 5");
  CHECK(thrown_by<std::invalid_argument>([&] { list.insert(6, relu); }) ==
        "ModuleList: cannot insert at 6: it has 5 elements");
  CHECK(thrown_by<std::invalid_argument>([&] { list[-6]; }) == "ModuleList: there is no element -6: it has 5");
  list.clear();
  CHECK(list.empty());
  CHECK(text(list) == "ModuleList()");
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { list.pop(); }), StartsWith("ModuleList: there is no element -1"));
}

TEST_CASE("a module may stand twice in a list, and leaves it once") {
  nn::Linear shared(2, 2);
  nn::ModuleListOf<nn::Linear> list{shared, nn::Linear(2, 2), shared};
  CHECK(list.parameters().size() == 4);
  CHECK(keys(list).size() == 6);
  list.extend(list);
  CHECK(list.size() == 6);
  CHECK(list.parameters().size() == 4);
  list.pop(0);
  CHECK(id(list[1].weight) == id(shared.weight));
  CHECK_THROWS_AS(shared = nn::Linear(5, 5), std::logic_error);
  while (list.size() > 1) list.pop(id(list[0].weight) == id(shared.weight) ? 0 : 1);
  CHECK(list.parameters().size() == 2);
  shared = nn::Linear(5, 5);  // no list trains it now
  CHECK(shared.in_features() == 5);
}

TEST_CASE("what is put into a list is a handle, and an element is not assigned") {
  nn::Linear layer(2, 2);
  nn::ModuleListOf<nn::Linear> list;
  list.append(layer);
  CHECK(id(list[0].weight) == id(layer.weight));
  CHECK_THAT(thrown_by<std::logic_error>([&] { list[0] = nn::Linear(2, 2); }),
             StartsWith("0 (Linear): this module is"));
  nn::ModuleListOf<nn::Linear> handle = list;
  handle.append(nn::Linear(2, 2));
  CHECK(list.size() == 2);
}

TEST_CASE("a ModuleDict finds by name, in the order of insertion") {
  nn::ModuleDict dict{{"conv", nn::Linear(2, 3)}, {"act", tanh}};
  CHECK(dict.keys() == Strings{"conv", "act"});
  CHECK(dict.contains("act"));
  CHECK_FALSE(dict.contains("pool"));
  CHECK(keys(dict) == Strings{"conv.weight", "conv.bias"});
  CHECK(difference(dict["act"](Tensor{0.5}), tanh(Tensor{0.5})) == "");
  dict.insert("out", nn::Linear(3, 1, nn::no_bias));
  dict.update({{"conv", nn::Linear(2, 3, nn::no_bias)}, {"pool", nn::Identity()}});
  CHECK(dict.keys() == Strings{"act", "out", "conv", "pool"});
  CHECK(keys(dict) == Strings{"out.weight", "conv.weight"});
  CHECK(dict.pop("out").as<nn::Linear>().in_features() == 3);
  CHECK(dict.size() == 3);
  for (auto& [name, module] : dict) CHECK(dict.contains(name));

  CHECK(thrown_by<std::invalid_argument>([&] { dict["out"]; }) ==
        "ModuleDict: there is no \"out\": there are act, conv, pool");
  CHECK(thrown_by<std::invalid_argument>([&] { dict.insert("act", relu); }) ==
        "ModuleDict: there is a \"act\" already: take it out with pop(), or replace it with update()");
  CHECK_THROWS_AS(dict.insert("a.b", relu), std::invalid_argument);
  CHECK_THROWS_AS(dict.insert("", relu), std::invalid_argument);
  CHECK_THROWS_AS(dict.pop("out"), std::invalid_argument);
  CHECK(dict.size() == 3);
  dict.clear();
  CHECK(dict.empty());
}

TEST_CASE("a ParameterList and a ParameterDict hold parameters under PyTorch's keys") {
  nn::ParameterList list{numbers_of(1), numbers_of(2)};
  list.append(numbers_of(3));
  list.insert(0, numbers_of(0));
  CHECK(keys(list) == Strings{"0", "1", "2", "3"});
  for (int i = 0; i < 4; ++i) CHECK(values(list.state_dict()[std::to_string(i)])[0] == i);
  CHECK(values(list[-1])[0] == 3);
  CHECK(values(list.pop(1))[0] == 1);
  CHECK(values(list.parameters()[1])[0] == 2);
  list.extend(list);
  CHECK(list.size() == 6);
  CHECK(list.parameters().size() == 3);
  CHECK_THROWS_AS(list[0] = numbers_of(7), std::logic_error);
  {
    const NoGrad off;
    list[0] += 5.0;
  }
  CHECK(values(list.state_dict()["3"])[0] == 5);
  CHECK(thrown_by<std::invalid_argument>([&] { list[6]; }) == "ParameterList: there is no element 6: it has 6");
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { list.append(nn::Parameter()); }), StartsWith("ParameterList: "));
  CHECK(list.size() == 6);
  list.clear();
  CHECK(text(list) == "ParameterList()");

  nn::ParameterDict dict{{"left", numbers_of(1)}, {"right", numbers_of(2)}};
  CHECK(keys(dict) == Strings{"left", "right"});
  dict.update({{"left", numbers_of(4)}});
  CHECK(dict.keys() == Strings{"right", "left"});
  CHECK(values(dict["left"])[0] == 4);
  CHECK(values(dict.pop("right"))[0] == 2);
  CHECK_THROWS_AS(dict["right"], std::invalid_argument);
  CHECK_THROWS_AS(dict.insert("left", numbers_of(1)), std::invalid_argument);
  CHECK(dict.parameters().size() == 1);
}

TEST_CASE("a container takes several members, or none where one of them is an error") {
  nn::ParameterDict weights{{"left", numbers_of(1)}, {"right", numbers_of(2)}};
  const void* left = id(weights["left"]);
  const auto refused = [&](const auto& f) { CHECK_THROWS_AS(f(), std::invalid_argument); };
  const auto same = [&] {
    CHECK(weights.keys() == Strings{"left", "right"});
    CHECK(keys(weights) == Strings{"left", "right"});
    CHECK(id(weights["left"]) == left);
  };
  refused([&] { weights.update({{"left", nn::Parameter()}}); });
  same();
  refused([&] { weights.update({{"left", numbers_of(3)}, {"a.b", numbers_of(4)}}); });
  same();
  refused([&] { weights.update({{"new", numbers_of(3)}, {"", numbers_of(4)}}); });
  same();
  weights.update({{"new", numbers_of(3)}, {"new", numbers_of(4)}});
  CHECK(values(weights["new"])[0] == 4);

  nn::ParameterList list{numbers_of(1)};
  refused([&] { list.extend({numbers_of(2), nn::Parameter(), numbers_of(3)}); });
  CHECK(list.size() == 1);
  CHECK(keys(list) == Strings{"0"});

  Holder holder;
  refused([&] { holder.dict.update({{"new", nn::ReLU()}, {"first", holder}}); });
  CHECK(holder.dict.keys() == Strings{"first", "second"});
  CHECK(keys(holder) == Strings{"dict.first.weight", "dict.first.bias", "list.0.weight", "list.0.bias"});
  refused([&] { holder.list.extend({nn::Layer(nn::Linear(2, 2)), nn::Layer(holder)}); });
  CHECK(holder.list.size() == 1);
  CHECK(keys(holder.list) == Strings{"0.weight", "0.bias"});
}

TEST_CASE("the text of a ParameterList follows its dtypes") {
  nn::ParameterList list{nn::Parameter(zeros({2, 3})), nn::Parameter(zeros({4}))};
  list.to(float64);
  CHECK(text(list) ==
        "ParameterList(\n    (0): Parameter containing: [torch.float64 of size 2x3]\n"
        "    (1): Parameter containing: [torch.float64 of size 4]\n)");
}

TEST_CASE("a net with lists trains, clones, loads and is assigned as a whole") {
  manual_seed(3);
  Blocks net(2);
  CHECK(keys(net) == Strings{"layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias", "scales.0",
                             "scales.1", "offsets.last"});
  const Tensor x = rand({4, 3});
  sum(square(net(x))).backward();
  for (const Tensor& each : net.parameters()) CHECK(each.grad().defined());

  Blocks copy = clone(net);
  CHECK(difference(copy(x), net(x)) == "");
  CHECK(id(copy.layers[0].weight) == id(copy.parameter("layers.0.weight")));
  CHECK(id(copy.scales[1]) == id(copy.parameter("scales.1")));
  CHECK(id(copy.offsets["last"]) == id(copy.parameter("offsets.last")));
  CHECK(id(copy.layers[0].weight) != id(net.layers[0].weight));
  copy.layers.append(nn::Linear(3, 3));
  CHECK(net.layers.size() == 2);
  CHECK(keys(copy).size() == keys(net).size() + 2);

  Blocks other(2);
  other.load_state_dict(net.state_dict());
  CHECK(difference(other(x), net(x)) == "");
  Blocks handle = net;
  net = other;
  CHECK(id(net.layers[0].weight) == id(other.layers[0].weight));
  net.to(float64);
  CHECK(other.scales[0].dtype() == float64);
  CHECK(handle.scales[0].dtype() == float32);
}

TEST_CASE("a LazyLinear is a Linear of its first input's size") {
  manual_seed(5);
  nn::LazyLinear lazy(3);
  nn::LazyLinear handle = lazy;
  nn::Sequential model{lazy, relu};
  CHECK(text(model) ==
        "Sequential(\n  (0): LazyLinear(in_features=0, out_features=3, bias=True)\n  (1): Function()\n)");
  CHECK(lazy.in_features() == 0);
  CHECK(lazy.out_features() == 3);
  const std::string no_shape =
      "0 (LazyLinear) has parameters that take their shape from the first input: call the model once before";
  CHECK(thrown_by<std::logic_error>([&] { optim::SGD(model.parameters(), .1); }) == "parameters: " + no_shape);
  CHECK(thrown_by<std::logic_error>([&] { model.state_dict(); }) == "state_dict: " + no_shape);
  CHECK(thrown_by<std::logic_error>([&] { model.load_state_dict({}); }) == "load_state_dict: " + no_shape);
  CHECK_THROWS_AS(model.named_parameters(), std::logic_error);
  CHECK_THROWS_AS(model.parameter("0.weight"), std::logic_error);
  CHECK_THAT(thrown_by<std::logic_error>([&] { lazy.parameters(); }), StartsWith("parameters: LazyLinear has"));
  CHECK_THROWS_AS(model(Tensor(1.0f)), std::invalid_argument);
  CHECK_THROWS_AS(model(zeros({2, 4}, float64)), std::invalid_argument);
  CHECK(lazy.in_features() == 0);
  model.zero_grad();
  nn::Sequential untouched = clone(model);

  manual_seed(6);
  const Tensor y = model(ones({2, 4}));
  manual_seed(6);
  const nn::Linear same(4, 3);
  CHECK(difference(lazy.weight, same.weight) == "");
  CHECK(difference(handle.bias, same.bias) == "");
  CHECK(y.shape() == Shape{2, 3});
  CHECK(text(model) == "Sequential(\n  (0): Linear(in_features=4, out_features=3, bias=True)\n  (1): Function()\n)");
  CHECK(keys(model) == Strings{"0.weight", "0.bias"});
  sum(model(ones({2, 4}))).backward();
  CHECK(lazy.weight.grad().shape() == Shape{3, 4});
  CHECK_THROWS_AS(model(ones({2, 5})), std::invalid_argument);
  CHECK(untouched(ones({2, 5})).shape() == Shape{2, 3});
  nn::Linear target(4, 3);
  target.load_state_dict(nn::Layer(model[0]).module().state_dict());

  CHECK_THAT(thrown_by<std::invalid_argument>([] { nn::LazyLinear(-1); }), StartsWith("LazyLinear: a layer cannot"));
}

TEST_CASE("a LazyLinear keeps a dtype and a freeze from before its first input") {
  nn::LazyLinear lazy(2, nn::no_bias);
  lazy.to(float64);
  lazy.requires_grad_(false);
  CHECK(text(lazy) == "LazyLinear(in_features=0, out_features=2, bias=False)");
  CHECK(lazy(zeros({1, 3}, float64)).dtype() == float64);
  CHECK(lazy.weight.shape() == Shape{2, 3});
  CHECK_FALSE(lazy.weight.requires_grad());
}

#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/nn/nn.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;

namespace {

class Net : public nn::Module {
 public:
  Net() {
    add("hidden", hidden);
    add("out", out);
  }
  Tensor forward(const Tensor& x) override { return out(relu(hidden(x))); }

  nn::Linear hidden{2, 16}, out{16, 1};
};

// A net with every kind of member: a list, tied weights, a bare parameter and a buffer.
class Mixed : public nn::Module {
 public:
  Mixed() {
    for (int i = 0; i < 3; ++i) layers.emplace_back(4, 4);
    add("scale", scale);
    add("offset", offset);
    add("layers", layers);
    tied.weight = layers[0].weight;
    add("head", head);
    add("activation", activation);
  }
  Tensor forward(const Tensor& x) override {
    Tensor y = x;
    for (nn::Linear& layer : layers) y = activation(layer(y));
    return head(tied(y)) * scale + offset;
  }

  // Shares its weight with the first layer.
  class Tied : public nn::Module {
   public:
    nn::Parameter weight;
    void finish() { add("weight", weight); }

   protected:
    Tensor forward(const Tensor& x) override { return matmul(x, transpose(weight)); }
  };

  nn::Parameter scale{Tensor(2.0f)};
  nn::Buffer offset{Tensor(1.0f)};
  std::vector<nn::Linear> layers;
  Tied tied;
  nn::Linear head{4, 1};
  nn::Layer activation = relu;
};

// Whether every parameter that the net lists is one that its forward pass uses.
template <class M>
bool trains(M& net, const Shape& input) {
  net.zero_grad();
  sum(square(net(ones(input) * 0.5f)) + net(ones(input))).backward();
  for (const Tensor& p : net.parameters())
    if (!p.grad().defined()) return false;
  return !net.parameters().empty();
}

class Probe : public nn::ModuleBase {
 public:
  template <class T>
  static auto adds(int) -> decltype(std::declval<Probe&>().add("x", std::declval<T>()), std::true_type());
  template <class T>
  static std::false_type adds(...);
};

class Misspelt : public nn::Module {
 protected:
  virtual Tensor foward(const Tensor& x) { return x; }
};

}  // namespace

TEST_CASE("modules and assignments that would leave parameters untrained do not compile") {
  STATIC_REQUIRE(std::is_abstract_v<nn::Module>);
  STATIC_REQUIRE(std::is_abstract_v<Misspelt>);
  STATIC_REQUIRE(std::is_constructible_v<nn::Linear, int, int, bool>);
  STATIC_REQUIRE(std::is_constructible_v<nn::Linear, std::size_t, int, nn::Bias>);
  STATIC_REQUIRE(!std::is_constructible_v<nn::Linear, int, int, int>);
  STATIC_REQUIRE(!std::is_constructible_v<nn::Linear, double, int>);
  STATIC_REQUIRE(!std::is_assignable_v<nn::Parameter&, Tensor>);
  STATIC_REQUIRE(!std::is_assignable_v<nn::Parameter&, nn::Buffer>);
  STATIC_REQUIRE(!std::is_assignable_v<nn::Buffer&, Tensor>);
  STATIC_REQUIRE(!std::is_assignable_v<nn::Layer, nn::Layer>);
  STATIC_REQUIRE(!std::is_convertible_v<Tensor, nn::Layer>);
  STATIC_REQUIRE(decltype(Probe::adds<nn::Parameter&>(0))::value);
  STATIC_REQUIRE(decltype(Probe::adds<nn::Linear&>(0))::value);
  STATIC_REQUIRE(!decltype(Probe::adds<Tensor&>(0))::value);
  STATIC_REQUIRE(!decltype(Probe::adds<nn::Parameter>(0))::value);
  STATIC_REQUIRE(!decltype(Probe::adds<nn::Linear>(0))::value);
}

TEST_CASE("a net trains what it uses, after copies, moves and assignments") {
  Net net;
  REQUIRE(trains(net, {3, 2}));

  SECTION("a copy shares") {
    Net copy = net;
    REQUIRE(trains(copy, {3, 2}));
    REQUIRE(Raw::value(copy.parameters()[0]) == Raw::value(net.parameters()[0]));
  }
  SECTION("after a move, both nets are valid") {
    const Tensor before = net(ones({1, 2}));
    Net moved = std::move(net);
    REQUIRE(trains(moved, {3, 2}));
    REQUIRE(trains(net, {3, 2}));
    REQUIRE(difference(moved(ones({1, 2})), before) == "");
  }
  SECTION("vectors and maps") {
    std::vector<Net> nets;
    for (int i = 0; i < 9; ++i) nets.push_back(Net());
    nets.erase(nets.begin() + 2);
    nets.insert(nets.begin(), net);
    std::swap(nets[1], nets[5]);
    for (Net& each : nets) REQUIRE(trains(each, {3, 2}));
    std::map<std::string, Net> named{{"a", net}};
    named["b"] = Net();
    named["a"] = named["b"];
    REQUIRE(trains(named["a"], {3, 2}));
  }
  SECTION("assignment, while another handle keeps the old net") {
    Net handle = net;
    Net other;
    net = other;
    REQUIRE(trains(net, {3, 2}));
    REQUIRE(trains(handle, {3, 2}));
    REQUIRE(Raw::value(net.parameters()[0]) == Raw::value(other.parameters()[0]));
    REQUIRE(Raw::value(net.hidden.weight) == Raw::value(other.hidden.weight));
    REQUIRE(Raw::value(handle.hidden.weight) != Raw::value(other.hidden.weight));
  }
}

TEST_CASE("a net with lists and bare members is assigned as a whole") {
  Mixed a, b;
  Mixed handle = a;
  a = b;
  REQUIRE(Raw::value(a.layers[1].weight) == Raw::value(b.layers[1].weight));
  REQUIRE(Raw::value(a.scale) == Raw::value(b.scale));
  REQUIRE(Raw::value(a.offset) == Raw::value(b.offset));
  REQUIRE(trains(a, {2, 4}));
  REQUIRE(trains(handle, {2, 4}));
}

TEST_CASE("assigning to a registered member is refused") {
  Net net;
  const void* before = Raw::value(net.hidden.weight);
  REQUIRE_THROWS_AS(net.hidden = nn::Linear(3, 4), std::logic_error);
  REQUIRE(
      thrown_by([&] { net.hidden = nn::Linear(3, 4); }) ==
      "hidden (Linear): this module is registered in another, which would go on training the old one: assign it before "
      "add(), assign the whole module, or use load_state_dict()");
  Net other;
  REQUIRE_THROWS_AS(net.hidden = other.hidden, std::logic_error);
  REQUIRE_THROWS_AS(net.hidden = net.out, std::logic_error);
  REQUIRE_THROWS_AS(net.hidden.weight = nn::Parameter(zeros({16, 2})), std::logic_error);
  REQUIRE_THROWS_AS(net.hidden.weight = other.hidden.weight, std::logic_error);
  Mixed mixed;
  REQUIRE_THROWS_AS(mixed.layers[1] = nn::Linear(4, 4), std::logic_error);
  REQUIRE_THROWS_AS(mixed.activation = nn::Tanh(), std::logic_error);
  REQUIRE_THROWS_AS(mixed.offset = nn::Buffer(zeros(1)), std::logic_error);
  REQUIRE(Raw::value(net.hidden.weight) == before);
  REQUIRE(trains(net, {3, 2}));

  // Another handle of the net that was assigned a new one.
  Net best = net;
  best = nn::clone(net);
  REQUIRE_THROWS_AS(net.hidden = nn::Linear(2, 16), std::logic_error);
  REQUIRE(trains(net, {3, 2}));
  REQUIRE(trains(best, {3, 2}));

  nn::Linear free(2, 3);
  free = nn::Linear(5, 6);
  REQUIRE(free.weight.shape() == Shape{6, 5});
  REQUIRE(trains(free, {1, 5}));
  // Members that the new module does not have.
  nn::Linear handle = free;
  free = nn::Linear(5, 6, nn::no_bias);
  REQUIRE(!free.bias.defined());
  REQUIRE(trains(free, {1, 5}));
  REQUIRE(trains(handle, {1, 5}));
  nn::Layer layer = relu;
  layer = nn::Tanh();
  REQUIRE(layer.is<nn::Tanh>());
}

TEST_CASE("a parameter is written in place only where nothing is recorded") {
  nn::Linear linear(2, 1, nn::no_bias);
  const void* before = Raw::value(linear.weight);
  REQUIRE_THROWS_AS(linear.weight += 1.0f, std::logic_error);
  {
    NoGrad no_grad;
    nn::init::zeros_(linear.weight);
    linear.weight += 1.0f;
    linear.weight *= 3.0f;
  }
  REQUIRE(Raw::value(linear.weight) == before);
  REQUIRE(values(linear.weight) == std::vector<double>{3, 3});
}

TEST_CASE("a clone has equal values and shares no memory") {
  Mixed net;
  net.layers[1].eval();
  net.head.requires_grad_(false);
  Mixed copy = clone(net);
  REQUIRE(copy.parameters().size() == net.parameters().size());
  for (std::size_t i = 0; i < net.parameters().size(); ++i) {
    const Tensor a = net.parameters()[i], b = copy.parameters()[i];
    REQUIRE(Raw::value(a) != Raw::value(b));
    REQUIRE(Raw::storage(a) != Raw::storage(b));
    REQUIRE(a.requires_grad() == b.requires_grad());
    REQUIRE(difference(a, b) == "");
  }
  REQUIRE(!copy.layers[1].is_training());
  REQUIRE(copy.layers[0].is_training());
  REQUIRE(Raw::storage(copy.offset) != Raw::storage(net.offset));
  REQUIRE(difference(copy(ones({2, 4})), net(ones({2, 4}))) == "");

  copy.head.requires_grad_();
  REQUIRE(trains(copy, {2, 4}));
  NoGrad no_grad;
  copy.scale.fill_(100);
  REQUIRE(net.scale.item() == 2);
  copy.train();
  REQUIRE(!net.layers[1].is_training());
}

TEST_CASE("tied weights stay tied in a clone, and to it alone") {
  Mixed net;
  net.tied.finish();
  class Whole : public nn::Module {
   public:
    explicit Whole(const Mixed& inner) : mixed(inner) {
      add("mixed", mixed);
      add("again", mixed.tied);
    }
    Tensor forward(const Tensor& x) override { return mixed(x); }
    Mixed mixed;
  };
  Whole whole(net);
  Whole copy = clone(whole);
  REQUIRE(Raw::value(copy.mixed.tied.weight) == Raw::value(copy.mixed.layers[0].weight));
  REQUIRE(Raw::value(copy.mixed.tied.weight) != Raw::value(whole.mixed.tied.weight));
  REQUIRE(copy.parameters().size() == 9);   // the tied weight once
  REQUIRE(copy.state_dict().size() == 11);  // and here twice, with a buffer
  REQUIRE(trains(copy, {2, 4}));
  std::vector<Whole> many{clone(whole), clone(copy)};
  for (Whole& each : many) REQUIRE(trains(each, {2, 4}));
}

TEST_CASE("a clone of layers by value, functions and generators is independent") {
  manual_seed(3);
  const Generator generator(7);
  nn::Linear inside(4, 4);
  nn::Sequential model{nn::Dropout(0.5, generator), [inside](const Tensor& x) { return inside(x); }, nn::Linear(4, 2)};
  nn::Sequential copy = nn::clone(model);
  const Tensor x = ones({8, 4});
  const Tensor first = model(x);
  REQUIRE(difference(copy(x), first) == "");
  REQUIRE(difference(model(x), first) != "");
  {
    NoGrad no_grad;
    inside.weight.fill_(0);
    nn::init::zeros_(copy[2].as<nn::Linear>().weight);
  }
  REQUIRE(largest_of_all(copy[2].as<nn::Linear>().weight) == 0);
  REQUIRE(largest_of_all(model[2].as<nn::Linear>().weight) > 0);
  copy.push_back(relu);
  REQUIRE(model.size() == 3);
  nn::Sequential handle = model;
  handle.push_back(nn::Linear(2, 2));
  REQUIRE(model.size() == 4);
  REQUIRE(model.parameters().size() == 4);
}

TEST_CASE("an error inside a module names its path from the root") {
  const int forward_line = __LINE__ + 7;
  class Deep : public nn::Module {
   public:
    Deep() {
      add("layer1", layer1);
      add("blocks", blocks);
    }
    Tensor forward(const Tensor& x) override { return blocks[1](layer1(x)); }
    nn::Sequential layer1{nn::Linear(784, 50), nn::ReLU()};
    std::vector<nn::Linear> blocks{nn::Linear(50, 10), nn::Linear(49, 10)};
  };
  Deep deep;
  REQUIRE(thrown_by([&] {
            deep(zeros({100, 783}));
          }) ==
          "layer1.0 (Linear): expected 784 features on the last axis, got input of shape (100, 783) (module_test.cpp:" +
              std::to_string(forward_line) + ")");
  REQUIRE(thrown_by([&] {
            deep(zeros({100, 784}));
          }) ==
          "blocks.1 (Linear): expected 49 features on the last axis, got input of shape (100, 50) (module_test.cpp:" +
              std::to_string(forward_line) + ")");
  REQUIRE_THROWS_AS(deep(zeros({100, 783})), std::invalid_argument);
  REQUIRE(thrown_by([] {
            nn::Linear(2, 3)(zeros({4, 5}));
          }).rfind("Linear: expected 2 features on the last axis, got input of shape (4, 5) (module_test", 0) == 0);
  REQUIRE(thrown_by([] {
            nn::Linear(2, 3)(zeros(Shape()));
          }).rfind("Linear: expected 2 features on the last axis, got input of shape () (module_test.cpp:", 0) == 0);

  // A module that threw leaves nothing behind, and foreign errors pass as they are.
  REQUIRE(
      thrown_by([&] {
        deep.layer1(zeros({1, 7}));
      }).rfind("0 (Linear): expected 784 features on the last axis, got input of shape (1, 7) (module_test.cpp:", 0) ==
      0);
  nn::Sequential thrower{[](const Tensor&) -> Tensor { throw std::runtime_error("mine"); }, relu};
  REQUIRE(thrown_by([&] { thrower(zeros(1)); }) == "mine");
  nn::Sequential ops{nn::ReLU(), [](const Tensor& x) { return matmul(x, zeros({4, 5})); }};
  REQUIRE(thrown_by([&] { ops(zeros({2, 3})); }).rfind("1 (Function): matmul: ", 0) == 0);
}

TEST_CASE("threads call modules of their own and one in common") {
  const Net net;
  const Tensor expected = net(ones({5, 2}));
  std::vector<std::thread> threads;
  std::vector<std::string> found(8);
  for (std::size_t i = 0; i < found.size(); ++i)
    threads.emplace_back([&, i] {
      for (int k = 0; k < 50; ++k) {
        Net own = clone(net);
        found[i] += difference(own(ones({5, 2})), expected) + difference(net(ones({5, 2})), expected);
        found[i] += thrown_by([&] { net(ones({5, 3})); }).substr(0, 17) == "hidden (Linear): " ? "" : "path";
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& each : found) REQUIRE(each == "");
}

TEST_CASE("names are checked") {
  class Named : public nn::ModuleBase {
   public:
    explicit Named(const std::vector<std::string>& names) {
      for (const std::string& name : names) add(name, weight);
    }
    void self() { add("self", *this); }
    void empty() {
      nn::Parameter none;
      add("none", none);
    }
    nn::Parameter weight{zeros(2)};
  };
  REQUIRE(thrown_by([] { Named({"a.b"}); }) ==
          "Named: cannot register \"a.b\": a name has no dot, which separates the names in a path");
  REQUIRE(thrown_by([] { Named({"a", "a"}); }) == "Named: cannot register \"a\" twice: a name stands for one member");
  REQUIRE_THROWS_AS(Named({""}), std::invalid_argument);
  Named named({"a", "b"});
  REQUIRE_THROWS_AS(named.self(), std::invalid_argument);
  REQUIRE_THROWS_AS(named.empty(), std::invalid_argument);
  REQUIRE(named.parameters().size() == 1);
  REQUIRE(named.named_parameters()[0].first == "a");
  REQUIRE(named.state_dict().size() == 2);
}

TEST_CASE("a module of two inputs has its own call, and errors with its path") {
  class Bilinear : public nn::ModuleBase {
   public:
    Bilinear() { add("left", left); }
    Tensor operator()(const Tensor& a, const Tensor& b) const {
      return call([&] { return sum(left(a) * b, -1); });
    }
    nn::Linear left{3, 4};
  };
  Bilinear bilinear;
  REQUIRE(bilinear(ones({2, 3}), ones({2, 4})).shape() == Shape{2});
  REQUIRE(thrown_by([&] { bilinear(ones({2, 9}), ones({2, 4})); }).rfind("left (Linear): expected 3", 0) == 0);
  REQUIRE(thrown_by([&] { bilinear(ones({2, 3}), ones({2, 5})); }).rfind("Bilinear: mul: ", 0) == 0);
}

TEST_CASE("modules that are shared at every level are visited once each") {
  std::vector<nn::Sequential> models{nn::Sequential{nn::Linear(2, 2)}};
  models.reserve(61);
  for (std::size_t level = 0; level < 60; ++level) models.push_back(nn::Sequential{models[level], models[level]});
  nn::Sequential& model = models.back();
  CHECK(model.parameters().size() == 2);
  CHECK(model.named_modules().size() == 62);
  model.train(false);
  CHECK_FALSE(model.is_training());
  CHECK_FALSE(models.front().is_training());
}

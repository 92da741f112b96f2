// Modules of several inputs and outputs.

#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/nn/functional_call.hpp>
#include <xgrad/nn/nn.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::StartsWith;

namespace {

class Two : public nn::ModuleOf<Two> {
 public:
  Two() {
    add("left", left);
    add("right", right);
  }
  Tensor forward(const Tensor& a, const Tensor& b) { return left(a) * right(b); }

  nn::Linear left{3, 4}, right{5, 4};
};

// By value, with a default, and with two results.
class Masked : public nn::ModuleOf<Masked> {
 public:
  Masked() { add("inner", inner); }
  std::pair<Tensor, Tensor> forward(Tensor x, const Tensor& mask = Tensor()) const {
    Tensor h = inner(std::move(x));
    return {mask.defined() ? h * mask : h, h};
  }
  nn::Linear inner{3, 3};
};

class Many : public nn::ModuleOf<Many> {
 public:
  std::vector<Tensor> forward(const std::vector<Tensor>& xs) { return {xs.back(), xs.front()}; }
  Tensor forward(const Tensor& a, const Tensor& b, const Tensor& c, double factor) { return (a + b + c) * factor; }
  std::tuple<Tensor, int> forward(const Tensor& a, int b, int c, int d, int e) { return {a, b + c + d + e}; }
  void forward() { called = true; }
  bool called = false;
};

class Encoder : public nn::Module {
 public:
  Encoder() { add("two", two); }
  Tensor forward(const Tensor& x) override { return two(x, x(xt::all(), xt::range(0, 2))); }
  Two two;
};

class Virtual : public nn::ModuleOf<Virtual> {
 public:
  virtual Tensor forward(const Tensor& a, const Tensor& b) { return a + b; }
};
class Derived : public Virtual {
 public:
  Tensor forward(const Tensor& a, const Tensor& b) override { return a - b; }
};

class Hidden : public nn::ModuleOf<Hidden> {
  Tensor forward(const Tensor& a, const Tensor& b);
};

}  // namespace

TEST_CASE("a module of two inputs is called with two, and with nothing else") {
  Two net;
  const Tensor a = ones({2, 3}), b = ones({2, 5});
  CHECK(difference(net(a, b), net.left(a) * net.right(b)) == "");
  STATIC_REQUIRE(std::is_invocable_v<const Two&, Tensor, Tensor>);
  STATIC_REQUIRE(!std::is_invocable_v<const Two&, Tensor>);
  STATIC_REQUIRE(!std::is_invocable_v<const Two&, Tensor, Tensor, Tensor>);
  STATIC_REQUIRE(!std::is_invocable_v<const Hidden&, Tensor, Tensor>);
  STATIC_REQUIRE(!std::is_default_constructible_v<nn::ModuleOf<Two>>);
  CHECK(net({{1.f, 2.f, 3.f}}, {{1.f, 2.f, 3.f, 4.f, 5.f}}).shape() == Shape{1, 4});
  const xt::xarray<float> numbers = xt::ones<float>({2, 3});
  CHECK(net(numbers, b).shape() == Shape{2, 4});
}

TEST_CASE("an error in a module of two inputs names its path, and its line at the root") {
  Two net;
  CHECK_THAT(
      thrown_by<std::invalid_argument>([&] {
        net(ones({2, 9}), ones({2, 5}));
      }),
      StartsWith(
          "left (Linear): expected 3 features on the last axis, got input of shape (2, 9) (module_of_test.cpp:"));
  class Direct : public nn::ModuleOf<Direct> {
   public:
    Tensor forward(const Tensor& a, const Tensor& b) {
      if (a.size() != b.size()) throw std::invalid_argument("the sizes differ");
      return matmul(a, b, call_site());
    }
  };
  Direct direct;
  const std::string message = thrown_by<std::invalid_argument>([&] { direct(ones({2}), ones({3})); });
  CHECK(message == "Direct: the sizes differ (module_of_test.cpp:" + std::to_string(__LINE__ - 1) + ")");
  CHECK_THAT(thrown_by<std::invalid_argument>([] {
               Encoder()(ones({2, 3}));
             }),
             StartsWith("two.right (Linear): expected 5"));
}

TEST_CASE("forward may have defaults, overloads, numbers, and any results") {
  Masked masked;
  const Tensor x = ones({2, 3});
  auto [y, h] = masked(x);
  CHECK(difference(y, h) == "");
  auto [z, same] = masked(x, zeros({2, 3}));
  CHECK(largest(z) == 0);
  Many many;
  const std::vector<Tensor> turned = many(std::vector<Tensor>{x, y});
  CHECK(Raw::value(turned[1]) == Raw::value(x));
  CHECK(difference(many(x, x, x, 2), x * 6.0) == "");
  CHECK(std::get<1>(many(x, 1, 2, 3, 4)) == 10);
  STATIC_REQUIRE(std::is_void_v<decltype(many())>);
  many();
  CHECK(many.called);
  CHECK(largest(Derived()(x, x)) == 0);
}

TEST_CASE("a module of two inputs prints, saves, clones and trains as others do") {
  Two net;
  CHECK(net.type_name() == "Two");
  CHECK(net.state_dict().size() == 4);
  Two copy = clone(net);
  const Tensor a = rand({2, 3}), b = rand({2, 5});
  CHECK(difference(copy(a, b), net(a, b)) == "");
  CHECK(Raw::value(copy.left.weight) != Raw::value(net.left.weight));
  sum(net(a, b)).backward();
  for (const Tensor& each : net.parameters()) CHECK(each.grad().defined());
  std::vector<Two> several{net, copy, Two()};
  CHECK(several[2](a, b).shape() == Shape{2, 4});
  nn::ModuleListOf<Two> list{net, copy};
  CHECK(difference(list[1](a, b), net(a, b)) == "");
  const Tensor zero = func::functional_call(net, StateDict{{"left.weight", zeros({4, 3})}, {"left.bias", zeros({4})}},
                                            [&] { return net(a, b); });
  CHECK(largest(zero) == 0);
}

TEST_CASE("a hook sees all inputs and outputs of a module of several") {
  Masked net;
  Masked handle = net;
  std::vector<std::size_t> seen;
  const HookHandle first = handle.register_forward_hook(
      [&](const nn::ModuleBase& module, const std::vector<Tensor>& in, const std::vector<Tensor>& out) {
        seen = {in.size(), out.size()};
        CHECK(module.type_name() == "Masked");
        CHECK(in[0].defined());
      });
  auto result = net(ones({2, 3}), ones({2, 3}));
  CHECK(seen == std::vector<std::size_t>{2, 2});
  CHECK(result.first.shape() == Shape{2, 3});
  seen.clear();
  HookHandle(first).remove();
  net(ones({2, 3}));
  CHECK(seen.empty());
  CHECK_THROWS_AS(net.register_forward_hook(nullptr), std::invalid_argument);
}

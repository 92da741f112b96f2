// Modules of several inputs and outputs.

#include <array>
#include <memory>
#include <optional>
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
  CHECK(largest_of_all(z) == 0);
  Many many;
  const std::vector<Tensor> turned = many(std::vector<Tensor>{x, y});
  CHECK(Raw::value(turned[1]) == Raw::value(x));
  CHECK(difference(many(x, x, x, 2), x * 6.0) == "");
  CHECK(std::get<1>(many(x, 1, 2, 3, 4)) == 10);
  STATIC_REQUIRE(std::is_void_v<decltype(many())>);
  many();
  CHECK(many.called);
  CHECK(largest_of_all(Derived()(x, x)) == 0);
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
  CHECK(largest_of_all(zero) == 0);
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
  CHECK_THROWS_AS(net.register_forward_pre_hook(nullptr), std::invalid_argument);
}

TEST_CASE("hooks replace inputs and outputs of a module of several, one after the other") {
  Masked net;
  const Tensor x = rand({2, 3}), mask = rand({2, 3});
  const auto [y, h] = net(x, mask);
  const HookHandle doubled =
      net.register_forward_pre_hook([](const nn::ModuleBase&, std::vector<Tensor>& in) { in[1] = in[1] * 2.0; });
  const HookHandle more =
      net.register_forward_pre_hook([](const nn::ModuleBase&, std::vector<Tensor>& in) { in[1] = in[1] + 1.0; });
  const auto [y2, h2] = net(x, mask);
  CHECK(difference(h2, h) == "");
  CHECK(difference(y2, h * (mask * 2.0 + 1.0)) == "");
  CHECK(difference(net(x + 0.0, mask).first, y2) == "");  // an argument that may be moved from
  const HookHandle negated =
      net.register_forward_hook([&](const nn::ModuleBase&, const std::vector<Tensor>& in, std::vector<Tensor>& out) {
        CHECK(difference(in[1], mask * 2.0 + 1.0) == "");
        out[0] = -out[1];
      });
  CHECK(difference(net(x, mask).first, -h) == "");
  HookHandle(doubled).remove();
  HookHandle(more).remove();
  HookHandle(negated).remove();
  CHECK(difference(net(x, mask).first, y) == "");
}

TEST_CASE("a gradient passes through what hooks have replaced, and hooks on it see it") {
  Two net;
  const Tensor a = ones({2, 3}).requires_grad_(), b = ones({2, 5});
  Tensor seen;
  net.register_forward_pre_hook([&](const nn::ModuleBase&, std::vector<Tensor>& in) {
    in[0] = in[0] * 3.0;
    in[0].register_hook([&](const Tensor& g) {
      seen = g;
      return Tensor();
    });
  });
  net.register_forward_hook(
      [](const nn::ModuleBase&, const std::vector<Tensor>&, std::vector<Tensor>& out) { out[0] = out[0] * 2.0; });
  sum(net(a, b)).backward();
  const Tensor expected = matmul(net.right(b), net.left.weight).detach() * 2.0;
  CHECK(difference(seen, expected) == "");
  CHECK(difference(a.grad(), expected * 3.0) == "");
}

TEST_CASE("hooks reach tensors in vectors, pairs, tuples, arrays and optionals, and leave the rest alone") {
  using Given = std::tuple<std::array<Tensor, 2>, std::optional<Tensor>, int>;
  struct Nested : nn::ModuleOf<Nested> {
    std::pair<std::vector<Tensor>, int> forward(const Given& given, std::string& text, std::unique_ptr<int> number,
                                                std::vector<bool> flags) {
      text += "!";
      const auto& [two, last, count] = given;
      return {{two[0], two[1], last ? *last : Tensor(0.f)}, count + *number + int(flags.size())};
    }
  };
  Nested net;
  std::size_t count = 0;
  const auto call = [&](std::optional<Tensor> last) {
    std::string text;
    Given given{{Tensor(1.f), Tensor(2.f)}, std::move(last), 4};
    auto result = net(given, text, std::make_unique<int>(5), std::vector<bool>{true, false});
    CHECK(text == "!");
    CHECK(std::get<0>(given)[1].item() == 2);  // the caller's own
    CHECK(result.second == 11);
    return std::vector<double>{result.first[0].item(), result.first[1].item(), result.first[2].item()};
  };
  net.register_forward_pre_hook([&](const nn::ModuleBase&, std::vector<Tensor>& in) {
    count = in.size();
    for (Tensor& each : in) each = each * 10.0;
  });
  net.register_forward_hook([](const nn::ModuleBase&, const std::vector<Tensor>&, std::vector<Tensor>& out) {
    REQUIRE(out.size() == 3);
    out[0] = out[0] + 0.5;
  });
  CHECK(call(Tensor(3.f)) == std::vector<double>{10.5, 20, 30});
  CHECK(count == 3);
  CHECK(call(std::nullopt) == std::vector<double>{10.5, 20, 0});
  CHECK(count == 2);
}

TEST_CASE("what a hook of a module of several cannot replace is refused in a sentence") {
  const auto doubled = [](const nn::ModuleBase&, std::vector<Tensor>& in) { in[0] = in[0] * 2.0; };
  const auto doubled_after = [](const nn::ModuleBase&, const std::vector<Tensor>&, std::vector<Tensor>& out) {
    out[0] = out[0] * 2.0;
  };
  const Tensor a = ones({2, 3}), b = ones({2, 5});
  Two net;
  HookHandle handle =
      net.register_forward_pre_hook([](const nn::ModuleBase&, std::vector<Tensor>& in) { in.pop_back(); });
  CHECK_THAT(
      thrown_by<std::logic_error>([&] { net(a, b); }),
      StartsWith("Two: a forward pre-hook changed the number of tensors from 2 to 1: it may replace them one by one"));
  handle.remove();
  handle = net.register_forward_pre_hook(doubled);
  const nn::Parameter p(ones({2, 3}));
  CHECK_THAT(thrown_by<std::logic_error>([&] { net(p, b); }),
             StartsWith("Two: a hook replaced a tensor that the call holds as a constant, by reference in a tuple, or "
                        "as an nn::Parameter or another class of its own: pass it as a Tensor"));
  const Tensor& plain = p;
  CHECK(net(plain, b).shape() == Shape{2, 4});

  struct Kept : nn::ModuleOf<Kept> {
    const Tensor& forward(const Tensor& x, int times) {
      last = x * double(times);
      return last;
    }
    Tensor last;
  };
  Kept kept;
  handle = kept.register_forward_pre_hook(doubled);
  CHECK_THAT(thrown_by<std::logic_error>([&] { kept(a, 2); }),
             StartsWith("Kept: a hook replaced a tensor, but forward returns a reference: let it return a value"));
  handle.remove();
  handle = kept.register_forward_hook(doubled_after);
  CHECK_THROWS_AS(kept(a, 2), std::logic_error);
  handle.remove();
  bool called = false;
  kept.register_forward_hook([&](const nn::ModuleBase&, const auto&, const auto&) { called = true; });
  CHECK(&kept(a, 2) == &kept.last);
  CHECK(called);
}

TEST_CASE("hooks of a forward without a result are called too") {
  Many many;
  int before = 0;
  std::size_t results = 9;
  many.register_forward_pre_hook([&](const nn::ModuleBase&, std::vector<Tensor>&) { ++before; });
  many.register_forward_hook([&](const nn::ModuleBase&, const auto&, const auto& out) { results = out.size(); });
  many();
  CHECK(before == 1);
  CHECK(results == 0);
}

TEST_CASE("a hook does not write through a tuple of references", "[nn]") {
  struct Sum : nn::ModuleOf<Sum> {
    Tensor forward(const std::tuple<Tensor&, Tensor&>& both) { return std::get<0>(both) + std::get<1>(both); }
  };
  Sum net;
  const HookHandle handle =
      net.register_forward_pre_hook([](const nn::ModuleBase&, std::vector<Tensor>& in) { in[0] = in[0] * 2.0; });
  Tensor a(1.0), b(2.0);
  CHECK_THROWS_AS(net(std::tie(a, b)), std::logic_error);
  CHECK(a.item() == 1);
  HookHandle(handle).remove();
  CHECK(net(std::tie(a, b)).item() == 3);
}

TEST_CASE("hooks see and replace the rows of packed sequences", "[nn]") {
  nn::GRU net(2, 3);
  const nn::PackedSequence x = nn::pack_padded_sequence(rand({4, 2, 2}), Tensor{4, 2});
  const auto expected = net(x.with(x.data * 2.0));
  net.register_forward_pre_hook([&](const nn::ModuleBase&, std::vector<Tensor>& in) {
    CHECK(in[0].shape() == x.data.shape());
    in[0] = in[0] * 2.0;
  });
  net.register_forward_hook([](const nn::ModuleBase&, const std::vector<Tensor>&, std::vector<Tensor>& out) {
    REQUIRE(out.size() == 2);
    out[0] = out[0] + 1.0;
  });
  const auto found = net(x);
  CHECK(difference(found.first.data, expected.first.data + 1.0) == "");
  CHECK(difference(found.second, expected.second) == "");
}

namespace {

// How often the hooks of a module of one input run in a call and its backward; that after forward doubles the result.
template <class M, class Call>
std::vector<int> hooks_run(M& module, const Call& call) {
  std::vector<int> count(4);
  std::vector<HookHandle> handles;
  handles.push_back(module.register_forward_pre_hook([&](const nn::ModuleBase&, const Tensor&) {
    ++count[0];
    return Tensor();
  }));
  handles.push_back(module.register_forward_hook([&](const nn::ModuleBase&, const Tensor&, const Tensor& y) {
    ++count[1];
    return y * 2.0;
  }));
  handles.push_back(module.register_full_backward_pre_hook([&](const nn::ModuleBase&, const Tensor&) {
    ++count[2];
    return Tensor();
  }));
  handles.push_back(module.register_full_backward_hook([&](const nn::ModuleBase&, const Tensor&, const Tensor&) {
    ++count[3];
    return Tensor();
  }));
  const Tensor y = call();
  sum(y).backward();
  for (HookHandle& each : handles) each.remove();
  CHECK(max(abs(y - 2.0 * call())).item() == 0);
  return count;
}

}  // namespace

TEST_CASE("all hooks run with every overload of a module of one input") {
  const std::vector<int> once(4, 1);
  const Tensor x = ones({3, 2, 4}).requires_grad_(), mask = zeros({3, 3});
  nn::TransformerEncoderLayer layer(4, 2, nn::TransformerEncoderLayer::Options().dim_feedforward(5).dropout(0));
  CHECK(hooks_run(layer, [&] { return layer(x); }) == once);
  CHECK(hooks_run(layer, [&] { return layer(x, mask); }) == once);

  nn::TransformerEncoder encoder(layer, 2);
  CHECK(hooks_run(encoder, [&] { return encoder(x); }) == once);
  CHECK(hooks_run(encoder, [&] { return encoder(x, mask); }) == once);
  CHECK(hooks_run(encoder.layers[1], [&] { return encoder(x, mask); }) == std::vector<int>{1, 1, 1, 1});

  nn::Transformer transformer(nn::Transformer::Options()
                                  .d_model(4)
                                  .nhead(2)
                                  .num_encoder_layers(1)
                                  .num_decoder_layers(1)
                                  .dim_feedforward(5)
                                  .dropout(0));
  int seen = 0;
  HookHandle handle =
      transformer.encoder.register_forward_hook([&](const nn::ModuleBase&, const Tensor&, const Tensor&) {
        ++seen;
        return Tensor();
      });
  static_cast<void>(transformer(x, x));
  CHECK(seen == 1);
  handle.remove();

  nn::EmbeddingBag bag(5, 3);
  CHECK(hooks_run(bag, [&] { return bag(Tensor({{1, 2}, {3, 4}})); }) == once);
  CHECK(hooks_run(bag, [&] { return bag(Tensor({1, 2, 3}), Tensor({0, 1})); }) == once);

  nn::MaxPool1d pool(2);
  const Tensor line = Tensor({{{1.0, 4.0, 3.0, 2.0}}}).requires_grad_();
  CHECK(hooks_run(pool, [&] { return pool(line); }) == once);
  CHECK(hooks_run(pool, [&] { return pool.forward_with_indices(line).values; }) == once);
}

TEST_CASE("modules of several inputs and losses have hooks of forward") {
  const auto halved = [](auto module, const auto& call) {
    std::size_t inputs = 0;
    const double before = sum(call(module)).item();
    HookHandle handle = module.register_forward_hook(
        [&](const nn::ModuleBase&, const std::vector<Tensor>& in, std::vector<Tensor>& out) {
          inputs = in.size();
          out[0] = out[0] / 2.0;
        });
    HookHandle earlier = module.register_forward_pre_hook([](const nn::ModuleBase&, std::vector<Tensor>&) {});
    CHECK(sum(call(module)).item() == before / 2);
    handle.remove();
    earlier.remove();
    CHECK(sum(call(module)).item() == before);
    return inputs;
  };
  const Tensor a = Tensor({{1.0f, 2.0f, 3.0f}, {2.0f, 5.0f, 1.0f}}),
               b = Tensor({{3.0f, 1.0f, 2.0f}, {4.0f, 4.0f, 4.0f}});
  const auto of_pair = [&](const auto& module) { return module(a, b); };
  CHECK(halved(nn::Bilinear(3, 3, 2), of_pair) == 2);
  CHECK(halved(nn::CosineSimilarity(), of_pair) == 2);
  CHECK(halved(nn::PairwiseDistance(), of_pair) == 2);
  CHECK(halved(nn::MSELoss(), of_pair) == 2);
  CHECK(halved(nn::TripletMarginLoss(), [&](const auto& module) { return module(a, b, a); }) == 3);
  const Tensor scores = log_softmax(ones({4, 1, 3}), 2);
  CHECK(halved(nn::CTCLoss(), [&](const auto& module) {
          return module(scores, Tensor({{1, 2}}), Tensor({4}), Tensor({2}));
        }) == 4);
}

// Hooks of tensors and modules, and their handles.

#include <atomic>
#include <thread>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/nn/module_state.hpp>
#include <xgrad/nn/nn.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;

namespace {

nn::Sequential small_net() {
  manual_seed(3);
  nn::Sequential model{nn::Linear(4, 6), tanh, nn::Linear(6, 3)};
  model.to(float64);
  return model;
}

Tensor batch() {
  manual_seed(4);
  return randn({5, 4}, float64);
}

}  // namespace

TEST_CASE("a hook on a tensor is removed by its handle, also by itself", "[hooks]") {
  const Tensor x = leaf({1.0});
  int first = 0, second = 0;
  HookHandle handle = x.register_hook([&](const Tensor&) {
    ++first;
    return Tensor();
  });
  HookHandle own;
  own = x.register_hook([&](const Tensor& g) {
    ++second;
    own.remove();
    return g * 10.0;
  });
  sum(x * x).backward();
  handle.remove();
  handle.remove();
  sum(x * x).backward();
  CHECK(first == 1);
  CHECK(second == 1);
  CHECK(numbers(x.grad()) == Numbers{22});
  HookHandle late;
  {
    const Tensor gone = leaf({1.0});
    late = gone.register_hook([](const Tensor& g) { return g; });
  }
  late.remove();
}

TEST_CASE("hooks of a module see and replace what goes in and comes out", "[hooks]") {
  nn::Sequential model = small_net();
  const Tensor x = batch(), before = model(x).detach();
  auto hidden = model[0].as<nn::Linear>();
  std::vector<Shape> shapes;
  HookHandle in = hidden.register_forward_pre_hook([&](const nn::ModuleBase& module, const Tensor& given) {
    CHECK(module.type_name() == "Linear");
    shapes.push_back(given.shape());
    return given * 2.0;
  });
  HookHandle out = hidden.register_forward_hook([&](const nn::ModuleBase&, const Tensor& given, const Tensor& y) {
    CHECK(difference(given, x * 2.0) == "");
    shapes.push_back(y.shape());
    return Tensor();
  });
  CHECK(difference(model(x), model[2](tanh(linear(x * 2.0, hidden.weight, hidden.bias))), 1e-15) == "");
  CHECK(shapes == std::vector<Shape>{{5, 4}, {5, 6}});
  in.remove();
  out.remove();
  CHECK(difference(model(x), before) == "");
  CHECK(shapes.size() == 2);
}

TEST_CASE("backward hooks of a module see both gradients and replace the one of its input", "[hooks]") {
  nn::Sequential model = small_net();
  const Tensor x = batch().requires_grad_();
  Tensor grad_in, grad_out;
  HookHandle hook = model.register_full_backward_hook([&](const nn::ModuleBase&, const Tensor& gx, const Tensor& gy) {
    grad_in = gx;
    grad_out = gy;
    return gx * 3.0;
  });
  sum(model(x) * 2.0).backward();
  CHECK(largest_of_all(grad_out - 2.0) == 0);
  CHECK(difference(x.grad(), grad_in * 3.0) == "");
  const Tensor tripled = x.grad();
  x.set_grad(Tensor());
  hook.remove();
  sum(model(x) * 2.0).backward();
  CHECK(difference(x.grad() * 3.0, tripled, 1e-15) == "");

  // Where the input needs no gradient, the hook is called all the same.
  bool called = false;
  HookHandle other = model.register_full_backward_hook([&](const nn::ModuleBase&, const Tensor& gx, const Tensor&) {
    called = !gx.defined();
    return Tensor();
  });
  HookHandle first =
      model.register_full_backward_pre_hook([](const nn::ModuleBase&, const Tensor& gy) { return gy * 0.0; });
  model.zero_grad();
  sum(model(x.detach())).backward();
  CHECK(called);
  CHECK(largest_of_all(model.parameters()[0].grad()) == 0);
  other.remove();
  HookHandle writing = model.register_full_backward_hook([](const nn::ModuleBase&, const Tensor&, const Tensor& gy) {
    gy.mul_(2.0);
    return Tensor();
  });
  CHECK_THAT(thrown_by<std::logic_error>([&] { sum(model(x)).backward(); }),
             Contains("a hook of Sequential wrote to the gradient of its result in place at module_hooks_test.cpp:"));
  {
    const NoGrad off;
    CHECK_FALSE(model(x).requires_grad());
  }
}

TEST_CASE("hooks of a module that are registered and removed in every step take one place", "[hooks]") {
  nn::Sequential model = small_net();
  int calls = 0;
  const auto count = [&](const nn::ModuleBase&, const Tensor&) {
    ++calls;
    return Tensor();
  };
  for (int i = 0; i < 1000; ++i) {
    HookHandle handle = model.register_forward_pre_hook(count);
    handle.remove();
  }
  model.register_forward_pre_hook(count);
  CHECK(nn::detail::Access::state(model)->hooks->before.size() == 1);
  static_cast<void>(model(batch()));
  CHECK(calls == 1);
}

TEST_CASE("an empty hook of a module is refused, and clones have none", "[hooks]") {
  nn::Sequential model = small_net();
  CHECK_THAT(thrown_by([&] { model.register_forward_hook(nn::ForwardHook()); }),
             Contains("register_forward_hook: the hook is empty"));
  int calls = 0;
  model.register_forward_hook([&](const nn::ModuleBase&, const Tensor&, const Tensor&) {
    ++calls;
    return Tensor();
  });
  const nn::Sequential copy = model, cloned = nn::clone(model);
  static_cast<void>(copy(batch()));
  CHECK(calls == 1);
  static_cast<void>(cloned(batch()));
  CHECK(calls == 1);
}

TEST_CASE("a full backward hook is not called where no gradient passes to the input, and keeps nothing", "[module]") {
  nn::Linear layer(2, 2);
  int calls = 0, before_calls = 0;
  layer.register_full_backward_hook([&](const nn::ModuleBase&, const Tensor&, const Tensor&) {
    ++calls;
    return Tensor();
  });
  layer.register_full_backward_pre_hook([&](const nn::ModuleBase&, const Tensor&) {
    ++before_calls;
    return Tensor();
  });
  const std::int64_t nodes = Node::live();
  {
    const Tensor x = ones({3, 2}).requires_grad_();
    const Tensor y = layer(x);
    const Tensor g = grad(sum(y * y), layer.weight, create_graph);
    CHECK(before_calls == 1);
    CHECK(calls == 0);
    sum(g).backward();
    CHECK(calls == 1);
  }
  CHECK(Node::live() == nodes);
  {
    const Tensor x = ones({3, 2}).requires_grad_();
    const Tensor y = layer(x);
    const Tensor g = grad(sum(y * y), layer.weight, create_graph);
  }
  CHECK(Node::live() == nodes);
}

TEST_CASE("a full backward hook gets the gradient of its run, also where runs nest or are many", "[module]") {
  nn::Linear inner(2, 2);
  inner.to(float64);
  std::atomic<int> calls{0}, without{0};
  inner.register_full_backward_hook([&](const nn::ModuleBase&, const Tensor&, const Tensor& grad_y) {
    ++calls;
    if (!grad_y.defined()) ++without;
    return Tensor();
  });
  const Tensor x = leaf({1, 2}), h = x * 1.0;
  const Tensor y = sum(inner(h));
  std::atomic<bool> nested{false};
  h.register_hook([&](const Tensor&) {
    if (!nested.exchange(true)) static_cast<void>(grad(y, x, retain_graph));
    return Tensor();
  });
  static_cast<void>(grad(y, x, retain_graph));
  CHECK(calls == 2);
  const auto walk = [&] {
    for (int i = 0; i < 500; ++i) static_cast<void>(grad(y, x, retain_graph));
  };
  std::thread one(walk), two(walk);
  one.join();
  two.join();
  CHECK(calls == 1002);
  CHECK(without == 0);
}

TEST_CASE("a hook may take the module that is called out of its model, or add others", "[hooks]") {
  nn::ModuleList list;
  list.append(nn::Linear(2, 2));
  list[0].module().register_forward_pre_hook([&](const nn::ModuleBase&, const Tensor&) {
    list.clear();
    return Tensor();
  });
  CHECK(list[0](ones({1, 2})).shape() == Shape{1, 2});
  CHECK(list.size() == 0);
  nn::Sequential model{nn::Linear(2, 2), nn::Linear(2, 2)};
  model[0].module().register_forward_hook([&](const nn::ModuleBase&, const Tensor&, const Tensor&) {
    while (model.size() < 50) model.push_back(nn::ReLU());
    return Tensor();
  });
  CHECK(model(ones({1, 2})).shape() == Shape{1, 2});
  CHECK(model.size() == 50);
}

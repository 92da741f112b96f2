// Transforms: gradients, Jacobians, Hessians and tangents of functions, with xgrad::func.

#include <cstdio>
#include <iostream>

#include <xgrad/func.hpp>
#include <xgrad/xgrad.hpp>

#include "cube.hpp"

using namespace xgrad;

void gradients() {
  auto f = [](const Tensor& x, const Tensor& y) { return sum(x * x * y); };
  Tensor x{1.0, 2.0}, y{3.0, 4.0};
  std::cout << func::grad(f)(x, y) << '\n';     // df/dx
  std::cout << func::grad(f, 1)(x, y) << '\n';  // df/dy
  auto [value, both] = func::value_and_grad(f, {0, 1})(x, y);
  std::cout << value << ' ' << both[0] << ' ' << both[1] << '\n';

  auto cube = [](const Tensor& a) { return a * a * a; };
  auto second = func::grad(func::grad(cube));
  std::cout << second(Tensor(5.0)) << '\n';
}

void auxiliary() {
  auto f = [](const Tensor& x) {
    Tensor squares = x * x;
    return std::pair(sum(squares * x), squares);
  };
  auto [value, slope, squares] = func::value_and_grad(f)(Tensor{1.0, 2.0});
  std::cout << value << ' ' << slope << ' ' << squares << '\n';
}

void directions() {
  auto f = [](const Tensor& x) { return stack({x(0) * x(1), x(0) + x(1)}); };
  Tensor x{2.0, 3.0};
  auto [y, pullback] = func::vjp(f, x);
  std::cout << pullback(Tensor{1.0, 10.0}) << '\n';  // vᵀ J
  auto [same, tangent] = func::jvp(f, x, Tensor{1.0, 0.0});
  std::cout << tangent << '\n';  // J t
  auto [again, along] = func::linearize(f, x);
  std::cout << along(Tensor{0.0, 1.0}) << '\n';
  std::cout << func::jacobian(f)(x) << '\n';
}

void second_derivatives() {
  auto f = [](const Tensor& x) { return x(0) * x(0) * x(1); };
  Tensor x{2.0, 3.0};
  std::cout << func::hessian(f)(x) << '\n';
  std::cout << func::hvp(f, x, Tensor{1.0, 1.0}) << '\n';
}

void modules() {
  manual_seed(1);
  nn::Sequential model{nn::Linear(3, 4), tanh, nn::Linear(4, 2)};
  Tensor x = randn({5, 3}), labels{0, 1, 1, 0, 1};
  auto loss = [&](const func::Tensors& params, const Tensor& in, const Tensor& label) {
    return nn::cross_entropy(func::functional_call(model, params, in), label);
  };
  func::Tensors all = func::grad(loss)(model.parameters(), x, labels);
  auto of_one = [&](const func::Tensors& params, const Tensor& in, const Tensor& label) {
    return loss(params, unsqueeze(in, 0), unsqueeze(label, 0));
  };
  func::Tensors each = func::per_sample_grad(of_one)(model.parameters(), x, labels);
  std::cout << each[0].shape() << ' ' << allclose(mean(each[0], 0), all[0]) << '\n';
}

void checkpoints() {
  manual_seed(1);
  nn::Sequential block{nn::Linear(64, 64), nn::Dropout(0.5), tanh, nn::Linear(64, 64)};
  Tensor x = randn({8, 64});
  Tensor y = func::checkpoint(block, x);
  sum(y).backward();
  std::cout << block.parameters()[0].grad().shape() << '\n';

  nn::Sequential deep;
  for (int i = 0; i < 12; ++i) deep.push_back(nn::Sequential{nn::Linear(64, 64), tanh});
  func::CheckpointPlan plan = func::checkpoint_plan(deep, x, 24000);
  std::printf("%lld bytes instead of %lld, in %zu segments\n", static_cast<long long>(plan.peak()),
              static_cast<long long>(plan.peak_without()), plan.segments().size());
  sum(plan(x)).backward();
}

void own_functions() {
  std::cout << Cube::apply(Tensor{2.0, 3.0}) << '\n';
  auto softmul = func::custom(
      "softmul", [](const func::Tensors& x) { return exp(x[0]) * x[1]; },
      [](const func::Tensors& x, const Tensor& y, const Tensor& g) {
        return func::Tensors{y * g, exp(x[0]) * g};
      });
  func::Tensors at{Tensor{0.5, -0.2}, Tensor{1.0, 2.0}};
  std::cout << func::check(softmul, at).passed << '\n';
}

void hooks() {
  manual_seed(1);
  nn::Sequential model{nn::Linear(3, 4), relu, nn::Linear(4, 2)};
  HookHandle handle = model.register_forward_hook([](const nn::ModuleBase& module, const Tensor& x, const Tensor& y) {
    std::cout << module.type_name() << ": " << x.shape() << " to " << y.shape() << '\n';
    return Tensor();
  });
  Tensor y = model(randn({5, 3}));
  handle.remove();
  y = model(randn({5, 3}));
}

int main() {
  std::cout << std::boolalpha;
  gradients();
  auxiliary();
  directions();
  second_derivatives();
  modules();
  checkpoints();
  own_functions();
  hooks();
}

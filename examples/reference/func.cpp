// The examples of docs/reference/func.md.

#include <xgrad/func.hpp>

#include "../cube.hpp"
#include "example.hpp"

namespace {

Tensor cube(const Tensor& x) { return x * x * x; }
Tensor sum_of_cubes(const Tensor& x) { return sum(cube(x)); }

void derivatives() {
  const Tensor x = {1.0, 2.0};
  example("grad");
  std::cout << func::grad(sum_of_cubes)(x) << '\n';
  example("value_and_grad");
  {
    const auto [value, slope] = func::value_and_grad(sum_of_cubes)(x);
    std::cout << value.item() << ' ' << slope << '\n';
  }
  example("ValueAndGrad");
  {
    const func::ValueAndGrad<Tensor> both = func::value_and_grad(sum_of_cubes)(x);
    std::cout << both.value.item() << ' ' << both.grad << '\n';
  }
  example("ValueGradAux");
  {
    const auto f = [](const Tensor& v) { return std::pair{sum(cube(v)), cube(v)}; };
    const func::ValueGradAux<Tensor, Tensor> all = func::value_and_grad(f)(x);
    std::cout << all.value.item() << ' ' << all.grad << ' ' << all.aux << '\n';
  }
  example("vjp");
  {
    const auto [y, pullback] = func::vjp(cube, x);
    std::cout << pullback(Tensor{1.0, 10.0}) << '\n';
  }
  example("jvp");
  {
    const auto [y, tangent] = func::jvp(cube, x, Tensor{1.0, 10.0});
    std::cout << tangent << '\n';
  }
  example("linearize");
  {
    const auto [y, along] = func::linearize(cube, x);
    std::cout << along(Tensor{1.0, 0.0}) << '\n' << along(Tensor{0.0, 1.0}) << '\n';
  }
}

void matrices() {
  const Tensor x = {1.0, 2.0};
  example("jacobian", "Mode");
  std::cout << func::jacobian(cube)(x) << '\n' << func::jacobian(cube, func::Mode::reverse)(x).shape() << '\n';
  example("jacfwd");
  std::cout << func::jacfwd(cube)(x).shape() << '\n';
  example("jacrev");
  std::cout << func::jacrev(sum_of_cubes)(x) << '\n';
  example("hessian");
  std::cout << func::hessian(sum_of_cubes)(x) << '\n';
  example("hvp");
  std::cout << func::hvp(sum_of_cubes, x, Tensor{1.0, 1.0}) << '\n';
  example("per_sample_grad");
  {
    const auto loss = [](const Tensor& w, const Tensor& sample) { return sum(w * sample); };
    std::cout << func::per_sample_grad(loss)(x, Tensor{{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}}) << '\n';
  }
}

void own_functions() {
  const Tensor x = {1.0, 2.0};
  example("Function", "Context");
  {
    const Tensor leaf = Tensor{1.0, 2.0}.requires_grad_();
    std::cout << grad(sum(Cube::apply(leaf)), leaf) << '\n';
  }
  example("custom", "Custom");
  {
    const func::Custom own = func::custom(
        "cube", [](const func::Tensors& in) { return cube(in[0]); },
        [](const func::Tensors& in, const Tensor&, const Tensor& g) { return func::Tensors{3.0 * in[0] * in[0] * g}; });
    const Tensor leaf = Tensor{1.0, 2.0}.requires_grad_();
    sum(own(leaf)).backward();
    std::cout << leaf.grad() << '\n';
  }
  example("check");
  std::cout << std::boolalpha << func::check(cube, x).passed << '\n';
  example("checkpoint");
  {
    const Tensor leaf = Tensor{1.0, 2.0}.requires_grad_();
    sum(func::checkpoint(cube, leaf)).backward();
    std::cout << leaf.grad() << '\n';
  }
}

void modules() {
  example("functional_call");
  {
    const nn::Linear layer(2, 1, nn::no_bias);
    const auto loss = [&](const Tensor& weight) {
      return sum(func::functional_call(layer, func::Tensors{weight}, ones({1, 2})));
    };
    std::cout << func::grad(loss)(Tensor{{3.f, 4.f}}) << '\n';
  }
  example("checkpoint_plan", "CheckpointPlan");
  {
    const nn::Sequential model{nn::Linear(4, 64), nn::ReLU(), nn::Linear(64, 64), nn::ReLU(), nn::Linear(64, 2)};
    const func::CheckpointPlan plan = func::checkpoint_plan(model, ones({32, 4}), 20'000);
    std::cout << std::boolalpha << (plan.peak() < plan.peak_without()) << ' ' << plan(ones({32, 4})).shape() << '\n';
  }
}

}  // namespace

int main() {
  derivatives();
  matrices();
  own_functions();
  modules();
  return 0;
}

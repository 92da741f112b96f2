// The examples of docs/reference/averaging.md.

#include "example.hpp"

namespace {

Tensor with_gradient(const Tensor& g) {
  const Tensor p = zeros_like(g).requires_grad_();
  p.set_grad(g);
  return p;
}

}  // namespace

int main() {
  example("get_total_norm");
  std::cout << optim::get_total_norm({Tensor{3.0}, Tensor{0.0, 4.0}}) << '\n';
  example("clip_grad_norm_");
  {
    const Tensor p = with_gradient(Tensor{3.0, -4.0});
    std::cout << optim::clip_grad_norm_({p}, 1) << ' ' << p.grad() << '\n';
  }
  example("clip_grad_value_");
  {
    const Tensor p = with_gradient(Tensor{3.0, -0.5});
    optim::clip_grad_value_({p}, 1);
    std::cout << p.grad() << '\n';
  }
  example("update_bn");
  {
    nn::Sequential model{nn::BatchNorm1d(1)};
    const std::vector<Tensor> batches = {Tensor({{1.f}, {3.f}}), Tensor({{5.f}, {7.f}})};
    optim::update_bn(batches, model);
    std::cout << model.buffer("0.running_mean") << '\n';
  }
  return 0;
}

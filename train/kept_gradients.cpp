#include <xgrad/train/kept_gradients.hpp>

namespace xgrad::train {

KeptGradients::KeptGradients(const optim::Optimizer& optimizer) {
  for (const Tensor& each : optimizer.parameters()) {
    const Tensor gradient = each.grad();
    gradients_.emplace_back(each, gradient.defined() ? gradient.detach().clone() : gradient);
  }
}

void KeptGradients::restore() const {
  for (const auto& [parameter, gradient] : gradients_) parameter.set_grad(gradient);
}

}  // namespace xgrad::train

#pragma once

// The fused optimisers of PyTorch 2, which its C++ interface does not offer.

#include <functional>
#include <memory>
#include <vector>

#include <torch/torch.h>

#ifndef TORCH_VERSION
#include <torch/version.h>
#endif

#if TORCH_VERSION_MAJOR >= 2
#define LIBTORCH_HAS_FUSED_ADAM

namespace bench {

/// A step as optim.Adam(fused=True) and AdamW make it in Python: update(parameters, gradients, m, v, none, steps) is
/// the function that they call.
template <class Update>
std::function<void()> fused_steps(const std::vector<torch::Tensor>& parameters, Update update) {
  struct State {
    std::vector<torch::Tensor> p, m, v, none, steps;
  };
  auto state = std::make_shared<State>();
  for (const torch::Tensor& p : parameters) {
    state->p.push_back(p);
    state->m.push_back(torch::zeros_like(p));
    state->v.push_back(torch::zeros_like(p));
    state->steps.push_back(torch::zeros({}));
  }
  return [=] {
    torch::NoGradGuard off;
    std::vector<torch::Tensor> gradients;
    for (const torch::Tensor& p : state->p) gradients.push_back(p.grad());
    torch::_foreach_add_(state->steps, 1);
    update(state->p, gradients, state->m, state->v, state->none, state->steps);
  };
}

}  // namespace bench
#endif

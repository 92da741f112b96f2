#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/pointwise/update_pass.hpp>

namespace xgrad::kernels {

/// What one step of gradient descent does to every element.
struct SgdRule {
  double lr = 0;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
  bool maximize = false;
};

/// The pass d = ±g + weight_decay p; with a buffer, b = momentum b + (1 - dampening) d, or b = d at its first use, and
/// d = b, or d + momentum b by Nesterov; p = p - lr d. `buffer` is null without momentum.
template <class T>
UpdatePass sgd_pass(T* p, const T* g, T* buffer, bool first, std::int64_t n, const SgdRule& rule);

}  // namespace xgrad::kernels

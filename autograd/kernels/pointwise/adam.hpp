#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/pointwise/update_pass.hpp>

namespace xgrad::kernels {

/// What one step of Adam does to every element, with the bias corrections worked out.
struct AdamRule {
  double rate = 0;  ///< lr / (1 - beta1^t)
  double root = 1;  ///< 1 / sqrt(1 - beta2^t)
  double beta1 = 0;
  double beta2 = 0;
  double eps = 0;
  double decay = 0;   ///< times p, added to the gradient
  double shrink = 1;  ///< p is multiplied by it first
  bool maximize = false;
};

/// The state of Adam for each element. `greatest` is null without AMSGrad; a new state is written without being read.
template <class T>
struct AdamState {
  T* mean = nullptr;
  T* square = nullptr;
  T* greatest = nullptr;
  bool is_new = false;
};

/// The pass p = shrink p, d = ±g + decay p, m = beta1 m + (1 - beta1) d, v = beta2 v + (1 - beta2) d², h = v or the
/// greatest of all v, p = p - rate m / (root sqrt(h) + eps).
template <class T>
UpdatePass adam_pass(T* p, const T* g, const AdamState<T>& state, std::int64_t n, const AdamRule& rule);

}  // namespace xgrad::kernels

#pragma once

#include <array>

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/autograd/kernels/pointwise/adam.hpp>
#include <xgrad/autograd/kernels/pointwise/sgd.hpp>
#include <xgrad/autograd/kernels/pointwise/update_rules.hpp>

namespace xgrad::detail {

// Steps of optimisers: each updates a parameter and its optimiser state in place, in one pass, and is never recorded.
// All tensors of a step have one floating dtype and shape; optional ones may be undefined. The functions begin the
// write and return the pass, which kernels::run() runs with those of other parameters; until then the tensors must
// live.

/// A step of gradient descent; `buffer` is undefined without momentum, and written without being read when it is new.
kernels::UpdatePass sgd_update(const char* name, const Tensor& parameter, const Tensor& gradient, const Tensor& buffer,
                               bool is_new, const kernels::SgdRule& rule, Source at);

/// Adam's state for a parameter; `greatest` is undefined without AMSGrad.
struct AdamMoments {
  const Tensor &mean, &square, &greatest;
  bool is_new;  ///< the numbers are written without being read
};

/// A step of Adam.
kernels::UpdatePass adam_update(const char* name, const Tensor& parameter, const Tensor& gradient,
                                const AdamMoments& moments, const kernels::AdamRule& rule, Source at);

/// A step by a rule of kernels/pointwise/update_rules.hpp, whose slots are `state`: undefined where they are absent.
template <class Rule>
kernels::UpdatePass update(const char* name, const Tensor& parameter, const Tensor& gradient,
                           const std::array<const Tensor*, Rule::slots>& state, const Rule& rule, Source at);

/// Runs a step without state at once, and tells those who observe writes.
template <class Rule>
void update_now(const char* name, const Tensor& parameter, const Tensor& gradient, const Rule& rule, Source at);

}  // namespace xgrad::detail

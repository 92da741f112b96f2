#pragma once

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/autograd/kernels/pointwise/optimizer.hpp>

namespace xgrad::detail {

// Steps of optimisers: each updates a parameter and its optimiser state in place, in one pass, and is never recorded.
// All tensors of a step have one floating dtype and shape; optional ones may be undefined.

/// A step of gradient descent; `buffer` is undefined without momentum, and written without being read when it is new.
void sgd_update(const char* name, const Tensor& parameter, const Tensor& gradient, const Tensor& buffer, bool is_new,
                const kernels::SgdRule& rule, Source at);

/// Adam's state for a parameter; `greatest` is undefined without AMSGrad.
struct AdamMoments {
  const Tensor &mean, &square, &greatest;
  bool is_new;  ///< the numbers are written without being read
};

/// A step of Adam.
void adam_update(const char* name, const Tensor& parameter, const Tensor& gradient, const AdamMoments& moments,
                 const kernels::AdamRule& rule, Source at);

}  // namespace xgrad::detail

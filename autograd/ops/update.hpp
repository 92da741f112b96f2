#pragma once

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/autograd/kernels/pointwise/optimizer.hpp>

namespace xgrad::detail {

// Steps of optimisers: each writes a parameter and what is kept for it in place, in one pass, and is never recorded.
// All tensors of a step are of one floating dtype and shape; what is left out is undefined.

/// A step of gradient descent; `buffer` is left out without momentum, and written without being read when it is new.
void sgd_update(const char* name, const Tensor& parameter, const Tensor& gradient, const Tensor& buffer, bool is_new,
                const kernels::SgdRule& rule, Source at);

/// What Adam keeps for a parameter; `greatest` is left out without AMSGrad.
struct AdamMoments {
  const Tensor &mean, &square, &greatest;
  bool is_new;  ///< the numbers are written without being read
};

/// A step of Adam.
void adam_update(const char* name, const Tensor& parameter, const Tensor& gradient, const AdamMoments& moments,
                 const kernels::AdamRule& rule, Source at);

}  // namespace xgrad::detail

#pragma once

// For this room's sources only: reductions of losses by ops.

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/nn/reduction.hpp>

namespace xgrad::nn::detail {

/// Refuses batchmean, which only kl_div has.
void require_plain(const char* op, Reduction reduction);

/// Reduces the losses of the elements.
Tensor reduce(Tensor losses, Reduction reduction, Source at);

}  // namespace xgrad::nn::detail

#pragma once

#include <xgrad/autograd/graph/tensor.hpp>

#include "side.hpp"

namespace bench {

/// W4, W5, W7 and the gates of G12.
void add_op_tasks(Tasks& tasks);

/// GELU by its tanh approximation, as a user's lambda: `elementwise` compiled with default flags, `simd::elementwise`
/// compiled for this machine where the library has it, and ordinary ops.
xgrad::Tensor gelu_on_tiles(const xgrad::Tensor& x);
xgrad::Tensor gelu_on_registers(const xgrad::Tensor& x);
xgrad::Tensor gelu_of_ops(const xgrad::Tensor& x);

}  // namespace bench

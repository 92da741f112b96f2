#pragma once

#include <xgrad/autograd/graph/tensor.hpp>

#include "side.hpp"

namespace bench {

/// W4, W5, W7 and the ops of G12.
void add_op_tasks(Tasks& tasks);

/// W13, W14 and W16.
void add_gradient_tasks(Tasks& tasks);

/// W12.
void add_sequence_tasks(Tasks& tasks);
/// W11.
void add_gpt_tasks(Tasks& tasks);

/// GELU by its tanh approximation, in three ways: a lambda of `elementwise`, compiled with default flags; a lambda of
/// `simd::elementwise`, compiled for this machine, if the library has it; and ordinary ops.
xgrad::Tensor gelu_on_tiles(const xgrad::Tensor& x);
xgrad::Tensor gelu_on_registers(const xgrad::Tensor& x);
xgrad::Tensor gelu_of_ops(const xgrad::Tensor& x);

}  // namespace bench

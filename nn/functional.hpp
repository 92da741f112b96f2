#pragma once

#include <xgrad/autograd/ops/batch_norm.hpp>
#include <xgrad/autograd/ops/dropout.hpp>

namespace xgrad::nn {

// The ops behind layers, under the names that PyTorch has for them in torch.nn.functional.
using xgrad::batch_norm;
using xgrad::dropout;

}  // namespace xgrad::nn

#pragma once

#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// An ordered list of named tensors: the parameters and buffers of a model, as PyTorch's state_dict() lists them.
using StateDict = std::vector<std::pair<std::string, Tensor>>;

namespace io {
using xgrad::StateDict;
}  // namespace io
}  // namespace xgrad

#pragma once

#include <string>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::nn::detail {

/// Throws: a weight has another shape or dtype than the sizes of its layer and the input ask for.
[[noreturn]] inline void refuse_weight(const std::string& name, const Tensor& given, const Shape& shape, DType dtype) {
  using xgrad::detail::argument_error;
  if (given.shape() != shape)
    throw argument_error(name + " has shape " + to_string(given.shape()) + ": this layer asks for " + to_string(shape));
  throw argument_error(std::string("input is ") + name_of(dtype) + ", " + name + " is " + name_of(given.dtype()) +
                       ": write 1.0f, x.to(float32) or model.to(float64)");
}

/// For weights of which kernels read as much as the sizes ask for, whatever the weight holds.
inline void require_weight(const char* name, const Tensor& given, const Shape& shape, DType dtype) {
  if (given.shape() != shape || given.dtype() != dtype) refuse_weight(name, given, shape, dtype);
}

}  // namespace xgrad::nn::detail

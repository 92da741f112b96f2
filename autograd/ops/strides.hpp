#pragma once

// For this room's sources only: results that are the elements of a tensor at other distances.

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::detail {

/// One number for each axis: the distance between neighbours along it, in elements.
using Strides = AxisList<std::int64_t>;

/// Those of a contiguous tensor.
Strides strides_of(const Shape& shape);

/// A new tensor with y[j] = x[offset + Σ j_k strides_k], counted in the elements of x.
Tensor strided_copy(const Tensor& x, const Shape& shape, const Strides& strides, std::int64_t offset = 0);

}  // namespace xgrad::detail

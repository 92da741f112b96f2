#pragma once

// For this room's sources only: indices as ops take them, from either end, and as kernels do, in 0 .. n-1.

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::detail {

/// The indices for an axis of a shape, with negative ones replaced by those counted from the front; another dtype than
/// int64 and an index out of range are errors. If none is negative, they are used as they are.
Tensor resolved_indices(const char* op, const Tensor& indices, const Shape& shape, std::size_t axis);

/// For indices along an axis that have the rank of `shape`, and sizes that may be smaller along the other axes: the
/// places in the flattened tensor.
Tensor flat_places(const Tensor& indices, const Shape& shape, std::size_t axis);

}  // namespace xgrad::detail

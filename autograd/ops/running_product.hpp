#pragma once

// For this room's sources only: products along an axis that the rules of prod and cumprod are made of.

#include <cstddef>

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/autograd/kernels/scan/direction.hpp>

namespace xgrad::detail {

/// y_k = the product of x_k and all before it (forward) or after it (backward). Recorded, for any number of
/// derivatives.
Tensor running_product(Tensor x, std::size_t axis, kernels::Direction direction, Source at);

/// y_k = Π_{j != k} x_j along an axis that is not empty, without a division. Recorded in the same way.
Tensor products_of_others(const Tensor& x, std::size_t axis);

}  // namespace xgrad::detail

#pragma once

// For this room's sources only: products along an axis that the rules of prod and cumprod are made of.

#include <cstddef>
#include <initializer_list>

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/autograd/kernels/scan/direction.hpp>

namespace xgrad::detail {

/// y_k = the product of x_k and all before it (forward) or after it (backward). Recorded, for any number of
/// derivatives.
Tensor running_product(Tensor x, std::size_t axis, kernels::Direction direction, Source at);

/// y_k = Π_{j != k} x_j along an axis that is not empty, without a division. Recorded in the same way.
Tensor products_of_others(const Tensor& x, std::size_t axis);

/// a b, two numbers that are made of those of these tensors along the axis, where some may have size 1. On lines where
/// all of them are finite, a product of 0 and one that overflowed is 0, in derivatives too.
Tensor product_among(std::initializer_list<const Tensor*> made_of, std::size_t axis, Tensor a, Tensor b);

}  // namespace xgrad::detail

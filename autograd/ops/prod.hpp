#pragma once

#include <xgrad/autograd/ops/axes_overloads.hpp>

namespace xgrad {

/// y = Π x over the axes (none named means all); 1 over no elements. The gradient of an element is g times the product
/// of the others, without a division, so that it is right where elements are 0. float32 is multiplied in double
/// precision; bool and int64 give int64, which wraps around.
[[nodiscard]] Tensor prod(Tensor x, Axes axes = {}, KeepDims keep = KeepDims::no, Source at = Source::here());
XGRAD_AXES(prod)

}  // namespace xgrad

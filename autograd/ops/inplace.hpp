#pragma once

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::detail {

/// sum += x, written in place whatever is being recorded. Both are of one shape and floating dtype.
void accumulate(const Tensor& sum, const Tensor& x, Source at);

}  // namespace xgrad::detail

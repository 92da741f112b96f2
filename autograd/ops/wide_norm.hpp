#pragma once

// For the library's own sources only: norms that do not overflow where the dtype's do.

#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::detail {

/// The norm of order p > 0 of all elements of a floating tensor, which has some, in float64.
double wide_norm(const Tensor& x, double p);
/// The same of numbers.
double wide_norm(const std::vector<double>& numbers, double p);

}  // namespace xgrad::detail

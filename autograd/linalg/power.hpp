#pragma once

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::linalg {

/// aⁿ for a (..., k, k) and any whole number n: the identity for 0, powers of the inverse below, where a singular
/// matrix is an error.
[[nodiscard]] Tensor matrix_power(Tensor a, Dim n, Source at = Source::here());
}  // namespace xgrad::linalg

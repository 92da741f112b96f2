#pragma once

#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::linalg {

/// The product of two or more matrices, in the order of fewest multiplications. The first may be a vector, a row, and
/// the last one, a column.
[[nodiscard]] Tensor multi_dot(const std::vector<Tensor>& matrices, Source at = Source::here());

}  // namespace xgrad::linalg

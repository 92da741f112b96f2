#pragma once

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// The distances between the rows of a (..., n, d) and of b (..., m, d): y[i, j] = (Σ_k |a[i, k] - b[j, k]|^p)^(1/p).
/// p = inf gives the largest difference, p = 0 the number of differences; batches broadcast. It neither overflows nor
/// underflows where the result is a number. NaN gives NaN. The gradient of a distance of 0 is 0, and for p < 1 that of
/// a difference of 0 too; for p = inf, largest differences that are equal share it.
[[nodiscard]] Tensor cdist(Tensor a, Tensor b, double p = 2, Source at = Source::here());

}  // namespace xgrad

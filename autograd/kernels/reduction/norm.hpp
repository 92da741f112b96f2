#pragma once

#include <xgrad/autograd/kernels/indexing/along.hpp>

namespace xgrad::kernels {

/// out[o, i] = (Σ_j |x[o, j, i]|^p)^(1/p), one number a line: the largest |x| for p = ∞, the smallest for p = -∞, the
/// number of elements that are not 0 for p = 0. NaN if any is, but for p = 0. Sums are accumulated in double, and
/// scaled where powers would overflow or underflow. n > 0 unless 0 <= p < ∞. R is T, or double, in which the norm of
/// floats does not overflow.
template <class T, class R>
void norm(const T* x, R* out, double p, Along axis);

}  // namespace xgrad::kernels

#pragma once

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// y = (Σ |x|^p)^(1/p) over the axes (none named means all): the Euclidean length for p = 2, the largest |x| for p = ∞,
/// the smallest for p = -∞, the number of elements that are not 0 for p = 0. x is floating-point; p is not NaN.
///
/// Powers neither overflow nor underflow: the norm of {1e200, 1e200} is finite. The gradient is
/// g sign(x) (|x| / y)^(p - 1), and 0 where x or y is 0; for p = ±∞ ties share it evenly. Over no elements y is 0 for
/// finite p >= 0, and an error for other p.
[[nodiscard]] Tensor norm(Tensor x, double p = 2, Axes axes = {}, KeepDims keep = KeepDims::no,
                          Source at = Source::here());
/// The same as norm().
[[nodiscard]] Tensor vector_norm(Tensor x, double p = 2, Axes axes = {}, KeepDims keep = KeepDims::no,
                                 Source at = Source::here());

}  // namespace xgrad

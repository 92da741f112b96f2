#pragma once

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::linalg {

/// det a = sign e^logabsdet.
struct SignLogAbsDet {
  Tensor sign;       ///< 1, -1, or 0 where a is singular; without a gradient
  Tensor logabsdet;  ///< ln |det a|, -inf where a is singular
};

/// The determinants of a (..., n, n); 1 for n = 0. The gradient is that of the cofactors, g det(a) a⁻ᵀ, and right where
/// a is singular too. For n <= 4 and elements below 1e100 so are the further derivatives. For others these are those of
/// g det(a) a⁻ᵀ, which lose as many digits as the inverse, and at a singular a they are right where its singular values
/// are distinct.
[[nodiscard]] Tensor det(Tensor a, Source at = Source::here());
/// Sign and logarithm of the determinants of a (..., n, n), which neither overflow nor underflow. The gradient of
/// logabsdet is g a⁻ᵀ; where a is singular it is infinite, and NaN in elements whose cofactor is 0.
[[nodiscard]] SignLogAbsDet slogdet(Tensor a, Source at = Source::here());
/// ln det a for a (..., n, n): NaN where the determinant is negative, with gradient 0, and -inf where a is singular.
[[nodiscard]] Tensor logdet(Tensor a, Source at = Source::here());

}  // namespace xgrad::linalg

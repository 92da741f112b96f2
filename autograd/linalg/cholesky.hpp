#pragma once

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/autograd/linalg/solve.hpp>

namespace xgrad::linalg {

/// The lower triangular L with a = L Lᵀ, or the upper triangular U with a = Uᵀ U, for symmetric positive definite a
/// (..., n, n), of which that triangle alone is read. A matrix that is not positive definite, or holds NaN, is an error
/// that names the order of its first leading minor that is not positive. The gradient is symmetric, as that of a
/// function of symmetric matrices (Murray, Differentiation of the Cholesky decomposition, 2016).
[[nodiscard]] Tensor cholesky(Tensor a, Triangle triangle = Triangle::lower, Source at = Source::here());
/// The x with a x = b, where `factor` (..., n, n) is cholesky(a) and b (..., n, k). In the order of PyTorch.
[[nodiscard]] Tensor cholesky_solve(Tensor b, Tensor factor, Triangle triangle = Triangle::lower,
                                    Source at = Source::here());
/// a⁻¹, where `factor` (..., n, n) is cholesky(a).
[[nodiscard]] Tensor cholesky_inverse(Tensor factor, Triangle triangle = Triangle::lower, Source at = Source::here());

}  // namespace xgrad::linalg

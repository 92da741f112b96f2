#pragma once

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/autograd/linalg/solve.hpp>

namespace xgrad::linalg {

/// a = eigenvectors diag(eigenvalues) eigenvectorsᵀ.
struct Eigh {
  Tensor eigenvalues, eigenvectors;
};

/// Eigenvalues (..., n), ascending, and orthonormal eigenvectors, the columns of (..., n, n), of symmetric a (..., n,
/// n), of which one triangle alone is read. NaN and infinity give NaN. The sign of each eigenvector is free, so only
/// functions that do not depend on it have a gradient. Where two eigenvalues are equal, gradients through the
/// eigenvectors are infinite or NaN; those through the eigenvalues alone are finite. The gradient of a is symmetric.
[[nodiscard]] Eigh eigh(Tensor a, Triangle triangle = Triangle::lower, Source at = Source::here());
/// The eigenvalues alone, without the vectors, which backward computes.
[[nodiscard]] Tensor eigvalsh(Tensor a, Triangle triangle = Triangle::lower, Source at = Source::here());

}  // namespace xgrad::linalg

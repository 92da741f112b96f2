#pragma once

#include <cstdint>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::linalg {

/// a = u diag(s) vh.
struct SVD {
  Tensor u, s, vh;
};

/// Which singular vectors svd() returns.
enum class SingularVectors : std::uint8_t { full, reduced };
inline constexpr SingularVectors full_matrices = SingularVectors::full, reduced_matrices = SingularVectors::reduced;

/// The singular value decomposition of a (..., m, n): s (..., k) in descending order, k = min(m, n), and orthogonal u
/// (..., m, m) and vh (..., n, n), or reduced (..., m, k) and (..., k, n). The signs of corresponding columns of u and
/// rows of vh are free, so only functions that do not depend on them have a gradient. The columns of u and the rows of
/// vh beyond k have no gradient. Where two singular values are equal, gradients through u and vh are infinite or NaN,
/// and for m != n where one is 0, too; those through s alone are finite. NaN and infinite elements are an error.
[[nodiscard]] SVD svd(Tensor a, SingularVectors vectors = full_matrices, Source at = Source::here());
/// The singular values (..., min(m, n)) in descending order, without the vectors, which backward computes. Where one is
/// 0 or several are equal, the gradient is one of many.
[[nodiscard]] Tensor svdvals(Tensor a, Source at = Source::here());

}  // namespace xgrad::linalg

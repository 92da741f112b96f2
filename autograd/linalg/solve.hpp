#pragma once

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::linalg {

// Every function of this room takes matrices, the last two axes of a tensor of float32 or float64, and all axes before
// them are a batch, which may be empty. Where there are two operands their batches broadcast, and their dtypes must
// agree. Matrices may have no rows or columns. Results are computed by LAPACK in the dtype of the operands, and can be
// differentiated any number of times unless the function says otherwise.

/// Which triangle of a matrix holds its values; the other is not read.
enum class Triangle : bool { lower, upper };

/// The x with a x = b: a (..., n, n), b (..., n, k) gives (..., n, k). b is a batch of vectors if it has rank 1, or
/// the shape of a without its last axis. A singular matrix is an error that names its pivot; NaN gives NaN. The
/// gradients are gb = a⁻ᵀ g and ga = -gb xᵀ.
[[nodiscard]] Tensor solve(Tensor a, Tensor b, Source at = Source::here());
/// a⁻¹, for a (..., n, n). A singular matrix is an error that names its pivot. solve() is faster and more accurate than
/// a product with the inverse.
[[nodiscard]] Tensor inverse(Tensor a, Source at = Source::here());
[[nodiscard]] inline Tensor inv(Tensor a, Source at = Source::here()) { return inverse(std::move(a), at); }

/// What triangular_solve solves: a x = b, if nothing else is said.
class TriangularOptions : public xgrad::detail::OptionsOf<TriangularOptions> {
 public:
  /// Solve with aᵀ in place of a.
  TriangularOptions& transpose(bool value = true) { return set(transpose_, value); }
  /// The diagonal of a is taken as 1, whatever it holds.
  TriangularOptions& unit_diagonal(bool value = true) { return set(unit_diagonal_, value); }
  /// Solve x a = b.
  TriangularOptions& from_right(bool value = true) { return set(from_right_, value); }

  bool transposes() const { return transpose_; }
  bool has_unit_diagonal() const { return unit_diagonal_; }
  bool is_from_right() const { return from_right_; }

 private:
  bool transpose_ = false, unit_diagonal_ = false, from_right_ = false;
};

/// The x with a x = b, or as the options say, for a triangular a (..., n, n) and b (..., n, k), from the right (..., k,
/// n). A 0 on the diagonal is an error that names the element. The gradient of a is 0 in the triangle that is not read.
[[nodiscard]] Tensor triangular_solve(Tensor a, Tensor b, Triangle triangle, TriangularOptions options = {},
                                      Source at = Source::here());
[[nodiscard]] inline Tensor solve_triangular(Tensor a, Tensor b, Triangle triangle, TriangularOptions options = {},
                                             Source at = Source::here()) {
  return triangular_solve(std::move(a), std::move(b), triangle, options, at);
}

}  // namespace xgrad::linalg

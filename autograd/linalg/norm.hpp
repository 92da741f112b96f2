#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::linalg {

/// The order of a matrix norm: "fro", the root of the sum of squares; "nuc", the sum of singular values; 2 and -2, the
/// largest and the smallest of these; 1 and -1, the largest and the smallest sum of |a| over a column; inf and -inf,
/// over a row.
class MatrixNorm {
 public:
  MatrixNorm(const char* name) : name_(name) {}
  template <class T, std::enable_if_t<std::is_arithmetic_v<T> && !std::is_same_v<T, bool>, int> = 0>
  MatrixNorm(T order) : order_(static_cast<double>(order)) {}

  /// Empty for an order that is a number.
  const std::string& name() const { return name_; }
  double order() const { return order_; }

 private:
  std::string name_;
  double order_ = 0;
};

/// The norms of the matrices in two axes of a, of which the first is that of the rows. The gradient of a Frobenius norm
/// of 0 is 0. Largest sums and singular values that are equal share the gradient. NaN and infinite elements give NaN
/// or infinity, and are an error for norms by singular values.
[[nodiscard]] Tensor matrix_norm(Tensor a, const MatrixNorm& order = "fro",
                                 const std::pair<Dim, Dim>& axes = {Dim(-2), Dim(-1)}, KeepDims keep = KeepDims::no,
                                 Source at = Source::here());
/// √Σ a² over all elements, of any rank, without overflow; or the matrix norm of that order of the last two axes.
[[nodiscard]] Tensor norm(Tensor a, Source at = Source::here());
[[nodiscard]] Tensor norm(Tensor a, const MatrixNorm& order, Source at = Source::here());
/// The condition number |a| |a⁻¹| by a matrix norm; for 2 and -2 the quotient of the largest and the smallest singular
/// value, and of the smallest and the largest, and then a need not be square. Infinity where a is singular, but 0 for
/// -2; a singular matrix that rounding makes regular has a large number, or for -2 a small one. 0 for matrices without
/// elements.
[[nodiscard]] Tensor cond(Tensor a, const MatrixNorm& order = 2, Source at = Source::here());

}  // namespace xgrad::linalg

#pragma once

#include <optional>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::linalg {

/// Which singular values count as 0: those of at most max(atol, rtol s_max). If neither is given, rtol is max(m, n)
/// times the distance from 1 to the next number of the dtype; if only an atol above 0 is, rtol is 0. Numbers below 0
/// are errors.
class Tolerance {
 public:
  Tolerance& atol(double value) {
    atol_ = value;
    return *this;
  }
  Tolerance& rtol(double value) {
    rtol_ = value;
    return *this;
  }

  std::optional<double> atol() const { return atol_; }
  std::optional<double> rtol() const { return rtol_; }

 private:
  std::optional<double> atol_, rtol_;
};

/// A least squares solution. Rank and singular values have no gradient.
struct LeastSquares {
  Tensor solution;   ///< (..., n, k), or (..., n) for vectors b
  Tensor residuals;  ///< Σ (a x - b)² over the rows, (..., k) or (...): of shape (0) unless m > n and all ranks are n
  Tensor rank;       ///< (...), int64
  Tensor singular_values;  ///< (..., min(m, n))
};

/// The x of least norm among those that minimise |a x - b|: a (..., m, n), b (..., m, k), or vectors as in solve().
/// Singular values that the tolerance counts as 0 are dropped; the gradient supposes that the rank stays as it is.
/// NaN and infinity in a are an error.
[[nodiscard]] LeastSquares lstsq(Tensor a, Tensor b, const Tolerance& tolerance = {}, Source at = Source::here());
/// The pseudo-inverse (..., n, m) of a (..., m, n), by its singular values. The gradient supposes that the rank stays
/// as it is (Golub and Pereyra, 1973). NaN and infinity are an error.
[[nodiscard]] Tensor pinv(Tensor a, const Tolerance& tolerance = {}, Source at = Source::here());
/// The number of singular values of a (..., m, n) that the tolerance does not count as 0, int64.
[[nodiscard]] Tensor matrix_rank(Tensor a, const Tolerance& tolerance = {}, Source at = Source::here());

}  // namespace xgrad::linalg

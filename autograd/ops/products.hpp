#pragma once

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/autograd/ops/operand.hpp>

namespace xgrad {

// Products of vectors and matrices, with the names and shapes of PyTorch. As matmul they take float32 and float64
// and refuse mixed dtypes; where a rank is said, another is an error.

/// y = Σ a[i] b[i] for two vectors of the same size. vdot is the same for real numbers.
[[nodiscard]] Tensor dot(Tensor a, Tensor b, Source at = Source::here());
[[nodiscard]] Tensor vdot(Tensor a, Tensor b, Source at = Source::here());
/// y[i] = Σ_j a[i, j] x[j] for a matrix (m, n) and a vector (n).
[[nodiscard]] Tensor mv(Tensor a, Tensor x, Source at = Source::here());
/// y = a b for two matrices.
[[nodiscard]] Tensor mm(Tensor a, Tensor b, Source at = Source::here());
/// y[i] = a[i] b[i] for two batches of matrices, (n, m, k) and (n, k, p); nothing broadcasts.
[[nodiscard]] Tensor bmm(Tensor a, Tensor b, Source at = Source::here());

/// How addmm, addmv and baddbmm weigh their two terms.
class AddOptions : public detail::OptionsOf<AddOptions> {
 public:
  /// The factor of the term that is added; where it is 0, that term is not read, so that its NaN does not count.
  AddOptions& beta(double value) { return set(beta_, value); }
  /// The factor of the product.
  AddOptions& alpha(double value) { return set(alpha_, value); }

  double beta() const { return beta_; }
  double alpha() const { return alpha_; }

 private:
  double beta_ = 1, alpha_ = 1;
};

/// y = beta c + alpha a b for matrices a (m, k) and b (k, n); c broadcasts to (m, n).
[[nodiscard]] Tensor addmm(Tensor c, Tensor a, Tensor b, const AddOptions& options = {}, Source at = Source::here());
/// y = beta c + alpha a x for a matrix a (m, n) and a vector x (n); c broadcasts to (m).
[[nodiscard]] Tensor addmv(Tensor c, Tensor a, Tensor x, const AddOptions& options = {}, Source at = Source::here());
/// y = beta c + alpha a b for batches of matrices as in bmm; c broadcasts to (n, m, p).
[[nodiscard]] Tensor baddbmm(Tensor c, Tensor a, Tensor b, const AddOptions& options = {}, Source at = Source::here());

/// y[i, j] = a[i] b[j] for two vectors.
[[nodiscard]] Tensor outer(Tensor a, Tensor b, Source at = Source::here());
/// The Kronecker product: b scaled by each element of a, in a's arrangement; of any ranks, where the smaller gets
/// leading axes of size 1.
[[nodiscard]] Tensor kron(Tensor a, Tensor b, Source at = Source::here());
/// The vector products along an axis of size 3; a and b broadcast.
[[nodiscard]] Tensor cross(Tensor a, Tensor b, Dim axis = -1, Source at = Source::here());

XGRAD_MIXED(dot)
XGRAD_MIXED(mv)
XGRAD_MIXED(mm)
XGRAD_MIXED(bmm)
XGRAD_MIXED(outer)
XGRAD_MIXED(kron)

}  // namespace xgrad

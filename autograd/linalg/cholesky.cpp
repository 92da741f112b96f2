#include <xgrad/autograd/linalg/cholesky.hpp>

#include <string>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/kernels/lapack/lapack.hpp>
#include <xgrad/autograd/linalg/matrices.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad::linalg {
namespace {

using namespace detail;
using xgrad::detail::Timed;

/// The lower factors, with zeros above the diagonal.
template <class T>
Tensor lower_factors(const Tensor& a) {
  const Shape batch = batch_of(a.shape());
  const int n = kernels::lapack::narrow("cholesky", rows_of(a.shape()));
  Tensor y = copied(a);
  if (y.size() == 0) return y;
  T* const to = Raw::write<T>(y);
  const std::int64_t square = std::int64_t{n} * n;
  if (a.size() == 0) return y;
  factorise_each(
      batch.count(), n * static_cast<double>(square) / 3,
      [&](std::int64_t i) {
        T* const matrix = to + i * square;
        const int failed = kernels::lapack::cholesky(n, matrix);
        for (std::ptrdiff_t row = 0; row < n; ++row)
          for (std::ptrdiff_t column = row + 1; column < n; ++column) matrix[row * n + column] = 0;
        return failed;
      },
      [&](std::int64_t i, int order) {
        throw xgrad::detail::argument_error("cholesky: " + which_matrix(batch, i) +
                                            " is not positive definite: its leading minor of order " +
                                            std::to_string(order) + " is not");
      });
  return y;
}

// With Φ the lower triangle, its diagonal halved: S = L⁻ᵀ Φ(Lᵀ g) L⁻¹, and ga is the symmetric part of S.
Tensor cholesky_gradient(const Tensor& factor, const Tensor& g) {
  Tensor phi = triangle(times(adjoint(factor), g), false, false);
  phi = phi - 0.5 * diagonal_matrices(diagonals(phi));
  TriangularOptions transposed, right;
  const Tensor half = triangular_solve(factor, phi, Triangle::lower, transposed.transpose());
  return symmetric_part(triangular_solve(factor, half, Triangle::lower, right.from_right()));
}

Tensor lower_cholesky(Tensor a, Source at) {
  Tensor y = xgrad::detail::visit_floating(a.dtype(),
                                           [&](auto type) { return lower_factors<typename decltype(type)::type>(a); });
  return record("cholesky", at, std::move(y), {std::move(a)}, from_y(cholesky_gradient));
}

}  // namespace

Tensor cholesky(Tensor a, Triangle triangle, Source at) {
  const Timed timed("cholesky", at);
  require_square("cholesky", a);
  if (triangle == Triangle::lower) return lower_cholesky(std::move(a), at);
  return swapaxes(lower_cholesky(swapaxes(std::move(a), -2, -1, at), at), -2, -1, at);
}

Tensor cholesky_solve(Tensor b, Tensor factor, Triangle triangle, Source at) {
  const char* const op = "cholesky_solve";
  const Timed timed(op, at);
  require_matrices(op, b, "the right-hand side");
  require_square(op, factor, "the factor");
  require_same_dtype(op, factor, "the factor", b, "the right-hand side");
  if (rows_of(b.shape()) != rows_of(factor.shape()))
    throw xgrad::detail::argument_error(std::string(op) + ": the factor has shape " + to_string(factor.shape()) +
                                        ", the right-hand side " + to_string(b.shape()) +
                                        ": both need the same number of rows");
  common_batch(op, factor.shape(), b.shape());
  require_diagonal(op, factor);
  TriangularOptions first, second;
  first.transpose(triangle == Triangle::upper);
  second.transpose(triangle == Triangle::lower);
  return triangular_solve(factor, triangular_solve(factor, std::move(b), triangle, first, at), triangle, second, at);
}

Tensor cholesky_inverse(Tensor factor, Triangle triangle, Source at) {
  const Timed timed("cholesky_inverse", at);
  require_square("cholesky_inverse", factor, "the factor");
  require_diagonal("cholesky_inverse", factor);
  const Tensor b = identity(rows_of(factor.shape()), factor.dtype());
  return cholesky_solve(b, std::move(factor), triangle, at);
}

}  // namespace xgrad::linalg

#include <xgrad/autograd/linalg/eigh.hpp>

#include <algorithm>
#include <limits>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/kernels/indexing/all_finite.hpp>
#include <xgrad/autograd/kernels/lapack/lapack.hpp>
#include <xgrad/autograd/linalg/matrices.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad::linalg {
namespace {

using namespace detail;
using xgrad::detail::Timed;

/// Calls place(i) for where the eigenvalues of matrix i go; the eigenvectors, if wanted, are copied behind them.
template <class T>
void decompose(const char* op, const Tensor& a, bool vectors, T* to) {
  if (a.size() == 0) return;
  const Shape batch = batch_of(a.shape());
  const int n = kernels::lapack::narrow(op, rows_of(a.shape()));
  const std::int64_t square = std::int64_t{n} * n, length = n + (vectors ? square : 0);
  if (a.size() == 0) return;
  const Tensor scratch = copied(a);
  T* const from = Raw::write<T>(scratch);
  factorise_each(
      batch.count(), 9.0 * n * static_cast<double>(square),
      [&](std::int64_t i) {
        T *const matrix = from + i * square, *const values = to + i * length;
        for (std::ptrdiff_t row = 0; row < n; ++row)
          for (std::ptrdiff_t column = row + 1; column < n; ++column) matrix[row * n + column] = 0;
        if (!kernels::all_finite(matrix, square)) {
          std::fill_n(values, length, std::numeric_limits<T>::quiet_NaN());
          return 0;
        }
        const int failed = kernels::lapack::eigh(vectors, n, matrix, values);
        if (vectors) std::copy_n(matrix, square, values + n);
        return failed;
      },
      [&](std::int64_t i, int) {
        throw xgrad::detail::argument_error(std::string(op) + ": " + which_matrix(batch, i) +
                                            " did not converge: it may be too badly scaled");
      });
}

Eigh parts_of(const Tensor& packed, std::int64_t n) {
  std::vector<Tensor> parts = unpacked(packed, {{n, -1}, {n, n}});
  return {std::move(parts[0]), std::move(parts[1])};
}

// With E_ij = w_j - w_i off the diagonal: ga = v (diag(gw) + skew(vᵀ gv) / E) vᵀ, skew(X) = (X - Xᵀ) / 2. The diagonal
// of skew is 0, and 0 / 0 counts as 0.
Tensor eigh_gradient(const Eigh& y, const Eigh& g) {
  const Tensor product = times(adjoint(y.eigenvectors), g.eigenvectors);
  const Tensor gaps = unsqueeze(y.eigenvalues, -2) - unsqueeze(y.eigenvalues, -1);
  const Tensor core = diagonal_matrices(g.eigenvalues) + quotient((product - adjoint(product)) * 0.5, gaps);
  return times(times(y.eigenvectors, core), adjoint(y.eigenvectors));
}

}  // namespace

Eigh eigh(Tensor a, Triangle triangle, Source at) {
  const Timed timed("eigh", at);
  require_square("eigh", a);
  if (triangle == Triangle::upper) return eigh(adjoint(std::move(a)), Triangle::lower, at);
  const std::int64_t n = kernels::lapack::narrow("eigh", rows_of(a.shape()));
  const Shape batch = batch_of(a.shape());
  Tensor packed = Raw::uninitialized(batch.inserted(batch.rank(), n + n * n), a.dtype());
  xgrad::detail::visit_floating(a.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    decompose<T>("eigh", a, true, Raw::write<T>(packed));
  });
  packed = record("eigh", at, std::move(packed), {std::move(a)},
                  from_y([n](Tensor y, Tensor g) { return eigh_gradient(parts_of(y, n), parts_of(g, n)); }));
  return parts_of(packed, n);
}

Tensor eigvalsh(Tensor a, Triangle triangle, Source at) {
  const Timed timed("eigvalsh", at);
  require_square("eigvalsh", a);
  if (triangle == Triangle::upper) return eigvalsh(adjoint(std::move(a)), Triangle::lower, at);
  const Shape batch = batch_of(a.shape());
  Tensor y = Raw::uninitialized(batch.inserted(batch.rank(), rows_of(a.shape())), a.dtype());
  xgrad::detail::visit_floating(a.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    decompose<T>("eigvalsh", a, false, Raw::write<T>(y));
  });
  return record("eigvalsh", at, std::move(y), {std::move(a)}, from<0>([](Tensor m, Tensor g) {
                  const Tensor v = eigh(std::move(m)).eigenvectors;
                  return times(v * unsqueeze(g, -2), adjoint(v));
                }));
}

}  // namespace xgrad::linalg

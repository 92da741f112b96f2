#include <xgrad/autograd/linalg/svd.hpp>

#include <algorithm>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/kernels/lapack/lapack.hpp>
#include <xgrad/autograd/linalg/matrices.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/slicing.hpp>

namespace xgrad::linalg {
namespace {

using namespace detail;
using kernels::lapack::Factors;
using kernels::lapack::narrow;
using xgrad::detail::Timed;

double work_of(std::int64_t m, std::int64_t n) {
  return 20.0 * static_cast<double>(std::min(m, n)) * static_cast<double>(m) * static_cast<double>(n);
}

/// The places of u, s and vh of one matrix; u and vh are null if they are not asked for.
template <class T>
struct Places {
  T *u, *s, *vh;
};

template <class T, class Place>
void decompose(const char* op, const Tensor& a, Factors factors, const Place& place) {
  const Shape batch = batch_of(a.shape());
  const int m = narrow(op, rows_of(a.shape())), n = narrow(op, columns_of(a.shape()));
  const std::int64_t size = std::int64_t{m} * n;
  if (size == 0 && (factors != Factors::full || m + n == 0)) return;
  const Tensor scratch = copied(a);
  T* const from = Raw::write<T>(scratch);
  factorise_each(
      batch.count(), work_of(m, n),
      [&](std::int64_t i) {
        const Places<T> to = place(i);
        return kernels::lapack::svd(factors, m, n, from + i * size, to.u, to.s, to.vh);
      },
      [&](std::int64_t i, int) {
        throw xgrad::detail::argument_error(std::string(op) + ": the singular values of " + which_matrix(batch, i) +
                                            " did not converge: it may be too badly scaled");
      });
}

/// x - q (qᵀ x): what is orthogonal to the columns of q.
Tensor orthogonal_part(const Tensor& q, const Tensor& x) { return x - times(q, times(adjoint(q), x)); }

// Townsend, Differentiating the Singular Value Decomposition, 2016. With E_ij = s_j² - s_i² off the diagonal and
// skew(X) = X - Xᵀ, ga = u [(skew(uᵀ gu) / E) s + s (skew(vᵀ gv) / E) + gs] vᵀ, and for what lies outside of the spans
// of u and v, (1 - u uᵀ) gu / s vᵀ + u (1 / s) gvᵀ (1 - v vᵀ).
Tensor svd_gradient(const SVD& y, const SVD& g, std::int64_t m, std::int64_t n) {
  const std::int64_t k = std::min(m, n);
  const Tensor row = unsqueeze(y.s, -2), column = unsqueeze(y.s, -1);
  // (row - column) (row + column) could overflow or underflow.
  const Tensor gaps = row - column, sums = row + column;
  const auto skew = [](const Tensor& x) { return x - adjoint(x); };
  const Tensor left = quotient(skew(times(adjoint(y.u), g.u)), gaps);
  const Tensor right = quotient(skew(times(y.vh, adjoint(g.vh))), gaps);
  const Tensor core = left * quotient(row, sums) + quotient(column, sums) * right + diagonal_matrices(g.s);
  Tensor ga = times(times(y.u, core), y.vh);
  if (m > k) ga = ga + times(quotient(orthogonal_part(y.u, g.u), row), y.vh);
  if (n > k) ga = ga + times(y.u, adjoint(quotient(orthogonal_part(adjoint(y.vh), adjoint(g.vh)), row)));
  return ga;
}

/// The parts of a packed result, u with `left` columns and vh with `right` rows.
SVD parts_of(const Tensor& packed, std::int64_t m, std::int64_t n, std::int64_t left, std::int64_t right) {
  std::vector<Tensor> parts = unpacked(packed, {{m, left}, {std::min(m, n), -1}, {right, n}});
  return {std::move(parts[0]), std::move(parts[1]), std::move(parts[2])};
}

/// The parts that the singular values multiply.
SVD reduced(const SVD& full, std::int64_t k) { return {narrow(full.u, -1, 0, k), full.s, narrow(full.vh, -2, 0, k)}; }

}  // namespace

SVD svd(Tensor a, SingularVectors vectors, Source at) {
  const Timed timed("svd", at);
  require_matrices("svd", a);
  require_finite("svd", a);
  const std::int64_t m = rows_of(a.shape()), n = columns_of(a.shape()), k = std::min(m, n);
  const bool full = vectors == SingularVectors::full;
  const std::int64_t left = full ? m : k, right = full ? n : k, length = m * left + k + right * n;
  const Shape batch = batch_of(a.shape());
  Tensor packed = Raw::uninitialized(batch.inserted(batch.rank(), length), a.dtype());
  xgrad::detail::visit_floating(a.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    if (packed.size() == 0) return;
    T* const to = Raw::write<T>(packed);
    decompose<T>("svd", a, full ? Factors::full : Factors::reduced, [&](std::int64_t i) {
      T* const u = to + i * length;
      return Places<T>{u, u + m * left, u + m * left + k};
    });
  });
  packed = record("svd", at, std::move(packed), {std::move(a)}, attributes("full_matrices", full),
                  from_y([=](Tensor y, Tensor g) {
                    return svd_gradient(reduced(parts_of(y, m, n, left, right), k),
                                        reduced(parts_of(g, m, n, left, right), k), m, n);
                  }));
  return parts_of(packed, m, n, left, right);
}

Tensor svdvals(Tensor a, Source at) {
  const Timed timed("svdvals", at);
  require_matrices("svdvals", a);
  require_finite("svdvals", a);
  const Shape batch = batch_of(a.shape());
  const std::int64_t k = std::min(rows_of(a.shape()), columns_of(a.shape()));
  Tensor y = Raw::uninitialized(batch.inserted(batch.rank(), k), a.dtype());
  xgrad::detail::visit_floating(a.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    if (y.size() == 0) return;
    T* const s = Raw::write<T>(y);
    decompose<T>("svdvals", a, Factors::none, [&](std::int64_t i) { return Places<T>{nullptr, s + i * k, nullptr}; });
  });
  return record("svdvals", at, std::move(y), {std::move(a)}, from<0>([](Tensor m, Tensor g) {
                  const SVD parts = svd(std::move(m), reduced_matrices);
                  return times(parts.u * unsqueeze(g, -2), parts.vh);
                }));
}

}  // namespace xgrad::linalg

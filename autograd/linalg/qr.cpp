#include <xgrad/autograd/linalg/qr.hpp>

#include <algorithm>
#include <stdexcept>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/kernels/lapack/lapack.hpp>
#include <xgrad/autograd/linalg/matrices.hpp>
#include <xgrad/autograd/linalg/solve.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/slicing.hpp>

namespace xgrad::linalg {
namespace {

using namespace detail;

struct Sizes {
  std::int64_t m, n, columns;
};

QR parts_of(const Tensor& packed, Sizes s) {
  std::vector<Tensor> parts = unpacked(packed, {{s.m, s.columns}, {s.columns, s.n}});
  return {std::move(parts[0]), std::move(parts[1])};
}

// For m >= n: with M = r grᵀ - gqᵀ q, and S the symmetric matrix that has the lower triangle of M, ga = (gq + q S) r⁻ᵀ.
Tensor tall_gradient(const QR& y, const QR& g) {
  const Tensor product = times(y.r, adjoint(g.r)) - times(adjoint(g.q), y.q);
  const Tensor lower = triangle(product, false, true);
  const Tensor s = triangle(product, false, false) + adjoint(lower);
  TriangularOptions options;
  return triangular_solve(y.r, g.q + times(y.q, s), Triangle::upper, options.transpose().from_right());
}

// For m < n, a = q (r1 r2) = (a1 a2): the square a1 = q r1 determines q, and r2 = qᵀ a2.
Tensor wide_gradient(const QR& y, const QR& g, Sizes s) {
  const Tensor r2 = narrow(y.r, -1, s.m, s.n - s.m), g2 = narrow(g.r, -1, s.m, s.n - s.m);
  const Tensor of_a2 = times(y.q, g2);
  const Tensor of_q = g.q + times(times(y.q, r2), adjoint(g2));
  const Tensor of_a1 = tall_gradient({y.q, narrow(y.r, -1, 0, s.m)}, {of_q, narrow(g.r, -1, 0, s.m)});
  return concat({of_a1, of_a2}, -1);
}

template <class T>
void factorise(const Tensor& a, const Tensor& packed, Sizes s) {
  if (packed.size() == 0) return;
  const std::int64_t k = std::min(s.m, s.n), length = s.columns * (s.m + s.n);
  const Tensor scratch = copied(a);
  T *const from = Raw::write<T>(scratch), *const to = Raw::write<T>(packed);
  const double work = 4.0 * static_cast<double>(s.m) * static_cast<double>(s.n) * static_cast<double>(k);
  for_each_matrix(batch_of(a.shape()).count(), work, [&](std::int64_t i) {
    T *const q = to + i * length, *const r = q + s.m * s.columns;
    kernels::lapack::qr(static_cast<int>(s.m), static_cast<int>(s.n), static_cast<int>(s.columns), from + i * s.m * s.n,
                        q, r);
    std::fill(r + k * s.n, r + s.columns * s.n, T(0));
  });
}

}  // namespace

QR qr(Tensor a, QRMode mode, Source at) {
  const xgrad::detail::Timed timed("qr", at);
  require_matrices("qr", a);
  const std::int64_t m = kernels::lapack::narrow("qr", rows_of(a.shape()));
  const std::int64_t n = kernels::lapack::narrow("qr", columns_of(a.shape()));
  const bool complete = mode == QRMode::complete;
  const Sizes s{m, n, complete ? m : std::min(m, n)};
  const Shape batch = batch_of(a.shape());
  Tensor packed = Raw::uninitialized(batch.inserted(batch.rank(), s.columns * (m + n)), a.dtype());
  xgrad::detail::visit_floating(a.dtype(), [&](auto type) { factorise<typename decltype(type)::type>(a, packed, s); });
  packed = record("qr", at, std::move(packed), {std::move(a)}, attributes("complete", complete),
                  from_y([s](Tensor y, Tensor g) {
                    if (s.columns > s.n)
                      throw std::logic_error("the complete q of " + to_string(Shape{s.m, s.n}) +
                                             " is not determined by the matrix: use QRMode::reduced");
                    if (s.m >= s.n) return tall_gradient(parts_of(y, s), parts_of(g, s));
                    return wide_gradient(parts_of(y, s), parts_of(g, s), s);
                  }));
  return parts_of(packed, s);
}

}  // namespace xgrad::linalg

#include <xgrad/autograd/linalg/determinant.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <xgrad/autograd/kernels/lapack/lapack.hpp>
#include <xgrad/autograd/linalg/matrices.hpp>
#include <xgrad/autograd/linalg/solve.hpp>
#include <xgrad/autograd/linalg/svd.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/slicing.hpp>

namespace xgrad::linalg {
namespace {

using namespace detail;
using kernels::lapack::narrow;
using xgrad::detail::Timed;

/// Calls f(i, negative, n, lu) for each matrix: whether its permutation is odd, and its factors.
template <class T, class F>
void for_each_lu(const char* op, const Tensor& a, const F& f) {
  const int n = narrow(op, rows_of(a.shape()));
  const std::int64_t square = std::int64_t{n} * n;
  const Tensor factors = copied(a);
  T* const lu = Raw::write<T>(factors);
  for_each_matrix(batch_of(a.shape()).count(), 2.0 / 3 * n * static_cast<double>(square), [&](std::int64_t i) {
    std::vector<int> pivots(static_cast<std::size_t>(n));
    kernels::lapack::lu(n, lu + i * square, pivots.data());
    bool negative = false;
    for (int j = 0; j < n; ++j) negative = negative != (pivots[static_cast<std::size_t>(j)] != j + 1);
    f(i, negative, n, lu + i * square);
  });
}

/// The product of all elements of the last axis but one, for each: from the products before and after it, without
/// a division.
Tensor products_without(const Tensor& s) {
  const std::int64_t n = s.shape().back();
  const auto column = [&](std::int64_t j) { return narrow(s, -1, j, 1); };
  std::vector<Tensor> before(static_cast<std::size_t>(n)), all(before);
  Tensor product = ones({}, s.dtype());
  for (std::int64_t j = 0; j < n; ++j) {
    before[static_cast<std::size_t>(j)] = product;
    product = product * column(j);
  }
  Tensor after = ones({}, s.dtype());
  const Tensor row = ones(s.shape().with(s.rank() - 1, 1), s.dtype());
  for (std::int64_t j = n; j-- > 0;) {
    all[static_cast<std::size_t>(j)] = before[static_cast<std::size_t>(j)] * after * row;
    after = after * column(j);
  }
  return concat(all, -1);
}

/// The matrices of cofactors, the gradients of the determinants. a = u s vh gives det(u) det(vh) u cof(s) vh, where
/// cof(s) is diagonal with the products of the other singular values, for a of any rank.
Tensor cofactors(const Tensor& a) {
  const SVD parts = svd(a, reduced_matrices);
  const Tensor sign = det(Raw::constant(times(parts.u, parts.vh)));
  return times(parts.u * unsqueeze(products_without(parts.s) * unsqueeze(sign, -1), -2), parts.vh);
}

bool any_equal(const Tensor& x, double number) {
  return xgrad::detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T* const from = static_cast<const T*>(Raw::operand(x));
    return std::find(from, from + x.size(), static_cast<T>(number)) != from + x.size();
  });
}

Tensor per_matrix(const Tensor& x) { return unsqueeze(unsqueeze(x, -1), -1); }

}  // namespace

Tensor det(Tensor a, Source at) {
  const Timed timed("det", at);
  require_square("det", a);
  Tensor y = Raw::uninitialized(batch_of(a.shape()), a.dtype());
  xgrad::detail::visit_floating(a.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    T* const to = Raw::write<T>(y);
    for_each_lu<T>("det", a, [&](std::int64_t i, bool negative, int n, const T* lu) {
      double product = negative ? -1 : 1;
      for (std::ptrdiff_t j = 0; j < n; ++j) product *= static_cast<double>(lu[j * n + j]);
      to[i] = static_cast<T>(product);
    });
  });
  return record("det", at, std::move(y), {std::move(a)}, joint_from_y<0>([](Tensor m, Tensor d, Tensor g, Needs) {
                  return std::array<Tensor, 1>{any_equal(d, 0) ? per_matrix(g) * cofactors(m)
                                                               : per_matrix(g * d) * adjoint(inverse(m))};
                }));
}

SignLogAbsDet slogdet(Tensor a, Source at) {
  const Timed timed("slogdet", at);
  require_square("slogdet", a);
  Tensor sign = Raw::uninitialized(batch_of(a.shape()), a.dtype()), y = Raw::uninitialized(sign.shape(), a.dtype());
  xgrad::detail::visit_floating(a.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    T *const signs = Raw::write<T>(sign), *const logs = Raw::write<T>(y);
    for_each_lu<T>("slogdet", a, [&](std::int64_t i, bool negative, int n, const T* lu) {
      double sum = 0, s = negative ? -1 : 1;
      for (std::ptrdiff_t j = 0; j < n; ++j) {
        const auto pivot = static_cast<double>(lu[j * n + j]);
        sum += std::log(std::abs(pivot));
        s *= pivot > 0 ? 1 : pivot < 0 ? -1 : 0;
      }
      signs[i] = static_cast<T>(s);
      logs[i] = static_cast<T>(sum);
    });
  });
  y = record("slogdet", at, std::move(y), {std::move(a)}, joint_from_y<0>([](Tensor m, Tensor logs, Tensor g, Needs) {
               // Where a is singular, some quotient of a cofactor by the determinant is infinite.
               const bool singular = any_equal(logs, -std::numeric_limits<double>::infinity());
               return std::array<Tensor, 1>{per_matrix(g) *
                                            (singular ? cofactors(m) / per_matrix(det(m)) : adjoint(inverse(m)))};
             }));
  return {std::move(sign), std::move(y)};
}

Tensor logdet(Tensor a, Source at) {
  const Timed timed("logdet", at);
  require_square("logdet", a);
  const DType dtype = a.dtype();
  const Tensor operand = xgrad::detail::is_observed() ? a : Tensor();
  const SignLogAbsDet parts = slogdet(std::move(a), at);
  Tensor y = where(parts.sign < 0, full({}, std::numeric_limits<double>::quiet_NaN(), dtype), parts.logabsdet);
  if (xgrad::detail::is_observed()) xgrad::detail::tell_computed("logdet", at, y, &operand, 1, attributes());
  return y;
}

}  // namespace xgrad::linalg

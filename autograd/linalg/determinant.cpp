#include <xgrad/autograd/linalg/determinant.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <xgrad/autograd/kernels/indexing/all_finite.hpp>
#include <xgrad/autograd/kernels/lapack/lapack.hpp>
#include <xgrad/autograd/linalg/matrices.hpp>
#include <xgrad/autograd/linalg/solve.hpp>
#include <xgrad/autograd/linalg/svd.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/indexing.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
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
  const T* const from = static_cast<const T*>(Raw::operand(a));
  for_each_matrix(batch_of(a.shape()).count(), 2.0 / 3 * n * static_cast<double>(square), [&](std::int64_t i) {
    std::vector<int> pivots(static_cast<std::size_t>(n));
    kernels::lapack::lu(n, lu + i * square, pivots.data(), from + i * square);
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

/// What the gradient of a determinant is computed from: the inverse, or the cofactors of a matrix that is singular or
/// whose determinant leaves the range of normal numbers. Where the determinant is NaN, or infinite elements are hidden
/// by a determinant of 0, it is NaN.
enum class Way : std::uint8_t { inverse, cofactors, undefined };

/// Whether by_ways() is given the determinants or their logarithms.
enum class Given : std::uint8_t { determinants, logarithms };

/// That of each matrix of the batch m, whose determinants are y; nothing for matrices without elements.
std::vector<Way> ways_of(const Tensor& m, const Tensor& y, Given given) {
  if (m.size() == 0) return {};
  std::vector<Way> ways(static_cast<std::size_t>(y.size()), Way::inverse);
  const std::int64_t square = rows_of(m.shape()) * columns_of(m.shape());
  xgrad::detail::visit_floating(y.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T* const matrix = static_cast<const T*>(Raw::operand(m));
    const T* const number = static_cast<const T*>(Raw::operand(y));
    const T zero = given == Given::determinants ? T(0) : -std::numeric_limits<T>::infinity();
    for (std::int64_t i = 0; i < y.size(); ++i) {
      Way& way = ways[static_cast<std::size_t>(i)];
      const bool singular = number[i] == zero;
      if (std::isnan(number[i]))
        way = Way::undefined;
      else if (singular || (given == Given::determinants && !std::isnormal(number[i])))
        way = kernels::all_finite(matrix + i * square, square) ? Way::cofactors
              : singular                                       ? Way::undefined
                                                               : Way::inverse;
    }
  });
  return ways;
}

/// gradient(way, m, y, g) of each matrix by its own way. Those of one way are computed as a batch.
template <class F>
Tensor by_ways(const Tensor& m, const Tensor& y, const Tensor& g, Given given, const F& gradient) {
  const std::vector<Way> ways = ways_of(m, y, given);
  const auto other = [&](Way way) { return way != ways[0]; };
  if (std::none_of(ways.begin(), ways.end(), other)) return gradient(ways.empty() ? Way::inverse : ways[0], m, y, g);
  const std::int64_t count = y.size(), n = rows_of(m.shape());
  const Tensor all_m = reshape(m, {count, n, n}), all_y = reshape(y, {count}), all_g = reshape(g, {count});
  std::vector<Tensor> parts;
  std::vector<std::int64_t> places(ways.size());
  std::int64_t next = 0;
  for (const Way way : {Way::inverse, Way::cofactors, Way::undefined}) {
    std::vector<std::int64_t> these;
    for (std::size_t i = 0; i < ways.size(); ++i) {
      if (ways[i] != way) continue;
      these.push_back(static_cast<std::int64_t>(i));
      places[i] = next++;
    }
    if (these.empty()) continue;
    const Tensor which(these);
    parts.push_back(
        gradient(way, index_select(all_m, 0, which), index_select(all_y, 0, which), index_select(all_g, 0, which)));
  }
  return reshape(index_select(concat(parts, 0), 0, Tensor(places)), m.shape());
}

Tensor per_matrix(const Tensor& x) { return unsqueeze(unsqueeze(x, -1), -1); }

/// NaN for every element, which depends on the matrices as their gradient would.
Tensor undefined_gradient(const Tensor& m, const Tensor& g) {
  return per_matrix(g) * (m * std::numeric_limits<double>::quiet_NaN());
}

Tensor det_gradient(Way way, const Tensor& m, const Tensor& d, const Tensor& g) {
  if (way == Way::undefined) return undefined_gradient(m, g);
  if (way == Way::inverse) return per_matrix(g * d) * adjoint(inverse(m));
  // In float64, in which those that overflow do not meet others of 0.
  return per_matrix(g) * to(cofactors(to(m, float64)), m.dtype());
}

/// Where a is singular, some quotient of a cofactor by the determinant is infinite.
Tensor slogdet_gradient(Way way, const Tensor& m, const Tensor&, const Tensor& g) {
  if (way == Way::undefined) return undefined_gradient(m, g);
  return per_matrix(g) * (way == Way::inverse ? adjoint(inverse(m)) : cofactors(m) / per_matrix(det(m)));
}

}  // namespace

namespace detail {

Tensor has_zero_pivot(const char* op, const Tensor& a) {
  Tensor y = Raw::uninitialized(batch_of(a.shape()), boolean);
  bool* const to = Raw::write<bool>(y);
  xgrad::detail::visit_floating(a.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    for_each_lu<T>(op, a, [&](std::int64_t i, bool, int n, const T* lu) {
      to[i] = false;
      for (std::ptrdiff_t j = 0; j < n; ++j) to[i] = to[i] || lu[j * n + j] == 0;
    });
  });
  return y;
}

}  // namespace detail

Tensor det(Tensor a, Source at) {
  const Timed timed("det", at);
  require_square("det", a);
  Tensor y = Raw::uninitialized(batch_of(a.shape()), a.dtype());
  xgrad::detail::visit_floating(a.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    T* const to = Raw::write<T>(y);
    for_each_lu<T>("det", a, [&](std::int64_t i, bool negative, int n, const T* lu) {
      // With exponents of their own, products of some pivots cannot leave the range of numbers.
      double product = negative ? -1 : 1;
      std::int64_t exponent = 0;
      for (std::ptrdiff_t j = 0; j < n; ++j) {
        int of_pivot = 0, own = 0;  // what frexp sets of infinities and NaN is not defined
        const auto pivot = static_cast<double>(lu[j * n + j]);
        product *= std::isfinite(pivot) ? std::frexp(pivot, &of_pivot) : pivot;
        if (product == 0 || !std::isfinite(product)) continue;
        product = std::frexp(product, &own);
        exponent += of_pivot + own;
      }
      constexpr std::int64_t most = 5000;
      to[i] = static_cast<T>(std::ldexp(product, static_cast<int>(std::clamp(exponent, -most, most))));
    });
  });
  return record("det", at, std::move(y), {std::move(a)}, joint_from_y<0>([](Tensor m, Tensor d, Tensor g, Needs) {
                  return std::array<Tensor, 1>{by_ways(m, d, g, Given::determinants, det_gradient)};
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
               return std::array<Tensor, 1>{by_ways(m, logs, g, Given::logarithms, slogdet_gradient)};
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

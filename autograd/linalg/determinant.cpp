#include <xgrad/autograd/linalg/determinant.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/kernels/indexing/all_finite.hpp>
#include <xgrad/autograd/kernels/lapack/lapack.hpp>
#include <xgrad/autograd/kernels/runtime/scratch_vector.hpp>
#include <xgrad/autograd/linalg/matrices.hpp>
#include <xgrad/autograd/linalg/solve.hpp>
#include <xgrad/autograd/linalg/svd.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/indexing.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
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
    xgrad::detail::ScratchVector<int> pivots(static_cast<std::size_t>(n));
    kernels::lapack::lu(n, lu + i * square, pivots.data(), from + i * square);
    bool negative = false;
    for (int j = 0; j < n; ++j) negative = negative != (pivots[static_cast<std::size_t>(j)] != j + 1);
    f(i, negative, n, lu + i * square);
  });
}

/// 2 to the power of each exponent, as constants of a shape and dtype.
Tensor powers_of_two(const Shape& shape, DType dtype, const std::int64_t* exponents) {
  Tensor y = Raw::uninitialized(shape, dtype);
  xgrad::detail::visit_floating(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    for (std::int64_t i = 0; i < y.size(); ++i) Raw::write<T>(y)[i] = std::ldexp(T(1), static_cast<int>(exponents[i]));
  });
  return y;
}

/// The product of all elements of the last axis but one, for each: from the products before and after it, without
/// a division.
Tensor products_without_one(const Tensor& s) {
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

/// The same where products of some elements would leave the range of numbers: of elements near 1, times constant powers
/// of two.
Tensor products_without(const Tensor& s) {
  const auto n = static_cast<std::size_t>(s.shape().back());
  const std::int64_t most = s.dtype() == float32 ? 100 : 1000;  // 2 to the power of this, or of less, is a number
  const auto clamped = [most](std::int64_t exponent) { return std::clamp(exponent, -most, most); };
  // The exponents that take each element near 1, and those that undo this for the product of the others.
  xgrad::detail::ScratchVector<std::int64_t> own(static_cast<std::size_t>(s.size())), others(own);
  xgrad::detail::visit_floating(s.dtype(), [&](auto type) {
    const auto* const from = static_cast<const typename decltype(type)::type*>(Raw::operand(s));
    for (std::size_t i = 0; i < own.size(); ++i)
      own[i] = std::isfinite(from[i]) && from[i] != 0 ? -clamped(std::ilogb(from[i])) : 0;
  });
  for (std::size_t i = 0; i < own.size(); ++i) {
    const auto first = own.begin() + static_cast<std::ptrdiff_t>(i / n * n);
    others[i] = own[i] - std::accumulate(first, first + static_cast<std::ptrdiff_t>(n), std::int64_t{0});
  }
  Tensor y = products_without_one(s * powers_of_two(s.shape(), s.dtype(), own.data()));
  for (int part = 0; part < 3; ++part) {  // the range of a dtype is less than three times `most`
    for (std::size_t i = 0; i < own.size(); ++i) {
      own[i] = clamped(others[i]);
      others[i] -= own[i];
    }
    y = y * powers_of_two(s.shape(), s.dtype(), own.data());
  }
  return y;
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
xgrad::detail::ScratchVector<Way> ways_of(const Tensor& m, const Tensor& y, Given given) {
  if (m.size() == 0) return {};
  xgrad::detail::ScratchVector<Way> ways(static_cast<std::size_t>(y.size()), Way::inverse);
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
  const xgrad::detail::ScratchVector<Way> ways = ways_of(m, y, given);
  const auto other = [&](Way way) { return way != ways[0]; };
  if (std::none_of(ways.begin(), ways.end(), other)) return gradient(ways.empty() ? Way::inverse : ways[0], m, y, g);
  const std::int64_t count = y.size(), n = rows_of(m.shape());
  const Tensor all_m = reshape(m, {count, n, n}), all_y = reshape(y, {count}), all_g = reshape(g, {count});
  std::vector<Tensor> parts;
  xgrad::detail::ScratchVector<std::int64_t> places(ways.size());
  std::int64_t next = 0;
  for (const Way way : {Way::inverse, Way::cofactors, Way::undefined}) {
    xgrad::detail::ScratchVector<std::int64_t> these;
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

/// The elements at these places of the last axis.
Tensor elements_at(const Tensor& flat, const std::vector<std::int64_t>& places) {
  return index_select(flat, -1, Tensor(places));
}

/// For vectors u, v of 4 numbers the matrices w[j,k] = Σ ε_jkpq u_p v_q over p and q, so that Σ a_j b_k w[j,k] is the
/// determinant of the rows a, b, u, v.
Tensor complements(const Tensor& u, const Tensor& v) {
  static constexpr std::int64_t first[] = {0, 0, 0, 1, 1, 2}, second[] = {1, 2, 3, 2, 3, 3};
  static const std::vector<std::int64_t> p(first, first + 6), q(second, second + 6);
  const Tensor minors = elements_at(u, p) * elements_at(v, q) - elements_at(u, q) * elements_at(v, p);
  std::vector<std::int64_t> places(16, 0);
  std::vector<double> signs(16, 0.0);
  for (std::size_t i = 0; i < 6; ++i) {  // the pair i of columns is complemented by the pair 5 - i
    const auto j = static_cast<std::size_t>(first[5 - i]), k = static_cast<std::size_t>(second[5 - i]);
    const double sign = i == 1 || i == 4 ? -1 : 1;
    places[j * 4 + k] = places[k * 4 + j] = static_cast<std::int64_t>(i);
    signs[j * 4 + k] = sign;
    signs[k * 4 + j] = -sign;
  }
  const Shape& shape = minors.shape();
  return reshape(elements_at(minors, places) * Tensor(signs),
                 shape.with(shape.rank() - 1, 4).inserted(shape.rank(), 4));
}

/// The cofactors of at most 4 by 4 numbers as polynomials, every derivative of which is right for every matrix.
Tensor polynomial_cofactors(const Tensor& a) {
  const std::int64_t n = rows_of(a.shape());
  if (n <= 1) return ones(a.shape(), a.dtype());
  const Tensor flat = reshape(a, batch_of(a.shape()).inserted(a.rank() - 2, n * n));
  if (n == 2) return reshape(elements_at(flat, {3, 2, 1, 0}) * Tensor{1.0, -1.0, -1.0, 1.0}, a.shape());
  if (n == 3) {  // a[i+1,j+1] a[i+2,j+2] - a[i+1,j+2] a[i+2,j+1], modulo 3
    const auto shifted = [&](std::int64_t down, std::int64_t right) {
      std::vector<std::int64_t> places;
      for (std::int64_t i = 0; i < 3; ++i)
        for (std::int64_t j = 0; j < 3; ++j) places.push_back((i + down) % 3 * 3 + (j + right) % 3);
      return elements_at(flat, places);
    };
    return reshape(shifted(1, 1) * shifted(2, 2) - shifted(1, 2) * shifted(2, 1), a.shape());
  }
  const auto row = [&](std::int64_t i) { return select(a, -2, i); };
  const auto applied = [](const Tensor& w, const Tensor& x) { return sum(w * unsqueeze(x, -2), -1); };
  const Tensor lower = complements(row(2), row(3)), upper = complements(row(0), row(1));
  return stack({applied(lower, row(1)), -applied(lower, row(0)), applied(upper, row(3)), -applied(upper, row(2))}, -2);
}

/// Whether products of elements stay far within the range of float64.
bool are_moderate(const Tensor& a) { return a.size() == 0 || amax(abs(Raw::constant(a))).item() < 1e100; }

Tensor det_gradient(Way way, const Tensor& m, const Tensor& d, const Tensor& g) {
  if (way == Way::undefined) return undefined_gradient(m, g);
  if (grad_enabled() && rows_of(m.shape()) <= 4 && are_moderate(m))
    return per_matrix(g) * to(polynomial_cofactors(to(m, float64)), m.dtype());
  // Not by the inverse, whose elements may overflow where those times d do not.
  if (way == Way::inverse)
    return general_solve("det", m, per_matrix(g * d) * identity(rows_of(m.shape()), m.dtype()), true);
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
      const T* const end = lu + std::ptrdiff_t{n} * n;
      to[i] = false;
      for (const T* pivot = lu; pivot < end; pivot += n + 1) to[i] = to[i] || *pivot == 0;
      to[i] = to[i] && std::none_of(lu, end, [](T x) { return std::isnan(x); });
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
  return record("det", at, std::move(y), {std::move(a)},
                xgrad::detail::joint_with_y<0>([](Tensor m, Tensor d, Tensor g, Needs) {
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
  y = record("slogdet", at, std::move(y), {std::move(a)},
             xgrad::detail::joint_with_y<0>([](Tensor m, Tensor logs, Tensor g, Needs) {
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

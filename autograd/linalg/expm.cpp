#include <xgrad/autograd/linalg/expm.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/kernels/lapack/lapack.hpp>
#include <xgrad/autograd/kernels/matrix/gemm.hpp>
#include <xgrad/autograd/kernels/runtime/scratch_vector.hpp>
#include <xgrad/autograd/linalg/matrices.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/slicing.hpp>

namespace xgrad::linalg {
namespace {

using namespace detail;
using Numbers = xgrad::detail::ScratchVector<double>;

Numbers product(std::int64_t n, const Numbers& a, const Numbers& b) {
  Numbers c(a.size());
  kernels::gemm(false, false, n, n, n, a.data(), b.data(), c.data());
  return c;
}

void add(Numbers& to, double factor, const Numbers& x) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += factor * x[i];
}

double one_norm(std::int64_t n, const Numbers& a) {
  double largest = 0;
  for (std::int64_t j = 0; j < n; ++j) {
    double sum = 0;
    for (std::int64_t i = 0; i < n; ++i) sum += std::abs(a[static_cast<std::size_t>(i * n + j)]);
    if (std::isnan(sum)) return sum;
    largest = std::max(largest, sum);
  }
  return largest;
}

bool is_upper(std::int64_t n, const Numbers& a) {
  for (std::int64_t i = 1; i < n; ++i)
    for (std::int64_t j = 0; j < i; ++j)
      if (a[static_cast<std::size_t>(i * n + j)] != 0) return false;
  return true;
}

bool is_lower(std::int64_t n, const Numbers& a) {
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = i + 1; j < n; ++j)
      if (a[static_cast<std::size_t>(i * n + j)] != 0) return false;
  return true;
}

/// The coefficients of the numerator of the Padé approximant of degree m, scaled so that the last is 1.
Numbers pade_coefficients(int m) {
  Numbers b(static_cast<std::size_t>(m) + 1);
  b.back() = 1;
  for (int j = m; j > 0; --j)
    b[static_cast<std::size_t>(j) - 1] = b[static_cast<std::size_t>(j)] * (2.0 * m - j + 1) * j / (m - j + 1);
  return b;
}

/// What the approximants are made of: powers of a, empty where they are not known yet.
struct Powers {
  Numbers second, fourth, sixth;
};

/// The Padé approximant of e^a of degree m: with u the odd and v the even part of its numerator, (v - u)⁻¹ (v + u).
Numbers pade(std::int64_t n, int m, const Numbers& a, Powers powers) {
  const Numbers b = pade_coefficients(m);
  if (powers.second.empty()) powers.second = product(n, a, a);
  if (m > 3 && powers.fourth.empty()) powers.fourth = product(n, powers.second, powers.second);
  if (m > 5 && powers.sixth.empty()) powers.sixth = product(n, powers.second, powers.fourth);
  // Σ b_(j + 2i) a^(2i) for 2i of 2 to 6, as far as there are coefficients.
  const auto terms = [&](std::size_t j) {
    Numbers sum(a.size());
    const Numbers* const known[] = {&powers.second, &powers.fourth, &powers.sixth};
    for (std::size_t i = 0; i < 3 && j + 2 * (i + 1) < b.size(); ++i) add(sum, b[j + 2 * (i + 1)], *known[i]);
    return sum;
  };
  Numbers odd = terms(1), even = terms(0);
  for (std::int64_t i = 0; i < n; ++i) {
    odd[static_cast<std::size_t>(i * n + i)] += b[1];
    even[static_cast<std::size_t>(i * n + i)] += b[0];
  }
  if (m > 7) {  // the powers from the eighth on are the sixth times lower ones
    add(odd, 1, product(n, powers.sixth, terms(7)));
    add(even, 1, product(n, powers.sixth, terms(6)));
  }
  odd = product(n, a, odd);
  Numbers result = even;
  add(result, 1, odd);
  add(even, -1, odd);
  if (is_upper(n, even)) {
    for (std::int64_t i = n; i-- > 0;) {
      double* const row = result.data() + i * n;
      for (std::int64_t k = i + 1; k < n; ++k) {
        const double factor = even[static_cast<std::size_t>(i * n + k)];
        const double* const known = result.data() + k * n;
        for (std::int64_t j = k; factor != 0 && j < n; ++j) row[j] -= factor * known[j];
      }
      for (std::int64_t j = i; j < n; ++j) row[j] /= even[static_cast<std::size_t>(i * n + i)];
    }
    return result;
  }
  xgrad::detail::ScratchVector<int> pivots(static_cast<std::size_t>(n));
  kernels::lapack::lu<double>(static_cast<int>(n), even.data(), pivots.data(), nullptr);
  kernels::lapack::lu_solve(false, static_cast<int>(n), static_cast<int>(n), even.data(), pivots.data(), result.data());
  return result;
}

Numbers transposed(std::int64_t n, const Numbers& a) {
  Numbers y(a.size());
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < n; ++j)
      y[static_cast<std::size_t>(j * n + i)] = a[static_cast<std::size_t>(i * n + j)];
  return y;
}

/// e^(2^-k t) on the diagonal and beside it, for an upper triangular t, in place of what rounding has left of them: the
/// element beside is that of the exponential of the 2 by 2 block.
void set_diagonals(std::int64_t n, const Numbers& t, int k, Numbers& y) {
  const auto scaled = [&](std::int64_t i, std::int64_t j) {
    return std::ldexp(t[static_cast<std::size_t>(i * n + j)], -k);
  };
  for (std::int64_t i = 0; i < n; ++i) {
    const double a = scaled(i, i);
    y[static_cast<std::size_t>(i * n + i)] = std::exp(a);
    if (i + 1 == n) break;
    const double b = scaled(i + 1, i + 1), distance = std::abs(a - b);
    // (e^a - e^b) / (a - b), from the larger of both: e^high (1 - e^-distance) / distance.
    const double slope = std::exp(std::max(a, b)) * (distance == 0 ? 1 : -std::expm1(-distance) / distance);
    y[static_cast<std::size_t>(i * n + i + 1)] = scaled(i, i + 1) * slope;
  }
}

/// How often a is to be halved further so that the error of the approximant of degree m, which grows with powers of
/// |a|, stays below the precision of double.
int further_halvings(std::int64_t n, int m, const Numbers& a) {
  const double inverse_of_coefficient = m == 3   ? 100800.0
                                        : m == 5 ? 10059033600.0
                                        : m == 7 ? 4487938430976000.0
                                        : m == 9 ? 5914384781877411840000.0
                                                 : 113250775606021113483283660800000000.0;
  Numbers sums(static_cast<std::size_t>(n), 1.0), next(sums);
  double logarithm = 0;  // of the 1-norm of |a|^(2m+1), whose size is taken out of the sums
  for (int step = 0; step < 2 * m + 1; ++step) {
    std::fill(next.begin(), next.end(), 0.0);
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int64_t j = 0; j < n; ++j)
        next[static_cast<std::size_t>(j)] +=
            sums[static_cast<std::size_t>(i)] * std::abs(a[static_cast<std::size_t>(i * n + j)]);
    const double largest = *std::max_element(next.begin(), next.end());
    if (!(largest > 0)) return 0;
    for (std::size_t j = 0; j < sums.size(); ++j) sums[j] = next[j] / largest;
    logarithm += std::log2(largest);
  }
  const double beyond = logarithm - std::log2(one_norm(n, a)) - std::log2(inverse_of_coefficient) + 53;
  return std::max(0, static_cast<int>(std::ceil(beyond / (2 * m))));
}

struct Plan {
  int degree, halvings;
  Powers powers;
};

/// Al-Mohy and Higham, A new scaling and squaring algorithm for the matrix exponential, 2009: by the norms of powers of
/// a, which may be far smaller than the powers of its norm.
Plan plan_for(std::int64_t n, const Numbers& a, double norm) {
  Numbers a2 = product(n, a, a), a4 = product(n, a2, a2), a6 = product(n, a2, a4);
  const auto root = [&](const Numbers& power, int p) { return std::pow(one_norm(n, power), 1.0 / p); };
  const double d4 = root(a4, 4), d6 = root(a6, 6), d46 = std::max(d4, d6);
  const auto fits = [&](int m) { return further_halvings(n, m, a) == 0; };
  if (d46 <= 1.495585217958292e-2 && fits(3)) return {3, 0, {std::move(a2), std::move(a4), std::move(a6)}};
  if (d46 <= 2.539398330063230e-1 && fits(5)) return {5, 0, {std::move(a2), std::move(a4), std::move(a6)}};
  const double d8 = root(product(n, a4, a4), 8), d68 = std::max(d6, d8);
  if (d68 <= 9.504178996162932e-1 && fits(7)) return {7, 0, {std::move(a2), std::move(a4), std::move(a6)}};
  if (d68 <= 2.097847961257068 && fits(9)) return {9, 0, {std::move(a2), std::move(a4), std::move(a6)}};
  const double d10 = root(product(n, a4, a6), 10);
  const bool overflows = !std::isfinite(d4 + d6 + d8 + d10);
  const double size = overflows ? norm : std::min(d68, std::max(d8, d10));
  const int halvings = size > 4.25 ? static_cast<int>(std::ceil(std::log2(size / 4.25))) : 0;
  Numbers scaled = a;
  for (double& x : scaled) x = std::ldexp(x, -halvings);
  const int all = halvings + further_halvings(n, 13, scaled);
  if (overflows) return {13, all, {}};
  int power = 2;
  for (Numbers* const each : {&a2, &a4, &a6}) {
    for (double& x : *each) x = std::ldexp(x, -all * power);
    power += 2;
  }
  return {13, all, {std::move(a2), std::move(a4), std::move(a6)}};
}

/// Higham, The scaling and squaring method for the matrix exponential revisited, 2005: for a 1-norm up to each bound,
/// the approximant of that degree is exact to double precision.
Numbers exponential(std::int64_t n, Numbers a) {
  static constexpr struct {
    int m;
    double bound;
  } degrees[] = {{3, 1.495585217958292e-2},
                 {5, 2.539398330063230e-1},
                 {7, 9.504178996162932e-1},
                 {9, 2.097847961257068},
                 {13, 4.25}};
  const double norm = one_norm(n, a);
  if (!std::isfinite(norm)) return Numbers(a.size(), std::numeric_limits<double>::quiet_NaN());
  const bool upper = is_upper(n, a);
  if (!upper && is_lower(n, a)) return transposed(n, exponential(n, transposed(n, a)));
  Plan plan{0, 0, {}};
  for (const auto& degree : degrees)
    if (plan.degree == 0 && norm <= degree.bound) plan.degree = degree.m;
  if (plan.degree == 0) plan = plan_for(n, a, norm);
  Numbers y = a;
  for (double& x : y) x = std::ldexp(x, -plan.halvings);
  y = pade(n, plan.degree, y, std::move(plan.powers));
  if (upper) set_diagonals(n, a, plan.halvings, y);
  for (int i = plan.halvings; i-- > 0;) {
    y = product(n, y, y);
    if (upper) set_diagonals(n, a, i, y);
  }
  return y;
}

template <class T>
void exponentials(const Tensor& a, const Tensor& y) {
  if (a.size() == 0) return;
  const std::int64_t n = rows_of(a.shape()), square = n * n;
  const T* const from = static_cast<const T*>(Raw::operand(a));
  T* const to = Raw::write<T>(y);
  for_each_matrix(batch_of(a.shape()).count(), 30.0 * static_cast<double>(n * square), [&](std::int64_t i) {
    const Numbers e = exponential(n, Numbers(from + i * square, from + (i + 1) * square));
    std::transform(e.begin(), e.end(), to + i * square, [](double x) { return static_cast<T>(x); });
  });
}

// e^(aᵀ g; 0 aᵀ) has the Fréchet derivative of exp at aᵀ in the direction g in its upper right block. That is linear in
// g, which is scaled so that it does not change how often the matrix is halved.
Tensor expm_gradient(const Tensor& a, const Tensor& g) {
  const std::int64_t n = rows_of(a.shape());
  const Tensor at = adjoint(a), scale = balancing(Raw::constant(g));
  const Tensor upper = concat({at, g * scale}, -1), lower = concat({zeros_like(at), at}, -1);
  return narrow(narrow(expm(concat({upper, lower}, -2)), -2, 0, n), -1, n, n) / scale;
}

}  // namespace

Tensor expm(Tensor a, Source at) {
  const xgrad::detail::Timed timed("expm", at);
  require_square("expm", a);
  kernels::lapack::narrow("expm", rows_of(a.shape()));
  Tensor y = Raw::uninitialized(a.shape(), a.dtype());
  xgrad::detail::visit_floating(a.dtype(), [&](auto type) { exponentials<typename decltype(type)::type>(a, y); });
  return record("expm", at, std::move(y), {std::move(a)}, from<0>(expm_gradient));
}

}  // namespace xgrad::linalg

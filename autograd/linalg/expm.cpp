#include <xgrad/autograd/linalg/expm.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

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
    if (!(sum <= largest)) largest = sum;  // NaN too
  }
  return largest;
}

/// The coefficients of the numerator of the Padé approximant of degree m, scaled so that the last is 1.
Numbers pade_coefficients(int m) {
  Numbers b(static_cast<std::size_t>(m) + 1);
  b.back() = 1;
  for (int j = m; j > 0; --j)
    b[static_cast<std::size_t>(j) - 1] = b[static_cast<std::size_t>(j)] * (2.0 * m - j + 1) * j / (m - j + 1);
  return b;
}

/// The Padé approximant of e^a of degree m: with u the odd and v the even part of its numerator, (v - u)⁻¹ (v + u).
Numbers pade(std::int64_t n, int m, const Numbers& a) {
  const Numbers b = pade_coefficients(m);
  const Numbers square = product(n, a, a);
  Numbers power(a.size()), odd(a.size()), even(a.size());
  for (std::int64_t i = 0; i < n; ++i) power[static_cast<std::size_t>(i * n + i)] = 1;
  for (std::size_t j = 0; j < b.size(); j += 2) {
    if (j > 0) power = j == 2 ? square : product(n, power, square);
    add(even, b[j], power);
    if (j + 1 < b.size()) add(odd, b[j + 1], power);
  }
  odd = product(n, a, odd);
  Numbers result = even;
  add(result, 1, odd);
  add(even, -1, odd);
  xgrad::detail::ScratchVector<int> pivots(static_cast<std::size_t>(n));
  kernels::lapack::lu<double>(static_cast<int>(n), even.data(), pivots.data(), nullptr);
  kernels::lapack::lu_solve(false, static_cast<int>(n), static_cast<int>(n), even.data(), pivots.data(), result.data());
  return result;
}

/// Higham, The scaling and squaring method for the matrix exponential revisited, 2005: for a 1-norm up to each bound,
/// the approximant of that degree is exact to double precision.
Numbers exponential(std::int64_t n, Numbers a) {
  struct Degree {
    int m;
    double bound;
  };
  static constexpr Degree degrees[] = {{3, 1.495585217958292e-2},
                                       {5, 2.539398330063230e-1},
                                       {7, 9.504178996162932e-1},
                                       {9, 2.097847961257068},
                                       {13, 5.371920351148152}};
  const double norm = one_norm(n, a);
  if (!std::isfinite(norm)) return Numbers(a.size(), std::numeric_limits<double>::quiet_NaN());
  for (const Degree& degree : degrees)
    if (norm <= degree.bound) return pade(n, degree.m, a);
  const int halvings = std::max(0, static_cast<int>(std::ceil(std::log2(norm / degrees[4].bound))));
  for (double& x : a) x = std::ldexp(x, -halvings);
  Numbers y = pade(n, 13, a);
  for (int i = 0; i < halvings; ++i) y = product(n, y, y);
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

/// For each matrix the power of 2 that is next above its largest element, or 1: a scale by which to divide exactly.
Tensor scales(const Tensor& g) {
  const std::int64_t size = rows_of(g.shape()) * columns_of(g.shape());
  Tensor y = Raw::uninitialized(matrices(batch_of(g.shape()), 1, 1), g.dtype());
  xgrad::detail::visit_floating(g.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T* from = static_cast<const T*>(Raw::operand(g));
    T* const to = Raw::write<T>(y);
    for (std::int64_t i = 0; i < y.size(); ++i) {
      T largest = 0;
      for (std::int64_t j = 0; j < size; ++j, ++from) largest = std::max(largest, std::abs(*from));
      int exponent = 0;
      if (largest > 0 && std::isfinite(largest)) std::frexp(largest, &exponent);
      to[i] = std::ldexp(T(1), std::clamp(exponent, -100, 100));
    }
  });
  return y;
}

// e^(aᵀ g; 0 aᵀ) has the Fréchet derivative of exp at aᵀ in the direction g in its upper right block. That is linear in
// g, which is scaled so that it does not change how often the matrix is halved.
Tensor expm_gradient(const Tensor& a, const Tensor& g) {
  const std::int64_t n = rows_of(a.shape());
  const Tensor at = adjoint(a), scale = scales(Raw::constant(g));
  const Tensor upper = concat({at, g / scale}, -1), lower = concat({zeros_like(at), at}, -1);
  return narrow(narrow(expm(concat({upper, lower}, -2)), -2, 0, n), -1, n, n) * scale;
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

// The gamma function's logarithm and its derivatives.

#include <xgrad/autograd/kernels/math/gamma.hpp>

#include <array>
#include <cmath>
#include <limits>

namespace xgrad::kernels::scalar {
namespace {

constexpr double pi = 3.14159265358979323846, infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// B_2, B_4, ...: the Bernoulli numbers.
constexpr std::array<double, 12> bernoulli = {1.0 / 6,       -1.0 / 30,       1.0 / 42,       -1.0 / 30,
                                              5.0 / 66,      -691.0 / 2730,   7.0 / 6,        -3617.0 / 510,
                                              43867.0 / 798, -174611.0 / 330, 854513.0 / 138, -236364091.0 / 2730};

/// x less the nearest whole number.
double off_whole(double x) { return x - std::nearbyint(x); }

/// cot πx, exactly 0 half way between whole numbers.
double cotangent(double x) {
  const double rest = off_whole(x), size = std::fabs(rest);
  return size <= 0.25 ? 1 / std::tan(pi * rest) : std::copysign(std::tan(pi * (0.5 - size)), rest);
}

/// digamma for x > 0: the recurrence ψ(x) = ψ(x + 1) - 1/x up to 10, then ln x - 1/2x - Σ B_2k / (2k x^2k).
double positive_digamma(double x) {
  double sum = 0;
  for (; x < 10; ++x) sum -= 1 / x;
  if (x > 1e17) return sum + std::log(x);
  const double z = 1 / (x * x);
  double tail = 0;
  for (std::size_t k = 8; k > 0; --k) tail = z * (bernoulli[k - 1] / static_cast<double>(2 * k) + tail);
  return sum + (std::log(x) - (0.5 / x + tail));
}

/// Hurwitz's zeta function Σ (first + k)^-s, times first^s if it is `scaled`, by Euler and Maclaurin's formula from a
/// term on that is far enough out.
double hurwitz_zeta(double s, double first, bool scaled) {
  // The quotient of a scaled term is near 1 for a large `first`, from which a number k below its last place is lost.
  const auto power_of = [=](double k) {
    return scaled ? std::exp(-s * std::log1p(k / first)) : std::pow(first + k, -s);
  };
  double sum = 0, k = 0;
  const double far = 10 + s / 2;
  for (; first + k < far; ++k) {
    const double term = power_of(k), a = first + k;
    sum += term;
    // The rest is less than its integral.
    if (a > 1 && term <= 1e-18 * sum && term * a <= 1e-18 * sum * (s - 1)) return sum;
  }
  const double power = power_of(k), a = first + k;
  sum += power * (a / (s - 1) + 0.5);
  // The terms B_2j / (2j)! s (s + 1) ... (s + 2j - 2) a^(-s - 2j + 1).
  double factor = power * s / a;
  for (std::size_t j = 1; j <= bernoulli.size(); ++j) {
    const double n = static_cast<double>(2 * j);
    factor /= n * (n - 1);
    const double term = bernoulli[j - 1] * factor;
    sum += term;
    if (std::fabs(term) <= 1e-17 * std::fabs(sum)) break;
    factor *= (s + n - 1) * (s + n) / (a * a);
  }
  return sum;
}

/// A number part 2^exponent that may be beyond the range of numbers, with 1/2 <= |part| < 1.
struct Extended {
  double part, exponent;
};

Extended normalized(double part, double exponent) {
  int shift = 0;
  part = std::frexp(part, &shift);
  return {part, exponent + shift};
}

/// 2^logarithm.
Extended power_of_two(double logarithm) {
  const double whole = std::floor(logarithm);
  return normalized(std::exp2(logarithm - whole), whole);
}

/// The product with y > 0, rounded once more where it is not a normal number.
double times(Extended a, Extended b, double y) {
  const double exponent = std::fmax(-9999, std::fmin(9999, a.exponent + b.exponent));
  return std::ldexp(a.part * b.part * y, static_cast<int>(exponent));
}

Extended factorial(double n) {
  if (n <= 170) return normalized(std::tgamma(n + 1), 0);
  if (n > 1000) return power_of_two(lgamma(n + 1) / std::log(2.0));
  Extended y = normalized(std::tgamma(171.0), 0);
  for (double k = 171; k <= n; ++k) y = normalized(y.part * k, y.exponent);
  return y;
}

/// x^-n for x > 0.
Extended inverse_power(double x, double n) {
  const Extended base = normalized(x, 0);
  if (n <= 1000) return normalized(std::pow(base.part, -n), -n * base.exponent);
  return power_of_two(-n * std::log2(x));
}

/// The n-th derivative of digamma for x > 0, n >= 1: (-1)^(n+1) n! ζ(n + 1, x).
double positive_polygamma(double n, double x) {
  const double sign = std::fmod(n, 2) != 0 ? 1 : -1;
  if (std::isinf(x)) return sign * 0.0;
  if (n <= 170 && std::pow(x, -(n + 1)) > 1e-290) {
    const double y = std::tgamma(n + 1) * hurwitz_zeta(n + 1, x, false);
    if (y > 0 && y < infinity) return sign * y;
  }
  // A factor is beyond the range of numbers.
  return sign * times(factorial(n), inverse_power(x, n), hurwitz_zeta(n + 1, x, true) / x);
}

/// The n-th derivative of π cot πx over n!: polynomials in the cotangent c, p_0 = c and p_k+1 = -(1 + c²) p_k' / (k +
/// 1), times π^(n+1).
double scaled_cotangent_derivative(std::size_t n, double x) {
  const double c = cotangent(x);
  std::array<double, 34> p{};
  p[1] = 1;
  for (std::size_t k = 0; k < n; ++k) {
    std::array<double, 34> next{};
    for (std::size_t i = 1; i <= k + 1; ++i) {
      const double slope = -static_cast<double>(i) * p[i] / static_cast<double>(k + 1);
      next[i - 1] += slope;
      next[i + 1] += slope;
    }
    p = next;
  }
  double y = 0;
  for (std::size_t i = n + 2; i-- > 0;) y = y * c + p[i];
  return y * std::pow(pi, static_cast<double>(n + 1));
}

}  // namespace

double lgamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

double digamma(double x) {
  if (x == 0) return std::copysign(infinity, -x);
  if (x > 0 || std::isnan(x)) return positive_digamma(x);
  if (std::isinf(x) || off_whole(x) == 0) return not_a_number;
  return positive_digamma(1 - x) - pi * cotangent(x);
}

double polygamma(double n, double x) {
  if (n == 0) return digamma(x);
  if (std::isnan(x) || (std::isinf(x) && x < 0)) return not_a_number;
  if (x > 0) return positive_polygamma(n, x);
  if (off_whole(x) == 0) return std::fmod(n, 2) != 0 ? infinity : -infinity;
  // So close to the pole at 0 its term is all.
  if (x > -1e-30) return (std::fmod(n, 2) != 0 ? 1 : -1) * std::tgamma(n + 1) * std::pow(x, -(n + 1));
  // ψ(1 - x) - ψ(x) = π cot πx, differentiated n times.
  if (n <= 32) {
    const double mirrored = positive_polygamma(n, 1 - x);
    const double rest = std::tgamma(n + 1) * scaled_cotangent_derivative(static_cast<std::size_t>(n), x);
    return (std::fmod(n, 2) != 0 ? -mirrored : mirrored) - rest;
  }
  // Half way between two poles even derivatives of the cotangent are 0.
  if (std::fmod(n, 2) == 0 && std::fabs(off_whole(x)) == 0.5) return positive_polygamma(n, 1 - x);
  // Term by term, as multiples of that of the nearest pole: those next to it outweigh all others.
  double sum = 0;
  const double rest = off_whole(x), nearest = x - rest;
  for (double k = std::fmax(nearest, -32); k <= 32; ++k) sum += std::pow(rest / (rest + k), n + 1);
  const double sign = rest > 0 || std::fmod(n, 2) != 0 ? 1 : -1;
  return (std::fmod(n, 2) != 0 ? sign : -sign) * times(factorial(n), inverse_power(std::fabs(rest), n + 1), sum);
}

}  // namespace xgrad::kernels::scalar

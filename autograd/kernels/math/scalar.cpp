#include <xgrad/autograd/kernels/math/scalar.hpp>

#include <cmath>

namespace xgrad::kernels {

void each_number(double (*f)(double), const float* x, float* y, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) y[i] = static_cast<float>(f(static_cast<double>(x[i])));
}
void each_number(double (*f)(double), const double* x, double* y, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) y[i] = f(x[i]);
}
void each_number(double (*f)(double, double), const float* a, const float* b, float* y, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i)
    y[i] = static_cast<float>(f(static_cast<double>(a[i]), static_cast<double>(b[i])));
}
void each_number(double (*f)(double, double), const double* a, const double* b, double* y, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) y[i] = f(a[i], b[i]);
}

namespace scalar {

double tan(double x) { return std::tan(x); }
double asin(double x) { return std::asin(x); }
double acos(double x) { return std::acos(x); }
double atan(double x) { return std::atan(x); }
double sinh(double x) { return std::sinh(x); }
double cosh(double x) { return std::cosh(x); }
double asinh(double x) { return std::asinh(x); }
double acosh(double x) { return std::acosh(x); }
double atanh(double x) { return std::atanh(x); }
double cbrt(double x) { return std::cbrt(x); }
double exp2(double x) { return std::exp2(x); }
double log2(double x) { return std::log2(x); }
double log10(double x) { return std::log10(x); }
double erfc(double x) { return std::erfc(x); }
double atan2(double a, double b) { return std::atan2(a, b); }
double hypot(double a, double b) { return std::hypot(a, b); }

double fmod(double a, double b) { return std::fmod(a, b); }

double remainder(double a, double b) {
  const double rest = std::fmod(a, b);
  return rest != 0 && (b < 0) != (rest < 0) ? rest + b : rest;
}

double floor_divide(double a, double b) {
  if (b == 0) return a / b;
  const double rest = std::fmod(a, b);
  double quotient = (a - rest) / b;
  if (rest != 0 && (b < 0) != (rest < 0)) quotient -= 1;
  if (quotient == 0) return std::copysign(0.0, a / b);
  const double below = std::floor(quotient);  // the quotient is whole up to its rounding
  return quotient - below > 0.5 ? below + 1 : below;
}

std::int64_t fmod(std::int64_t a, std::int64_t b) { return b == -1 ? 0 : a % b; }

std::int64_t remainder(std::int64_t a, std::int64_t b) {
  const std::int64_t rest = fmod(a, b);
  return rest != 0 && (b < 0) != (rest < 0) ? rest + b : rest;
}

std::int64_t trunc_divide(std::int64_t a, std::int64_t b) {
  return b == -1 ? static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(a)) : a / b;
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  const std::int64_t rest = fmod(a, b);
  return trunc_divide(a, b) - (rest != 0 && (b < 0) != (rest < 0) ? 1 : 0);
}

}  // namespace scalar
}  // namespace xgrad::kernels

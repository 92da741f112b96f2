#pragma once

#include <cstddef>
#include <cstdint>

#include <xgrad/autograd/kernels/math/erfinv.hpp>
#include <xgrad/autograd/kernels/math/gamma.hpp>

namespace xgrad::kernels {

// Functions that are too rare for polynomials over vectors: computed one number at a time, in double.

/// y[i] = f(x[i]); y may be x.
void each_number(double (*f)(double), const float* x, float* y, std::size_t n);
void each_number(double (*f)(double), const double* x, double* y, std::size_t n);
/// y[i] = f(a[i], b[i]); y may be a or b.
void each_number(double (*f)(double, double), const float* a, const float* b, float* y, std::size_t n);
void each_number(double (*f)(double, double), const double* a, const double* b, double* y, std::size_t n);

namespace scalar {

double tan(double x);
double asin(double x);
double acos(double x);
double atan(double x);
double sinh(double x);
double cosh(double x);
double asinh(double x);
double acosh(double x);
double atanh(double x);
double cbrt(double x);
double exp2(double x);
double log2(double x);
double log10(double x);
double erfc(double x);
double atan2(double a, double b);
double hypot(double a, double b);

/// The remainder of a / b with the sign of a, and with that of b.
double fmod(double a, double b);
double remainder(double a, double b);
/// The largest whole number not above a / b, computed from the exact remainder.
double floor_divide(double a, double b);

std::int64_t fmod(std::int64_t a, std::int64_t b);
std::int64_t remainder(std::int64_t a, std::int64_t b);
std::int64_t floor_divide(std::int64_t a, std::int64_t b);
/// a / b rounded towards 0. As for those above, b is not 0; the least number divided by -1 wraps around to itself.
std::int64_t trunc_divide(std::int64_t a, std::int64_t b);

}  // namespace scalar
}  // namespace xgrad::kernels

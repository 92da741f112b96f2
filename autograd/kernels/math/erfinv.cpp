#include <xgrad/autograd/kernels/math/erfinv.hpp>

#include <cmath>
#include <limits>

namespace xgrad::kernels::scalar {
namespace {

/// erfinv to three digits or better, for 0 <= x < 1: its series near 0, else Winitzki's approximation (2008).
double first_guess(double x) {
  if (x < 0.25) return 0.88622692545275801 * x * (1 + 0.26179938779914944 * x * x);
  const double log = std::log((1 - x) * (1 + x)), a = 0.147;
  const double t = 2 / (3.14159265358979323846 * a) + log / 2;
  return std::sqrt(std::sqrt(t * t - log / a) - t);
}

}  // namespace

double erfinv(double x) {
  const double size = std::fabs(x);
  if (!(size < 1)) return size == 1 ? x * std::numeric_limits<double>::infinity() : std::nan("");
  double y = first_guess(size);
  // Halley's method: the error is cubed thrice. Where erf is close to 1 its complement keeps the digits.
  for (int step = 0; step < 3; ++step) {
    const double excess = size < 0.5 ? std::erf(y) - size : (1 - size) - std::erfc(y);
    const double newton = excess / (1.1283791670955126 * std::exp(-y * y));
    y -= newton / (1 + y * newton);
  }
  return std::copysign(y, x);
}

}  // namespace xgrad::kernels::scalar

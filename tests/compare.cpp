#include "compare.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

using namespace xgrad;

std::vector<double> values(const Tensor& x) {
  const Tensor wide = detail::converted(x, float64);
  return std::vector<double>(Raw::data<double>(wide), Raw::data<double>(wide) + wide.size());
}

double largest(const Tensor& x) {
  double result = 0;
  for (double value : values(x))
    if (std::isfinite(value)) result = std::max(result, std::abs(value));
  return result;
}

double largest_of_all(const Tensor& x) {
  double result = 0;
  for (double value : values(x)) {
    if (std::isnan(value)) return value;
    result = std::max(result, std::abs(value));
  }
  return result;
}

std::string difference(const Tensor& got, const Tensor& expected, double rtol, double atol) {
  std::ostringstream out;
  out.precision(17);
  if (got.shape() != expected.shape() || got.dtype() != expected.dtype()) {
    out << "got " << got.shape() << " " << got.dtype() << ", expected " << expected.shape() << " " << expected.dtype();
    return out.str();
  }
  const std::vector<double> a = values(got), b = values(expected);
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))) continue;
    const double excess = std::abs(a[i] - b[i]) - (atol + rtol * std::abs(b[i]));
    if (excess <= worst) continue;  // never true of NaN
    worst = excess;
    out.str("");
    out << "element " << i << " of " << got.shape() << " is " << a[i] << ", expected " << b[i];
    if (!std::isfinite(excess)) break;
  }
  return out.str();
}

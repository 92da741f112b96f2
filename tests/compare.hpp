#pragma once

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

/// The elements as doubles.
inline std::vector<double> values(const xgrad::Tensor& x) {
  const xgrad::Tensor wide = xgrad::detail::converted(x, xgrad::float64);
  return std::vector<double>(xgrad::Raw::data<double>(wide), xgrad::Raw::data<double>(wide) + wide.size());
}

/// The largest finite size of an element, 0 for none.
inline double largest(const xgrad::Tensor& x) {
  double result = 0;
  for (double value : values(x))
    if (std::isfinite(value)) result = std::max(result, std::abs(value));
  return result;
}

/// How `got` differs from `expected`: nothing, if shapes and dtypes agree and every element is within
/// atol + rtol |expected|, NaN agreeing with NaN; else a sentence with the worst element and both values.
/// To be read as REQUIRE(difference(got, expected) == "").
inline std::string difference(const xgrad::Tensor& got, const xgrad::Tensor& expected, double rtol = 0,
                              double atol = 0) {
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

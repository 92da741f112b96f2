#pragma once

#include <cmath>
#include <cstdint>

namespace xgrad::kernels {

/// Whether none of n numbers, each `step` elements after the one before, is infinite or NaN.
template <class T>
bool all_finite(const T* x, std::int64_t n, std::int64_t step = 1) {
  for (std::int64_t i = 0; i < n; ++i)
    if (!std::isfinite(x[i * step])) return false;
  return true;
}

}  // namespace xgrad::kernels

#pragma once

#include <cstdint>

namespace xgrad::kernels {

/// One axis, or several neighbouring ones, of a contiguous array: `outer` blocks, each of n slices of `inner` elements.
/// A line is the n elements that share a block and a position in the slice; lines are numbered o * inner + i.
struct Along {
  std::int64_t outer = 1, n = 1, inner = 1;
  /// 0 where the product overflows, which it can only for n = 0: then there is no element to visit.
  std::int64_t lines() const {
    std::int64_t product = 0;
    return __builtin_mul_overflow(outer, inner, &product) ? 0 : product;
  }
};

}  // namespace xgrad::kernels

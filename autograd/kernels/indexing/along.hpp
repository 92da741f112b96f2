#pragma once

#include <cstdint>

namespace xgrad::kernels {

/// One axis, or several neighbouring ones, of a contiguous array: `outer` blocks, each of n slices of `inner` elements.
/// A line is the n elements that share a block and a position in the slice; lines are numbered o * inner + i.
struct Along {
  std::int64_t outer = 1, n = 1, inner = 1;
  std::int64_t lines() const { return outer * inner; }
};

}  // namespace xgrad::kernels

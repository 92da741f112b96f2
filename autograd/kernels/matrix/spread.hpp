#pragma once

#include <cstddef>
#include <cstdint>

namespace xgrad::kernels {

/// A part of a contiguous array: along axis k, the `count` elements start, start + step, ... of `size`.
struct Part {
  std::size_t rank;
  const std::int64_t* size;
  const std::int64_t* start;
  const std::int64_t* step;
  const std::int64_t* count;
};

/// An array of the part's sizes that is `fill` everywhere but in the part, where the contiguous `in` is.
template <class T>
void spread(const T* in, T* out, const Part& part, T fill = T(0));

}  // namespace xgrad::kernels

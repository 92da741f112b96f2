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

/// Zeros of the part's sizes, with the contiguous `in` in the part. For float and double.
template <class T>
void spread(const T* in, T* out, const Part& part);

}  // namespace xgrad::kernels

#pragma once

// For this room's sources only: blocks of neighbouring numbers, of which a window of two takes a pair. These are the
// vectors of the compilers, which both know under the same names.

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <xgrad/autograd/kernels/pooling/sliding_windows.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels::pairs {

template <class T>
struct IntegerLike {
  using type = std::int32_t;
};
template <>
struct IntegerLike<double> {
  using type = std::int64_t;
};

/// Width numbers, as many truth values or codes, and as many codes in bytes.
template <class T, int Width>
struct Block {
  using Integer = typename IntegerLike<T>::type;
  typedef T Numbers __attribute__((vector_size(Width * sizeof(T))));
  typedef Integer Codes __attribute__((vector_size(Width * sizeof(T))));
  typedef std::uint8_t Bytes __attribute__((vector_size(Width)));
};

template <class V, class T>
inline V load(const T* from) {
  V v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
template <class V, class T>
inline void store(const V& v, T* to) {
  std::memcpy(to, &v, sizeof v);
}

/// The first and the second numbers of the pairs in a and b.
template <class V>
inline void split(const V& a, const V& b, V& first, V& second) {
  if constexpr (sizeof(V) / sizeof(a[0]) == 8) {
    first = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
    second = __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
  } else {
    first = __builtin_shufflevector(a, b, 0, 2, 4, 6);
    second = __builtin_shufflevector(a, b, 1, 3, 5, 7);
  }
}
/// Pairs of the numbers of both.
template <class V>
inline void join(const V& first, const V& second, V& a, V& b) {
  if constexpr (sizeof(V) / sizeof(first[0]) == 8) {
    a = __builtin_shufflevector(first, second, 0, 8, 1, 9, 2, 10, 3, 11);
    b = __builtin_shufflevector(first, second, 4, 12, 5, 13, 6, 14, 7, 15);
  } else {
    a = __builtin_shufflevector(first, second, 0, 4, 1, 5);
    b = __builtin_shufflevector(first, second, 2, 6, 3, 7);
  }
}

/// Calls block(j) for blocks of Width numbers from j on that cover 0 .. n-1, the last two of which may overlap.
template <int Width, class F>
inline void cover(std::int64_t n, const F& block) {
  for (std::int64_t j = 0; j + Width <= n; j += Width) block(j);
  if (n % Width != 0) block(n - Width);
}

/// Calls f(r, above, below) for each row r of windows for which are_squares_of_two(), on several threads, with the two
/// rows of `in` that it covers.
template <class T, class F>
void for_each_row_of_squares(const T* in, const SlidingWindows& by, const F& f) {
  const std::int64_t height = by.axis[1].count, rows = by.axis[1].n, columns = by.axis[2].n;
  const std::int64_t grain = std::max<std::int64_t>(1, pointwise_grain / (4 * by.axis[2].count));
  parallel_ranges(by.planes * height, grain, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      const T* const above = in + (r / height * rows + r % height * 2) * columns;
      f(r, above, above + columns);
    }
  });
}

}  // namespace xgrad::kernels::pairs

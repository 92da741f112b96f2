#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/simd/partial.hpp>

namespace xgrad::kernels {

/// Calls f(j, part) for the vectors of a row of n numbers; part is Full, or Partial for the last one.
template <class T, class F>
[[gnu::always_inline]] inline void each_vector(std::int64_t n, F&& f) {
  constexpr auto width = static_cast<std::int64_t>(Vec<T>::width);
  std::int64_t j = 0;
  for (; j + width <= n; j += width) f(j, Full{});
  if (j < n) f(j, Partial{n - j});
}

/// The vector at `from`, or 0 where that is null.
template <class T, class Part>
[[gnu::always_inline]] inline Vec<T> load_or_zero(const T* from, std::int64_t j, Part part) {
  return from == nullptr ? Vec<T>(T(0)) : load(from + j, part, T(0));
}

/// from + i, or null where that is null.
template <class T>
T* moved(T* from, std::int64_t i) {
  return from == nullptr ? nullptr : from + i;
}

}  // namespace xgrad::kernels

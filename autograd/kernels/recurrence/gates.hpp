#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/simd/partial.hpp>

namespace xgrad::kernels {

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

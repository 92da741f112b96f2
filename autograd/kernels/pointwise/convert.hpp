#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

namespace xgrad::kernels {

/// to[i] = from[i] in another type: to bool by comparison with 0, to integers by truncation. Returns n, or the index of
/// the first number, NaN among them, that int64 cannot hold; it and those after it are then not converted.
template <class From, class To>
std::int64_t convert(const From* from, To* to, std::int64_t n) {
  if constexpr (std::is_floating_point_v<From> && std::is_same_v<To, std::int64_t>) {
    constexpr From half = From(0x1p62);
    const auto fits = [](From x) { return (x >= -2 * half) & (x < 2 * half); };
    constexpr std::int64_t block = 1024;
    for (std::int64_t begin = 0; begin < n; begin += block) {
      const std::int64_t end = std::min(n, begin + block);
      int all = 1;  // no early exit, so that the loop is vectorized
      for (std::int64_t i = begin; i < end; ++i) all &= static_cast<int>(fits(from[i]));
      if (all == 0) return std::find_if_not(from + begin, from + end, fits) - from;
      for (std::int64_t i = begin; i < end; ++i) to[i] = static_cast<std::int64_t>(from[i]);
    }
  } else {
    for (std::int64_t i = 0; i < n; ++i) {
      if constexpr (std::is_same_v<To, bool>)
        to[i] = from[i] != From(0);
      else
        to[i] = static_cast<To>(from[i]);
    }
  }
  return n;
}

}  // namespace xgrad::kernels

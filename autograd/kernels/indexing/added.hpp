#pragma once

#include <cstdint>
#include <type_traits>

namespace xgrad::kernels {

/// a + b: of int64 modulo 2^64, of bool by or.
template <class T>
T added(T a, T b) {
  if constexpr (std::is_same_v<T, bool>)
    return a || b;
  else if constexpr (std::is_same_v<T, std::int64_t>)
    return static_cast<T>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  else
    return a + b;
}

}  // namespace xgrad::kernels

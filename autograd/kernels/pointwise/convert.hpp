#pragma once

#include <cstdint>
#include <type_traits>

namespace xgrad::kernels {

/// to[i] = from[i] in another type: to bool by comparison with 0, to integers by truncation.
template <class From, class To>
void convert(const From* from, To* to, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    if constexpr (std::is_same_v<To, bool>)
      to[i] = from[i] != From(0);
    else
      to[i] = static_cast<To>(from[i]);
  }
}

}  // namespace xgrad::kernels

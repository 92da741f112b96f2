#pragma once

#include <cstdint>
#include <type_traits>

namespace xgrad::kernels {

/// The type in which numbers of type T are summed.
template <class T>
using Wide = std::conditional_t<std::is_floating_point_v<T>, double, std::int64_t>;

/// out[o, i] = Σ_j x[o, j, i] of x (outer, n, inner). The order of additions depends on the sizes alone.
template <class T>
void sum(const T* x, Wide<T>* out, std::int64_t outer, std::int64_t n, std::int64_t inner);

}  // namespace xgrad::kernels

#pragma once

#include <cstdint>
#include <type_traits>

namespace xgrad::kernels {

/// What sums are accumulated in.
template <class T>
using Wide = std::conditional_t<std::is_floating_point_v<T>, double, std::int64_t>;

// All of these read x as (outer, n, inner) and write (outer, inner). The order of additions depends on the sizes alone.

/// out[o, i] = Σ_j x[o, j, i].
template <class T>
void sum(const T* x, Wide<T>* out, std::int64_t outer, std::int64_t n, std::int64_t inner);

/// out[o, i] = the largest (or smallest) x[o, j, i] over j; NaN if any is. n > 0.
template <class T>
void extreme(const T* x, T* out, std::int64_t outer, std::int64_t n, std::int64_t inner, bool largest);

/// out[o, i] = the first j that holds the largest (or smallest) x[o, j, i], or the first NaN. n > 0.
template <class T>
void arg_extreme(const T* x, std::int64_t* out, std::int64_t outer, std::int64_t n, std::int64_t inner, bool largest);

}  // namespace xgrad::kernels

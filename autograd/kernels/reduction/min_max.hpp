#pragma once

#include <cstdint>

namespace xgrad::kernels {

// These read x as (outer, n, inner) and write (outer, inner); n > 0.

/// out[o, i] = the largest (or smallest) x[o, j, i] over j; NaN if any is.
template <class T>
void min_max(const T* x, T* out, std::int64_t outer, std::int64_t n, std::int64_t inner, bool largest);

/// out[o, i] = the first j that holds the largest (or smallest) x[o, j, i], or the first NaN.
template <class T>
void arg_min_max(const T* x, std::int64_t* out, std::int64_t outer, std::int64_t n, std::int64_t inner, bool largest);

}  // namespace xgrad::kernels

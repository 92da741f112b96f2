#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/indexing/along.hpp>

namespace xgrad::kernels {

/// Rows of at least so many elements are added by sum_listed_rows(); shorter ones have kernels of their own.
inline constexpr std::int64_t long_row = 16;

/// out[o, r, i] = base[o, r, i] + Σ in[o, j, i] over the j < count with rows[j] = r, in the order of j: float in double
/// and rounded once, int64 modulo 2^64, bool by or. `axis` holds the sizes of `out`, which may be `base`; where `base`
/// is null, sums begin at 0.
template <class T>
void sum_listed_rows(const T* in, const std::int64_t* rows, std::int64_t count, const T* base, T* out, Along axis);

}  // namespace xgrad::kernels

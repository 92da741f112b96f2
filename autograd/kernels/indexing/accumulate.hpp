#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/indexing/along.hpp>

namespace xgrad::kernels {

// Adding elements to others by index along an axis: `axis` holds the sizes of `out`, and every row and pick lies in 0
// .. n-1. Elements with the same target are added in the order of j, those of float in double and rounded once; bools
// are joined by or.

/// out = base, then out[o, rows[j], i] += in[o, j, i] for j < count. `base` may be `out`.
template <class T>
void accumulate_rows(const T* in, const std::int64_t* rows, std::int64_t count, const T* base, T* out, Along axis);
/// The same with out[o, picks[o, j, i], i] += in[o, j, i].
template <class T>
void accumulate_picks(const T* in, const std::int64_t* picks, std::int64_t count, const T* base, T* out, Along axis);

/// The larger (or smaller) of out[o, picks[o, j, i], i] and all in[o, j, i] that go there, NaN if one is; of the latter
/// alone unless `with_own`.
template <class T>
void extreme_picks(const T* in, const std::int64_t* picks, std::int64_t count, T* out, Along axis, bool largest,
                   bool with_own);

}  // namespace xgrad::kernels

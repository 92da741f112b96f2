#pragma once

#include <cstdint>

namespace xgrad::kernels {

/// The most rows of `out` that transpose_band takes: four cache lines of each row of `in`.
template <class T>
inline constexpr std::int64_t band_rows = 256 / static_cast<std::int64_t>(sizeof(T));

/// out[r, c] = in[c, r] for out (rows, columns) with row stride out_row and in with row stride in_row, where rows is at
/// most band_rows. Streaming writes past the caches, for arrays too large to stay there. T is float, double,
/// std::int64_t or unsigned char.
template <class T>
void transpose_band(const T* in, T* out, std::int64_t rows, std::int64_t columns, std::int64_t out_row,
                    std::int64_t in_row, bool streaming);

}  // namespace xgrad::kernels

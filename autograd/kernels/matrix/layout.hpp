#pragma once

#include <cstddef>
#include <cstdint>

namespace xgrad::kernels {

// Copies of contiguous arrays in another order.

/// out[j0, j1, ...] = in[Σ j_k stride_k] for a contiguous out of the given sizes.
template <class T>
void permute(const T* in, T* out, std::size_t rank, const std::int64_t* sizes, const std::int64_t* strides);

/// out[o, j, i] = in[o, start + j step, i] for in (outer, size, inner) and out (outer, count, inner).
template <class T>
void take_range(const T* in, T* out, std::int64_t outer, std::int64_t size, std::int64_t inner, std::int64_t start,
                std::int64_t step, std::int64_t count);

/// out[o, start + j step, i] = in[o, j, i], the inverse of take_range; the rest of out is left as it is.
template <class T>
void put_range(const T* in, T* out, std::int64_t outer, std::int64_t size, std::int64_t inner, std::int64_t start,
               std::int64_t step, std::int64_t count);

}  // namespace xgrad::kernels

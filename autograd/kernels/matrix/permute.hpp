#pragma once

#include <cstddef>
#include <cstdint>

namespace xgrad::kernels {

/// out[j0, j1, ...] = in[Σ j_k stride_k] for a contiguous out of the given sizes. T is a type of the element's size;
/// the values are not looked at.
template <class T>
void permute(const T* in, T* out, std::size_t rank, const std::int64_t* sizes, const std::int64_t* strides);

}  // namespace xgrad::kernels

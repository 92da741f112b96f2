#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/indexing/along.hpp>

namespace xgrad::kernels {

// T is a type of the element's size; the values are not looked at.

/// out[o, j, i] = in[o, start + j step, i] for j < count, with `axis` the sizes of `in`.
template <class T>
void take_range(const T* in, T* out, Along axis, std::int64_t start, std::int64_t step, std::int64_t count);

/// out[o, start + j step, i] = in[o, j, i], the inverse of take_range, with `axis` the sizes of `out`. The rest of
/// `out` is left as it is.
template <class T>
void put_range(const T* in, T* out, Along axis, std::int64_t start, std::int64_t step, std::int64_t count);

}  // namespace xgrad::kernels

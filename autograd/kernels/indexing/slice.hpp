#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/indexing/along.hpp>

namespace xgrad::kernels {

// Elements are copied as bits: T is any type of their size.

/// out[o, j, i] = in[o, start + j step, i] for j < count, with `axis` the sizes of `in`.
template <class T>
void take_range(const T* in, T* out, Along axis, std::int64_t start, std::int64_t step, std::int64_t count);

/// out[o, start + j step, i] = in[o, j, i], the inverse of take_range, with `axis` the sizes of `out`. The rest of
/// `out` is left as it is.
template <class T>
void put_range(const T* in, T* out, Along axis, std::int64_t start, std::int64_t step, std::int64_t count);

/// out[o, start + j step, i] += in[o, j, i], with `axis` the sizes of `out`. For float and double.
template <class T>
void add_range(const T* in, T* out, Along axis, std::int64_t start, std::int64_t step, std::int64_t count);

}  // namespace xgrad::kernels

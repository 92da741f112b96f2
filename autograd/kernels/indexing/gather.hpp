#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/indexing/along.hpp>

namespace xgrad::kernels {

// Reading elements by index along an axis: `axis` holds the sizes of `in`, and every row lies in 0 .. n-1. Elements
// are copied as bits: T is any type of their size.

/// out[o, j, i] = in[o, rows[j], i] for j < count.
template <class T>
void take_rows(const T* in, const std::int64_t* rows, std::int64_t count, T* out, Along axis);

/// out[o, j, i] = in[o, picks[o, j, i], i] for j < count. False if an index lies outside of 0 .. n-1; then `out` holds
/// nothing of use.
template <class T>
bool take_picks(const T* in, const std::int64_t* picks, std::int64_t count, T* out, Along axis);

}  // namespace xgrad::kernels

#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/indexing/along.hpp>

namespace xgrad::kernels {

// Writing elements by index along an axis: `axis` holds the sizes of `out`, and every row and pick lies in 0 .. n-1.
// Where an index is repeated, the last in the order of j stays. Elements that no index names are left as they are.

/// out[o, rows[j], i] = in[o, j, i] for j < count.
template <class T>
void put_rows(const T* in, const std::int64_t* rows, std::int64_t count, T* out, Along axis);
/// out[o, picks[o, j, i], i] = in[o, j, i] for j < count.
template <class T>
void put_picks(const T* in, const std::int64_t* picks, std::int64_t count, T* out, Along axis);

/// The same with one number for all elements of `in`.
template <class T>
void fill_rows(T number, const std::int64_t* rows, std::int64_t count, T* out, Along axis);
template <class T>
void fill_picks(T number, const std::int64_t* picks, std::int64_t count, T* out, Along axis);

/// Whether an index is repeated: two j have the same row, or in one line the same pick.
bool repeats_rows(const std::int64_t* rows, std::int64_t count, std::int64_t n);
bool repeats_picks(const std::int64_t* picks, std::int64_t count, Along axis);

/// last[j] (last[o, j, i]) is whether no later j has the same index: whether put_rows (put_picks) leaves its element.
void last_rows(const std::int64_t* rows, std::int64_t count, std::int64_t n, bool* last);
void last_picks(const std::int64_t* picks, std::int64_t count, Along axis, bool* last);

}  // namespace xgrad::kernels

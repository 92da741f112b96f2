#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/indexing/along.hpp>

namespace xgrad::kernels {

// Adding up elements by index along an axis, the adjoints of take_rows and take_picks: `axis` holds the sizes of `out`,
// which is overwritten, with 0 where no index points. Elements with the same target are added in the order of j, in
// double, and rounded once, so that a result does not depend on the number of threads. For float and double.

/// out[o, r, i] = Σ in[o, j, i] over the j < count with rows[j] = r.
template <class T>
void add_rows(const T* in, const std::int64_t* rows, std::int64_t count, T* out, Along axis);

/// out[o, r, i] = Σ in[o, j, i] over the j < count with picks[o, j, i] = r.
template <class T>
void add_picks(const T* in, const std::int64_t* picks, std::int64_t count, T* out, Along axis);

}  // namespace xgrad::kernels

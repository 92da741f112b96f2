#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/indexing/along.hpp>

namespace xgrad::kernels {

/// out[o, r, i] += Σ in[o, j, i] over the j < count with rows[j] = r, with the sum as add_rows() computes it. Touches
/// no other element of `out`. For float and double.
template <class T>
void add_rows_onto(const T* in, const std::int64_t* rows, std::int64_t count, T* out, Along axis);

}  // namespace xgrad::kernels

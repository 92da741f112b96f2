#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/indexing/along.hpp>

namespace xgrad::kernels {

// These write one number a line; n > 0.

/// out[o, i] = the largest (or smallest) x[o, j, i] over j; NaN if any is.
template <class T>
void min_max(const T* x, T* out, Along axis, bool largest);

/// out[o, i] = the first j that holds the largest (or smallest) x[o, j, i], or the first NaN.
template <class T>
void arg_min_max(const T* x, std::int64_t* out, Along axis, bool largest);

}  // namespace xgrad::kernels

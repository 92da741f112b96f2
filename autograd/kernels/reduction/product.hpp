#pragma once

#include <xgrad/autograd/kernels/indexing/along.hpp>

namespace xgrad::kernels {

/// out[o, i] = Π_j x[o, j, i], one number a line; 1 for n = 0. float is multiplied in double, int64 wraps around. The
/// order of multiplications depends on the sizes alone. 0 where a factor is 0 and all are finite, whatever overflows on
/// the way. For int64, float and double.
template <class T>
void product(const T* x, T* out, Along axis);

/// gx[o, j, i] = g[o, i] Π_{k != j} x[o, k, i], without a division. Products that overflow are computed again with
/// exponents of their own, so that the gradient is infinite only if it is beyond the range of numbers. For float and
/// double.
template <class T>
void product_backward(const T* x, const T* g, T* gx, Along axis);

}  // namespace xgrad::kernels

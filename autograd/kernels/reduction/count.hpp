#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/indexing/along.hpp>

namespace xgrad::kernels {

/// out[o, i] = the number of j for which x[o, j, i] is not 0; NaN is not. For bool, int64, float and double.
template <class T>
void count_nonzero(const T* x, std::int64_t* out, Along axis);

}  // namespace xgrad::kernels

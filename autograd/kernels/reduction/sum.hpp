#pragma once

#include <cstdint>
#include <type_traits>

#include <xgrad/autograd/kernels/indexing/along.hpp>

namespace xgrad::kernels {

/// The type in which numbers of type T are summed.
template <class T>
using Wide = std::conditional_t<std::is_floating_point_v<T>, double, std::int64_t>;

/// out[o, i] = Σ_j x[o, j, i], one number a line. The order of additions depends on the sizes alone.
template <class T>
void sum(const T* x, Wide<T>* out, Along axis);

}  // namespace xgrad::kernels

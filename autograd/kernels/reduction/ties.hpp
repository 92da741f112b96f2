#pragma once

#include <cstddef>
#include <cstdint>

namespace xgrad::kernels {

/// The gradient of a maximum or minimum over some axes: out = g / (number of ties) where x equals y, or where x is NaN,
/// else 0. x is contiguous, with `rank` axes of the given sizes; y and g have those that are not reduced.
template <class T>
void share_among_ties(const T* x, const T* y, const T* g, T* out, std::size_t rank, const std::int64_t* sizes,
                      const bool* reduced);

}  // namespace xgrad::kernels

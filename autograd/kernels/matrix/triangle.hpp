#pragma once

#include <cstdint>

namespace xgrad::kernels {

/// Which side of a diagonal is kept.
enum class Triangle : bool { lower, upper };

/// Of each of `count` contiguous matrices of rows x columns, the elements (i, j) with j - i <= diagonal (lower) or
/// j - i >= diagonal (upper), and zeros elsewhere.
template <class T>
void triangle(const T* in, T* out, std::int64_t count, std::int64_t rows, std::int64_t columns, std::int64_t diagonal,
              Triangle side);

}  // namespace xgrad::kernels

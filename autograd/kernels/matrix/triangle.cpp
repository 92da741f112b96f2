#include <xgrad/autograd/kernels/matrix/triangle.hpp>

#include <algorithm>

#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {

template <class T>
void triangle(const T* in, T* out, std::int64_t count, std::int64_t rows, std::int64_t columns, std::int64_t diagonal,
              Triangle side) {
  if (count == 0 || rows == 0 || columns == 0) return;
  // Where row i is cut: at column i + diagonal, with that column on the left for the lower triangle.
  const std::int64_t shift = std::clamp(diagonal, -rows, columns) + (side == Triangle::lower ? 1 : 0);
  parallel_ranges(count * rows, std::max<std::int64_t>(1, pointwise_grain / columns),
                  [=](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t r = begin; r < end; ++r) {
                      const std::int64_t cut = std::clamp<std::int64_t>(r % rows + shift, 0, columns);
                      const T* x = in + r * columns;
                      T* y = out + r * columns;
                      if (side == Triangle::lower) {
                        std::copy_n(x, cut, y);
                        std::fill_n(y + cut, columns - cut, T(0));
                      } else {
                        std::fill_n(y, cut, T(0));
                        std::copy_n(x + cut, columns - cut, y + cut);
                      }
                    }
                  });
}

#define XGRAD_TRIANGLE(T) \
  template void triangle(const T*, T*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, Triangle);
XGRAD_TRIANGLE(bool)
XGRAD_TRIANGLE(std::int64_t)
XGRAD_TRIANGLE(float)
XGRAD_TRIANGLE(double)
#undef XGRAD_TRIANGLE

}  // namespace xgrad::kernels

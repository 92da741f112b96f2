#include <xgrad/autograd/kernels/matrix/windows.hpp>

#include <algorithm>

#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {
namespace {

constexpr std::int64_t most_columns = 64;  // of the inner axis at a time, so that their sums stay in the cache

}  // namespace

template <class T>
void add_windows(const T* in, T* out, Along axis, Windows windows) {
  const std::int64_t n = axis.n, inner = axis.inner, size = windows.size, step = windows.step;
  if (n == 0 || axis.lines() == 0) return;
  const std::int64_t width = std::min(inner, most_columns), parts = (inner + width - 1) / width;
  const std::int64_t grain = std::max<std::int64_t>(1, pointwise_grain / ((n + windows.count * size) * width));
  parallel_ranges(axis.outer * parts, grain, [=](std::int64_t begin, std::int64_t end) {
    const detail::Scratch<double> room(n * width);
    double* const sums = room.data();
    for (std::int64_t unit = begin; unit < end; ++unit) {
      const std::int64_t o = unit / parts, first = unit % parts * width, columns = std::min(width, inner - first);
      std::fill_n(sums, n * columns, 0.0);
      for (std::int64_t w = 0; w < windows.count; ++w) {
        const T* from = in + ((o * windows.count + w) * inner + first) * size;
        double* const to = sums + w * step * columns;
        if (columns == 1) {
          for (std::int64_t j = 0; j < size; ++j) to[j] += static_cast<double>(from[j]);
          continue;
        }
        for (std::int64_t i = 0; i < columns; ++i, from += size)
          for (std::int64_t j = 0; j < size; ++j) to[j * columns + i] += static_cast<double>(from[j]);
      }
      for (std::int64_t p = 0; p < n; ++p)
        std::transform(sums + p * columns, sums + (p + 1) * columns, out + (o * n + p) * inner + first,
                       [](double sum) { return static_cast<T>(sum); });
    }
  });
}

template void add_windows(const float*, float*, Along, Windows);
template void add_windows(const double*, double*, Along, Windows);

}  // namespace xgrad::kernels

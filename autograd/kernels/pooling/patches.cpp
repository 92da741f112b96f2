#include <xgrad/autograd/kernels/pooling/patches.hpp>

#include <algorithm>

#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {
namespace {

// Calls f(place, row of windows, first element of the line that it reads, or -1) for every place and every row of
// windows of a plane.
template <class F>
void for_each_line(const SlidingWindows& by, const F& f) {
  const SlidingAxis &deep = by.axis[0], &high = by.axis[1], &wide = by.axis[2];
  for (std::int64_t place = 0; place < by.places(); ++place) {
    const std::int64_t i = place / (high.size * wide.size), j = place / wide.size % high.size;
    for (std::int64_t row = 0; row < by.rows_of_a_plane(); ++row) {
      const std::int64_t d = deep.start(row / high.count) + i * deep.dilation;
      const std::int64_t h = high.start(row % high.count) + j * high.dilation;
      const bool inside = d >= 0 && d < deep.n && h >= 0 && h < high.n;
      f(place, row, inside ? (d * high.n + h) * wide.n : -1);
    }
  }
}

template <class F>
void for_each_plane(const SlidingWindows& by, const F& f) {
  const std::int64_t work = by.elements() + by.places() * by.windows();
  parallel_ranges(by.planes, std::max<std::int64_t>(1, pointwise_grain / std::max<std::int64_t>(1, work)),
                  [&](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t p = begin; p < end; ++p) f(p * by.elements(), p * by.places() * by.windows());
                  });
}

}  // namespace

template <class T>
void patches(const T* in, T* out, const SlidingWindows& by) {
  const SlidingAxis& wide = by.axis[2];
  for_each_plane(by, [&](std::int64_t from, std::int64_t to) {
    for_each_line(by, [&](std::int64_t place, std::int64_t row, std::int64_t line) {
      T* const y = out + to + (place * by.rows_of_a_plane() + row) * wide.count;
      const std::int64_t k = place % wide.size;
      const Range windows = line < 0 ? Range{0, 0} : wide.windows(k);
      std::fill(y, y + windows.first, T(0));
      const std::int64_t first = from + line + (k * wide.dilation - wide.padding);
      for (std::int64_t w = windows.first; w < windows.past; ++w) y[w] = in[first + w * wide.stride];
      std::fill(y + windows.past, y + wide.count, T(0));
    });
  });
}

template <class T>
void add_patches(const T* in, T* out, const SlidingWindows& by) {
  const SlidingAxis& wide = by.axis[2];
  for_each_plane(by, [&](std::int64_t to, std::int64_t from) {
    std::fill_n(out + to, by.elements(), T(0));
    for_each_line(by, [&](std::int64_t place, std::int64_t row, std::int64_t line) {
      if (line < 0) return;
      const T* const x = in + from + (place * by.rows_of_a_plane() + row) * wide.count;
      const std::int64_t k = place % wide.size;
      const Range windows = wide.windows(k);
      const std::int64_t first = to + line + (k * wide.dilation - wide.padding);
      for (std::int64_t w = windows.first; w < windows.past; ++w) out[first + w * wide.stride] += x[w];
    });
  });
}

template void patches(const float*, float*, const SlidingWindows&);
template void patches(const double*, double*, const SlidingWindows&);
template void add_patches(const float*, float*, const SlidingWindows&);
template void add_patches(const double*, double*, const SlidingWindows&);

}  // namespace xgrad::kernels

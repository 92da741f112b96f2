#include <xgrad/autograd/kernels/pooling/average_pool.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <xgrad/autograd/kernels/pooling/max_pool.hpp>
#include <xgrad/autograd/kernels/pooling/pairs.hpp>
#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {
namespace {

using pairs::Block;

// The elements of a window along an axis, and how many count.
struct Span {
  std::int64_t first, past, count;
};

Span span_of(const Averaging& how, int axis, std::int64_t o) {
  const SlidingAxis& a = how.by.axis[axis];
  if (how.adaptive) {
    const Range window = adaptive_window(o, a.n, a.count);
    return {window.first, window.past, window.past - window.first};
  }
  const std::int64_t start = a.start(o), end = start + a.size;
  const std::int64_t first = std::max<std::int64_t>(0, start), past = std::max(first, std::min(end, a.n));
  return {first, past, how.padding_counts ? std::min(end, a.n + a.padding) - start : past - first};
}

// The spans of all windows along the last axis.
class Columns {
 public:
  explicit Columns(const Averaging& how) : room_(how.by.axis[2].count) {
    for (std::int64_t w = 0; w < how.by.axis[2].count; ++w) room_.data()[w] = span_of(how, 2, w);
  }
  const Span& operator[](std::int64_t w) const { return room_.data()[w]; }

 private:
  detail::Scratch<Span> room_;
};

double divisor_of(const Averaging& how, const Span& depth, const Span& height, const Span& width) {
  if (how.divisor != 0) return static_cast<double>(how.divisor);
  return static_cast<double>(depth.count) * static_cast<double>(height.count) * static_cast<double>(width.count);
}

bool is_quarters(const Averaging& how) {
  return !how.adaptive && (how.divisor == 0 || how.divisor == 4) && how.by.are_squares_of_two();
}

template <class T>
bool is_beyond(T mean) {
  return !(std::abs(mean) <= std::numeric_limits<T>::max());
}

template <int Width, class T>
void means_of_two_rows(const T* above, const T* below, T* out, std::int64_t n) {
  using Numbers = typename Block<T, Width>::Numbers;
  pairs::cover<Width>(n, [=](std::int64_t j) {
    const T *a = above + 2 * j, *b = below + 2 * j;
    const Numbers left = pairs::load<Numbers>(a) + pairs::load<Numbers>(b);
    const Numbers right = pairs::load<Numbers>(a + Width) + pairs::load<Numbers>(b + Width);
    Numbers p, q;
    pairs::split(left, right, p, q);
    pairs::store(Numbers((p + q) * T(0.25)), out + j);
  });
}

// The means of squares of two by two: a quarter of the sum. Where that overflows, the sum of quarters, which is not as
// exact, since a quarter may be subnormal.
template <class T>
void average_squares(const T* in, T* out, const SlidingWindows& by) {
  const std::int64_t width = by.axis[2].count;
  pairs::for_each_row_of_squares(in, by, [=](std::int64_t r, const T* above, const T* below) {
    T* const to = out + r * width;
    if (width >= 8)
      means_of_two_rows<8>(above, below, to, width);
    else if (width >= 4)
      means_of_two_rows<4>(above, below, to, width);
    else
      for (std::int64_t j = 0; j < width; ++j)
        to[j] = ((above[2 * j] + below[2 * j]) + (above[2 * j + 1] + below[2 * j + 1])) * T(0.25);
    int beyond = 0;
    for (std::int64_t j = 0; j < width; ++j) beyond |= is_beyond(to[j]) ? 1 : 0;
    for (std::int64_t j = 0; beyond != 0 && j < width; ++j)
      if (is_beyond(to[j]))
        to[j] = (above[2 * j] * T(0.25) + below[2 * j] * T(0.25)) +
                (above[2 * j + 1] * T(0.25) + below[2 * j + 1] * T(0.25));
  });
}

// A quarter of each number, twice, into two rows.
template <int Width, class T>
void spread_quarters(const T* in, T* above, T* below, std::int64_t n) {
  using Numbers = typename Block<T, Width>::Numbers;
  pairs::cover<Width>(n, [=](std::int64_t j) {
    const Numbers g = pairs::load<Numbers>(in + j) * T(0.25);
    Numbers a, b;
    pairs::join(g, g, a, b);
    for (T* row : {above, below}) {
      pairs::store(a, row + 2 * j);
      pairs::store(b, row + 2 * j + Width);
    }
  });
}

template <class T>
void spread_squares(const T* in, T* out, const SlidingWindows& by) {
  const std::int64_t height = by.axis[1].count, width = by.axis[2].count, out_width = by.axis[2].n;
  const std::int64_t out_height = by.axis[1].n, elements = out_height * out_width;
  const auto spread_plane = [=](std::int64_t p) {
    for (std::int64_t h = 0; h < height; ++h) {
      T* const above = out + p * elements + 2 * h * out_width;
      T* const below = above + out_width;
      const T* const from = in + (p * height + h) * width;
      if (width >= 8)
        spread_quarters<8>(from, above, below, width);
      else if (width >= 4)
        spread_quarters<4>(from, above, below, width);
      else
        for (std::int64_t j = 0; j < 2 * width; ++j) above[j] = below[j] = from[j / 2] * T(0.25);
      std::fill(above + 2 * width, above + out_width, T(0));
      std::fill(below + 2 * width, below + out_width, T(0));
    }
    std::fill(out + p * elements + 2 * height * out_width, out + (p + 1) * elements, T(0));
  };
  parallel_ranges(by.planes, std::max<std::int64_t>(1, pointwise_grain / elements),
                  [&](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t p = begin; p < end; ++p) spread_plane(p);
                  });
}

// Calls f(plane, first element of the line in it) for each line of the windows of a row.
template <class F>
void for_each_line(const Averaging& how, const Span& depth, const Span& height, const F& f) {
  for (std::int64_t d = depth.first; d < depth.past; ++d)
    for (std::int64_t h = height.first; h < height.past; ++h) f((d * how.by.axis[1].n + h) * how.by.axis[2].n);
}

// The mean of a window whose sum overflows, or has infinities: 2^64 times that of 2^-64 of each element.
template <class T>
double scaled_mean(const Averaging& how, const T* plane, const Span& depth, const Span& height, const Span& width) {
  double sum = 0;
  for_each_line(how, depth, height, [&](std::int64_t line) {
    for (std::int64_t i = width.first; i < width.past; ++i) sum += static_cast<double>(plane[line + i]) * 0x1p-64;
  });
  return sum / (divisor_of(how, depth, height, width) * 0x1p-64);
}

}  // namespace

template <class T>
void average_pool(const T* in, T* out, const Averaging& how) {
  const SlidingWindows& by = how.by;
  if (by.planes == 0 || by.windows() == 0) return;
  if (is_quarters(how)) return average_squares(in, out, by);
  const std::int64_t n = by.axis[2].n, width = by.axis[2].count, high = by.axis[1].count, rows = by.rows_of_a_plane();
  const std::int64_t grain = std::max<std::int64_t>(1, pointwise_grain / (by.elements() / rows + width + 1));
  parallel_ranges(by.planes * rows, grain, [&](std::int64_t begin, std::int64_t end) {
    const Columns columns(how);
    const detail::Scratch<double> room(n);
    double* const sums = room.data();  // of the lines that a row of windows covers
    for (std::int64_t r = begin; r < end; ++r) {
      const T* const plane = in + r / rows * by.elements();
      const Span depth = span_of(how, 0, r % rows / high), height = span_of(how, 1, r % high);
      std::fill_n(sums, n, 0.0);
      for_each_line(how, depth, height, [=](std::int64_t line) {
        for (std::int64_t i = 0; i < n; ++i) sums[i] += static_cast<double>(plane[line + i]);
      });
      for (std::int64_t w = 0; w < width; ++w) {
        const Span& span = columns[w];
        double sum = 0;
        for (std::int64_t i = span.first; i < span.past; ++i) sum += sums[i];
        const bool any = span.first < span.past && depth.first < depth.past && height.first < height.past;
        const double mean = sum / divisor_of(how, depth, height, span);
        out[r * width + w] = !any                 ? T(0)
                             : std::isfinite(sum) ? static_cast<T>(mean)
                                                  : static_cast<T>(scaled_mean(how, plane, depth, height, span));
      }
    }
  });
}

template <class T>
void average_pool_adjoint(const T* in, T* out, const Averaging& how) {
  const SlidingWindows& by = how.by;
  if (by.planes == 0 || by.elements() == 0) return;
  if (is_quarters(how)) return spread_squares(in, out, by);
  const std::int64_t n = by.axis[2].n, width = by.axis[2].count, high = by.axis[1].count, rows = by.rows_of_a_plane();
  const std::int64_t grain = std::max<std::int64_t>(1, pointwise_grain / (by.elements() + by.windows()));
  parallel_ranges(by.planes, grain, [&](std::int64_t begin, std::int64_t end) {
    const Columns columns(how);
    const detail::Scratch<T> room(n);
    T* const shares = room.data();  // that a row of windows gives to each line that it covers
    for (std::int64_t p = begin; p < end; ++p) {
      T* const plane = out + p * by.elements();
      std::fill_n(plane, by.elements(), T(0));
      for (std::int64_t r = 0; r < rows; ++r) {
        const T* const from = in + (p * rows + r) * width;
        const Span depth = span_of(how, 0, r / high), height = span_of(how, 1, r % high);
        if (depth.first == depth.past || height.first == height.past) continue;
        std::fill_n(shares, n, T(0));
        for (std::int64_t w = 0; w < width; ++w) {
          const Span& span = columns[w];
          if (span.first == span.past) continue;
          const T share = static_cast<T>(static_cast<double>(from[w]) / divisor_of(how, depth, height, span));
          for (std::int64_t i = span.first; i < span.past; ++i) shares[i] += share;
        }
        for_each_line(how, depth, height, [=](std::int64_t line) {
          for (std::int64_t i = 0; i < n; ++i) plane[line + i] += shares[i];
        });
      }
    }
  });
}

template void average_pool(const float*, float*, const Averaging&);
template void average_pool(const double*, double*, const Averaging&);
template void average_pool_adjoint(const float*, float*, const Averaging&);
template void average_pool_adjoint(const double*, double*, const Averaging&);

}  // namespace xgrad::kernels

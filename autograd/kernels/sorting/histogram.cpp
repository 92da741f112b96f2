#include <xgrad/autograd/kernels/sorting/histogram.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {
namespace {

// A comparison with NaN is false: then the search goes on to the right, as PyTorch's does.
template <class T>
std::int64_t place_of(const T* sorted, std::int64_t n, T value, bool right) {
  std::int64_t begin = 0, end = n;
  while (begin < end) {
    const std::int64_t middle = begin + (end - begin) / 2;
    const bool found = right ? sorted[middle] > value : sorted[middle] >= value;
    if (found)
      end = middle;
    else
      begin = middle + 1;
  }
  return begin;
}

}  // namespace

void count_values(const std::int64_t* x, std::int64_t n, std::int64_t* counts, std::int64_t size) {
  std::fill_n(counts, size, std::int64_t{0});
  for (std::int64_t i = 0; i < n; ++i) ++counts[x[i]];
}

template <class T>
void sum_weights(const std::int64_t* x, const T* weight, std::int64_t n, T* sums, std::int64_t size) {
  const detail::Scratch<double> wide(size);
  std::fill_n(wide.data(), size, 0.0);
  for (std::int64_t i = 0; i < n; ++i) wide.data()[x[i]] += static_cast<double>(weight[i]);
  std::transform(wide.data(), wide.data() + size, sums, [](double sum) { return static_cast<T>(sum); });
}

template <class T>
void count_bins(const T* x, std::int64_t n, T* counts, std::int64_t bins, T low, T high) {
  const detail::Scratch<std::int64_t> whole(bins);
  std::fill_n(whole.data(), bins, std::int64_t{0});
  const T scale = static_cast<T>(bins);
  // Where the products below would overflow, all numbers are taken times a power of two.
  const bool far = !std::isfinite((high - low) * scale);
  const T unit = far ? std::ldexp(T(1), -std::numeric_limits<T>::max_exponent / 4 * 3) : T(1);
  const T first = low * unit, width = high * unit - first;
  for (std::int64_t i = 0; i < n; ++i) {
    if (!(x[i] >= low && x[i] <= high)) continue;
    const T place = (x[i] * unit - first) * scale / width;
    const std::int64_t bin = place < scale ? static_cast<std::int64_t>(place) : bins - 1;
    ++whole.data()[std::min(bin, bins - 1)];
  }
  std::transform(whole.data(), whole.data() + bins, counts, [](std::int64_t count) { return static_cast<T>(count); });
}

template <class T>
void search_sorted(const T* sorted, std::int64_t n, bool one_line, const T* value, std::int64_t lines,
                   std::int64_t count, std::int64_t* index, bool right) {
  parallel_ranges(lines * count, pointwise_grain / 16, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      index[i] = place_of(one_line ? sorted : sorted + i / count * n, n, value[i], right);
  });
}

template void sum_weights(const std::int64_t*, const float*, std::int64_t, float*, std::int64_t);
template void sum_weights(const std::int64_t*, const double*, std::int64_t, double*, std::int64_t);
template void count_bins(const float*, std::int64_t, float*, std::int64_t, float, float);
template void count_bins(const double*, std::int64_t, double*, std::int64_t, double, double);
template void search_sorted(const std::int64_t*, std::int64_t, bool, const std::int64_t*, std::int64_t, std::int64_t,
                            std::int64_t*, bool);
template void search_sorted(const float*, std::int64_t, bool, const float*, std::int64_t, std::int64_t, std::int64_t*,
                            bool);
template void search_sorted(const double*, std::int64_t, bool, const double*, std::int64_t, std::int64_t, std::int64_t*,
                            bool);

}  // namespace xgrad::kernels

#include <xgrad/autograd/kernels/reduce.hpp>

#include <algorithm>
#include <vector>

#include <xgrad/autograd/kernels/parallel.hpp>

namespace xgrad::kernels {
namespace {

constexpr std::int64_t block = 32768;  // elements that are summed as one leaf of the tree

// Integers wrap around, as everywhere.
template <class W>
W plus(W a, W b) {
  if constexpr (std::is_floating_point_v<W>) return a + b;
  else return static_cast<W>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

template <class T>
Wide<T> sum_run(const T* x, std::int64_t n) {
  constexpr int lanes = 32;
  Wide<T> part[lanes] = {};
  std::int64_t j = 0;
  for (; j + lanes <= n; j += lanes)
    for (int i = 0; i < lanes; ++i) part[i] = plus(part[i], static_cast<Wide<T>>(x[j + i]));
  for (int i = 0; j < n; ++j, ++i) part[i] = plus(part[i], static_cast<Wide<T>>(x[j]));
  for (int width = lanes / 2; width > 0; width /= 2)
    for (int i = 0; i < width; ++i) part[i] = plus(part[i], part[i + width]);
  return part[0];
}

template <class T>
Wide<T> sum_line(const T* x, std::int64_t n) {
  if (n <= block) return sum_run(x, n);
  std::vector<Wide<T>> parts(static_cast<std::size_t>((n + block - 1) / block));
  parallel_for(static_cast<std::int64_t>(parts.size()), [&](std::int64_t i) {
    parts[static_cast<std::size_t>(i)] = sum_run(x + i * block, std::min(block, n - i * block));
  });
  return sum_line(parts.data(), static_cast<std::int64_t>(parts.size()));
}

template <class T>
void sum_columns(const T* x, Wide<T>* out, std::int64_t n, std::int64_t inner) {
  std::fill_n(out, inner, Wide<T>(0));
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = 0; i < inner; ++i) out[i] = plus(out[i], static_cast<Wide<T>>(x[j * inner + i]));
}

// Tall matrices are cut into bands of rows, whose sums are then summed.
template <class T>
void sum_tall(const T* x, Wide<T>* out, std::int64_t n, std::int64_t inner) {
  const std::int64_t rows = std::max<std::int64_t>(16, 4 * block / inner);
  if (n <= rows) return sum_columns(x, out, n, inner);
  const std::int64_t bands = (n + rows - 1) / rows;
  std::vector<Wide<T>> parts(static_cast<std::size_t>(bands * inner));
  parallel_for(bands, [&](std::int64_t band) {
    sum_columns(x + band * rows * inner, parts.data() + band * inner, std::min(rows, n - band * rows), inner);
  });
  sum_columns(parts.data(), out, bands, inner);
}

template <class T>
bool beats(T a, T b, bool largest) {
  return (largest ? a > b : a < b) || (a != a && b == b);
}

std::int64_t grain(std::int64_t work) { return std::max<std::int64_t>(1, block / std::max<std::int64_t>(1, work)); }

}  // namespace

template <class T>
void sum(const T* x, Wide<T>* out, std::int64_t outer, std::int64_t n, std::int64_t inner) {
  if (n == 0 || inner == 0) {
    std::fill_n(out, outer * inner, Wide<T>(0));
    return;
  }
  parallel_ranges(outer, grain(n * inner), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t o = begin; o < end; ++o) {
      if (inner == 1) out[o] = sum_line(x + o * n, n);
      else sum_tall(x + o * n * inner, out + o * inner, n, inner);
    }
  });
}

template <class T>
void extreme(const T* x, T* out, std::int64_t outer, std::int64_t n, std::int64_t inner, bool largest) {
  parallel_ranges(outer, grain(n * inner), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t o = begin; o < end; ++o) {
      const T* from = x + o * n * inner;
      T* to = out + o * inner;
      std::copy_n(from, inner, to);
      for (std::int64_t j = 1; j < n; ++j)
        for (std::int64_t i = 0; i < inner; ++i)
          if (beats(from[j * inner + i], to[i], largest)) to[i] = from[j * inner + i];
    }
  });
}

template <class T>
void arg_extreme(const T* x, std::int64_t* out, std::int64_t outer, std::int64_t n, std::int64_t inner, bool largest) {
  parallel_ranges(outer, grain(n * inner), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t o = begin; o < end; ++o) {
      const T* from = x + o * n * inner;
      std::int64_t* to = out + o * inner;
      std::fill_n(to, inner, std::int64_t{0});
      for (std::int64_t j = 1; j < n; ++j)
        for (std::int64_t i = 0; i < inner; ++i)
          if (beats(from[j * inner + i], from[to[i] * inner + i], largest)) to[i] = j;
    }
  });
}

template void sum(const float*, double*, std::int64_t, std::int64_t, std::int64_t);
template void sum(const double*, double*, std::int64_t, std::int64_t, std::int64_t);
template void sum(const std::int64_t*, std::int64_t*, std::int64_t, std::int64_t, std::int64_t);
template void extreme(const float*, float*, std::int64_t, std::int64_t, std::int64_t, bool);
template void extreme(const double*, double*, std::int64_t, std::int64_t, std::int64_t, bool);
template void extreme(const std::int64_t*, std::int64_t*, std::int64_t, std::int64_t, std::int64_t, bool);
template void arg_extreme(const float*, std::int64_t*, std::int64_t, std::int64_t, std::int64_t, bool);
template void arg_extreme(const double*, std::int64_t*, std::int64_t, std::int64_t, std::int64_t, bool);
template void arg_extreme(const std::int64_t*, std::int64_t*, std::int64_t, std::int64_t, std::int64_t, bool);

}  // namespace xgrad::kernels

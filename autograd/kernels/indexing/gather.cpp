#include <xgrad/autograd/kernels/indexing/gather.hpp>

#include <algorithm>
#include <atomic>
#include <cstring>

#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {
namespace {

// Calls f(o, first, last) for runs first .. last-1 of the slices of each block of the output, on several threads if
// there are many.
template <class F>
void over_slices(Along axis, std::int64_t count, const F& f) {
  if (axis.inner == 0 || count == 0) return;
  const std::int64_t grain = std::max<std::int64_t>(1, pointwise_grain / std::max<std::int64_t>(1, axis.inner));
  parallel_ranges(axis.outer * count, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t o = begin / count, j = begin % count; begin < end; ++o, j = 0) {
      const std::int64_t last = end - begin < count - j ? j + (end - begin) : count;
      f(o, j, last);
      begin += last - j;
    }
  });
}

// The slices rows[first .. last-1] of a block, of a size that is known when compiling.
template <int inner, class T>
void take_short(const T* block, const std::int64_t* rows, T* out, std::int64_t first, std::int64_t last) {
  for (std::int64_t j = first; j < last; ++j) std::memcpy(out + j * inner, block + rows[j] * inner, inner * sizeof(T));
}

}  // namespace

template <class T>
void take_rows(const T* in, const std::int64_t* rows, std::int64_t count, T* out, Along axis) {
  const std::int64_t inner = axis.inner;
  over_slices(axis, count, [=](std::int64_t o, std::int64_t first, std::int64_t last) {
    const T* block = in + o * axis.n * inner;
    T* to = out + o * count * inner;
    switch (inner) {
      case 1:
        return take_short<1>(block, rows, to, first, last);
      case 2:
        return take_short<2>(block, rows, to, first, last);
      case 3:
        return take_short<3>(block, rows, to, first, last);
      case 4:
        return take_short<4>(block, rows, to, first, last);
      case 8:
        return take_short<8>(block, rows, to, first, last);
      case 16:
        return take_short<16>(block, rows, to, first, last);
      default:
        for (std::int64_t j = first; j < last; ++j) std::copy_n(block + rows[j] * inner, inner, to + j * inner);
    }
  });
}

template <class T>
bool take_picks(const T* in, const std::int64_t* picks, std::int64_t count, T* out, Along axis) {
  const std::int64_t inner = axis.inner, n = axis.n;
  std::atomic<bool> inside{true};
  over_slices(axis, count, [=, &inside](std::int64_t o, std::int64_t first, std::int64_t last) {
    const T* block = in + o * n * inner;
    const std::int64_t* pick = picks + o * count * inner;
    T* to = out + o * count * inner;
    // Without a sign, since the difference overflows for very negative indices; these have set the upper bit
    // themselves.
    std::uint64_t bits = 0;  // the upper one is set if an index is negative or exceeds n - 1
    for (std::int64_t j = first * inner; j < last * inner; ++j) {
      const auto index = static_cast<std::uint64_t>(pick[j]);
      bits |= index | (static_cast<std::uint64_t>(n) - 1 - index);
    }
    if (bits >> 63 != 0) return inside.store(false, std::memory_order_relaxed);
    if (inner == 1) {
      for (std::int64_t j = first; j < last; ++j) to[j] = block[pick[j]];
      return;
    }
    for (std::int64_t j = first; j < last; ++j)
      for (std::int64_t i = 0; i < inner; ++i) to[j * inner + i] = block[pick[j * inner + i] * inner + i];
  });
  return inside.load(std::memory_order_relaxed);
}

#define XGRAD_GATHER(T)                                                            \
  template void take_rows(const T*, const std::int64_t*, std::int64_t, T*, Along); \
  template bool take_picks(const T*, const std::int64_t*, std::int64_t, T*, Along);
XGRAD_GATHER(bool)
XGRAD_GATHER(std::int64_t)
XGRAD_GATHER(float)
XGRAD_GATHER(double)
#undef XGRAD_GATHER

}  // namespace xgrad::kernels

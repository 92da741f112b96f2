#include <xgrad/autograd/kernels/indexing/gather.hpp>

#include <algorithm>

#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {
namespace {

// Calls f(o, j) for every slice of the output, on several threads if there are many.
template <class F>
void over_slices(Along axis, std::int64_t count, const F& f) {
  const std::int64_t grain = std::max<std::int64_t>(1, pointwise_grain / std::max<std::int64_t>(1, axis.inner));
  parallel_ranges(axis.outer * count, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t k = begin; k < end; ++k) f(k / count, k % count);
  });
}

}  // namespace

template <class T>
void take_rows(const T* in, const std::int64_t* rows, std::int64_t count, T* out, Along axis) {
  over_slices(axis, count, [=](std::int64_t o, std::int64_t j) {
    std::copy_n(in + (o * axis.n + rows[j]) * axis.inner, axis.inner, out + (o * count + j) * axis.inner);
  });
}

template <class T>
void take_picks(const T* in, const std::int64_t* picks, std::int64_t count, T* out, Along axis) {
  over_slices(axis, count, [=](std::int64_t o, std::int64_t j) {
    const T* block = in + o * axis.n * axis.inner;
    const std::int64_t first = (o * count + j) * axis.inner;
    for (std::int64_t i = 0; i < axis.inner; ++i) out[first + i] = block[picks[first + i] * axis.inner + i];
  });
}

#define XGRAD_GATHER(T)                                                            \
  template void take_rows(const T*, const std::int64_t*, std::int64_t, T*, Along); \
  template void take_picks(const T*, const std::int64_t*, std::int64_t, T*, Along);
XGRAD_GATHER(bool)
XGRAD_GATHER(std::int64_t)
XGRAD_GATHER(float)
XGRAD_GATHER(double)
#undef XGRAD_GATHER

}  // namespace xgrad::kernels

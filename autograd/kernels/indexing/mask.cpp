#include <xgrad/autograd/kernels/indexing/mask.hpp>

#include <algorithm>

#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {
namespace {

// Calls f(begin, end, number of true ones before begin) for chunks of the mask.
template <class F>
void over_chunks(const bool* mask, std::int64_t n, const F& f) {
  const std::int64_t chunks = (n + pointwise_grain - 1) / pointwise_grain;
  const detail::Scratch<std::int64_t> room(chunks);
  std::int64_t* const before = room.data();
  const auto past = [=](std::int64_t c) { return std::min(n, (c + 1) * pointwise_grain); };
  if (chunks > 1)
    parallel_for(chunks, [&](std::int64_t c) {
      before[c] = count_true(mask + c * pointwise_grain, past(c) - c * pointwise_grain);
    });
  std::int64_t sum = 0;
  for (std::int64_t c = 0; c < chunks; ++c) {
    const std::int64_t here = chunks > 1 ? before[c] : 0;
    before[c] = sum;
    sum += here;
  }
  if (chunks > 0) parallel_for(chunks, [&](std::int64_t c) { f(c * pointwise_grain, past(c), before[c]); });
}

constexpr std::int64_t block = 256;

// Writes element(i) for every true i from begin on. A block is gathered without branches, then copied.
template <class T, class F>
void gather_true(const bool* mask, std::int64_t begin, std::int64_t end, T* out, const F& element) {
  T near[block + 1];
  for (std::int64_t first = begin; first < end; first += block) {
    const std::int64_t last = std::min(end, first + block);
    std::int64_t k = 0;
    for (std::int64_t i = first; i < last; ++i) {
      near[k] = element(i);
      k += mask[i];
    }
    out = std::copy_n(near, k, out);
  }
}

}  // namespace

std::int64_t count_true(const bool* mask, std::int64_t n) {
  std::int64_t sum = 0;
  for (std::int64_t first = 0; first < n; first += block) {
    std::uint16_t here = 0;
    const std::int64_t last = std::min(n, first + block);
    for (std::int64_t i = first; i < last; ++i) here = static_cast<std::uint16_t>(here + mask[i]);
    sum += here;
  }
  return sum;
}

void true_places(const bool* mask, std::int64_t n, std::int64_t* places) {
  over_chunks(mask, n, [=](std::int64_t begin, std::int64_t end, std::int64_t before) {
    gather_true(mask, begin, end, places + before, [](std::int64_t i) { return i; });
  });
}

template <class T>
void take_true(const T* in, const bool* mask, std::int64_t n, T* out) {
  over_chunks(mask, n, [=](std::int64_t begin, std::int64_t end, std::int64_t before) {
    gather_true(mask, begin, end, out + before, [=](std::int64_t i) { return in[i]; });
  });
}

template <class T>
void put_true(const T* in, std::int64_t count, const bool* mask, std::int64_t n, const T* otherwise, T* out) {
  if (count == 0) {  // there is no element to read
    for (std::int64_t i = 0; i < n; ++i) out[i] = otherwise == nullptr ? T(0) : otherwise[i];
    return;
  }
  over_chunks(mask, n, [=](std::int64_t begin, std::int64_t end, std::int64_t k) {
    for (std::int64_t i = begin; i < end; ++i) {
      const T next = in[std::min(k, count - 1)], other = otherwise == nullptr ? T(0) : otherwise[i];
      out[i] = mask[i] ? next : other;
      k += mask[i];
    }
  });
}

template <class T>
void fill_true(T number, const bool* mask, std::int64_t n, T* out) {
  parallel_ranges(n, pointwise_grain, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) out[i] = mask[i] ? number : out[i];
  });
}

#define XGRAD_MASK(T)                                                                      \
  template void take_true(const T*, const bool*, std::int64_t, T*);                        \
  template void put_true(const T*, std::int64_t, const bool*, std::int64_t, const T*, T*); \
  template void fill_true(T, const bool*, std::int64_t, T*);
XGRAD_MASK(bool)
XGRAD_MASK(std::int64_t)
XGRAD_MASK(float)
XGRAD_MASK(double)
#undef XGRAD_MASK

}  // namespace xgrad::kernels

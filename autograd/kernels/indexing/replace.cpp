#include <xgrad/autograd/kernels/indexing/replace.hpp>

#include <algorithm>

#include <xgrad/autograd/kernels/runtime/parallel.hpp>
#include <xgrad/autograd/kernels/runtime/scratch_vector.hpp>

namespace xgrad::kernels {
namespace {

// Calls f(o, first, last) for ranges of columns of each block, which write to disjoint memory.
template <class F>
void over_columns(Along axis, std::int64_t count, const F& f) {
  if (count == 0 || axis.lines() == 0) return;
  const std::int64_t inner = axis.inner;
  const std::int64_t width = std::min(inner, std::max<std::int64_t>(16, pointwise_grain / count));
  const std::int64_t parts = (inner + width - 1) / width;
  parallel_ranges(axis.outer * parts, std::max<std::int64_t>(1, pointwise_grain / (count * width)),
                  [&](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t unit = begin; unit < end; ++unit) {
                      const std::int64_t first = unit % parts * width;
                      f(unit / parts, first, std::min(inner, first + width));
                    }
                  });
}

// A set of places of an array.
class Seen {
 public:
  explicit Seen(std::int64_t places) : bits_(static_cast<std::size_t>((places + 63) / 64)) {}
  // Whether the place was in the set already; adds it.
  bool again(std::int64_t place) {
    std::uint64_t& word = bits_[static_cast<std::size_t>(place / 64)];
    const std::uint64_t bit = std::uint64_t{1} << (place % 64), before = word & bit;
    word |= bit;
    return before != 0;
  }

 private:
  detail::ScratchVector<std::uint64_t> bits_;
};

}  // namespace

template <class T>
void put_rows(const T* in, const std::int64_t* rows, std::int64_t count, T* out, Along axis) {
  const std::int64_t n = axis.n, inner = axis.inner;
  over_columns(axis, count, [=](std::int64_t o, std::int64_t first, std::int64_t last) {
    const T* from = in + o * count * inner;
    T* to = out + o * n * inner;
    if (inner == 1) {
      for (std::int64_t j = 0; j < count; ++j) to[rows[j]] = from[j];
      return;
    }
    for (std::int64_t j = 0; j < count; ++j)
      std::copy(from + j * inner + first, from + j * inner + last, to + rows[j] * inner + first);
  });
}

template <class T>
void put_picks(const T* in, const std::int64_t* picks, std::int64_t count, T* out, Along axis) {
  const std::int64_t n = axis.n, inner = axis.inner;
  if (inner == 1) {
    over_columns(axis, count, [=](std::int64_t o, std::int64_t, std::int64_t) {
      const T* from = in + o * count;
      T* to = out + o * n;
      for (std::int64_t j = 0; j < count; ++j) to[picks[o * count + j]] = from[j];
    });
    return;
  }
  over_columns(axis, count, [=](std::int64_t o, std::int64_t first, std::int64_t last) {
    T* to = out + o * n * inner;
    for (std::int64_t j = 0; j < count; ++j) {
      const std::int64_t row = (o * count + j) * inner;
      for (std::int64_t i = first; i < last; ++i) to[picks[row + i] * inner + i] = in[row + i];
    }
  });
}

template <class T>
void fill_rows(T number, const std::int64_t* rows, std::int64_t count, T* out, Along axis) {
  const std::int64_t n = axis.n, inner = axis.inner;
  over_columns(axis, count, [=](std::int64_t o, std::int64_t first, std::int64_t last) {
    for (std::int64_t j = 0; j < count; ++j) std::fill_n(out + (o * n + rows[j]) * inner + first, last - first, number);
  });
}

template <class T>
void fill_picks(T number, const std::int64_t* picks, std::int64_t count, T* out, Along axis) {
  const std::int64_t n = axis.n, inner = axis.inner;
  over_columns(axis, count, [=](std::int64_t o, std::int64_t first, std::int64_t last) {
    for (std::int64_t j = 0; j < count; ++j)
      for (std::int64_t i = first; i < last; ++i)
        out[(o * n + picks[(o * count + j) * inner + i]) * inner + i] = number;
  });
}

bool repeats_rows(const std::int64_t* rows, std::int64_t count, std::int64_t n) {
  if (count > n) return true;
  Seen seen(n);
  for (std::int64_t j = 0; j < count; ++j)
    if (seen.again(rows[j])) return true;
  return false;
}

bool repeats_picks(const std::int64_t* picks, std::int64_t count, Along axis) {
  if (count > axis.n) return axis.lines() > 0;
  Seen seen(axis.lines() * axis.n);
  for (std::int64_t o = 0; o < axis.outer; ++o)
    for (std::int64_t j = 0; j < count; ++j)
      for (std::int64_t i = 0; i < axis.inner; ++i, ++picks)
        if (seen.again((o * axis.n + *picks) * axis.inner + i)) return true;
  return false;
}

void last_rows(const std::int64_t* rows, std::int64_t count, std::int64_t n, bool* last) {
  Seen seen(n);
  for (std::int64_t j = count; j-- > 0;) last[j] = !seen.again(rows[j]);
}

void last_picks(const std::int64_t* picks, std::int64_t count, Along axis, bool* last) {
  Seen seen(axis.lines() * axis.n);
  for (std::int64_t o = 0; o < axis.outer; ++o)
    for (std::int64_t j = count; j-- > 0;)
      for (std::int64_t i = 0; i < axis.inner; ++i) {
        const std::int64_t at = (o * count + j) * axis.inner + i;
        last[at] = !seen.again((o * axis.n + picks[at]) * axis.inner + i);
      }
}

#define XGRAD_REPLACE(T)                                                           \
  template void put_rows(const T*, const std::int64_t*, std::int64_t, T*, Along);  \
  template void put_picks(const T*, const std::int64_t*, std::int64_t, T*, Along); \
  template void fill_rows(T, const std::int64_t*, std::int64_t, T*, Along);        \
  template void fill_picks(T, const std::int64_t*, std::int64_t, T*, Along);
XGRAD_REPLACE(bool)
XGRAD_REPLACE(std::int64_t)
XGRAD_REPLACE(float)
XGRAD_REPLACE(double)
#undef XGRAD_REPLACE

}  // namespace xgrad::kernels

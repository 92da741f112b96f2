#include <xgrad/autograd/kernels/indexing/scatter.hpp>

#include <algorithm>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/kernels/indexing/inverse.hpp>
#include <xgrad/autograd/kernels/indexing/row_sums.hpp>
#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {
namespace {

using detail::Scratch;

// The rounding error of one addition in T, and the output index that it belongs to.
struct Loss {
  std::int64_t at;
  double part;
};

// Columns begin .. end-1 of one block: element (j, i) of in (count, inner) is added to element (row(j, i), i) of out
// (n, inner).
template <class T, class Row>
struct Block {
  const T* in;
  T* out;
  std::int64_t n, count, inner, begin, end;
  const Row& row;

  // Calls f(output index, element) for all elements, in the order of j.
  template <class F>
  void each(const F& f) const {
    for (std::int64_t j = 0; j < count; ++j)
      for (std::int64_t i = begin; i < end; ++i) f(row(j, i) * inner + i, in[j * inner + i]);
  }
  // The same with the index in a buffer that holds these columns only.
  template <class F>
  void each_inside(const F& f) const {
    for (std::int64_t j = 0; j < count; ++j)
      for (std::int64_t i = begin; i < end; ++i) f(row(j, i) * (end - begin) + (i - begin), in[j * inner + i]);
  }

  // Sums in T; `out` must hold zeros.
  void add() const {
    each([&](std::int64_t to, T x) { out[to] += x; });
  }

  // The same, and keeps the rounding errors of the additions, which make the sums exact when they are added at the end.
  // False if there are too many errors to keep, or one is NaN, as after an overflow. By Knuth's two-sum, a + b = s + e
  // for s = a + b rounded, t = s - a and e = (a - (s - t)) + (b - t).
  bool add_with_losses() const {
    const auto most = static_cast<std::size_t>(std::max<std::int64_t>(16, count * (end - begin) / 8));
    const Scratch<Loss> room(most);
    Loss* const lost = room.data();
    std::size_t losses = 0;
    for (std::int64_t j = 0; j < count; ++j)
      for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t at = row(j, i) * inner + i;
        const T a = out[at], b = in[j * inner + i], s = a + b;
        out[at] = s;
        if (a == 0) continue;
        const T t = s - a, e = (a - (s - t)) + (b - t);
        if (e == 0) continue;
        if (losses == most || e != e) return false;
        lost[losses++] = {at, static_cast<double>(e)};
      }
    std::sort(lost, lost + losses, [](const Loss& x, const Loss& y) { return x.at < y.at; });
    for (std::size_t k = 0; k < losses;) {
      const std::int64_t at = lost[k].at;
      double rest = 0;
      for (; k < losses && lost[k].at == at; ++k) rest += lost[k].part;
      out[at] = static_cast<T>(static_cast<double>(out[at]) + rest);
    }
    return true;
  }

  // Sums in double at those output positions only that receive an element.
  void add_to_some() const {
    const std::int64_t width = end - begin;
    const Scratch<double> room(n * width);
    double* sums = room.data();
    each_inside([&](std::int64_t at, T) { sums[at] = 0; });
    each_inside([&](std::int64_t at, T x) { sums[at] += static_cast<double>(x); });
    for (std::int64_t j = 0; j < count; ++j)
      for (std::int64_t i = begin; i < end; ++i)
        out[row(j, i) * inner + i] = static_cast<T>(sums[row(j, i) * width + (i - begin)]);
  }

  // Sums in double at all output positions; `out` need not be initialised.
  void add_to_all() const {
    const std::int64_t width = end - begin, lines = width == inner ? 1 : n, length = width == inner ? n * inner : width;
    const Scratch<double> room(n * width);
    double* sums = room.data();
    std::fill_n(sums, n * width, 0.0);
    each_inside([&](std::int64_t at, T x) { sums[at] += static_cast<double>(x); });
    for (std::int64_t r = 0; r < lines; ++r)
      std::transform(sums + r * length, sums + (r + 1) * length, out + r * inner + begin,
                     [](double sum) { return static_cast<T>(sum); });
  }
};

// Every block is cut into ranges of columns, so that the output positions of one range stay in the cache. row(o, j, i)
// is the output row to which an element is added.
template <class T, class Row>
void add_blocks(const T* in, std::int64_t count, T* out, Along axis, const Row& row) {
  const std::int64_t n = axis.n, inner = axis.inner;
  if (n == 0 || axis.lines() == 0) return;
  // The sum of two elements is rounded only once, in T too.
  const bool narrow = std::is_same_v<T, double> || count <= 2;
  const bool some = narrow || 4 * count < n;
  const std::int64_t met = std::max<std::int64_t>(1, some ? count : n);
  const std::int64_t width = std::min(inner, std::max<std::int64_t>(16, pointwise_grain / met));
  const std::int64_t parts = (inner + width - 1) / width;
  const std::int64_t grain = std::max<std::int64_t>(1, pointwise_grain / ((n + count) * width));
  parallel_ranges(axis.outer * parts, grain, [&](std::int64_t first, std::int64_t last) {
    if (some && parts == 1) std::fill_n(out + first * n * inner, (last - first) * n * inner, T(0));
    for (std::int64_t k = first; k < last; ++k) {
      const std::int64_t o = k / parts, begin = k % parts * width, end = std::min(inner, begin + width);
      T* to = out + o * n * inner;
      for (std::int64_t r = 0; some && parts > 1 && r < n; ++r)
        std::fill(to + r * inner + begin, to + r * inner + end, T(0));
      const auto here = [&](std::int64_t j, std::int64_t i) { return row(o, j, i); };
      const Block<T, decltype(here)> block{in + o * count * inner, to, n, count, inner, begin, end, here};
      if (narrow)
        block.add();
      else if (!some)
        block.add_to_all();
      else if (!block.add_with_losses())
        block.add_to_some();
    }
  });
}

// For many blocks of short rows. The rows of the output to which one row or two go are written without a sum in double:
// the sum of two elements is rounded only once.
template <class T>
void add_short_rows(const T* in, const std::int64_t* rows, std::int64_t count, T* out, Along axis) {
  const std::int64_t n = axis.n, inner = axis.inner;
  const Inverse inverse(rows, count, n);
  const std::int64_t *first = inverse.first.data(), *order = inverse.order.data();
  struct Pair {
    std::int64_t to, a, b;
  };
  const Scratch<Pair> ones(n), twos(n);
  const Scratch<std::int64_t> others(n);
  std::int64_t one = 0, two = 0, other = 0;
  for (std::int64_t r = 0; r < n; ++r) {
    const std::int64_t k = first[r], met = first[r + 1] - k;
    if (met == 1) ones.data()[one++] = {r * inner, order[k] * inner, 0};
    if (met == 2) twos.data()[two++] = {r * inner, order[k] * inner, order[k + 1] * inner};
    if (met > 2) others.data()[other++] = r;
  }
  const std::int64_t grain = std::max<std::int64_t>(1, pointwise_grain / ((n + count) * inner));
  parallel_ranges(axis.outer, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t o = begin; o < end; ++o) {
      const T* __restrict from = in + o * count * inner;
      T* __restrict to = out + o * n * inner;
      std::fill_n(to, n * inner, T(0));
      for (const Pair* p = ones.data(); p < ones.data() + one; ++p)
        for (std::int64_t i = 0; i < inner; ++i) to[p->to + i] = T(0) + from[p->a + i];
      for (const Pair* p = twos.data(); p < twos.data() + two; ++p)
        for (std::int64_t i = 0; i < inner; ++i) to[p->to + i] = T(0) + from[p->a + i] + from[p->b + i];
      for (std::int64_t k = 0; k < other; ++k)
        for (std::int64_t r = others.data()[k], i = 0; i < inner; ++i) {
          double sum = 0;
          for (std::int64_t j = first[r]; j < first[r + 1]; ++j) sum += static_cast<double>(from[order[j] * inner + i]);
          to[r * inner + i] = static_cast<T>(sum);
        }
    }
  });
}

}  // namespace

template <class T>
void add_rows(const T* in, const std::int64_t* rows, std::int64_t count, T* out, Along axis) {
  const std::int64_t n = axis.n, inner = axis.inner;
  if (n == 0 || axis.lines() == 0) return;
  if (inner >= long_row) return sum_listed_rows(in, rows, count, static_cast<const T*>(nullptr), out, axis);
  if (axis.outer >= 4) return add_short_rows(in, rows, count, out, axis);
  add_blocks(in, count, out, axis, [=](std::int64_t, std::int64_t j, std::int64_t) { return rows[j]; });
}

template <class T>
void add_picks(const T* in, const std::int64_t* picks, std::int64_t count, T* out, Along axis) {
  const std::int64_t inner = axis.inner;
  add_blocks(in, count, out, axis,
             [=](std::int64_t o, std::int64_t j, std::int64_t i) { return picks[(o * count + j) * inner + i]; });
}

#define XGRAD_SCATTER(T)                                                          \
  template void add_rows(const T*, const std::int64_t*, std::int64_t, T*, Along); \
  template void add_picks(const T*, const std::int64_t*, std::int64_t, T*, Along);
XGRAD_SCATTER(float)
XGRAD_SCATTER(double)
#undef XGRAD_SCATTER

}  // namespace xgrad::kernels

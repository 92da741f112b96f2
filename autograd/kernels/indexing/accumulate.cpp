#include <xgrad/autograd/kernels/indexing/accumulate.hpp>

#include <algorithm>
#include <numeric>
#include <type_traits>

#include <xgrad/autograd/kernels/indexing/added.hpp>
#include <xgrad/autograd/kernels/indexing/row_sums.hpp>
#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {
namespace {

// Whether so few of so many places are met that sums of all are not worth their memory.
bool are_few(std::int64_t count, std::int64_t places, std::int64_t width) {
  return count <= places / 16 && places > pointwise_grain / width;
}

// The numbers 0 .. count-1 in the order of their places, and those of one place in their own.
template <class Place>
void sort_by(std::int64_t* order, std::int64_t count, const Place& place) {
  std::iota(order, order + count, std::int64_t{0});
  std::sort(order, order + count, [&](std::int64_t a, std::int64_t b) {
    const std::int64_t of_a = place(a), of_b = place(b);
    return of_a != of_b ? of_a < of_b : a < b;
  });
}

// to(place) += x(j) in double for the numbers j in that order, rounded once for each place.
template <class Place, class To, class From>
void add_sorted(const std::int64_t* order, std::int64_t count, const Place& place, const To& to, const From& x) {
  for (std::int64_t k = 0; k < count;) {
    const std::int64_t here = place(order[k]);
    auto& sum = to(here);
    auto wide = static_cast<double>(sum);
    for (; k < count && place(order[k]) == here; ++k) wide += static_cast<double>(x(order[k]));
    sum = static_cast<std::decay_t<decltype(sum)>>(wide);
  }
}

// Columns first .. last-1 of a block: element (j, i) of `in` is added to element (row(j, i), i) of `out`.
template <class T, class Row>
struct Block {
  const T* in;
  T* out;
  std::int64_t n, count, inner, first, last;
  const Row& row;

  template <class F>
  void each(const F& f) const {
    for (std::int64_t j = 0; j < count; ++j)
      for (std::int64_t i = first; i < last; ++i) {
        const std::int64_t r = row(j, i);
        f(r * inner + i, r * (last - first) + (i - first), in[j * inner + i]);
      }
  }
  void add() const {
    each([&](std::int64_t to, std::int64_t, T x) { out[to] = added(out[to], x); });
  }
  // In double, at those places only that receive an element.
  void add_to_some(double* sums) const {
    each([&](std::int64_t to, std::int64_t at, T) { sums[at] = static_cast<double>(out[to]); });
    each([&](std::int64_t, std::int64_t at, T x) { sums[at] += static_cast<double>(x); });
    each([&](std::int64_t to, std::int64_t at, T) { out[to] = static_cast<T>(sums[at]); });
  }
  // The same without room for all places. With `one`, the places are the same in every column.
  void add_to_few(std::int64_t* order, bool one) const {
    for (std::int64_t i = first; i < last; ++i) {
      const auto place = [&](std::int64_t j) { return row(j, i); };
      if (i == first || !one) sort_by(order, count, place);
      add_sorted(
          order, count, place, [&](std::int64_t r) -> T& { return out[r * inner + i]; },
          [&](std::int64_t j) { return in[j * inner + i]; });
    }
  }
  // In double, at all places.
  void add_to_all(double* sums) const {
    const std::int64_t width = last - first;
    for (std::int64_t r = 0; r < n; ++r)
      std::transform(out + r * inner + first, out + r * inner + last, sums + r * width,
                     [](T x) { return static_cast<double>(x); });
    each([&](std::int64_t, std::int64_t at, T x) { sums[at] += static_cast<double>(x); });
    for (std::int64_t r = 0; r < n; ++r)
      std::transform(sums + r * width, sums + (r + 1) * width, out + r * inner + first,
                     [](double sum) { return static_cast<T>(sum); });
  }
};

template <class T, class Row>
void add_blocks(const T* in, std::int64_t count, const T* base, T* out, Along axis, bool one, const Row& row) {
  const std::int64_t n = axis.n, inner = axis.inner;
  if (n == 0 || axis.lines() == 0) return;
  if (base != out) std::copy_n(base, n * axis.lines(), out);
  if (count == 0) return;
  // One sum of two elements is rounded only once in T too.
  const bool narrow = !std::is_same_v<T, float> || count == 1, some = 4 * count < n;
  const std::int64_t met = narrow || some ? count : n;
  const std::int64_t width = std::min(inner, std::max<std::int64_t>(16, pointwise_grain / met));
  const std::int64_t parts = (inner + width - 1) / width;
  const bool few = !narrow && are_few(count, n, width);
  const std::int64_t grain = std::max<std::int64_t>(1, pointwise_grain / ((met + count) * width));
  parallel_ranges(axis.outer * parts, grain, [&](std::int64_t begin, std::int64_t end) {
    const detail::Scratch<double> room(narrow || few ? 0 : n * width);
    const detail::Scratch<std::int64_t> order(few ? count : 0);
    for (std::int64_t unit = begin; unit < end; ++unit) {
      const std::int64_t o = unit / parts, first = unit % parts * width, last = std::min(inner, first + width);
      const auto here = [&](std::int64_t j, std::int64_t i) { return row(o, j, i); };
      const Block<T, decltype(here)> block{
          in + o * count * inner, out + o * n * inner, n, count, inner, first, last, here};
      if (narrow)
        block.add();
      else if (few)
        block.add_to_few(order.data(), one);
      else if (some)
        block.add_to_some(room.data());
      else
        block.add_to_all(room.data());
    }
  });
}

// Lines of neighbouring elements: the elements of line o go to the places pick(o)[j] of the line.
template <class T, class Pick>
void add_lines(const T* in, std::int64_t count, const T* base, T* out, Along axis, const Pick& pick) {
  const std::int64_t n = axis.n;
  if (n == 0 || axis.outer == 0 || (count == 0 && base == out)) return;
  const bool narrow = !std::is_same_v<T, float> || count == 1, some = 4 * count < n;
  const bool few = !narrow && are_few(count, n, 1);
  const std::int64_t work = count + (base == out && (narrow || some) ? count : n);
  const std::int64_t grain = std::max<std::int64_t>(1, pointwise_grain / work);
  parallel_ranges(axis.outer, grain, [&](std::int64_t begin, std::int64_t end) {
    const detail::Scratch<double> room(narrow || few ? 0 : n);
    const detail::Scratch<std::int64_t> order(few ? count : 0);
    double* const sums = room.data();
    for (std::int64_t o = begin; o < end; ++o) {
      const T *const from = in + o * count, *const before = base + o * n;
      T* const to = out + o * n;
      const std::int64_t* const at = pick(o);
      if (before != to && (narrow || some)) std::copy_n(before, n, to);
      if (narrow) {
        for (std::int64_t j = 0; j < count; ++j) to[at[j]] = added(to[at[j]], from[j]);
        continue;
      }
      if (few) {
        const auto place = [at](std::int64_t j) { return at[j]; };
        sort_by(order.data(), count, place);
        add_sorted(
            order.data(), count, place, [to](std::int64_t r) -> T& { return to[r]; },
            [from](std::int64_t j) { return from[j]; });
        continue;
      }
      if (some)
        for (std::int64_t j = 0; j < count; ++j) sums[at[j]] = static_cast<double>(to[at[j]]);
      else
        std::transform(before, before + n, sums, [](T x) { return static_cast<double>(x); });
      for (std::int64_t j = 0; j < count; ++j) sums[at[j]] += static_cast<double>(from[j]);
      if (some)
        for (std::int64_t j = 0; j < count; ++j) to[at[j]] = static_cast<T>(sums[at[j]]);
      else
        std::transform(sums, sums + n, to, [](double sum) { return static_cast<T>(sum); });
    }
  });
}

}  // namespace

template <class T>
void accumulate_rows(const T* in, const std::int64_t* rows, std::int64_t count, const T* base, T* out, Along axis) {
  if (axis.inner == 1) return add_lines(in, count, base, out, axis, [rows](std::int64_t) { return rows; });
  if (axis.inner >= long_row) return sum_listed_rows(in, rows, count, base, out, axis);
  add_blocks(in, count, base, out, axis, true, [=](std::int64_t, std::int64_t j, std::int64_t) { return rows[j]; });
}

template <class T>
void accumulate_picks(const T* in, const std::int64_t* picks, std::int64_t count, const T* base, T* out, Along axis) {
  const std::int64_t inner = axis.inner;
  if (inner == 1) return add_lines(in, count, base, out, axis, [=](std::int64_t o) { return picks + o * count; });
  add_blocks(in, count, base, out, axis, false,
             [=](std::int64_t o, std::int64_t j, std::int64_t i) { return picks[(o * count + j) * inner + i]; });
}

template <class T>
void extreme_picks(const T* in, const std::int64_t* picks, std::int64_t count, T* out, Along axis, bool largest,
                   bool with_own) {
  const std::int64_t n = axis.n, inner = axis.inner;
  const std::int64_t grain = std::max<std::int64_t>(1, pointwise_grain / std::max<std::int64_t>(1, count * inner));
  parallel_ranges(axis.outer, grain, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t o = begin; o < end; ++o) {
      const T* from = in + o * count * inner;
      const std::int64_t* pick = picks + o * count * inner;
      T* to = out + o * n * inner;
      if (!with_own)
        for (std::int64_t e = 0; e < count * inner; ++e) to[pick[e] * inner + e % inner] = from[e];
      for (std::int64_t e = 0; e < count * inner; ++e) {
        T& y = to[pick[e] * inner + e % inner];
        const T x = from[e];
        if ((largest ? x > y : x < y) || x != x) y = x;
      }
    }
  });
}

#define XGRAD_ACCUMULATE(T)                                                                         \
  template void accumulate_rows(const T*, const std::int64_t*, std::int64_t, const T*, T*, Along);  \
  template void accumulate_picks(const T*, const std::int64_t*, std::int64_t, const T*, T*, Along); \
  template void extreme_picks(const T*, const std::int64_t*, std::int64_t, T*, Along, bool, bool);
XGRAD_ACCUMULATE(bool)
XGRAD_ACCUMULATE(std::int64_t)
XGRAD_ACCUMULATE(float)
XGRAD_ACCUMULATE(double)
#undef XGRAD_ACCUMULATE

}  // namespace xgrad::kernels

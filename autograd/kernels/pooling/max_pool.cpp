#include <xgrad/autograd/kernels/pooling/max_pool.hpp>

#include <algorithm>
#include <limits>

#include <xgrad/autograd/kernels/pooling/pairs.hpp>
#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {
namespace {

using pairs::Block;

// ---- windows of 2 x 2

// A NaN is better than everything before it, an earlier NaN included; no number is better than a NaN.
template <class V>
auto better(const V& next, const V& best) {
  return (next > best) | (next != next);
}

template <int Width, bool Coded, class T>
void maxima_of_two_rows(const T* above, const T* below, T* out, std::uint8_t* codes, std::int64_t n) {
  using Numbers = typename Block<T, Width>::Numbers;
  using Codes = typename Block<T, Width>::Codes;
  pairs::cover<Width>(n, [=](std::int64_t j) {
    const T *a = above + 2 * j, *b = below + 2 * j;
    Numbers p, q, r, s;
    pairs::split(pairs::load<Numbers>(a), pairs::load<Numbers>(a + Width), p, q);
    pairs::split(pairs::load<Numbers>(b), pairs::load<Numbers>(b + Width), r, s);
    const Codes second = better(q, p), fourth = better(s, r);  // -1 for true
    const Numbers top = second ? q : p, bottom = fourth ? s : r;
    const Codes lower = better(bottom, top);
    pairs::store(Numbers(lower ? bottom : top), out + j);
    if constexpr (Coded) {
      const Codes code = lower ? 2 - fourth : -second;
      pairs::store(__builtin_convertvector(code, typename Block<T, Width>::Bytes), codes + j);
    }
  });
}

template <bool Coded, class T>
void maxima_of_two_short_rows(const T* above, const T* below, T* out, std::uint8_t* codes, std::int64_t n) {
  for (std::int64_t j = 0; j < n; ++j) {
    const T x[4] = {above[2 * j], above[2 * j + 1], below[2 * j], below[2 * j + 1]};
    std::uint8_t best = 0;
    for (std::uint8_t k = 1; k < 4; ++k)
      if (better(x[k], x[best])) best = k;
    out[j] = x[best];
    if (Coded) codes[j] = best;
  }
}

template <bool Coded, class T>
void max_pool_squares(const T* in, T* out, std::uint8_t* codes, const SlidingWindows& by) {
  const std::int64_t width = by.axis[2].count;
  pairs::for_each_row_of_squares(in, by, [=](std::int64_t r, const T* above, const T* below) {
    std::uint8_t* const code = Coded ? codes + r * width : nullptr;
    if (width >= 8)
      maxima_of_two_rows<8, Coded>(above, below, out + r * width, code, width);
    else if (width >= 4)
      maxima_of_two_rows<4, Coded>(above, below, out + r * width, code, width);
    else
      maxima_of_two_short_rows<Coded>(above, below, out + r * width, code, width);
  });
}

template <int Width, class T>
void give_two_rows(const T* in, const std::uint8_t* codes, T* above, T* below, std::int64_t n) {
  using Numbers = typename Block<T, Width>::Numbers;
  using Codes = typename Block<T, Width>::Codes;
  pairs::cover<Width>(n, [=](std::int64_t j) {
    const Numbers g = pairs::load<Numbers>(in + j), zero = {};
    const Codes code = __builtin_convertvector(pairs::load<typename Block<T, Width>::Bytes>(codes + j), Codes);
    Numbers a, b;
    pairs::join(Numbers(code == 0 ? g : zero), Numbers(code == 1 ? g : zero), a, b);
    pairs::store(a, above + 2 * j);
    pairs::store(b, above + 2 * j + Width);
    pairs::join(Numbers(code == 2 ? g : zero), Numbers(code == 3 ? g : zero), a, b);
    pairs::store(a, below + 2 * j);
    pairs::store(b, below + 2 * j + Width);
  });
}

template <class T>
void give_squares(const T* in, const std::uint8_t* codes, T* out, const SlidingWindows& by) {
  const std::int64_t height = by.axis[1].count, width = by.axis[2].count, out_width = by.axis[2].n;
  const std::int64_t out_height = by.axis[1].n, elements = out_height * out_width;
  parallel_ranges(by.planes, std::max<std::int64_t>(1, pointwise_grain / elements),
                  [=](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t p = begin; p < end; ++p)
                      for (std::int64_t h = 0; h < out_height; h += 2) {
                        T* const above = out + p * elements + h * out_width;
                        if (h + 1 >= 2 * height) {  // no window has the rows that are left
                          std::fill(above, out + (p + 1) * elements, T(0));
                          break;
                        }
                        T* const below = above + out_width;
                        const std::int64_t at = (p * height + h / 2) * width;
                        if (width >= 8)
                          give_two_rows<8>(in + at, codes + at, above, below, width);
                        else if (width >= 4)
                          give_two_rows<4>(in + at, codes + at, above, below, width);
                        else
                          for (std::int64_t j = 0; j < 2 * width; ++j) {
                            const std::int64_t w = at + j / 2;
                            above[j] = codes[w] == j % 2 ? in[w] : T(0);
                            below[j] = codes[w] == 2 + j % 2 ? in[w] : T(0);
                          }
                        std::fill(above + 2 * width, above + out_width, T(0));
                        std::fill(below + 2 * width, below + out_width, T(0));
                      }
                  });
}

// ---- windows of any form

// One element of each of n windows, `stride` apart, against the best ones so far and their places.
template <class T, class I>
void compare_each(const T* from, std::int64_t stride, I place, T* best, I* places, std::int64_t n) {
  for (std::int64_t j = 0; j < n; ++j) {
    const T next = from[j * stride], old = best[j];
    const bool wins = better(next, old);
    best[j] = wins ? next : old;
    places[j] = wins ? place : places[j];
  }
}
template <int Width, int Stride, class T, class I>
void compare_blocks(const T* from, I place, T* best, I* places, std::int64_t n) {
  using Numbers = typename Block<T, Width>::Numbers;
  using Codes = typename Block<T, Width>::Codes;
  pairs::cover<Width>(n, [=](std::int64_t j) {  // a block that is compared twice changes nothing
    const T* const x = from + Stride * j;
    Numbers next = pairs::load<Numbers>(x), between;
    if constexpr (Stride == 2) pairs::split(Numbers(next), pairs::load<Numbers>(x + Width), next, between);
    const Numbers old = pairs::load<Numbers>(best + j);
    const Codes wins = better(next, old);
    pairs::store(Numbers(wins ? next : old), best + j);
    pairs::store(Codes(wins ? Codes{} + place : pairs::load<Codes>(places + j)), places + j);
  });
}
template <int Stride, class T, class I>
void compare_near(const T* from, I place, T* best, I* places, std::int64_t n) {
  // A block of stride 2 reads one element more than its last window has.
  const std::int64_t blocks = n - (Stride - 1), first = blocks < 4 ? 0 : blocks;
  if (blocks >= 8)
    compare_blocks<8, Stride>(from, place, best, places, blocks);
  else if (blocks >= 4)
    compare_blocks<4, Stride>(from, place, best, places, blocks);
  compare_each(from + Stride * first, Stride, place, best + first, places + first, n - first);
}

// A row of windows: their largest elements, and the place of each, -1 where there is none.
template <class T>
class RowOfMaxima {
 public:
  using Place = typename pairs::IntegerLike<T>::type;

  explicit RowOfMaxima(const SlidingWindows& by) : by_(by), places_(by.axis[2].count) {}

  const Place* compute(const T* plane, std::int64_t row, T* out) {
    const SlidingAxis &deep = by_.axis[0], &high = by_.axis[1], &wide = by_.axis[2];
    const std::int64_t d = row / high.count, h = row % high.count;
    std::fill_n(out, wide.count, -std::numeric_limits<T>::infinity());
    std::fill_n(places_.data(), wide.count, Place(-1));
    const Range depths = deep.places(d), heights = high.places(h);
    for (std::int64_t i = depths.first; i < depths.past; ++i)
      for (std::int64_t j = heights.first; j < heights.past; ++j) {
        const std::int64_t line = (deep.start(d) + i * deep.dilation) * high.n + high.start(h) + j * high.dilation;
        compare_line(plane + line * wide.n, (i * high.size + j) * wide.size, out);
      }
    const bool any = depths.first < depths.past && heights.first < heights.past;
    for (std::int64_t w = 0; any && w < wide.count; ++w) {
      const Range places = wide.places(w);
      // All elements are -inf: the first one wins.
      if (places_.data()[w] < 0 && places.first < places.past)
        places_.data()[w] = static_cast<Place>((depths.first * high.size + heights.first) * wide.size + places.first);
    }
    return places_.data();
  }

 private:
  void compare_line(const T* line, std::int64_t place, T* out) {
    const SlidingAxis& wide = by_.axis[2];
    const std::int64_t first = wide.places(wide.count - 1).first, past = wide.places(0).past;
    for (std::int64_t k = first; k < past; ++k) {
      const Range windows = wide.windows(k);
      const std::int64_t n = windows.past - windows.first;
      if (n <= 0) continue;
      const T* const from = line + wide.start(windows.first) + k * wide.dilation;
      T* const best = out + windows.first;
      Place* const places = places_.data() + windows.first;
      const auto here = static_cast<Place>(place + k);
      if (wide.stride == 1)
        compare_near<1>(from, here, best, places, n);
      else if (wide.stride == 2)
        compare_near<2>(from, here, best, places, n);
      else
        compare_each(from, wide.stride, here, best, places, n);
    }
  }

  const SlidingWindows& by_;
  const detail::Scratch<Place> places_;
};

// Calls f(row maxima, plane, row, its number among all rows) for every row of windows.
template <class T, class F>
void for_each_row(const T* in, T* out, const SlidingWindows& by, const F& f) {
  const std::int64_t width = by.axis[2].count, rows = by.rows_of_a_plane();
  const std::int64_t work = std::min(pointwise_grain, width) * std::min(pointwise_grain, by.places());
  parallel_ranges(by.planes * rows, std::max<std::int64_t>(1, pointwise_grain / work),
                  [&](std::int64_t begin, std::int64_t end) {
                    RowOfMaxima<T> maxima(by);
                    for (std::int64_t r = begin; r < end; ++r)
                      f(maxima.compute(in + r / rows * by.elements(), r % rows, out + r * width), r);
                  });
}

// Where a place of a window stands in its plane, counted from the window's first place.
std::int64_t offset_of(std::int64_t place, const SlidingWindows& by) {
  const SlidingAxis &deep = by.axis[0], &high = by.axis[1], &wide = by.axis[2];
  const std::int64_t i = place / (high.size * wide.size), j = place / wide.size % high.size, k = place % wide.size;
  return (i * deep.dilation * high.n + j * high.dilation) * wide.n + k * wide.dilation;
}
// Where the first place of the first window of a row stands; it may be padding, before the plane.
std::int64_t start_of(std::int64_t row, const SlidingWindows& by) {
  const SlidingAxis &deep = by.axis[0], &high = by.axis[1], &wide = by.axis[2];
  return (deep.start(row / high.count) * high.n + high.start(row % high.count)) * wide.n + wide.start(0);
}

struct Offsets {
  explicit Offsets(const SlidingWindows& by) {
    for (std::int64_t k = 0; k < by.places(); ++k) of[k] = offset_of(k, by);
  }
  std::int64_t of[most_coded_places + 1];
};

// Calls begin(plane) and then f(window, element) for each window of the plane, with their numbers in the arrays; of
// windows without an element only where there can be such, with -1.
template <class B, class F>
void for_each_coded(const std::uint8_t* codes, const SlidingWindows& by, const B& begin_plane, const F& f) {
  const std::int64_t width = by.axis[2].count, stride = by.axis[2].stride, rows = by.rows_of_a_plane();
  const Offsets offsets(by);
  const bool full = !by.may_be_empty();
  const std::int64_t grain = std::max<std::int64_t>(1, pointwise_grain / (by.elements() + by.windows()));
  parallel_ranges(by.planes, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t p = begin; p < end; ++p) {
      begin_plane(p);
      for (std::int64_t r = 0; r < rows; ++r) {
        const std::int64_t first = (p * rows + r) * width, start = p * by.elements() + start_of(r, by);
        const std::uint8_t* const code = codes + first;
        for (std::int64_t w = 0; w < width; ++w)
          f(first + w, full || code[w] != most_coded_places ? start + w * stride + offsets.of[code[w]] : -1);
      }
    }
  });
}

template <class F>
void for_each_plane(Chosen by, const F& f) {
  const std::int64_t work = by.elements + by.count;
  parallel_ranges(by.planes, std::max<std::int64_t>(1, pointwise_grain / std::max<std::int64_t>(1, work)),
                  [&](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t p = begin; p < end; ++p) f(p * by.elements, p * by.count);
                  });
}

}  // namespace

template <class T>
void max_pool(const T* in, T* out, std::uint8_t* codes, const SlidingWindows& by) {
  if (by.planes == 0 || by.windows() == 0) return;
  if (by.are_squares_of_two())
    return codes != nullptr ? max_pool_squares<true>(in, out, codes, by) : max_pool_squares<false>(in, out, codes, by);
  const std::int64_t width = by.axis[2].count;
  for_each_row(in, out, by, [=](const auto* places, std::int64_t r) {
    if (codes == nullptr) return;
    std::transform(places, places + width, codes + r * width, [](auto k) { return static_cast<std::uint8_t>(k); });
  });
}

template <class T>
void max_pool_indices(const T* in, T* out, std::int64_t* indices, const SlidingWindows& by) {
  if (by.planes == 0 || by.windows() == 0) return;
  const std::int64_t width = by.axis[2].count, stride = by.axis[2].stride, rows = by.rows_of_a_plane();
  for_each_row(in, out, by, [&](const auto* places, std::int64_t r) {
    const std::int64_t start = start_of(r % rows, by);
    for (std::int64_t w = 0; w < width; ++w)
      indices[r * width + w] = places[w] < 0 ? -1 : start + w * stride + offset_of(places[w], by);
  });
}

template <class T>
void take_coded(const T* in, const std::uint8_t* codes, T* out, const SlidingWindows& by) {
  if (by.planes == 0 || by.windows() == 0) return;
  for_each_coded(
      codes, by, [](std::int64_t) {},
      [=](std::int64_t window, std::int64_t element) { out[window] = element < 0 ? T(0) : in[element]; });
}

template <class T>
void give_coded(const T* in, const std::uint8_t* codes, T* out, const SlidingWindows& by) {
  const std::int64_t elements = by.elements();
  if (by.planes == 0 || elements == 0) return;
  if (by.are_squares_of_two()) return give_squares(in, codes, out, by);
  for_each_coded(
      codes, by, [=](std::int64_t p) { std::fill_n(out + p * elements, elements, T(0)); },
      [=](std::int64_t window, std::int64_t element) {
        if (element >= 0) out[element] += in[window];
      });
}

template <class T>
void take_indexed(const T* in, const std::int64_t* indices, T* out, Chosen by) {
  for_each_plane(by, [=](std::int64_t from, std::int64_t to) {
    for (std::int64_t i = to; i < to + by.count; ++i) out[i] = indices[i] < 0 ? T(0) : in[from + indices[i]];
  });
}

template <class T>
void give_indexed(const T* in, const std::int64_t* indices, T* out, Chosen by) {
  for_each_plane(by, [=](std::int64_t to, std::int64_t from) {
    std::fill_n(out + to, by.elements, T(0));
    for (std::int64_t i = from; i < from + by.count; ++i)
      if (indices[i] >= 0) out[to + indices[i]] += in[i];
  });
}

template <class T>
void put_indexed(const T* in, const std::int64_t* indices, T* out, Chosen by) {
  for_each_plane(by, [=](std::int64_t to, std::int64_t from) {
    std::fill_n(out + to, by.elements, T(0));
    for (std::int64_t i = from; i < from + by.count; ++i) out[to + indices[i]] = in[i];
  });
}

template <class T>
void take_put(const T* in, const std::int64_t* indices, T* out, Chosen by) {
  for_each_plane(by, [=](std::int64_t from, std::int64_t to) {
    const detail::Scratch<std::int64_t> room(by.elements);
    std::int64_t* const writer = room.data();
    for (std::int64_t i = to; i < to + by.count; ++i) writer[indices[i]] = i;
    for (std::int64_t i = to; i < to + by.count; ++i) out[i] = writer[indices[i]] == i ? in[from + indices[i]] : T(0);
  });
}

template <class T>
void adaptive_max_pool(const T* in, T* out, std::int64_t* indices, const SlidingWindows& by) {
  if (by.windows() == 0) return;
  const SlidingAxis &deep = by.axis[0], &high = by.axis[1], &wide = by.axis[2];
  for_each_plane({by.planes, by.elements(), by.windows()}, [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t i = 0; i < by.windows(); ++i) {
      const Range depths = adaptive_window(i / (high.count * wide.count), deep.n, deep.count);
      const Range heights = adaptive_window(i / wide.count % high.count, high.n, high.count);
      const Range widths = adaptive_window(i % wide.count, wide.n, wide.count);
      std::int64_t best = (depths.first * high.n + heights.first) * wide.n + widths.first;
      for (std::int64_t d = depths.first; d < depths.past; ++d)
        for (std::int64_t h = heights.first; h < heights.past; ++h)
          for (std::int64_t w = widths.first; w < widths.past; ++w) {
            const std::int64_t next = (d * high.n + h) * wide.n + w;
            if (better(in[from + next], in[from + best])) best = next;
          }
      out[to + i] = in[from + best];
      indices[to + i] = best;
    }
  });
}

#define XGRAD_INSTANTIATE(T)                                                          \
  template void max_pool(const T*, T*, std::uint8_t*, const SlidingWindows&);         \
  template void max_pool_indices(const T*, T*, std::int64_t*, const SlidingWindows&); \
  template void take_coded(const T*, const std::uint8_t*, T*, const SlidingWindows&); \
  template void give_coded(const T*, const std::uint8_t*, T*, const SlidingWindows&); \
  template void take_indexed(const T*, const std::int64_t*, T*, Chosen);              \
  template void give_indexed(const T*, const std::int64_t*, T*, Chosen);              \
  template void put_indexed(const T*, const std::int64_t*, T*, Chosen);               \
  template void take_put(const T*, const std::int64_t*, T*, Chosen);                  \
  template void adaptive_max_pool(const T*, T*, std::int64_t*, const SlidingWindows&)
XGRAD_INSTANTIATE(float);
XGRAD_INSTANTIATE(double);
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <xgrad/autograd/kernels/indexing/along.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>
#include <xgrad/autograd/kernels/simd/partial.hpp>
#include <xgrad/autograd/kernels/simd/wide_sum.hpp>

/// Cuts the lines of an array into blocks for vector registers, in one of two ways: a block is one line, whose elements
/// lie side by side in the lanes, or as many neighbouring lines as there are lanes, one in each. Kernels are templates
/// that are instantiated for both.
namespace xgrad::kernels::lines {

template <class T>
inline constexpr auto width = static_cast<std::int64_t>(Vec<T>::width);
template <class T>
inline constexpr T infinity = std::numeric_limits<T>::infinity();

// The larger number in each lane. It drops a NaN in x, which comes back in the sum as e^(NaN - m).
template <class T>
Vec<T> larger(Vec<T> x, Vec<T> m) {
  return Arithmetic<T, native_isa>::max(x.v, m.v);
}

/// The largest lane.
template <class T>
T largest(Vec<T> m) {
  alignas(64) T lane[Vec<T>::width];
  std::size_t half = Vec<T>::width / 2;
#if XSIMD_WITH_AVX512F
  // Folds the halves within the register, which is faster than by way of memory.
  if constexpr (Arithmetic<T, native_isa>::has_avx512_tables) {
    m = larger<T>(m, typename Vec<T>::Native(_mm512_maskz_shuffle_f32x4(0xffff, m.v, m.v, 0x4e)));
    m = larger<T>(m, typename Vec<T>::Native(_mm512_maskz_shuffle_f32x4(0xffff, m.v, m.v, 0xb1)));
    m = larger<T>(m, typename Vec<T>::Native(_mm512_maskz_permute_ps(0xffff, m.v, 0x4e)));
    half = 1;
  }
#endif
  m.store(lane);
  for (; half > 0; half /= 2)
    for (std::size_t i = 0; i < half; ++i) lane[i] = lane[i + half] > lane[i] ? lane[i + half] : lane[i];
  return lane[0];
}

/// A block of one line, of n elements.
template <class T>
struct OneLine {
  /// What the lanes beyond the end hold in place of an element, so that it changes neither the maximum nor Σ e^x.
  static constexpr T filler = -infinity<T>;

  std::int64_t n;

  /// Calls f(offset of the elements, Full or Partial) for each vector of the block.
  template <class F>
  void each(const F& f) const {
    std::int64_t j = 0;
    for (; j + width<T> <= n; j += width<T>) f(j, Full{});
    if (j < n) f(j, Partial{n - j});
  }
  /// The largest element, in every lane. Four maxima, so that no comparison waits for the one before.
  Vec<T> max(const T* x) const {
    Vec<T> m = -infinity<T>;
    std::int64_t j = 0;
    if (n >= 4 * width<T>) {
      Vec<T> k[4] = {m, m, m, m};
      for (; j + 4 * width<T> <= n; j += 4 * width<T>)
        for (int i = 0; i < 4; ++i) k[i] = larger(Vec<T>::load(x + j + i * width<T>), k[i]);
      m = larger(larger(k[0], k[1]), larger(k[2], k[3]));
    }
    for (; j + width<T> <= n; j += width<T>) m = larger(Vec<T>::load(x + j), m);
    if (j < n) m = larger(load(x + j, Partial{n - j}, filler), m);
    return largest(m);
  }
  /// Prefetches the next line, during a loop that is bound by computing and not by memory.
  void prefetch_next(const T* x) const { __builtin_prefetch(x + n); }
  /// The sum of each line.
  template <Narrow narrow>
  void sums(WideSum<T, narrow>& s, double* out) const {
    out[0] = s.total();
  }
  /// In each lane the number that belongs to its line.
  template <class S>
  Vec<T> to_lanes(const S* of_lines) const {
    return of_lines[0];
  }
  std::int64_t lines() const { return 1; }
  /// The distance of one element of a line from the next.
  std::int64_t stride() const { return 1; }
};

/// A block of `count` neighbouring lines of n elements, at most one for each lane.
template <class T>
struct ManyLines {
  /// Lanes without a line hold any number: with -inf, -inf - -inf would be computed there and raise FE_INVALID.
  static constexpr T filler = 0;

  std::int64_t n, inner, count;
  bool padded;  // whether the memory holds whole vectors even where count is less than the number of lanes

  template <class F>
  void each(const F& f) const {
    if (padded || count == width<T>)
      for (std::int64_t j = 0; j < n; ++j) f(j * inner, Full{});
    else
      for (std::int64_t j = 0; j < n; ++j) f(j * inner, Partial{count});
  }
  Vec<T> max(const T* x) const {
    Vec<T> m = -infinity<T>;
    each([&](std::int64_t at, auto part) { m = larger(load(x + at, part, filler), m); });
    return m;
  }
  void prefetch_next(const T*) const {}
  template <Narrow narrow>
  void sums(WideSum<T, narrow>& s, double* out) const {
    s.lane_sums(out);
  }
  template <class S>
  Vec<T> to_lanes(const S* of_lines) const {
    alignas(64) T lane[Vec<T>::width];
    if (count == width<T>) {
      for (std::int64_t i = 0; i < width<T>; ++i) lane[i] = static_cast<T>(of_lines[i]);
    } else {
      for (std::int64_t i = 0; i < width<T>; ++i) lane[i] = i < count ? static_cast<T>(of_lines[i]) : T(0);
    }
    return Vec<T>::load(lane);
  }
  std::int64_t lines() const { return count; }
  std::int64_t stride() const { return inner; }
};

// Contiguous lines that are shorter than this are transposed, a block at a time: then a vector holds an element of many
// lines, instead of the few elements of one.
template <class T>
inline constexpr std::int64_t short_line = 2 * width<T> < 24 ? 24 : 2 * width<T>;

// `count` lines of n elements become n vectors, with a lane for each line and 0 in the other lanes.
template <class T>
void gather_lanes(const T* lines, std::int64_t n, std::int64_t count, T* vectors) {
  for (std::int64_t j = 0; j < n; ++j)
    if (count == width<T>)
      for (std::int64_t i = 0; i < width<T>; ++i) vectors[j * width<T> + i] = lines[i * n + j];
    else
      for (std::int64_t i = 0; i < width<T>; ++i) vectors[j * width<T> + i] = i < count ? lines[i * n + j] : T(0);
}
template <class T>
void scatter_lanes(const T* vectors, std::int64_t n, std::int64_t count, T* lines) {
  for (std::int64_t j = 0; j < n; ++j)
    if (count == width<T>)
      for (std::int64_t i = 0; i < width<T>; ++i) lines[i * n + j] = vectors[j * width<T> + i];
    else
      for (std::int64_t i = 0; i < count; ++i) lines[i * n + j] = vectors[j * width<T> + i];
}

template <class T, std::size_t N, class F>
void for_each_block_of_short_lines(Along axis, const std::array<const T*, N>& in, T* out, const F& f) {
  const std::int64_t n = axis.n, blocks = (axis.outer + width<T> - 1) / width<T>;
  const std::int64_t grain = std::max<std::int64_t>(1, pointwise_grain / (std::max<std::int64_t>(1, n) * width<T>));
  parallel_ranges(blocks, grain, [&](std::int64_t begin, std::int64_t end) {
    alignas(64) T buffer[N + 1][short_line<T> * Vec<T>::width];
    std::array<const T*, N> from;
    for (std::int64_t k = begin; k < end; ++k) {
      const std::int64_t line = k * width<T>, count = std::min(width<T>, axis.outer - line);
      for (std::size_t a = 0; a < N; ++a) {
        gather_lanes(in[a] + line * n, n, count, buffer[a]);
        from[a] = buffer[a];
      }
      f(ManyLines<T>{n, width<T>, count, true}, from, buffer[N], line);
      if (out != nullptr) scatter_lanes(buffer[N], n, count, out + line * n);
    }
  });
}

/// Calls f(block, inputs, output, first line) for blocks that cover all lines, on several threads where there is enough
/// work. Inputs and output point to the first element of the block; out may be null.
template <class T, std::size_t N, class F>
void for_each_block(Along axis, const std::array<const T*, N>& in, T* out, const F& f) {
  const std::int64_t n = std::max<std::int64_t>(1, axis.n);
  const auto at = [&](std::int64_t offset) {
    std::array<const T*, N> from;
    for (std::size_t a = 0; a < N; ++a) from[a] = in[a] + offset;
    return from;
  };
  if (axis.inner == 1 && axis.n < short_line<T> && axis.outer > 1)
    return for_each_block_of_short_lines(axis, in, out, f);
  if (axis.inner == 1) {
    parallel_ranges(axis.outer, std::max<std::int64_t>(1, pointwise_grain / n),
                    [&](std::int64_t begin, std::int64_t end) {
                      for (std::int64_t line = begin; line < end; ++line)
                        f(OneLine<T>{axis.n}, at(line * axis.n), out ? out + line * axis.n : out, line);
                    });
    return;
  }
  const std::int64_t groups = (axis.inner + width<T> - 1) / width<T>;
  const std::int64_t grain = std::max<std::int64_t>(1, pointwise_grain / width<T> / n);
  parallel_ranges(axis.outer * groups, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t k = begin; k < end; ++k) {
      const std::int64_t o = k / groups, i = k % groups * width<T>, offset = o * axis.n * axis.inner + i;
      const ManyLines<T> block{axis.n, axis.inner, std::min(width<T>, axis.inner - i), false};
      f(block, at(offset), out ? out + offset : out, o * axis.inner + i);
    }
  });
}

}  // namespace xgrad::kernels::lines

#include <xgrad/autograd/kernels/reduction/min_max.hpp>

#include <algorithm>
#include <limits>

#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>
#include <xgrad/autograd/kernels/simd/vec.hpp>

namespace xgrad::kernels {
namespace {

constexpr std::int64_t block = 32768;  // the elements of a long line that are reduced as one chunk

template <class T>
constexpr auto width = static_cast<std::int64_t>(Vec<T>::width);

std::int64_t grain(std::int64_t work) { return std::max<std::int64_t>(1, block / std::max<std::int64_t>(1, work)); }

// The instructions for the larger or smaller of two numbers drop NaNs, which therefore are looked for separately.

template <bool largest, class T>
bool is_better(T a, T b) {
  return (largest ? a > b : a < b) | ((a != a) & (b == b));
}

template <bool largest, class T>
Vec<T> min_or_max(Vec<T> a, Vec<T> b) {
  if constexpr (std::is_integral_v<T>)
    return largest ? maximum(a, b) : minimum(a, b);
  else
    return largest ? xsimd::max(a.v, b.v) : xsimd::min(a.v, b.v);
}

template <class T, int Isa>
bool any(Mask<T, Isa> mask) {
  if constexpr (std::is_integral_v<T>)
    return mask.v;
  else
    return xsimd::any(mask.v);
}

// Which lanes are NaN.
template <class T, int Isa>
Mask<T, Isa> is_nan(Vec<T, Isa> a) {
  if constexpr (std::is_integral_v<T>)
    return false;
  else
    return ~(a == a).v;
}

template <class T>
constexpr T quiet_nan() {
  return std::is_floating_point_v<T> ? std::numeric_limits<T>::quiet_NaN() : T(0);
}

template <bool largest, class T>
T min_max_run(const T* x, std::int64_t n) {
  using B = Vec<T>;
  if (n < 4 * width<T>) {
    T best = x[0];
    for (std::int64_t j = 1; j < n; ++j) best = is_better<largest>(x[j], best) ? x[j] : best;
    return best;
  }
  B best[4] = {B::load(x), B::load(x + width<T>), B::load(x + 2 * width<T>), B::load(x + 3 * width<T>)};
  auto nans = is_nan(best[0]);
  const auto take = [&](std::int64_t at) __attribute__((always_inline)) {
    for (int i = 0; i < 4; ++i) {
      const B a = B::load(x + at + i * width<T>);
      best[i] = min_or_max<largest>(best[i], a);
      nans = nans | is_nan(a);
    }
  };
  take(0);
  for (std::int64_t j = 4 * width<T>; j + 4 * width<T> <= n; j += 4 * width<T>) take(j);
  take(n - 4 * width<T>);
  if (any(nans)) return quiet_nan<T>();
  alignas(64) T lane[B::width];
  min_or_max<largest>(min_or_max<largest>(best[0], best[1]), min_or_max<largest>(best[2], best[3])).store(lane);
  for (std::size_t half = B::width / 2; half > 0; half /= 2)
    for (std::size_t i = 0; i < half; ++i)
      lane[i] = is_better<largest>(lane[i + half], lane[i]) ? lane[i + half] : lane[i];
  return lane[0];
}

template <bool largest, class T>
T min_max_line(const T* x, std::int64_t n) {
  if (n <= block) return min_max_run<largest>(x, n);
  const std::int64_t count = (n + block - 1) / block;
  const detail::Scratch<T> parts(count);
  parallel_for(count, [&](std::int64_t i) {
    parts.data()[i] = min_max_run<largest>(x + i * block, std::min(block, n - i * block));
  });
  return min_max_line<largest>(parts.data(), count);
}

// out_i = the minimum or maximum of first_i and x_ji for `rows` rows j, which lie `step` apart; `first` may be `out`.
// There are columns for one vector at least: the last vector may overlap the one before, as taking a number twice
// changes nothing.
template <int rows, bool largest, class T>
void min_max_rows(const T* first, const T* x, T* out, std::int64_t step, std::int64_t columns) {
  using B = Vec<T>;
  const auto take = [&](std::int64_t i) __attribute__((always_inline)) {
    B best = B::load(first + i);
    auto nans = is_nan(best);
    for (int j = 0; j < rows; ++j) {
      const B a = B::load(x + j * step + i);
      best = min_or_max<largest>(best, a);
      nans = nans | is_nan(a);
    }
    where(nans, quiet_nan<T>(), best).store(out + i);
  };
  for (std::int64_t i = 0; i + width<T> <= columns; i += width<T>) take(i);
  if (columns % width<T> != 0) take(columns - width<T>);
}

template <bool largest, class T>
void min_max_columns(const T* x, T* out, std::int64_t n, std::int64_t step, std::int64_t columns) {
  if (columns < width<T>) {
    // Where rows are contiguous and short, several are taken as one longer row.
    const std::int64_t rows = 2 * width<T> / columns;
    T parts[2 * Vec<T>::width];
    std::int64_t j = 0;
    if (step == columns && n >= 4 * rows) {
      min_max_columns<largest>(x, parts, n / rows, rows * step, rows * columns);
      min_max_columns<largest>(parts, out, rows, step, columns);
      j = n / rows * rows;
    } else {
      std::copy_n(x, columns, out);
    }
    for (; j < n; ++j)
      for (std::int64_t i = 0; i < columns; ++i)
        out[i] = is_better<largest>(x[j * step + i], out[i]) ? x[j * step + i] : out[i];
    return;
  }
  if (n == 1) std::copy_n(x, columns, out);
  const T* first = x;
  std::int64_t j = 1;
  for (; j + 8 <= n; j += 8, first = out) min_max_rows<8, largest>(first, x + j * step, out, step, columns);
  for (; j + 3 <= n; j += 3, first = out) min_max_rows<3, largest>(first, x + j * step, out, step, columns);
  for (; j < n; ++j, first = out) min_max_rows<1, largest>(first, x + j * step, out, step, columns);
}

constexpr std::int64_t column_block = 1024;  // columns whose results stay in the first-level cache

// Calls f(first element, its result, number of columns) for blocks of columns, on several threads.
template <class T, class To, class F>
void for_each_column_block(const T* x, To* out, Along axis, const F& f) {
  const std::int64_t n = axis.n, inner = axis.inner, blocks = (inner + column_block - 1) / column_block;
  const std::int64_t work = n * std::min(inner, column_block);
  parallel_ranges(axis.outer * blocks, grain(work), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t k = begin; k < end; ++k) {
      const std::int64_t o = k / blocks, i = k % blocks * column_block;
      f(x + o * n * inner + i, out + o * inner + i, std::min(column_block, inner - i));
    }
  });
}

// Short lines, side by side: element j of several lines, then element j + 1, so that no line waits for its last result.
// Their maxima and minima do not depend on the order in which NaN is met, as NaN wins against everything.
constexpr std::int64_t short_line = 32;
constexpr std::int64_t lines_at_once = 32;

template <bool largest, class T>
T better(T a, T b) {
  const T best = largest ? (a > b ? a : b) : (a < b ? a : b);  // b if either is NaN
  return a != a ? a : best;
}

template <int n, bool largest, class T>
void min_max_fixed(const T* __restrict x, T* __restrict out, std::int64_t lines) {
  for (std::int64_t o = 0; o < lines; ++o) {
    T best = x[o * n];
    for (int j = 1; j < n; ++j) best = better<largest>(x[o * n + j], best);
    out[o] = best;
  }
}

template <bool largest, class T>
void min_max_short(const T* x, T* out, std::int64_t lines, std::int64_t n) {
  if (n == 2) return min_max_fixed<2, largest>(x, out, lines);
  if (n == 3) return min_max_fixed<3, largest>(x, out, lines);
  if (n == 4) return min_max_fixed<4, largest>(x, out, lines);
  T best[lines_at_once];
  for (std::int64_t o = 0; o < lines; o += lines_at_once) {
    const std::int64_t count = std::min(lines_at_once, lines - o);
    const T* from = x + o * n;
    for (std::int64_t i = 0; i < count; ++i) best[i] = from[i * n];
    for (std::int64_t j = 1; j < n; ++j)
      for (std::int64_t i = 0; i < count; ++i) best[i] = better<largest>(from[i * n + j], best[i]);
    std::copy_n(best, count, out + o);
  }
}

// Blocks of few rows and columns.
template <bool largest, class T>
void min_max_small_blocks(const T* x, T* out, std::int64_t blocks, std::int64_t n, std::int64_t inner) {
  for (std::int64_t o = 0; o < blocks; ++o) {
    const T* __restrict from = x + o * n * inner;
    T* __restrict to = out + o * inner;
    if (n == 2) {
      for (std::int64_t i = 0; i < inner; ++i) to[i] = better<largest>(from[inner + i], from[i]);
      continue;
    }
    for (std::int64_t i = 0; i < inner; ++i) to[i] = from[i];
    for (std::int64_t j = 1; j < n; ++j)
      for (std::int64_t i = 0; i < inner; ++i) to[i] = better<largest>(from[j * inner + i], to[i]);
  }
}

template <bool largest, class T>
void min_max_all(const T* x, T* out, Along axis) {
  const std::int64_t n = axis.n, inner = axis.inner;
  if (n <= short_line && inner < 4 * width<T> && n > 0)
    return parallel_ranges(axis.outer, grain(n * inner), [&](std::int64_t begin, std::int64_t end) {
      if (inner == 1)
        min_max_short<largest>(x + begin * n, out + begin, end - begin, n);
      else
        min_max_small_blocks<largest>(x + begin * n * inner, out + begin * inner, end - begin, n, inner);
    });
  if (inner != 1)
    return for_each_column_block(x, out, axis, [=](const T* from, T* to, std::int64_t columns) {
      min_max_columns<largest>(from, to, n, inner, columns);
    });
  parallel_ranges(axis.outer, grain(n), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t o = begin; o < end; ++o) out[o] = min_max_line<largest>(x + o * n, n);
  });
}

// The indices of minima and maxima

// The index of the first element that equals the number, or that is NaN if the number is. There is one.
template <class T>
std::int64_t first_index(const T* x, std::int64_t n, T number) {
  using B = Vec<T>;
  const auto is = [number](T a) { return number == number ? a == number : a != a; };
  std::int64_t j = 0;
  if (number == number)
    while (j + width<T> <= n && !any(B::load(x + j) == B(number))) j += width<T>;
  while (j + 1 < n && !is(x[j])) ++j;
  return j;
}

// Each piece of the line is read once, and the best one once more, for the index in it.
template <bool largest, class T>
std::int64_t arg_min_max_line(const T* x, std::int64_t n) {
  constexpr std::int64_t piece = 2048;
  T best = x[0];
  std::int64_t from = 0;
  for (std::int64_t j = 0; j < n && best == best; j += piece) {
    const T found = min_max_run<largest>(x + j, std::min(piece, n - j));
    if (!is_better<largest>(found, best)) continue;
    best = found;
    from = j;
  }
  return from + first_index(x + from, std::min(piece, n - from), best);
}

// The best numbers so far of a block of columns, and the row of each, counted from the first of a band.
template <class T>
struct Best {
  T value[column_block];
  T row[column_block];  // exact up to 2^24
};

// Compares the best of `rows` rows with the best so far, and looks at each row only if that is better in some column.
template <int rows, bool largest, class T>
void arg_min_max_rows(const T* x, Best<T>& best, std::int64_t first, std::int64_t step, std::int64_t columns) {
  using B = Vec<T>;
  const auto take = [&](std::int64_t i) __attribute__((always_inline)) {
    B value = B::load(best.value + i), found = B::load(x + i);
    auto nans = is_nan(found);
    for (int j = 1; j < rows; ++j) {
      const B a = B::load(x + j * step + i);
      found = min_or_max<largest>(found, a);
      nans = nans | is_nan(a);
    }
    if (!any(nans | (largest ? found > value : found < value))) return;
    B row = B::load(best.row + i);
    for (int j = 0; j < rows; ++j) {
      const B a = B::load(x + j * step + i);
      const auto better = (largest ? a > value : a < value) | (is_nan(a) & (value == value));
      value = where(better, a, value);
      row = where(better, B(first + j), row);
    }
    value.store(best.value + i);
    row.store(best.row + i);
  };
  for (std::int64_t i = 0; i + width<T> <= columns; i += width<T>) take(i);
  if (columns % width<T> != 0) take(columns - width<T>);
}

template <bool largest, class T>
void arg_min_max_columns(const T* x, std::int64_t* out, std::int64_t n, std::int64_t step, std::int64_t columns) {
  if (columns < width<T>) {
    std::fill_n(out, columns, std::int64_t{0});
    for (std::int64_t j = 1; j < n; ++j)
      for (std::int64_t i = 0; i < columns; ++i)
        if (is_better<largest>(x[j * step + i], x[out[i] * step + i])) out[i] = j;
    return;
  }
  constexpr std::int64_t band = 1 << 20;
  Best<T> best;
  std::copy_n(x, columns, best.value);
  std::fill_n(out, columns, std::int64_t{0});
  for (std::int64_t j0 = 0; j0 < n; j0 += band) {
    const T* from = x + j0 * step;
    const std::int64_t rows = std::min(band, n - j0);
    std::fill_n(best.row, columns, T(-1));
    std::int64_t j = 0;
    for (; j + 8 <= rows; j += 8) arg_min_max_rows<8, largest>(from + j * step, best, j, step, columns);
    for (; j < rows; ++j) arg_min_max_rows<1, largest>(from + j * step, best, j, step, columns);
    for (std::int64_t i = 0; i < columns; ++i)
      if (best.row[i] >= 0) out[i] = j0 + static_cast<std::int64_t>(best.row[i]);
  }
}

// As min_max_short, with the rows of the best numbers beside them.
template <int fixed, bool largest, class T>
void arg_min_max_short(const T* x, std::int64_t* out, std::int64_t lines, std::int64_t any_n) {
  const std::int64_t n = fixed > 0 ? fixed : any_n;
  T best[lines_at_once];
  std::int32_t row[lines_at_once];
  for (std::int64_t o = 0; o < lines; o += lines_at_once) {
    const std::int64_t count = std::min(lines_at_once, lines - o);
    const T* from = x + o * n;
    for (std::int64_t i = 0; i < count; ++i) best[i] = from[i * n];
    std::fill_n(row, count, 0);
    for (std::int64_t j = 1; j < n; ++j)
      for (std::int64_t i = 0; i < count; ++i) {
        const T a = from[i * n + j];
        const bool wins = is_better<largest>(a, best[i]);
        best[i] = wins ? a : best[i];
        row[i] = wins ? static_cast<std::int32_t>(j) : row[i];
      }
    for (std::int64_t i = 0; i < count; ++i) out[o + i] = row[i];
  }
}

template <bool largest, class T>
void arg_min_max_all(const T* x, std::int64_t* out, Along axis) {
  const std::int64_t n = axis.n, inner = axis.inner;
  if (inner != 1)
    return for_each_column_block(x, out, axis, [=](const T* from, std::int64_t* to, std::int64_t columns) {
      arg_min_max_columns<largest>(from, to, n, inner, columns);
    });
  parallel_ranges(axis.outer, grain(n), [&](std::int64_t begin, std::int64_t end) {
    if (n == 2) return arg_min_max_short<2, largest>(x + begin * n, out + begin, end - begin, n);
    if (n <= short_line) return arg_min_max_short<0, largest>(x + begin * n, out + begin, end - begin, n);
    for (std::int64_t o = begin; o < end; ++o) out[o] = arg_min_max_line<largest>(x + o * n, n);
  });
}

}  // namespace

template <class T>
void min_max(const T* x, T* out, Along axis, bool largest) {
  if (largest)
    min_max_all<true>(x, out, axis);
  else
    min_max_all<false>(x, out, axis);
}

template <class T>
void arg_min_max(const T* x, std::int64_t* out, Along axis, bool largest) {
  if (largest)
    arg_min_max_all<true>(x, out, axis);
  else
    arg_min_max_all<false>(x, out, axis);
}

template void min_max(const float*, float*, Along, bool);
template void min_max(const double*, double*, Along, bool);
template void min_max(const std::int64_t*, std::int64_t*, Along, bool);
template void arg_min_max(const float*, std::int64_t*, Along, bool);
template void arg_min_max(const double*, std::int64_t*, Along, bool);
template void arg_min_max(const std::int64_t*, std::int64_t*, Along, bool);

}  // namespace xgrad::kernels

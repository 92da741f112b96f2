#include <xgrad/autograd/kernels/reduction/row_norm.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include <xgrad/autograd/kernels/reduction/lines.hpp>
#include <xgrad/autograd/kernels/reduction/moments.hpp>
#include <xgrad/autograd/kernels/runtime/memory.hpp>

namespace xgrad::kernels {
namespace {

using detail::Scratch;
using lines::width;

// Sums of what f(offset, Full or Partial, sums) adds to them. At most 32 vectors are added in T, in two sums each, of
// which none waits for the other; then they go to double.
template <int count, class T, class F>
[[gnu::always_inline]] inline std::array<double, count> sums_of(std::int64_t n, const F& f) {
  WideSum<T, Narrow::none> wide[count];
  std::int64_t j = 0;
  while (j < n) {
    const std::int64_t end = std::min(n, j + 32 * width<T>);
    Vec<T> a[count], b[count];
    for (int k = 0; k < count; ++k) a[k] = b[k] = Vec<T>(T(0));
    for (; j + 2 * width<T> <= end; j += 2 * width<T>) {
      f(j, Full{}, a);
      f(j + width<T>, Full{}, b);
    }
    if (j + width<T> <= end) {
      f(j, Full{}, a);
      j += width<T>;
    }
    if (j < end) f(j, Partial{end - j}, b);
    j = end;
    for (int k = 0; k < count; ++k) wide[k].add(a[k] + b[k]);
  }
  std::array<double, count> sums;
  for (int k = 0; k < count; ++k) sums[static_cast<std::size_t>(k)] = wide[k].total();
  return sums;
}

struct Statistics {
  double centre = 0, rest = 0;  // the mean in two parts
  double variance = 0, rstd = 0;
};

// In double, of values whose squares may lie beyond the range of T.
template <class T>
[[gnu::noinline]] Statistics careful_statistics(const T* x, const RowNorm& by) {
  const std::int64_t n = by.row_size();
  const Scratch<double> own(n);
  std::transform(x, x + n, own.data(), [](T number) { return static_cast<double>(number); });
  ScaledMoments m{0, 0, 0};
  if (by.centred) {
    m = scaled_moments(own.data(), n);
  } else {
    double largest = 0;
    for (std::int64_t j = 0; j < n; ++j)
      largest = std::abs(own.data()[j]) <= largest ? largest : std::abs(own.data()[j]);
    m.exponent = largest > 0 && std::isfinite(largest) ? std::ilogb(largest) + 1 : 0;
    for (std::int64_t j = 0; j < n; ++j) {
      const double scaled = std::scalbn(own.data()[j], -m.exponent);
      m.squares += scaled * scaled;
    }
  }
  Statistics s;
  s.centre = static_cast<double>(static_cast<T>(m.mean));
  s.rest = std::isfinite(s.centre) ? m.mean - s.centre : 0;
  const double variance = m.squares / static_cast<double>(n);
  s.variance = std::scalbn(variance, 2 * m.exponent);
  s.rstd = variance == 0 ? 1 / std::sqrt(by.eps)
                         : std::scalbn(1 / std::sqrt(variance + std::scalbn(by.eps, -2 * m.exponent)), -m.exponent);
  return s;
}

// The first mean is rounded to T; what is missing of it comes with the deviations from it. Where that is much of the
// deviation, the row is computed anew in double.
template <class T>
[[gnu::flatten]] Statistics statistics(const T* x, const RowNorm& by) {
  const std::int64_t n = by.row_size();
  const auto count = static_cast<double>(n);
  Statistics s;
  std::array<double, 1> squares{};
  if (by.centred) {
    const auto sum =
        sums_of<1, T>(n, [&](std::int64_t j, auto part, Vec<T>* to) { *to = *to + load(x + j, part, T(0)); });
    const T centre = static_cast<T>(sum[0] / count);
    const auto [rest, around] = sums_of<2, T>(n, [&](std::int64_t j, auto part, Vec<T>* to) {
      const Vec<T> d = load(x + j, part, centre) - Vec<T>(centre);
      to[0] = to[0] + d;
      to[1] = fma(d, d, to[1]);
    });
    s.centre = static_cast<double>(centre);
    s.rest = rest / count;
    squares[0] = around;
  } else {
    squares = sums_of<1, T>(n, [&](std::int64_t j, auto part, Vec<T>* to) {
      const Vec<T> d = load(x + j, part, T(0));
      *to = fma(d, d, *to);
    });
  }
  const double around = squares[0] / count, correction = s.rest * s.rest;
  s.variance = std::max(0.0, around - correction);
  constexpr bool wide = std::is_same_v<T, double>;
  constexpr double most = wide ? 1e300 : 1e34, least = wide ? 1e-290 : 1e-28;
  const bool in_range = squares[0] < most && std::isfinite(s.centre) && (s.variance >= least || by.eps >= least * 1e8);
  if (!in_range || correction > 0.01 * s.variance) return careful_statistics(x, by);
  s.rstd = 1 / std::sqrt(s.variance + by.eps);
  return s;
}

// Whether all that is computed from these statistics can be computed in T.
bool fits(double centre, double rstd) { return std::abs(centre) < 1e18 && rstd > 1e-18 && rstd < 1e18; }

// What a row is normalised with, in T.
template <class T>
struct Normal {
  T centre, rest, rstd;
  Vec<T> operator()(Vec<T> x) const { return ((x - Vec<T>(centre)) - Vec<T>(rest)) * Vec<T>(rstd); }
};

template <class T>
[[gnu::flatten]] void scale_row(const T* x, const T* w, const T* b, T* y, Normal<T> normal, const RowNorm& by) {
  const auto pass = [&](const auto& f) {
    each_vector<T>(by.row_size(),
                   [&](std::int64_t j, auto part) { store(f(j, part, normal(load(x + j, part, T(0)))), y + j, part); });
  };
  if (by.length > 1) {
    for (std::int64_t c = 0; c < by.channels; ++c) {
      const Vec<T> slope = w != nullptr ? w[c] : T(1), offset = b != nullptr ? b[c] : T(0);
      const T* from = x + c * by.length;
      T* to = y + c * by.length;
      each_vector<T>(by.length, [&](std::int64_t j, auto part) {
        store(fma(normal(load(from + j, part, T(0))), slope, offset), to + j, part);
      });
    }
  } else if (w != nullptr && b != nullptr) {
    pass([&](std::int64_t j, auto part, Vec<T> v) { return fma(v, load(w + j, part, T(0)), load(b + j, part, T(0))); });
  } else if (w != nullptr) {
    pass([&](std::int64_t j, auto part, Vec<T> v) { return v * load(w + j, part, T(0)); });
  } else if (b != nullptr) {
    pass([&](std::int64_t j, auto part, Vec<T> v) { return v + load(b + j, part, T(0)); });
  } else {
    pass([&](std::int64_t, auto, Vec<T> v) { return v; });
  }
}

// The numbers of one row as doubles, for rows that T cannot hold.
template <class T>
struct Wide {
  const T *x, *g, *w, *b;
  double centre, rest, rstd;
  std::int64_t length;

  double normal(std::int64_t j) const { return ((static_cast<double>(x[j]) - centre) - rest) * rstd; }
  double slope(std::int64_t j) const { return w != nullptr ? static_cast<double>(w[j / length]) : 1; }
  double offset(std::int64_t j) const { return b != nullptr ? static_cast<double>(b[j / length]) : 0; }
  double up(std::int64_t j) const { return static_cast<double>(g[j]); }
};

template <class T>
const T* shifted(const T* from, std::int64_t by) {
  return from != nullptr ? from + by : nullptr;
}

}  // namespace

template <class T>
void row_norm(const T* x, const T* w, const T* b, T* y, double* stats, double* variance, const RowNorm& by) {
  const std::int64_t n = by.row_size();
  parallel_ranges(
      by.rows, std::max<std::int64_t>(1, pointwise_grain / std::max<std::int64_t>(1, n)),
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin; r < end; ++r) {
          const Statistics s = statistics(x + r * n, by);
          stats[r] = s.centre;
          stats[by.rows + r] = s.rest;
          stats[2 * by.rows + r] = s.rstd;
          if (variance != nullptr) variance[r] = s.variance;
          const std::int64_t first = r % by.groups * by.channels;
          const T *own_w = shifted(w, first), *own_b = shifted(b, first);
          if (fits(s.centre, s.rstd)) {
            const Normal<T> normal{static_cast<T>(s.centre), static_cast<T>(s.rest), static_cast<T>(s.rstd)};
            scale_row(x + r * n, own_w, own_b, y + r * n, normal, by);
            continue;
          }
          const Wide<T> row{x + r * n, nullptr, own_w, own_b, s.centre, s.rest, s.rstd, by.length};
          for (std::int64_t j = 0; j < n; ++j)
            y[r * n + j] = static_cast<T>(row.normal(j) * row.slope(j) + row.offset(j));
        }
      });
}

template void row_norm(const float*, const float*, const float*, float*, double*, double*, const RowNorm&);
template void row_norm(const double*, const double*, const double*, double*, double*, double*, const RowNorm&);

namespace {

// gx = rstd (g w - Σ g w / n - x̂ Σ (g w x̂) / n), without the first sum where the mean is not subtracted.

// Elements that are channels of their own: one pass for the sums of the row, and one for gx, which adds g x̂ and g to
// the columns unless these are null.
template <class T>
[[gnu::flatten]] void backward_row(const T* x, const T* g, const T* w, T* gx, T* column_gx, T* column_g,
                                   Normal<T> normal, const RowNorm& by) {
  const std::int64_t n = by.row_size();
  const auto run = [&](const auto& weighted, const auto& add) {
    const auto [sum, of_normal] = sums_of<2, T>(n, [&](std::int64_t j, auto part, Vec<T>* to) {
      const Vec<T> up = weighted(j, part, load(g + j, part, T(0)));
      to[0] = to[0] + up;
      to[1] = fma(up, normal(load(x + j, part, T(0))), to[1]);
    });
    const auto count = static_cast<double>(n);
    const Vec<T> mean = by.centred ? static_cast<T>(sum / count) : T(0);
    const Vec<T> slope = static_cast<T>(of_normal / count), rstd = normal.rstd;
    each_vector<T>(n, [&](std::int64_t j, auto part) {
      const Vec<T> up = load(g + j, part, T(0)), from = normal(load(x + j, part, T(0)));
      store(rstd * ((weighted(j, part, up) - mean) - from * slope), gx + j, part);
      add(j, part, up, from);
    });
  };
  const auto nothing = [](std::int64_t, auto, Vec<T>, Vec<T>) {};
  const auto to_columns = [&](std::int64_t j, auto part, Vec<T> up, Vec<T> from) {
    store(fma(up, from, load(column_gx + j, part, T(0))), column_gx + j, part);
    store(up + load(column_g + j, part, T(0)), column_g + j, part);
  };
  const auto by_weight = [&](std::int64_t j, auto part, Vec<T> up) { return up * load(w + j, part, T(0)); };
  const auto plain = [](std::int64_t, auto, Vec<T> up) { return up; };
  if (w == nullptr)
    column_g == nullptr ? run(plain, nothing) : run(plain, to_columns);
  else
    column_g == nullptr ? run(by_weight, nothing) : run(by_weight, to_columns);
}

// Runs of several elements: the sums of each run give those of the row and of the channels.
template <class T>
[[gnu::flatten]] void backward_runs(const T* x, const T* g, const T* w, T* gx, Normal<T> normal, const RowNorm& by,
                                    double* sum_gx, double* sum_g) {
  double sum = 0, of_normal = 0;
  for (std::int64_t c = 0; c < by.channels; ++c) {
    const T *from = x + c * by.length, *up = g + c * by.length;
    const auto [total_g, total] = sums_of<2, T>(by.length, [&](std::int64_t j, auto part, Vec<T>* to) {
      const Vec<T> each = load(up + j, part, T(0));
      to[0] = to[0] + each;
      to[1] = fma(each, normal(load(from + j, part, T(0))), to[1]);
    });
    if (sum_g != nullptr) {
      sum_g[c] += total_g;
      sum_gx[c] += total;
    }
    const double slope = w != nullptr ? static_cast<double>(w[c]) : 1;
    sum += slope * total_g;
    of_normal += slope * total;
  }
  const auto count = static_cast<double>(by.row_size());
  const Vec<T> mean = by.centred ? static_cast<T>(sum / count) : T(0);
  const Vec<T> slope = static_cast<T>(of_normal / count), rstd = normal.rstd;
  for (std::int64_t c = 0; c < by.channels; ++c) {
    const std::int64_t first = c * by.length;
    const Vec<T> factor = w != nullptr ? w[c] : T(1);
    each_vector<T>(by.length, [&](std::int64_t j, auto part) {
      const Vec<T> up = load(g + first + j, part, T(0)) * factor;
      store(rstd * ((up - mean) - normal(load(x + first + j, part, T(0))) * slope), gx + first + j, part);
    });
  }
}

template <class T>
void backward_wide(const Wide<T>& row, T* gx, const RowNorm& by, double* sum_gx, double* sum_g) {
  const std::int64_t n = by.row_size();
  const auto count = static_cast<double>(n);
  double sum = 0, of_normal = 0;
  for (std::int64_t j = 0; j < n; ++j) {
    const double up = row.up(j), product = up * row.normal(j);
    if (sum_g != nullptr) {
      sum_g[j / by.length] += up;
      sum_gx[j / by.length] += product;
    }
    sum += up * row.slope(j);
    of_normal += product * row.slope(j);
  }
  const double mean = by.centred ? sum / count : 0;
  for (std::int64_t j = 0; j < n; ++j)
    gx[j] = static_cast<T>(row.rstd * ((row.up(j) * row.slope(j) - mean) - row.normal(j) * (of_normal / count)));
}

constexpr std::uintptr_t page = 4096;

// The first address from `at` on whose offset within a page is that of `than` plus `bytes`. A load with the page offset
// of a recent store is delayed (4K aliasing); arrays a third of a page apart avoid that.
template <class T>
T* apart(T* at, const T* than, std::uintptr_t bytes) {
  const std::uintptr_t distance = reinterpret_cast<std::uintptr_t>(than) + bytes - reinterpret_cast<std::uintptr_t>(at);
  return at + distance % page / sizeof(T);
}

/// The backward pass of some rows, the sums of whose channels go to sum_gx and sum_g, unless these are null.
template <class T>
struct BackwardOf {
  const T *x, *g, *w;
  const double* stats;
  T* gx;
  const RowNorm& by;
  double *sum_gx, *sum_g;

  void operator()(std::int64_t begin, std::int64_t end) const {
    const std::int64_t n = by.row_size(), channels = by.all_channels();
    const bool columns = sum_g != nullptr && by.length == 1;
    // A few rows are added to the columns in T, then these to the sums in double.
    constexpr auto spare = static_cast<std::int64_t>(page / sizeof(T));
    const Scratch<T> room((columns ? 2 * (channels + spare) : 0) + (gx == nullptr ? n : 0));
    const T* const rows_at = gx != nullptr ? gx : room.data();
    T* const column_gx = columns ? apart(room.data() + (gx == nullptr ? n : 0), rows_at, 1344) : nullptr;
    T* const column_g = columns ? apart(column_gx + channels, rows_at, 2688) : nullptr;
    const auto clear = [&] {
      std::fill_n(column_gx, channels, T(0));
      std::fill_n(column_g, channels, T(0));
    };
    if (columns) clear();
    std::int64_t since = 0;
    for (std::int64_t r = begin; r < end; ++r) {
      const std::int64_t first = r % by.groups * by.channels;
      T* to = gx != nullptr ? gx + r * n : room.data();
      row(r, to, columns ? column_gx + first : nullptr, columns ? column_g + first : nullptr);
      if (!columns || (++since < 16 * by.groups && r + 1 < end)) continue;
      for (std::int64_t c = 0; c < channels; ++c) sum_gx[c] += static_cast<double>(column_gx[c]);
      for (std::int64_t c = 0; c < channels; ++c) sum_g[c] += static_cast<double>(column_g[c]);
      clear();
      since = 0;
    }
  }

 private:
  void row(std::int64_t r, T* to, T* column_gx, T* column_g) const {
    const std::int64_t n = by.row_size(), first = r % by.groups * by.channels;
    const double centre = stats[r], rest = stats[by.rows + r], rstd = stats[2 * by.rows + r];
    const T *from = x + r * n, *up = g + r * n, *own_w = shifted(w, first);
    double *own_gx = sum_gx != nullptr ? sum_gx + first : nullptr, *own_g = sum_g != nullptr ? sum_g + first : nullptr;
    const Normal<T> normal{static_cast<T>(centre), static_cast<T>(rest), static_cast<T>(rstd)};
    if (!fits(centre, rstd))
      backward_wide<T>({from, up, own_w, nullptr, centre, rest, rstd, by.length}, to, by, own_gx, own_g);
    else if (by.length > 1)
      backward_runs(from, up, own_w, to, normal, by, own_gx, own_g);
    else
      backward_row(from, up, own_w, to, column_gx, column_g, normal, by);
  }
};

}  // namespace

template <class T>
void row_norm_backward(const T* x, const T* g, const T* w, const double* stats, T* gx, T* gw, T* gb,
                       const RowNorm& by) {
  const std::int64_t n = by.row_size(), channels = by.all_channels();
  const bool sums = gw != nullptr || gb != nullptr;
  // At most 32 chunks, since each has sums of its own.
  std::int64_t grain = std::max<std::int64_t>(1, pointwise_grain / std::max<std::int64_t>(1, n));
  if (sums) grain = std::max(grain, (by.rows + 31) / 32);
  const std::int64_t chunks = (by.rows + grain - 1) / grain;
  const Scratch<double> room(sums ? 2 * std::max<std::int64_t>(1, chunks) * channels : 0);
  if (sums) std::fill_n(room.data(), 2 * std::max<std::int64_t>(1, chunks) * channels, 0.0);
  if (n > 0)
    parallel_ranges(by.rows, grain, [&](std::int64_t begin, std::int64_t end) {
      double* own = sums ? room.data() + begin / grain * 2 * channels : nullptr;
      BackwardOf<T>{x, g, w, stats, gx, by, own, sums ? own + channels : nullptr}(begin, end);
    });
  if (!sums) return;
  double *of_product = room.data(), *of_g = of_product + channels;
  for (std::int64_t k = 1; k < chunks; ++k)
    for (std::int64_t c = 0; c < 2 * channels; ++c) of_product[c] += room.data()[2 * k * channels + c];
  for (std::int64_t c = 0; gw != nullptr && c < channels; ++c) gw[c] = static_cast<T>(of_product[c]);
  for (std::int64_t c = 0; gb != nullptr && c < channels; ++c) gb[c] = static_cast<T>(of_g[c]);
}

template void row_norm_backward(const float*, const float*, const float*, const double*, float*, float*, float*,
                                const RowNorm&);
template void row_norm_backward(const double*, const double*, const double*, const double*, double*, double*, double*,
                                const RowNorm&);

}  // namespace xgrad::kernels

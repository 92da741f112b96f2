#include <xgrad/autograd/kernels/reduction/normalization.hpp>

#include <algorithm>

#include <xgrad/autograd/kernels/reduction/double_sums.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {
namespace {

// With inner == 1 the samples are the rows of a matrix, and the sums those of its columns: the rows are cut into tiles,
// which are summed on several threads, and the sums of the tiles are combined in order. Otherwise one thread sums a
// channel, run after run.

std::int64_t tile_rows(Along sizes) {
  return std::max<std::int64_t>(16, pointwise_grain / std::max<std::int64_t>(1, sizes.n));
}

std::int64_t tile_count(Along sizes) {
  return sizes.inner == 1 ? (sizes.outer + tile_rows(sizes) - 1) / tile_rows(sizes) : 0;
}

std::int64_t channel_grain(Along sizes) {
  return std::max<std::int64_t>(1, pointwise_grain / std::max<std::int64_t>(1, sizes.lines()));
}

template <class T>
void tile_moments(const T* x, std::int64_t begin, std::int64_t end, std::int64_t channels, double* mean,
                  double* squares) {
  sum_rows(mean, begin, end, channels,
           [=](std::int64_t i, std::int64_t c) { return static_cast<double>(x[i * channels + c]); });
  for (std::int64_t c = 0; c < channels; ++c) mean[c] /= static_cast<double>(end - begin);
  sum_rows(squares, begin, end, channels, [=](std::int64_t i, std::int64_t c) {
    const double d = static_cast<double>(x[i * channels + c]) - mean[c];
    return d * d;
  });
}

template <class T>
void row_moments(const T* x, Along sizes, double* mean, double* variance, double* scratch) {
  const std::int64_t rows = tile_rows(sizes), tiles = tile_count(sizes), channels = sizes.n;
  parallel_for(tiles, [&](std::int64_t t) {
    double* own_mean = t == 0 ? mean : scratch + 2 * t * channels;
    double* own_squares = t == 0 ? variance : own_mean + channels;
    tile_moments(x, t * rows, std::min(sizes.outer, (t + 1) * rows), channels, own_mean, own_squares);
  });
  for (std::int64_t t = 1; t < tiles; ++t) {
    const double* more = scratch + 2 * t * channels;
    const std::int64_t n = std::min(rows, sizes.outer - t * rows);
    join_moments(mean, variance, static_cast<double>(t * rows), more, more + channels, static_cast<double>(n),
                 channels);
  }
  for (std::int64_t c = 0; c < channels; ++c) variance[c] /= static_cast<double>(sizes.outer);
}

}  // namespace

std::int64_t channel_scratch(Along sizes) { return 2 * tile_count(sizes) * sizes.n; }

template <class T>
void channel_moments(const T* x, Along sizes, double* mean, double* variance, double* scratch) {
  if (sizes.n == 0) return;  // the number of samples is not bounded then
  if (sizes.inner == 1) return row_moments(x, sizes, mean, variance, scratch);
  const auto n = static_cast<double>(sizes.lines());
  const std::int64_t sample = sizes.n * sizes.inner;
  parallel_ranges(sizes.n, channel_grain(sizes), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t c = begin; c < end; ++c) {
      const T* run = x + c * sizes.inner;
      const double m =
          sum_runs(sizes.outer, sizes.inner,
                   [=](std::int64_t s, std::int64_t j) { return static_cast<double>(run[s * sample + j]); }) /
          n;
      mean[c] = m;
      variance[c] = sum_runs(sizes.outer, sizes.inner,
                             [=](std::int64_t s, std::int64_t j) {
                               const double d = static_cast<double>(run[s * sample + j]) - m;
                               return d * d;
                             }) /
                    n;
    }
  });
}

template <class T>
void channel_sums(const T* x, const T* g, Along sizes, const double* mean, double* sum_g, double* sum_gx,
                  double* scratch) {
  const std::int64_t channels = sizes.n, sample = channels * sizes.inner;
  if (channels == 0 || sizes.lines() == 0) {
    std::fill_n(sum_g, channels, 0.0);
    std::fill_n(sum_gx, channels, 0.0);
    return;
  }
  if (sizes.inner == 1) {
    const std::int64_t rows = tile_rows(sizes), tiles = tile_count(sizes);
    parallel_for(tiles, [&](std::int64_t t) {
      double* own_g = t == 0 ? sum_g : scratch + 2 * t * channels;
      double* own_gx = t == 0 ? sum_gx : own_g + channels;
      const std::int64_t begin = t * rows, end = std::min(sizes.outer, begin + rows);
      sum_rows(own_g, begin, end, channels,
               [=](std::int64_t i, std::int64_t c) { return static_cast<double>(g[i * channels + c]); });
      sum_rows(own_gx, begin, end, channels, [=](std::int64_t i, std::int64_t c) {
        return static_cast<double>(g[i * channels + c]) * (static_cast<double>(x[i * channels + c]) - mean[c]);
      });
    });
    for (std::int64_t t = 1; t < tiles; ++t)
      for (std::int64_t c = 0; c < channels; ++c) {
        sum_g[c] += scratch[2 * t * channels + c];
        sum_gx[c] += scratch[(2 * t + 1) * channels + c];
      }
    return;
  }
  parallel_ranges(channels, channel_grain(sizes), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t c = begin; c < end; ++c) {
      const T *run = x + c * sizes.inner, *g_run = g + c * sizes.inner;
      const double m = mean[c];
      sum_g[c] = sum_runs(sizes.outer, sizes.inner,
                          [=](std::int64_t s, std::int64_t j) { return static_cast<double>(g_run[s * sample + j]); });
      sum_gx[c] = sum_runs(sizes.outer, sizes.inner, [=](std::int64_t s, std::int64_t j) {
        return static_cast<double>(g_run[s * sample + j]) * (static_cast<double>(run[s * sample + j]) - m);
      });
    }
  });
}

namespace {

// The coefficients of one channel in T. With a centre rounded to T, x - centre is exact where they are close; the
// rounding error of the centre is accounted for in the offset.
template <class T>
struct Coefficients {
  T x_slope = 0, centre = 0, scale = 0, offset = 0;

  Coefficients() = default;
  Coefficients(const ChannelAffine& by, std::int64_t c, bool with_x, bool with_g) {
    if (with_g) scale = static_cast<T>(by.scale[c]);
    if (!with_x) return;
    x_slope = static_cast<T>(by.x_slope[c]);
    centre = static_cast<T>(by.centre[c]);
    offset = static_cast<T>(by.offset[c] - by.x_slope[c] * (by.centre[c] - static_cast<double>(centre)));
  }
};

template <bool WithX, bool WithG, class T>
T affine(T x, T g, T x_slope, T centre, T scale, T offset) {
  if constexpr (!WithX)
    return scale * g;
  else if constexpr (!WithG)
    return x_slope * (x - centre) + offset;
  else
    return scale * (x_slope * (x - centre) + (g + offset));
}

template <bool WithX, bool WithG, class T>
void affine_rows(const T* x, const T* g, T* y, std::int64_t rows, std::int64_t channels, ChannelAffine by) {
  constexpr std::int64_t block = 256;
  T x_slope[block], centre[block], scale[block], offset[block];
  for (std::int64_t first = 0; first < channels; first += block) {
    const std::int64_t n = std::min(block, channels - first);
    for (std::int64_t c = 0; c < n; ++c) {
      const Coefficients<T> k(by, first + c, WithX, WithG);
      x_slope[c] = k.x_slope, centre[c] = k.centre, scale[c] = k.scale, offset[c] = k.offset;
    }
    for (std::int64_t i = 0; i < rows; ++i) {
      const std::int64_t at = i * channels + first;
      T* __restrict to = y + at;
      for (std::int64_t c = 0; c < n; ++c)
        to[c] = affine<WithX, WithG>(WithX ? x[at + c] : T(0), WithG ? g[at + c] : T(0), x_slope[c], centre[c],
                                     scale[c], offset[c]);
    }
  }
}

template <bool WithX, bool WithG, class T>
void affine_all(const T* x, const T* g, T* y, Along sizes, ChannelAffine by) {
  if (sizes.inner == 1) {
    parallel_ranges(sizes.outer, tile_rows(sizes), [&](std::int64_t begin, std::int64_t end) {
      const std::int64_t at = begin * sizes.n;
      affine_rows<WithX, WithG>(WithX ? x + at : x, WithG ? g + at : g, y + at, end - begin, sizes.n, by);
    });
    return;
  }
  const std::int64_t grain = std::max<std::int64_t>(1, pointwise_grain / std::max<std::int64_t>(1, sizes.inner));
  parallel_ranges(sizes.outer * sizes.n, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t run = begin; run < end; ++run) {
      const Coefficients<T> k(by, run % sizes.n, WithX, WithG);
      const std::int64_t at = run * sizes.inner;
      T* __restrict to = y + at;
      for (std::int64_t j = 0; j < sizes.inner; ++j)
        to[j] = affine<WithX, WithG>(WithX ? x[at + j] : T(0), WithG ? g[at + j] : T(0), k.x_slope, k.centre, k.scale,
                                     k.offset);
    }
  });
}

}  // namespace

template <class T>
void channel_affine(const T* x, const T* g, T* y, Along sizes, ChannelAffine by) {
  if (sizes.n == 0 || sizes.lines() == 0) return;
  if (x == nullptr)
    affine_all<false, true>(x, g, y, sizes, by);
  else if (g == nullptr)
    affine_all<true, false>(x, g, y, sizes, by);
  else
    affine_all<true, true>(x, g, y, sizes, by);
}

#define XGRAD_NORMALIZATION(T)                                                                     \
  template void channel_moments(const T*, Along, double*, double*, double*);                       \
  template void channel_sums(const T*, const T*, Along, const double*, double*, double*, double*); \
  template void channel_affine(const T*, const T*, T*, Along, ChannelAffine);
XGRAD_NORMALIZATION(float)
XGRAD_NORMALIZATION(double)
#undef XGRAD_NORMALIZATION

}  // namespace xgrad::kernels

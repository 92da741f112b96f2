#include <xgrad/autograd/kernels/convolution/by_columns.hpp>

#include <algorithm>

#include <xgrad/autograd/kernels/convolution/columns.hpp>
#include <xgrad/autograd/kernels/matrix/gemm.hpp>
#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {
namespace {

// Elements of a tile of columns, and the least number of its positions. Tiles depend on the sizes alone.
constexpr std::int64_t tile_elements = 1 << 16, least_positions = 64;

std::int64_t tile_positions(const ConvolutionSizes& s) {
  const std::int64_t most = std::max(least_positions, tile_elements / std::max<std::int64_t>(1, s.depth()));
  const std::int64_t tiles = std::max<std::int64_t>(1, (s.positions() + most - 1) / most);
  return (s.positions() + tiles - 1) / tiles;
}

// Calls f(n, group) for each image and group, whose results do not overlap.
template <class F>
void each_image(const ConvolutionSizes& s, F&& f) {
  const std::int64_t units = s.batch * s.groups;
  const std::int64_t work = std::max<std::int64_t>(1, s.positions() * s.depth() * s.out);
  constexpr std::int64_t enough = std::int64_t{1} << 20;
  parallel_ranges(units, std::max<std::int64_t>(1, enough / work), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t unit = begin; unit < end; ++unit) f(unit / s.groups, unit % s.groups);
  });
}

template <class T>
void fill_channels(T* y, const T* bias, std::int64_t channels, std::int64_t size) {
  for (std::int64_t c = 0; c < channels; ++c) std::fill_n(y + c * size, size, bias ? bias[c] : T(0));
}

template <class T>
void copy_rows(const T* from, std::int64_t from_step, T* to, std::int64_t to_step, std::int64_t rows,
               std::int64_t count) {
  for (std::int64_t r = 0; r < rows; ++r) std::copy_n(from + r * from_step, count, to + r * to_step);
}

// Calls f(positions) for the tiles of an image.
template <class F>
void each_tile(const ConvolutionSizes& s, F&& f) {
  const std::int64_t tile = tile_positions(s), all = s.positions();
  for (std::int64_t begin = 0; begin < all; begin += tile) f(Positions{begin, std::min(tile, all - begin)});
}

// The parts of the batch whose contributions to the gradient of the weight are summed apart.
constexpr std::int64_t most_parts = 8;

}  // namespace

template <class T>
void convolve_by_columns(const ConvolutionSizes& s, const T* x, const T* w, const T* bias, T* y) {
  const std::int64_t positions = s.positions(), depth = s.depth(), tile = tile_positions(s);
  if (s.batch * s.groups * s.out * positions == 0) return;
  each_image(s, [&](std::int64_t n, std::int64_t group) {
    const T* const from = x + (n * s.groups + group) * s.in * s.pixels();
    const T* const weight = w + group * s.out * depth;
    T* const to = y + (n * s.groups + group) * s.out * positions;
    fill_channels(to, bias ? bias + group * s.out : nullptr, s.out, positions);
    if (depth == 0) return;
    const detail::Scratch<T> columns(depth * tile), product(s.out * tile);
    each_tile(s, [&](Positions at) {
      gather_columns(s, from, at, columns.data(), at.count);
      if (at.count == positions)
        return gemm(false, false, s.out, at.count, depth, weight, columns.data(), to, Onto<T>{to, positions});
      gemm(false, false, s.out, at.count, depth, weight, columns.data(), product.data(),
           Onto<T>{to + at.begin, positions});
      copy_rows(product.data(), at.count, to + at.begin, positions, s.out, at.count);
    });
  });
}

template <class T>
void convolve_transposed_by_columns(const ConvolutionSizes& s, const T* g, const T* w, const T* bias, T* gx) {
  const std::int64_t positions = s.positions(), depth = s.depth(), tile = tile_positions(s), pixels = s.pixels();
  if (s.batch * s.groups * s.in * pixels == 0) return;
  each_image(s, [&](std::int64_t n, std::int64_t group) {
    const T* const from = g + (n * s.groups + group) * s.out * positions;
    const T* const weight = w + group * s.out * depth;
    T* const to = gx + (n * s.groups + group) * s.in * pixels;
    fill_channels(to, bias ? bias + group * s.in : nullptr, s.in, pixels);
    if (s.out == 0) return;
    const detail::Scratch<T> columns(depth * tile), part(s.out * tile);
    each_tile(s, [&](Positions at) {
      const bool whole = at.count == positions;
      if (!whole) copy_rows(from + at.begin, positions, part.data(), at.count, s.out, at.count);
      gemm(true, false, depth, at.count, s.out, weight, whole ? from : part.data(), columns.data());
      add_columns(s, columns.data(), at.count, at, to);
    });
  });
}

template <class T>
void convolve_weight_by_columns(const ConvolutionSizes& s, const T* x, const T* g, T* gw) {
  const std::int64_t positions = s.positions(), depth = s.depth(), size = s.out * depth;
  if (s.groups * size == 0) return;
  const std::int64_t tile = tile_positions(s),
                     each = std::max<std::int64_t>(1, (s.batch + most_parts - 1) / most_parts);
  const std::int64_t parts = std::max<std::int64_t>(1, (s.batch + each - 1) / each);
  const detail::Scratch<T> sums(parts == 1 ? 0 : parts * s.groups * size);
  T* const all = parts == 1 ? gw : sums.data();
  parallel_for(parts * s.groups, [&](std::int64_t unit) {
    const std::int64_t part = unit / s.groups, group = unit % s.groups;
    T* const sum = all + unit * size;
    std::fill_n(sum, size, T(0));
    const detail::Scratch<T> columns(depth * tile), piece(s.out * tile);
    for (std::int64_t n = part * each; n < std::min(s.batch, (part + 1) * each); ++n) {
      const T* const from = x + (n * s.groups + group) * s.in * s.pixels();
      const T* const slope = g + (n * s.groups + group) * s.out * positions;
      each_tile(s, [&](Positions at) {
        gather_columns(s, from, at, columns.data(), at.count);
        const bool whole = at.count == positions;
        if (!whole) copy_rows(slope + at.begin, positions, piece.data(), at.count, s.out, at.count);
        gemm(false, true, s.out, depth, at.count, whole ? slope : piece.data(), columns.data(), sum,
             Onto<T>{sum, depth});
      });
    }
  });
  if (parts == 1) return;
  const std::int64_t total = s.groups * size;
  parallel_ranges(total, pointwise_grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      T sum = all[i];
      for (std::int64_t part = 1; part < parts; ++part) sum += all[part * total + i];
      gw[i] = sum;
    }
  });
}

#define XGRAD_CONVOLUTION(T)                                                                               \
  template void convolve_by_columns(const ConvolutionSizes&, const T*, const T*, const T*, T*);            \
  template void convolve_transposed_by_columns(const ConvolutionSizes&, const T*, const T*, const T*, T*); \
  template void convolve_weight_by_columns(const ConvolutionSizes&, const T*, const T*, T*);
XGRAD_CONVOLUTION(float)
XGRAD_CONVOLUTION(double)
#undef XGRAD_CONVOLUTION

}  // namespace xgrad::kernels

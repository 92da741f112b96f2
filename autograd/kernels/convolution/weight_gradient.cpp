#include <xgrad/autograd/kernels/convolution/weight_gradient.hpp>

#include <algorithm>

#include <xgrad/autograd/kernels/convolution/tile.hpp>
#include <xgrad/autograd/kernels/matrix/transpose.hpp>
#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>
#include <xgrad/autograd/kernels/simd/product_step.hpp>

namespace xgrad::kernels {
namespace {

// The rows of a band, and the slopes at its positions in order, those of some output channels together.
template <class T>
struct Rows {
  const T* band;
  const T* slopes;
  Triple size;
  std::int64_t plane, row;  // distances in the band
};

// sums[i, o] += Σ over positions x[position + offsets[i]] slopes[position, o] for `Taps` taps, of which the first
// `taps` exist, and `Vectors` vectors of channels.
template <int Taps, int Vectors, class T>
[[gnu::noinline]] void gradient_tile(const Rows<T>& s, const std::int64_t* offsets, std::int64_t taps, T* sums,
                                     std::int64_t step) {
  using B = Vec<T>;
  B sum[Taps][Vectors];
  each<Taps>(XGRAD_INLINE(i) { each<Vectors>(XGRAD_INLINE(v) { sum[i][v] = B(T(0)); }); });
  const T* g = s.slopes;
  for (std::int64_t i0 = 0; i0 < s.size[0]; ++i0)
    for (std::int64_t i1 = 0; i1 < s.size[1]; ++i1) {
      const T* x[Taps];
      each<Taps>(XGRAD_INLINE(i) { x[i] = s.band + i0 * s.plane + i1 * s.row + offsets[i < taps ? i : taps - 1]; });
      for (std::int64_t i2 = 0; i2 < s.size[2]; ++i2, g += Vectors * width<T>) {
        product_step<Taps, Vectors>(
            sum, XGRAD_INLINE(i) { return B(x[i][i2]); }, XGRAD_INLINE(v) { return B::load(g + v * width<T>); });
      }
    }
  each<Taps>(XGRAD_INLINE(i) {
    if (i < taps)
      each<Vectors>(XGRAD_INLINE(v) {
        T* const to = sums + i * step + v * width<T>;
        (B::load(to) + sum[i][v]).store(to);
      });
  });
}

// The sizes of a tile that fill the registers: taps and vectors.
constexpr Tile tiles[] = {many_registers ? Tile{12, 2} : Tile{6, 2},
                          many_registers ? Tile{9, 2} : Tile{5, 2},
                          many_registers ? Tile{8, 3} : Tile{4, 3},
                          many_registers ? Tile{6, 4} : Tile{3, 4},
                          Tile{9, 1},
                          many_registers ? Tile{8, 2} : Tile{8, 1}};

template <class T>
using RunTiles = void (*)(const Rows<T>&, const std::int64_t*, std::int64_t, T*, std::int64_t);

template <int Which, class T>
void run_tiles(const Rows<T>& s, const std::int64_t* offsets, std::int64_t depth, T* sums, std::int64_t step) {
  constexpr int taps = tiles[Which].height;
  for (std::int64_t k = 0; k < depth; k += taps)
    gradient_tile<taps, tiles[Which].vectors>(s, offsets + k, std::min<std::int64_t>(taps, depth - k), sums + k * step,
                                              step);
}

constexpr double cost[] = {1,   1,   1.02,
                           1.2, 1.1, many_registers ? 1.06 : 1.1};  // of a product: narrow tiles are bound by loads

// How the work is cut, by the sizes alone: parts of the batch, whose sums are added up in order, groups, and blocks of
// source channels.
template <class T>
class Schedule {
 public:
  Schedule(const ConvolutionSizes& s, const Correlation& forward)
      : s_(s),
        block_(std::max<std::int64_t>(1, std::min(s.in, most_depth / s.taps()))),
        blocks_((s.in + block_ - 1) / block_),
        tile_(best_tile(tiles, cost, block_ * s.taps(), rounded_up(s.out, width<T>) / width<T>)),
        lanes_(tiles[tile_].vectors * width<T>),
        channels_(rounded_up(s.out, lanes_)),
        bands_(forward.line, block_, most_bytes / size_of_t,
               std::max<std::int64_t>(64, most_bytes / size_of_t / lanes_), width<T>) {
    const std::int64_t most = std::clamp<std::int64_t>(most_sums / sums(), 1, most_parts);
    each_ = std::max<std::int64_t>(1, (s.batch + most - 1) / most);
    parts_ = std::max<std::int64_t>(1, (s.batch + each_ - 1) / each_);
  }

  std::int64_t units() const { return parts_ * s_.groups * blocks_; }
  std::int64_t parts() const { return parts_; }
  // The numbers of a part: for each group (in, taps, channels).
  std::int64_t sums() const { return s_.groups * s_.depth() * channels_; }
  std::int64_t channels() const { return channels_; }
  std::int64_t offsets() const { return block_ * s_.taps(); }
  void write_offsets(std::int64_t* to) const { bands_.write_offsets(block_, to); }
  void run(std::int64_t unit, const T* x, const T* g, const std::int64_t* offsets, T* sums) const;

 private:
  static constexpr std::int64_t size_of_t = sizeof(T);
  static constexpr std::int64_t most_depth = 640, most_bytes = 128 << 10;
  static constexpr std::int64_t most_parts = 8, most_sums = 1 << 20;

  void turn(const T* g, std::int64_t channels, const Triple& begin, const Triple& size, T* to) const;

  const ConvolutionSizes& s_;
  std::int64_t block_, blocks_;
  int tile_;
  std::int64_t lanes_, channels_;
  Bands bands_;
  std::int64_t each_ = 1, parts_ = 1;
};

// Copies g (channels, positions) of a band as (positions, channels), with zeros in the channels that do not exist.
template <class T>
void Schedule<T>::turn(const T* g, std::int64_t channels, const Triple& begin, const Triple& size, T* to) const {
  const std::int64_t positions = s_.positions();
  if (channels < lanes_) std::fill_n(to, size[0] * size[1] * size[2] * lanes_, T(0));
  const auto run = [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t i = 0; i < count; i += band_rows<T>, to += band_rows<T> * lanes_)
      transpose_band(g + first + i, to, std::min(band_rows<T>, count - i), channels, lanes_, positions, false);
    to += (count - rounded_up(count, band_rows<T>)) * lanes_;
  };
  for (std::int64_t i0 = begin[0]; i0 < begin[0] + size[0]; ++i0) {
    const std::int64_t first = (i0 * s_.output[1] + begin[1]) * s_.output[2] + begin[2];
    if (bands_.whole_rows()) {
      run(first, size[1] * size[2]);
      continue;
    }
    for (std::int64_t i1 = 0; i1 < size[1]; ++i1) run(first + i1 * s_.output[2], size[2]);
  }
}

template <class T>
void Schedule<T>::run(std::int64_t unit, const T* x, const T* g, const std::int64_t* offsets, T* all) const {
  const std::int64_t block = unit % blocks_, group = unit / blocks_ % s_.groups, part = unit / blocks_ / s_.groups;
  const std::int64_t first = block * block_, channels = std::min(block_, s_.in - first), taps = s_.taps();
  T* const sums = all + ((part * s_.groups + group) * s_.in + first) * taps * channels_;
  std::fill_n(sums, channels * taps * channels_, T(0));
  const Triple& most = bands_.size();
  const detail::Scratch<T> band(block_ * bands_.volume() + width<T>), slopes(most[0] * most[1] * most[2] * lanes_);
  constexpr RunTiles<T> runs[] = {run_tiles<0, T>, run_tiles<1, T>, run_tiles<2, T>,
                                  run_tiles<3, T>, run_tiles<4, T>, run_tiles<5, T>};
  for (std::int64_t n = part * each_; n < std::min(s_.batch, (part + 1) * each_); ++n) {
    const std::int64_t image = n * s_.groups + group;
    for (std::int64_t k = 0; k < bands_.count(); ++k) {
      Triple begin, size;
      bands_.band(k, begin, size);
      bands_.stage(x + (image * s_.in + first) * s_.pixels(), channels, begin, band.data());
      for (std::int64_t o = 0; o < s_.out; o += lanes_) {
        turn(g + (image * s_.out + o) * s_.positions(), std::min(lanes_, s_.out - o), begin, size, slopes.data());
        runs[tile_]({band.data(), slopes.data(), size, bands_.plane(), bands_.row()}, offsets, channels * taps,
                    sums + o, channels_);
      }
    }
  }
}

}  // namespace

template <class T>
bool suits_weight_gradient(const ConvolutionSizes& s) {
  return width<float> >= 8 && s.batch * s.positions() > 0 && 5 * s.out >= 3 * rounded_up(s.out, width<T>);
}

template <class T>
void weight_gradient(const ConvolutionSizes& s, const Correlation& forward, const T* x, const T* g, T* gw) {
  if (s.groups * s.out * s.depth() == 0) return;
  const Schedule<T> schedule(s, forward);
  const detail::Scratch<std::int64_t> offsets(schedule.offsets());
  schedule.write_offsets(offsets.data());
  const std::int64_t size = schedule.sums(), channels = schedule.channels(), depth = s.depth();
  const detail::Scratch<T> sums(schedule.parts() * size);
  constexpr std::int64_t enough = std::int64_t{1} << 20;
  const std::int64_t work = s.batch * s.positions() * size / schedule.units();
  parallel_ranges(schedule.units(), std::max<std::int64_t>(1, enough / std::max<std::int64_t>(1, work)),
                  [&](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t unit = begin; unit < end; ++unit)
                      schedule.run(unit, x, g, offsets.data(), sums.data());
                  });
  parallel_ranges(size, pointwise_grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t part = 1; part < schedule.parts(); ++part)
      for (std::int64_t i = begin; i < end; ++i) sums.data()[i] += sums.data()[part * size + i];
  });
  for (std::int64_t group = 0; group < s.groups; ++group)
    for (std::int64_t o = 0; o < s.out; o += band_rows<T>)
      transpose_band(sums.data() + group * depth * channels + o, gw + (group * s.out + o) * depth,
                     std::min(band_rows<T>, s.out - o), depth, depth, channels, false);
}

template bool suits_weight_gradient<float>(const ConvolutionSizes&);
template bool suits_weight_gradient<double>(const ConvolutionSizes&);
template void weight_gradient(const ConvolutionSizes&, const Correlation&, const float*, const float*, float*);
template void weight_gradient(const ConvolutionSizes&, const Correlation&, const double*, const double*, double*);

}  // namespace xgrad::kernels

#include <xgrad/autograd/kernels/convolution/by_channels.hpp>

#include <algorithm>
#include <limits>

#include <xgrad/autograd/kernels/convolution/tile.hpp>
#include <xgrad/autograd/kernels/matrix/transpose.hpp>
#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>
#include <xgrad/autograd/kernels/simd/product_step.hpp>
#include <xgrad/autograd/kernels/simd/unrolled.hpp>

namespace xgrad::kernels {
namespace {

// One product for the positions of a band and a block of source channels.
template <class T>
struct Product {
  const T* band;
  const std::int64_t* offsets;  // of the products of a position in the band
  std::int64_t depth;           // how many there are
  const std::int64_t* places;   // of the positions in the band
  T* sums;                      // (positions, channels)
  std::int64_t channels;
  const T* start;  // initial sums, the same for every position; null: add to what `sums` holds
};

// `Height` positions and `Vectors` vectors of channels, whose weights lie together for each product.
template <int Height, int Vectors, class T>
[[gnu::noinline]] void product_tile(const Product<T>& s, const T* w, std::int64_t position, std::int64_t channel) {
  using B = Vec<T>;
  B sum[Height][Vectors];
  const T* from[Height];
  T* const to = s.sums + position * s.channels + channel;
  const T* const start = s.start != nullptr ? s.start + channel : to;
  const std::int64_t start_step = s.start != nullptr ? 0 : s.channels;
  each<Height>(XGRAD_INLINE(i) { from[i] = s.band + s.places[position + i]; });
  each<Height>(XGRAD_INLINE(i) {
    each<Vectors>(XGRAD_INLINE(v) { sum[i][v] = B::load(start + i * start_step + v * width<T>); });
  });
  for (std::int64_t p = 0; p < s.depth; ++p, w += Vectors * width<T>) {
    const std::int64_t offset = s.offsets[p];
    product_step<Height, Vectors>(
        sum, XGRAD_INLINE(i) { return B(from[i][offset]); }, XGRAD_INLINE(v) { return B::load(w + v * width<T>); });
  }
  each<Height>(
      XGRAD_INLINE(i) { each<Vectors>(XGRAD_INLINE(v) { sum[i][v].store(to + i * s.channels + v * width<T>); }); });
}

// The sizes of a tile: positions, of which each needs a pointer in a register, and vectors.
constexpr Tile tiles[] = {many_registers ? Tile{8, 2} : Tile{6, 2}, many_registers ? Tile{8, 3} : Tile{4, 3},
                          many_registers ? Tile{6, 4} : Tile{3, 4}, Tile{10, 1}};
constexpr double cost[] = {1.02, 1.03, 1, 1.1};  // of a product, as measured

template <class T>
using RunTiles = void (*)(const Product<T>&, const T*, std::int64_t, std::int64_t);

template <int Which, class T>
void run_tiles(const Product<T>& s, const T* w, std::int64_t positions, std::int64_t channel) {
  constexpr int height = tiles[Which].height;
  for (std::int64_t i = 0; i < positions; i += height) product_tile<height, tiles[Which].vectors>(s, w, i, channel);
}

constexpr std::int64_t band_bytes = 160 << 10;  // of a staged band
constexpr std::int64_t sum_bytes = 128 << 10;   // of the sums of a band
constexpr std::int64_t enough_positions = 96;   // for a product; images that have fewer are computed together

// How the work is cut: by the sizes alone. A unit is a band of an image, or some images that are one band each.
template <class T>
class Schedule {
 public:
  explicit Schedule(const Correlation& c)
      : c_(c),
        taps_(c.taps()),
        block_(c.block()),
        bands_(c.line, block_, band_bytes / size_of_t,
               std::max(enough_positions, sum_bytes / size_of_t / rounded_up(c.results, width<T>)), width<T>) {
    const Triple& size = bands_.size();
    const std::int64_t positions = size[0] * size[1] * size[2];
    images_ = bands_.count() > 1 ? 1 : std::clamp<std::int64_t>(enough_positions / positions, 1, c.batch);
    tile_ = best_tile(tiles, cost, images_ * positions, rounded_up(c.results, width<T>) / width<T>);
    lanes_ = tiles[tile_].vectors * width<T>;
    channels_ = rounded_up(c.results, lanes_);
    rows_ = rounded_up(images_ * positions, tiles[tile_].height);
  }

  double time() const;
  std::int64_t units() const { return (c_.batch + images_ - 1) / images_ * c_.groups * bands_.count(); }
  std::int64_t work() const { return rows_ * depth() * channels_; }
  std::int64_t weights() const { return c_.groups * depth() * channels_; }
  std::int64_t starts() const { return c_.groups * channels_; }
  std::int64_t offsets() const { return block_ * taps_; }
  std::int64_t taps() const { return taps_; }

  void write_offsets(std::int64_t* to) const { bands_.write_offsets(block_, to); }
  void write_starts(const T* bias, T* to) const;
  void pack_weights(const T* w, const std::int64_t* taps, T* to) const;
  void run(std::int64_t unit, const T* x, const T* weights, const std::int64_t* offsets, const T* starts, T* y) const;

 private:
  static constexpr std::int64_t size_of_t = sizeof(T);

  std::int64_t depth() const { return c_.sources * taps_; }
  void pack_tile(const T* w, const std::int64_t* taps, std::int64_t depth, std::int64_t channels, T* to) const;
  std::int64_t list_places(const Triple& size, std::int64_t images, std::int64_t* to) const;
  void write_results(const T* sums, const Triple& begin, const Triple& size, T* y) const;

  const Correlation& c_;
  std::int64_t taps_, block_;
  Bands bands_;
  std::int64_t images_ = 1, lanes_ = 0, channels_ = 0, rows_ = 0;
  int tile_ = 0;
};

template <class T>
double Schedule<T>::time() const {
  const std::int64_t lines = c_.sources * bands_.volume() / std::max<std::int64_t>(1, bands_.row());
  const std::int64_t vectors = rows_ * (channels_ / width<T>);
  constexpr double transposed = 12;  // the time for each vector of sums, which is stored and transposed
  const double band = static_cast<double>(vectors) * (cost[tile_] * static_cast<double>(depth()) + transposed);
  const double copies = time_of_copies(lines, rounded_up(bands_.row(), width<T>) / width<T>);
  return static_cast<double>(bands_.count()) * (band / static_cast<double>(images_) + copies);
}

template <class T>
void Schedule<T>::write_starts(const T* bias, T* to) const {
  for (std::int64_t g = 0; g < c_.groups; ++g)
    for (std::int64_t o = 0; o < channels_; ++o)
      *to++ = bias != nullptr && o < c_.results ? bias[g * c_.results + o] : T(0);
}

// The weights of some source channels and the channels of a tile: for each product those of all channels.
template <class T>
void Schedule<T>::pack_tile(const T* w, const std::int64_t* taps, std::int64_t depth, std::int64_t channels,
                            T* to) const {
  if (channels < lanes_) std::fill_n(to, depth * lanes_, T(0));
  if (c_.w_source == taps_ && taps[0] == 0 && taps[taps_ - 1] == taps_ - 1) {  // they follow each other in w
    for (std::int64_t p = 0; p < depth; p += band_rows<T>)
      transpose_band(w + p, to + p * lanes_, std::min(band_rows<T>, depth - p), channels, lanes_, c_.w_result, false);
    return;
  }
  for (std::int64_t s = 0; s < depth / taps_; ++s, w += c_.w_source)
    for (std::int64_t m = 0; m < taps_; ++m, to += lanes_)
      for (std::int64_t i = 0; i < channels; ++i) to[i] = w[i * c_.w_result + taps[m]];
}

// In the order in which tiles read them: for each group and block of source channels, the channels in tiles.
template <class T>
void Schedule<T>::pack_weights(const T* w, const std::int64_t* taps, T* to) const {
  for (std::int64_t g = 0; g < c_.groups; ++g)
    for (std::int64_t s = 0; s < c_.sources; s += block_) {
      const std::int64_t depth = std::min(block_, c_.sources - s) * taps_;
      for (std::int64_t o = 0; o < channels_; o += lanes_, to += depth * lanes_)
        pack_tile(w + g * c_.w_group + s * c_.w_source + o * c_.w_result, taps, depth, std::min(lanes_, c_.results - o),
                  to);
    }
}

// The places of all positions of some images, and of the last one until a tile is full.
template <class T>
std::int64_t Schedule<T>::list_places(const Triple& size, std::int64_t images, std::int64_t* const to) const {
  std::int64_t* next = to;
  for (std::int64_t n = 0; n < images; ++n)
    for (std::int64_t i0 = 0; i0 < size[0]; ++i0)
      for (std::int64_t i1 = 0; i1 < size[1]; ++i1)
        for (std::int64_t i2 = 0; i2 < size[2]; ++i2) *next++ = n * block_ * bands_.volume() + bands_.place(i0, i1, i2);
  const std::int64_t count = next - to;
  std::fill(next, to + rounded_up(count, tiles[tile_].height), next[-1]);
  return count;
}

// The sums of an image go to a band of y.
template <class T>
void Schedule<T>::write_results(const T* sums, const Triple& begin, const Triple& size, T* y) const {
  const std::int64_t positions = c_.positions(), rows = bands_.whole_rows() ? 1 : size[1];
  const std::int64_t run = bands_.whole_rows() ? size[1] * size[2] : size[2];  // positions that follow each other in y
  for (std::int64_t i0 = 0; i0 < size[0]; ++i0)
    for (std::int64_t i1 = 0; i1 < rows; ++i1, sums += run * channels_) {
      const std::int64_t first = ((begin[0] + i0) * c_.line[1].results + begin[1] + i1) * c_.line[2].results + begin[2];
      for (std::int64_t o = 0; o < c_.results; o += band_rows<T>)
        transpose_band(sums + o, y + o * positions + first, std::min(band_rows<T>, c_.results - o), run, positions,
                       channels_, false);
    }
}

template <class T>
void Schedule<T>::run(std::int64_t unit, const T* x, const T* weights, const std::int64_t* offsets, const T* starts,
                      T* y) const {
  constexpr RunTiles<T> runs[] = {run_tiles<0, T>, run_tiles<1, T>, run_tiles<2, T>, run_tiles<3, T>};
  Triple begin, size;
  bands_.band(unit % bands_.count(), begin, size);
  const std::int64_t group = unit / bands_.count() % c_.groups, first = unit / bands_.count() / c_.groups * images_;
  const std::int64_t images = std::min(images_, c_.batch - first), image = block_ * bands_.volume();
  const detail::Scratch<T> band(images * image + width<T>), sums(rows_ * channels_);
  const detail::Scratch<std::int64_t> places(rows_);
  const std::int64_t positions = list_places(size, images, places.data());
  weights += group * depth() * channels_;
  for (std::int64_t s = 0; s < c_.sources; s += block_) {
    const std::int64_t some = std::min(block_, c_.sources - s);
    for (std::int64_t n = 0; n < images; ++n)
      bands_.stage(x + (((first + n) * c_.groups + group) * c_.sources + s) * c_.pixels(), some, begin,
                   band.data() + n * image);
    const Product<T> product{band.data(),
                             offsets,
                             some * taps_,
                             places.data(),
                             sums.data(),
                             channels_,
                             s == 0 ? starts + group * channels_ : nullptr};
    for (std::int64_t o = 0; o < channels_; o += lanes_, weights += product.depth * lanes_)
      runs[tile_](product, weights, positions, o);
  }
  for (std::int64_t n = 0; n < images; ++n)
    write_results(sums.data() + n * (positions / images) * channels_, begin, size,
                  y + ((first + n) * c_.groups + group) * c_.results * c_.positions());
}

}  // namespace

template <class T>
double time_by_channels(const Correlation& c) {
  const Triple ones{1, 1, 1};
  if (c.y_step != ones || c.sources * c.taps() == 0 || c.batch * c.results * c.positions() == 0)
    return std::numeric_limits<double>::infinity();
  return Schedule<T>(c).time();
}

template <class T>
void correlate_by_channels(const Correlation& c, const T* x, const T* w, const T* bias, T* y) {
  const Schedule<T> schedule(c);
  const detail::Scratch<std::int64_t> offsets(schedule.offsets()), taps(schedule.taps());
  const detail::Scratch<T> weights(schedule.weights()), starts(schedule.starts());
  schedule.write_offsets(offsets.data());
  schedule.write_starts(bias, starts.data());
  c.write_taps(taps.data());
  schedule.pack_weights(w, taps.data(), weights.data());
  constexpr std::int64_t enough = std::int64_t{1} << 20;  // multiply-adds that are worth handing to another thread
  parallel_ranges(schedule.units(), std::max<std::int64_t>(1, enough / schedule.work()),
                  [&](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t unit = begin; unit < end; ++unit)
                      schedule.run(unit, x, weights.data(), offsets.data(), starts.data(), y);
                  });
}

template double time_by_channels<float>(const Correlation&);
template double time_by_channels<double>(const Correlation&);
template void correlate_by_channels(const Correlation&, const float*, const float*, const float*, float*);
template void correlate_by_channels(const Correlation&, const double*, const double*, const double*, double*);

}  // namespace xgrad::kernels

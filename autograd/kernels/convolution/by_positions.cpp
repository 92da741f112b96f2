#include <xgrad/autograd/kernels/convolution/by_positions.hpp>

#include <algorithm>

#include <xgrad/autograd/kernels/convolution/tile.hpp>
#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>
#include <xgrad/autograd/kernels/simd/partial.hpp>
#include <xgrad/autograd/kernels/simd/product_step.hpp>
#include <xgrad/autograd/kernels/simd/unrolled.hpp>

namespace xgrad::kernels {
namespace {

// A vector of results: where the band is read for it, where in a channel of y it goes, and how many of its lanes are
// results. `spills` says that a whole vector may be stored, since what follows is stored later.
struct Lanes {
  std::int64_t from, to, count;
  bool spills;
};

// Whether the rows of results follow each other in y.
bool joins_rows(const Correlation& c) {
  return c.y_step[1] == 1 && c.y_step[2] == 1 && c.y_size[2] == c.line[2].results;
}

template <class T>
std::int64_t vectors_of(std::int64_t lanes) {
  return (lanes + width<T> - 1) / width<T>;
}

// One product for a band, an image and a block of source channels.
template <class T>
struct Product {
  const T* band;
  const std::int64_t* offsets;  // of the products of an element in the band
  std::int64_t depth;           // how many there are
  T* y;                         // the first channel of results
  std::int64_t channel, step;   // distances of channels and of neighbouring results in y
  const T* bias;                // of the first channel, or null
  bool adds;                    // onto y, in place of the bias
};

template <class T>
Vec<T> load_lanes(const Product<T>& s, const T* from, const Lanes& lanes) {
  if (s.step == 1) return lanes.count == width<T> ? Vec<T>::load(from) : load(from, Partial{lanes.count}, T(0));
  alignas(64) T all[Vec<T>::width] = {};
  for (std::int64_t i = 0; i < lanes.count; ++i) all[i] = from[i * s.step];
  return Vec<T>::load(all);
}

template <class T>
void store_lanes(const Product<T>& s, Vec<T> v, T* to, const Lanes& lanes) {
  if (s.step == 1) {
    if (lanes.spills) return v.store(to);
    return store(v, to, Partial{lanes.count});
  }
  alignas(64) T all[Vec<T>::width];
  v.store(all);
  for (std::int64_t i = 0; i < lanes.count; ++i) to[i * s.step] = all[i];
}

// `Rows` channels of results, of which the first `rows` exist, for `Vectors` vectors. The weights of the channels lie
// together for each product.
template <int Rows, int Vectors, class T>
[[gnu::noinline]] void product_tile(const Product<T>& s, const T* w, std::int64_t row, std::int64_t rows,
                                    const Lanes* lanes) {
  using B = Vec<T>;
  B sum[Rows][Vectors];
  const T* from[Vectors];
  T* const y = s.y + row * s.channel;
  each<Vectors>(XGRAD_INLINE(v) { from[v] = s.band + lanes[v].from; });
  if (s.adds) {
    each<Rows>(XGRAD_INLINE(i) {
      each<Vectors>(XGRAD_INLINE(v) {
        sum[i][v] = i < rows ? load_lanes(s, y + i * s.channel + lanes[v].to, lanes[v]) : B(T(0));
      });
    });
  } else {
    each<Rows>(XGRAD_INLINE(i) {
      const B start(s.bias != nullptr && i < rows ? s.bias[row + i] : T(0));
      each<Vectors>(XGRAD_INLINE(v) { sum[i][v] = start; });
    });
  }
  for (std::int64_t p = 0; p < s.depth; ++p, w += Rows) {
    const std::int64_t offset = s.offsets[p];
    product_step<Rows, Vectors>(
        sum, XGRAD_INLINE(i) { return B(w[i]); }, XGRAD_INLINE(v) { return B::load(from[v] + offset); });
  }
  each<Rows>(XGRAD_INLINE(i) {
    if (i < rows)
      each<Vectors>(XGRAD_INLINE(v) { store_lanes(s, sum[i][v], y + i * s.channel + lanes[v].to, lanes[v]); });
  });
}

// The sizes of a tile that fill the registers: rows and vectors.
constexpr Tile tiles[] = {many_registers ? Tile{6, 4} : Tile{6, 2}, many_registers ? Tile{8, 3} : Tile{4, 3},
                          many_registers ? Tile{4, 6} : Tile{3, 4}, many_registers ? Tile{2, 8} : Tile{2, 4},
                          many_registers ? Tile{1, 8} : Tile{1, 8}};

// A function that computes all channels of a tile size in turn.
template <class T>
using RunTiles = void (*)(const Product<T>&, const T*, std::int64_t, std::int64_t, const Lanes*, std::int64_t);

template <int Which, class T>
void run_tiles(const Product<T>& s, const T* w, std::int64_t begin, std::int64_t end, const Lanes* lanes,
               std::int64_t vectors) {
  constexpr int rows = tiles[Which].height;
  for (std::int64_t o = begin; o < end; o += rows)
    for (std::int64_t v = 0; v < vectors; v += tiles[Which].vectors)
      product_tile<rows, tiles[Which].vectors>(s, w + o * s.depth, o, std::min<std::int64_t>(rows, end - o), lanes + v);
}

constexpr double cost[] = {1, 1.02, 1.25, 1.3, 1.6};  // of a product, as measured: narrow tiles are bound by loads

constexpr std::int64_t band_bytes = 160 << 10;    // of a staged band
constexpr std::int64_t apart_bytes = 384 << 10;   // if taps are apart: there are copies of each row
constexpr std::int64_t chunk_tiles = 4;           // how many tiles of vectors use a row of weights in turn
constexpr std::int64_t weight_bytes = 160 << 10;  // of the weights that are used for a band in turn

// How the source is staged, and the vectors of a band of results: if the taps of the last axis are apart, they reach
// over the ends of rows.
template <class T>
struct Staging {
  static constexpr std::int64_t size_of_t = sizeof(T);

  Staging(const Correlation& c, std::int64_t channels, bool apart)
      : bands(c.line, channels, (apart ? apart_bytes : band_bytes) / size_of_t, INT64_MAX, width<T>, apart) {
    const Triple& size = bands.size();
    vectors = apart ? size[0] * vectors_of<T>(size[1] * size[2]) : size[0] * size[1] * vectors_of<T>(size[2]);
    tile = best_tile(tiles, cost, c.results, vectors);
    const double depth = static_cast<double>(channels * c.taps());
    const double products = cost[tile] * depth * static_cast<double>(rounded_up(c.results, tiles[tile].height)) *
                            static_cast<double>(rounded_up(vectors, tiles[tile].vectors));
    const std::int64_t rows = channels * bands.volume() / std::max<std::int64_t>(1, bands.row());
    const double copies = time_of_copies(rows, vectors_of<T>(bands.row()));
    time = static_cast<double>(bands.count()) * (products + copies);
  }

  Bands bands;
  std::int64_t vectors;
  int tile;
  double time;  // for an image and a block, in products of vectors
};

template <class T>
Staging<T> best_staging(const Correlation& c, std::int64_t channels) {
  const Staging<T> together(c, channels, false);
  if (!joins_rows(c) || c.line[2].taps == 0) return together;
  const Staging<T> apart(c, channels, true);
  return apart.bands.whole_rows() && apart.time < together.time ? apart : together;
}

// How the work is cut: by the sizes alone.
template <class T>
class Schedule {
 public:
  explicit Schedule(const Correlation& c)
      : c_(c),
        taps_(c.taps()),
        block_(c.block()),
        blocks_(std::max<std::int64_t>(1, (c.sources + block_ - 1) / block_)),
        staging_(best_staging<T>(c, block_)),
        rows_(rounded_up(c.results, tiles[staging_.tile].height)) {}

  std::int64_t units() const { return c_.batch * c_.groups * staging_.bands.count(); }
  std::int64_t weights() const { return c_.groups * rows_ * c_.sources * taps_; }
  std::int64_t offsets() const { return block_ * taps_; }
  std::int64_t work() const { return staging_.vectors * width<T> * rows_ * c_.sources * taps_; }

  void write_offsets(std::int64_t* to) const { staging_.bands.write_offsets(block_, to); }
  std::int64_t taps() const { return taps_; }
  void pack_weights(const T* w, const std::int64_t* taps, T* to) const;
  void run(std::int64_t unit, const T* x, const T* weights, const std::int64_t* offsets, const T* bias, T* y) const;

 private:
  std::int64_t list_lanes(const Triple& begin, const Triple& size, Lanes* to) const;

  const Correlation& c_;
  std::int64_t taps_, block_, blocks_;
  Staging<T> staging_;
  std::int64_t rows_;
};

// In the order in which tiles read them: for each group and block of channels, the channels of results in tiles.
template <class T>
void Schedule<T>::pack_weights(const T* w, const std::int64_t* taps, T* to) const {
  const std::int64_t height = tiles[staging_.tile].height;
  for (std::int64_t g = 0; g < c_.groups; ++g)
    for (std::int64_t block = 0; block < blocks_; ++block) {
      const std::int64_t first = block * block_, past = std::min(c_.sources, first + block_);
      for (std::int64_t o = 0; o < rows_; o += height) {
        const std::int64_t rows = std::min(height, c_.results - o);
        for (std::int64_t s = first; s < past; ++s) {
          const T* const from = w + g * c_.w_group + s * c_.w_source + o * c_.w_result;
          for (std::int64_t m = 0; m < taps_; ++m, to += height) {
            for (std::int64_t i = 0; i < rows; ++i) to[i] = from[i * c_.w_result + taps[m]];
            for (std::int64_t i = rows; i < height; ++i) to[i] = T(0);
          }
        }
      }
    }
}

// The vectors of a band, whose number is rounded up with the last one.
template <class T>
std::int64_t Schedule<T>::list_lanes(const Triple& begin, const Triple& size, Lanes* const to) const {
  Lanes* next = to;
  const auto place = [&](std::size_t k, std::int64_t i) { return (begin[k] + i) * c_.y_step[k] + c_.y_first[k]; };
  const auto target = [&](std::int64_t i0, std::int64_t i1, std::int64_t i2) {
    return (place(0, i0) * c_.y_size[1] + place(1, i1)) * c_.y_size[2] + place(2, i2);
  };
  const bool apart = staging_.bands.apart();
  const std::int64_t lines = apart ? 1 : size[1], length = apart ? size[1] * size[2] : size[2];
  for (std::int64_t i0 = 0; i0 < size[0]; ++i0)
    for (std::int64_t i1 = 0; i1 < lines; ++i1)
      for (std::int64_t i2 = 0; i2 < length; i2 += width<T>) {
        const std::int64_t lanes = std::min(width<T>, length - i2), first = target(i0, i1, 0);
        *next++ = {staging_.bands.place(i0, i1, i2), first + i2 * c_.y_step[2], lanes, lanes == width<T>};
      }
  const std::int64_t count = next - to;
  // A vector may spill into those that follow it without a gap, which are stored after it.
  if (blocks_ == 1 && joins_rows(c_) && staging_.bands.whole_rows())
    for (std::int64_t k = 0, last = 0; k < count; ++k) {
      for (last = std::max(last, k); last + 1 < count && to[last + 1].to == to[last].to + to[last].count;) ++last;
      to[k].spills = to[k].spills || to[k].to + width<T> <= to[last].to + to[last].count;
    }
  const std::int64_t all = rounded_up(count, tiles[staging_.tile].vectors);
  for (std::int64_t k = count; k < all; ++k) to[k] = to[count - 1];
  return all;
}

template <class T>
void Schedule<T>::run(std::int64_t unit, const T* x, const T* weights, const std::int64_t* offsets, const T* bias,
                      T* y) const {
  const Bands& bands = staging_.bands;
  const Tile tile = tiles[staging_.tile];
  Triple begin, size;
  bands.band(unit % bands.count(), begin, size);
  const std::int64_t image = unit / bands.count(), group = image % c_.groups;  // an image of one group
  const std::int64_t channel = c_.y_size[0] * c_.y_size[1] * c_.y_size[2];
  constexpr RunTiles<T> runs[] = {run_tiles<0, T>, run_tiles<1, T>, run_tiles<2, T>, run_tiles<3, T>, run_tiles<4, T>};
  const std::int64_t volume = bands.volume();
  const detail::Scratch<Lanes> lanes(staging_.vectors + 8);
  const detail::Scratch<T> band(block_ * volume + width<T>);
  std::fill_n(band.data() + block_ * volume, width<T>, T(0));  // what the last vector may read beyond the band
  const std::int64_t vectors = list_lanes(begin, size, lanes.data());
  Product<T> product{band.data(),
                     offsets,
                     0,
                     y + image * c_.results * channel,
                     channel,
                     c_.y_step[2],
                     bias != nullptr ? bias + group * c_.results : nullptr,
                     false};
  const T* packed = weights + group * rows_ * c_.sources * taps_;
  for (std::int64_t block = 0; block < blocks_; ++block) {
    const std::int64_t first = block * block_, channels = std::min(block_, c_.sources - first);
    bands.stage(x + (image * c_.sources + first) * c_.pixels(), channels, begin, band.data());
    product.depth = channels * taps_;
    product.adds = block > 0;
    const std::int64_t bytes = std::max<std::int64_t>(1, product.depth * static_cast<std::int64_t>(sizeof(T)));
    const std::int64_t chunk = chunk_tiles * tile.vectors;
    const std::int64_t part = std::max<std::int64_t>(tile.height, weight_bytes / bytes / tile.height * tile.height);
    for (std::int64_t o = 0; o < c_.results; o += part)
      for (std::int64_t v = 0; v < vectors; v += chunk)
        runs[staging_.tile](product, packed, o, std::min(c_.results, o + part), lanes.data() + v,
                            std::min(chunk, vectors - v));
    packed += rows_ * product.depth;
  }
}

}  // namespace

template <class T>
double time_by_positions(const Correlation& c) {
  constexpr double measured = 1.05;  // stores, and the stalls that they cause, relative to the products
  const std::int64_t block = c.block(), blocks = (c.sources + block - 1) / block;
  return measured * best_staging<T>(c, block).time * static_cast<double>(blocks);
}

template <class T>
void correlate_by_positions(const Correlation& c, const T* x, const T* w, const T* bias, T* y) {
  const Schedule<T> schedule(c);
  const detail::Scratch<std::int64_t> offsets(schedule.offsets()), taps(schedule.taps());
  const detail::Scratch<T> weights(schedule.weights());
  schedule.write_offsets(offsets.data());
  c.write_taps(taps.data());
  schedule.pack_weights(w, taps.data(), weights.data());
  constexpr std::int64_t enough = std::int64_t{1} << 20;  // multiply-adds that are worth handing to another thread
  const std::int64_t grain = std::max<std::int64_t>(1, enough / std::max<std::int64_t>(1, schedule.work()));
  parallel_ranges(schedule.units(), grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t unit = begin; unit < end; ++unit) schedule.run(unit, x, weights.data(), offsets.data(), bias, y);
  });
}

template double time_by_positions<float>(const Correlation&);
template double time_by_positions<double>(const Correlation&);
template void correlate_by_positions(const Correlation&, const float*, const float*, const float*, float*);
template void correlate_by_positions(const Correlation&, const double*, const double*, const double*, double*);

}  // namespace xgrad::kernels

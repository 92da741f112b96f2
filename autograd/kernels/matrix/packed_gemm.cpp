#include <xgrad/autograd/kernels/matrix/packed_gemm.hpp>

#include <algorithm>
#include <cstring>

#include <xgrad/autograd/kernels/matrix/parts.hpp>
#include <xgrad/autograd/kernels/matrix/transpose.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>
#include <xgrad/autograd/kernels/simd/partial.hpp>
#include <xgrad/autograd/kernels/simd/unrolled.hpp>
#include <xgrad/autograd/kernels/simd/vec.hpp>

namespace xgrad::kernels {
namespace {

// OpenBLAS may use wider vectors than a build for SSE2.
constexpr bool packs = Vec<float>::width >= 8;

template <class T>
constexpr std::int64_t width = static_cast<std::int64_t>(Vec<T>::width);

// The tile of C that is accumulated in registers, in rows and vectors of columns: 12 of 16 registers, or 24 of 32.
constexpr int tile_vectors = Vec<float>::width >= 16 ? 4 : 2, tile_rows = 6;
template <class T>
constexpr std::int64_t panel = tile_vectors* width<T>;

// B is packed by blocks of rows, and each block by panels of columns, which hold `panel` numbers for each of its rows.
// A block of so many rows and columns stays in a second-level cache while it meets all rows of A.
constexpr std::int64_t most_depth = 384;
template <class T>
constexpr std::int64_t block_columns = (384 << 10) / (most_depth * static_cast<std::int64_t>(sizeof(T)));

struct Blocks {
  explicit Blocks(std::int64_t k) : count(std::max<std::int64_t>(1, (k + most_depth - 1) / most_depth)), depth(k) {}
  std::int64_t begin(std::int64_t i) const { return depth / count * i + std::min(i, depth % count); }
  std::int64_t count, depth;
};

template <class T>
std::int64_t panels_for(std::int64_t n) {
  return (n + panel<T> - 1) / panel<T>;
}

// ---- the copy of B

// Columns that fill up the last vectors are those of the last column again, which raise no floating-point exception
// that it does not raise.
template <class T>
void fill_up(T* panel_of_b, std::int64_t depth, std::int64_t columns) {
  for (T* row = panel_of_b; columns < panel<T> && row < panel_of_b + depth * panel<T>; row += panel<T>)
    std::fill(row + columns, row + panel<T>, row[columns - 1]);
}

// Rows p .. p+depth-1 and columns from .. past-1 of B (k, n).
template <class T>
void pack_block(bool transposed, std::int64_t n, std::int64_t k, const T* b, std::int64_t p, std::int64_t depth,
                std::int64_t from, std::int64_t past, T* to) {
  constexpr std::int64_t together = std::max<std::int64_t>(panel<T>, 512 / sizeof(T));  // columns of some cache lines
  for (std::int64_t j = from; j < past; j += together, to += together * depth) {
    const std::int64_t end = std::min(past, j + together), whole = (end - j) / panel<T> * panel<T>;
    if (transposed) {
      for (std::int64_t c = j; c < end; c += panel<T>)
        for (std::int64_t q = 0; q < depth; q += band_rows<T>)
          transpose_band(b + c * k + p + q, to + (c - j) * depth + q * panel<T>, std::min(band_rows<T>, depth - q),
                         std::min(panel<T>, end - c), panel<T>, k, false);
    } else {
      for (std::int64_t q = 0; q < depth; ++q) {
        const T* const row = b + (p + q) * n + j;
        T* const there = to + q * panel<T>;
        for (std::int64_t c = 0; c < whole; c += panel<T>)
          std::memcpy(there + c * depth, row + c, panel<T> * sizeof(T));
        std::copy(row + whole, row + (end - j), there + whole * depth);
      }
    }
    if (whole < end - j) fill_up(to + whole * depth, depth, end - j - whole);
  }
}

// ---- a tile of C

// Rows of A as they are stored, or packed: the numbers of a tile's rows, padded to tile_rows, for each p.
template <class T>
struct StoredRows {
  const T* at;
  std::int64_t step;
  T operator()(std::int64_t i, std::int64_t p) const { return at[i * step + p]; }
};
template <class T>
struct PackedRows {
  const T* at;
  T operator()(std::int64_t i, std::int64_t p) const { return at[p * tile_rows + i]; }
};

// One panel of B, and where in C its columns go.
template <class T>
struct Columns {
  std::int64_t depth;
  const T* b;
  T* c;
  std::int64_t ldc;
  Onto<T> onto;
  std::int64_t count;  // of columns that exist
  T factor;
};

template <int Rows, int Vectors, class A, class T>
[[gnu::noinline]] void tile_product(A a, const Columns<T>& s) {
  using B = Vec<T>;
  B sum[Rows][Vectors], row[Vectors];
  const T* b = s.b;
  const std::int64_t depth = s.depth;
  each<Rows>(XGRAD_INLINE(i) { each<Vectors>(XGRAD_INLINE(v) { sum[i][v] = B(T(0)); }); });
  for (std::int64_t p = 0; p < depth; ++p, b += panel<T>) {
    each<Vectors>(XGRAD_INLINE(v) { row[v] = B::load(b + v * width<T>); });
    each<Rows>(XGRAD_INLINE(i) {
      const B left(a(i, p));
      each<Vectors>(XGRAD_INLINE(v) { sum[i][v] = fma(left, row[v], sum[i][v]); });
    });
  }
  const Partial last{s.count - (Vectors - 1) * width<T>};
  const bool full = last.count == width<T>;
  if (s.factor != 1)
    each<Rows>(XGRAD_INLINE(i) { each<Vectors>(XGRAD_INLINE(v) { sum[i][v] = sum[i][v] * s.factor; }); });
  if (s.onto.from != nullptr)
    each<Rows>(XGRAD_INLINE(i) {
      each<Vectors>(XGRAD_INLINE(v) {
        const T* const from = s.onto.from + i * s.onto.step + v * width<T>;
        sum[i][v] = (v < Vectors - 1 || full ? B::load(from) : load(from, last, T(0))) + sum[i][v];
      });
    });
  each<Rows>(XGRAD_INLINE(i) {
    each<Vectors>(XGRAD_INLINE(v) {
      T* const to = s.c + i * s.ldc + v * width<T>;
      if (v < Vectors - 1 || full)
        sum[i][v].store(to);
      else
        store(sum[i][v], to, last);
    });
  });
}

template <int Rows, int Vectors, class A, class T>
void run_tile(std::int64_t rows, std::int64_t vectors, A a, const Columns<T>& columns) {
  if constexpr (Rows > 1)
    if (rows < Rows) return run_tile<Rows - 1, Vectors>(rows, vectors, a, columns);
  if constexpr (Vectors > 1)
    if (vectors < Vectors) return run_tile<Rows, Vectors - 1>(rows, vectors, a, columns);
  tile_product<Rows, Vectors>(a, columns);
}

// ---- a part of C

// Rows of A: m of them, stored as (m, k), or as (k, m) where they are transposed, `step` apart.
template <class T>
struct Left {
  bool transposed;
  const T* at;
  std::int64_t step, m;
};

// Tiles of nearly equal heights: one of few rows has too few independent sums to hide the latency of an addition.
struct Tiles {
  explicit Tiles(std::int64_t m) : count((m + tile_rows - 1) / tile_rows), height(m / count), higher(m % count) {}
  std::int64_t begin(std::int64_t t) const { return height * t + std::min(t, higher); }
  std::int64_t count, height, higher;  // the first `higher` tiles have one row more
};

// Copies rows p .. p+depth-1 of a transposed A as tiles of `apart` numbers.
template <class T>
void pack_left(const Left<T>& a, const Tiles& tiles, std::int64_t p, std::int64_t depth, T* to, std::int64_t apart) {
  constexpr std::int64_t together = 16;  // tiles, of which a row of A fills some cache lines
  constexpr std::int64_t wide = 8;       // numbers that are copied at once, those of the next tile among them
  for (std::int64_t first = 0; first < tiles.count; first += together)
    for (std::int64_t q = 0; q < depth; ++q) {
      const T* const row = a.at + (p + q) * a.step;
      for (std::int64_t t = first; t < std::min(tiles.count, first + together); ++t) {
        const std::int64_t begin = tiles.begin(t);
        T* const there = to + t * apart + q * tile_rows;
        if (begin + wide <= a.m)
          std::memcpy(there, row + begin, wide * sizeof(T));
        else
          std::copy_n(row + begin, a.m - begin, there);
      }
    }
}

// B, all of which has been packed, or whose blocks are packed as they are needed.
template <class T>
struct Right {
  bool transposed;
  std::int64_t n, k;
  const T* b;
  const T* packed;  // or null
  T factor;         // of the product
};

// Columns j0 .. j0+n-1 of C = onto + factor A B.
template <class T>
void rows_of_product(const Left<T>& a, const Right<T>& b, std::int64_t j0, std::int64_t n, T* c, Onto<T> onto) {
  const Blocks blocks(b.k);
  const std::int64_t all = panels_for<T>(b.n) * panel<T>, ldc = b.n;
  const detail::Scratch<T> block(
      b.packed == nullptr ? blocks.begin(1) * std::min(block_columns<T>, panels_for<T>(n) * panel<T>) : 0);
  const Tiles tiles(a.m);
  const std::int64_t apart = a.transposed ? blocks.begin(1) * tile_rows + 8 : 0;
  const detail::Scratch<T> left(tiles.count * apart);
  for (std::int64_t i = 0; i < blocks.count; ++i) {
    const std::int64_t p = blocks.begin(i), depth = blocks.begin(i + 1) - p;
    if (a.transposed) pack_left(a, tiles, p, depth, left.data(), apart);
    const Onto<T> base = i > 0 ? Onto<T>{c, ldc} : onto;
    for (std::int64_t from = j0; from < j0 + n; from += block_columns<T>) {
      const std::int64_t past = std::min(j0 + n, from + block_columns<T>);
      if (b.packed == nullptr) pack_block(b.transposed, b.n, b.k, b.b, p, depth, from, past, block.data());
      const T* const panels = b.packed == nullptr ? block.data() : b.packed + p * all + from * depth;
      for (std::int64_t t = 0; t < tiles.count; ++t) {
        const std::int64_t begin = tiles.begin(t), rows = tiles.begin(t + 1) - begin;
        for (std::int64_t j = from; j < past; j += panel<T>) {
          const std::int64_t count = std::min(panel<T>, past - j), vectors = (count + width<T> - 1) / width<T>;
          const Onto<T> there{base.from ? base.from + begin * base.step + j : nullptr, base.step};
          const Columns<T> columns{depth,   panels + (j - from) * depth, c + begin * ldc + j, ldc, there, count,
                                   b.factor};
          if (a.transposed)
            run_tile<tile_rows, tile_vectors>(rows, vectors, PackedRows<T>{left.data() + t * apart}, columns);
          else
            run_tile<tile_rows, tile_vectors>(rows, vectors, StoredRows<T>{a.at + begin * a.step + p, a.step}, columns);
        }
      }
    }
  }
}

// The same, for as many rows of a transposed A at a time as are copied into the cache.
template <class T>
void part_of_product(const Left<T>& a, const Right<T>& b, std::int64_t j0, std::int64_t n, T* c, Onto<T> onto) {
  constexpr std::int64_t most_rows = 64 * tile_rows;
  if (!a.transposed || a.m <= most_rows) return rows_of_product(a, b, j0, n, c, onto);
  for (std::int64_t i = 0; i < a.m; i += most_rows) {
    const Onto<T> there{onto.from ? onto.from + i * onto.step : nullptr, onto.step};
    rows_of_product<T>({true, a.at + i, a.step, std::min(most_rows, a.m - i)}, b, j0, n, c + i * b.n, there);
  }
}

}  // namespace

template <class T>
PackedMatrix<T>::PackedMatrix(bool transposed, std::int64_t n, std::int64_t k, const T* b)
    : transposed_(transposed), n_(n), k_(k), b_(b), panels_(packs ? panels_for<T>(n) * panel<T> * k : 0) {
  const Blocks blocks(k);
  for (std::int64_t i = 0; packs && i < blocks.count; ++i) {
    const std::int64_t p = blocks.begin(i), depth = blocks.begin(i + 1) - p;
    pack_block(transposed, n, k, b, p, depth, 0, n, panels_.data() + p * panels_for<T>(n) * panel<T>);
  }
}

template <class T>
void PackedMatrix<T>::product(std::int64_t m, const T* a, T* c, Onto<T> onto) const {
  if (!packs || k_ == 0) return gemm(false, transposed_, m, n_, k_, a, b_, c, onto);
  if (m == 0) return;
  part_of_product<T>({false, a, k_, m}, {transposed_, n_, k_, b_, panels_.data(), 1}, 0, n_, c, onto);
}

// Each element is one sum in one order, whatever the parts are: so there are no more than threads, since parts of rows
// copy B each for themselves, and parts of columns A.
template <class T>
void packed_gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const T* a,
                 const T* b, T* c, Onto<T> onto, T factor) {
  if (m == 0 || n == 0) return;
  constexpr std::int64_t enough = std::int64_t{1} << 22;
  const std::int64_t parts = std::min<std::int64_t>(threads(), parts_of(m * n / 64 * k, enough / 64));
  const std::int64_t step = transpose_a ? m : k;
  const Right<T> right{transpose_b, n, k, b, nullptr, factor};
  if (m < n)
    return parallel_ranges(n, part_size(n, parts, panel<T>), [&](std::int64_t begin, std::int64_t end) {
      part_of_product<T>({transpose_a, a, step, m}, right, begin, end - begin, c, onto);
    });
  parallel_ranges(m, part_size(m, parts, tile_rows), [&](std::int64_t begin, std::int64_t end) {
    const Onto<T> there{onto.from ? onto.from + begin * onto.step : nullptr, onto.step};
    part_of_product<T>({transpose_a, a + begin * (transpose_a ? 1 : k), step, end - begin}, right, 0, n, c + begin * n,
                       there);
  });
}

// Speed compared with OpenBLAS 0.3.21 on one core of a Zen 4, with AVX-512 (with AVX2), in float32: 1600, 512, 64 with
// B transposed 1.13 (1.22) times as fast, 768, 128, 512 1.11 (1.09), squares of 512 and 1024 1.07 (1.04 and .99). A
// transposed A is copied too, which pays where C has many columns: 384, 128, 768 1.03 (.94), 512, 784, 128 1.05 (1.10).
template <class T>
bool suits_packed_gemm(bool transpose_a, std::int64_t m, std::int64_t n, std::int64_t k) {
  if (!packs || m < 24 || n < width<T> || k < 16) return false;
  if (Vec<float>::width < 16 && transpose_a && n < 512) return false;
  return (n + width<T> - 1) / width<T> * width<T> - n <= n / 8;
}

template class PackedMatrix<float>;
template class PackedMatrix<double>;
template void packed_gemm(bool, bool, std::int64_t, std::int64_t, std::int64_t, const float*, const float*, float*,
                          Onto<float>, float);
template void packed_gemm(bool, bool, std::int64_t, std::int64_t, std::int64_t, const double*, const double*, double*,
                          Onto<double>, double);
template bool suits_packed_gemm<float>(bool, std::int64_t, std::int64_t, std::int64_t);
template bool suits_packed_gemm<double>(bool, std::int64_t, std::int64_t, std::int64_t);

}  // namespace xgrad::kernels

#include <xgrad/autograd/kernels/matrix/packed_gemm.hpp>

#include <algorithm>
#include <utility>

#include <xgrad/autograd/kernels/runtime/parallel.hpp>
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

template <class T>
std::int64_t panels_for(std::int64_t n) {
  return (n + panel<T> - 1) / panel<T>;
}

// Rows of A by one panel of B, whose k rows of `panel` numbers follow each other. Of the columns of C, `columns` exist.
template <class T>
struct Tile {
  std::int64_t k;
  const T* a;
  const T* b;
  T* c;
  std::int64_t ldc;
  Onto<T> onto;
  std::int64_t columns;
};

template <int Rows, class T>
[[gnu::noinline]] void tile_product(const Tile<T>& s) {
  using B = Vec<T>;
  B sum[Rows][tile_vectors], row[tile_vectors];
  const T *a = s.a, *b = s.b;
  const std::int64_t k = s.k;
  each<Rows>(XGRAD_INLINE(i) { each<tile_vectors>(XGRAD_INLINE(v) { sum[i][v] = B(T(0)); }); });
  for (std::int64_t p = 0; p < k; ++p, b += panel<T>) {
    each<tile_vectors>(XGRAD_INLINE(v) { row[v] = B::load(b + v * width<T>); });
    each<Rows>(XGRAD_INLINE(i) {
      const B left(a[i * k + p]);
      each<tile_vectors>(XGRAD_INLINE(v) { sum[i][v] = fma(left, row[v], sum[i][v]); });
    });
  }
  if (s.columns == panel<T>) {
    each<Rows>(XGRAD_INLINE(i) {
      each<tile_vectors>(XGRAD_INLINE(v) {
        if (s.onto.from != nullptr) sum[i][v] = B::load(s.onto.from + i * s.onto.step + v * width<T>) + sum[i][v];
        sum[i][v].store(s.c + i * s.ldc + v * width<T>);
      });
    });
    return;
  }
  T numbers[Rows][panel<T>];
  each<Rows>(XGRAD_INLINE(i) { each<tile_vectors>(XGRAD_INLINE(v) { sum[i][v].store(numbers[i] + v * width<T>); }); });
  for (int i = 0; i < Rows; ++i)
    for (std::int64_t j = 0; j < s.columns; ++j)
      s.c[i * s.ldc + j] = s.onto.from ? s.onto.from[i * s.onto.step + j] + numbers[i][j] : numbers[i][j];
}

template <int Rows, class T>
void product_of_rows(int rows, const Tile<T>& tile) {
  if constexpr (Rows > 1)
    if (rows < Rows) return product_of_rows<Rows - 1>(rows, tile);
  tile_product<Rows>(tile);
}

}  // namespace

template <class T>
PackedMatrix<T>::PackedMatrix(bool transposed, std::int64_t n, std::int64_t k, const T* b)
    : transposed_(transposed), n_(n), k_(k), b_(b), panels_(packs ? panels_for<T>(n) * panel<T> * k : 0) {
  if (!packs) return;
  for (std::int64_t j = 0; j < n; j += panel<T>) {
    T* to = panels_.data() + j * k;
    const std::int64_t columns = std::min(panel<T>, n - j);
    for (std::int64_t p = 0; p < k; ++p, to += panel<T>) {
      for (std::int64_t i = 0; i < columns; ++i) to[i] = transposed ? b[(j + i) * k + p] : b[p * n + j + i];
      std::fill(to + columns, to + panel<T>, T(0));
    }
  }
}

template <class T>
void PackedMatrix<T>::product(std::int64_t m, const T* a, T* c, Onto<T> onto) const {
  if (!packs) return gemm(false, transposed_, m, n_, k_, a, b_, c, onto);
  const std::int64_t tiles = (m + tile_rows - 1) / tile_rows;
  for (std::int64_t j = 0; j < n_; j += panel<T>)
    for (std::int64_t i = 0; i < tiles; ++i) {  // of nearly equal heights: a low one waits for its additions
      const std::int64_t begin = m * i / tiles, end = m * (i + 1) / tiles;
      const Onto<T> there{onto.from ? onto.from + begin * onto.step + j : nullptr, onto.step};
      product_of_rows<tile_rows>(static_cast<int>(end - begin),
                                 Tile<T>{k_, a + begin * k_, panels_.data() + j * k_, c + begin * n_ + j, n_, there,
                                         std::min(panel<T>, n_ - j)});
    }
}

template <class T>
void PackedMatrix<T>::product_of_many(std::int64_t m, const T* a, T* c, Onto<T> onto) const {
  constexpr std::int64_t rows = 16 * tile_rows;
  parallel_ranges(m, rows, [&](std::int64_t begin, std::int64_t end) {
    product(end - begin, a + begin * k_, c + begin * n_,
            {onto.from == nullptr ? nullptr : onto.from + begin * onto.step, onto.step});
  });
}

// On a Zen 3 with 512 KiB of second-level cache, (1600, 128) by (128, 512) at 88 GFLOP/s, where OpenBLAS has 74.
template <class T>
bool PackedMatrix<T>::suits(std::int64_t n, std::int64_t k) {
  constexpr std::int64_t cache = 512 * 1024;
  return packs && n > 0 && k > 0 && n <= cache && k <= cache && n * k * static_cast<std::int64_t>(sizeof(T)) <= cache;
}

template class PackedMatrix<float>;
template class PackedMatrix<double>;

}  // namespace xgrad::kernels

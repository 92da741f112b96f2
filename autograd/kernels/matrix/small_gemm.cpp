#include <xgrad/autograd/kernels/matrix/small_gemm.hpp>

#include <algorithm>

#include <xgrad/autograd/kernels/matrix/parts.hpp>
#include <xgrad/autograd/kernels/matrix/transpose.hpp>
#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>
#include <xgrad/autograd/kernels/simd/partial.hpp>
#include <xgrad/autograd/kernels/simd/unrolled.hpp>

namespace xgrad::kernels {
namespace {

template <class T>
constexpr std::int64_t width = static_cast<std::int64_t>(Vec<T>::width);

constexpr bool many_registers = Vec<float>::width >= 16;
// The size of a tile of the result that is accumulated in registers, in vectors of columns and in rows. It takes up to
// 24 of 32 registers, or 12 of 16, and is large enough to hide the latency of an addition.
constexpr int tile_vectors = many_registers ? 4 : 2;
constexpr int tile_rows(int vectors) { return vectors == 1 || (many_registers && vectors < 4) ? 8 : 6; }
constexpr int dot_rows = many_registers ? 5 : 3, dot_columns = many_registers ? 5 : 4;

template <class T>
Onto<T> shifted(const Onto<T>& onto, std::int64_t i, std::int64_t j) {
  return {onto.from ? onto.from + i * onto.step + j : nullptr, onto.step};
}

// A panel, some columns, of C = onto + A B, where the rows of B are contiguous.
template <class T>
struct Panel {
  std::int64_t k;
  const T* b;
  std::int64_t ldb;
  T* c;
  std::int64_t ldc;
  Onto<T> onto;
  std::int64_t rest;  // columns in the last vector, if that is not full

  Panel from_row(std::int64_t i) const { return {k, b, ldb, c + i * ldc, ldc, shifted(onto, i, 0), rest}; }
};

// C = A B: each element of A times vectors of a row of B

template <int Rows, int Vectors, class Last, class T>
[[gnu::always_inline]] inline void product_tile(LeftOperand<T> a, const Panel<T>& s) {
  using B = Vec<T>;
  const auto load_at = [&](const T* from, int v) __attribute__((always_inline)) {
    if constexpr (std::is_same_v<Last, Partial>) {
      if (v == Vectors - 1) return load(from + v * width<T>, Partial{s.rest}, T(0));
    }
    return B::load(from + v * width<T>);
  };
  B sum[Rows][Vectors], row[Vectors];
  if (s.onto.from == nullptr)
    each<Rows>(XGRAD_INLINE(i) { each<Vectors>(XGRAD_INLINE(v) { sum[i][v] = B(T(0)); }); });
  else
    each<Rows>(
        XGRAD_INLINE(i) { each<Vectors>(XGRAD_INLINE(v) { sum[i][v] = load_at(s.onto.from + i * s.onto.step, v); }); });
  for (std::int64_t p = 0; p < s.k; ++p) {
    each<Vectors>(XGRAD_INLINE(v) { row[v] = load_at(s.b + p * s.ldb, v); });
    each<Rows>(XGRAD_INLINE(i) {
      const B left(a.at[i * a.row + p * a.depth]);
      each<Vectors>(XGRAD_INLINE(v) { sum[i][v] = fma(left, row[v], sum[i][v]); });
    });
  }
  each<Rows>(XGRAD_INLINE(i) {
    each<Vectors>(XGRAD_INLINE(v) {
      T* to = s.c + i * s.ldc + v * width<T>;
      if constexpr (std::is_same_v<Last, Partial>) {
        if (v == Vectors - 1) return store(sum[i][v], to, Partial{s.rest});
      }
      sum[i][v].store(to);
    });
  });
}

template <int Vectors, class Last, class T>
[[gnu::noinline]] void product_rows(std::int64_t m, const LeftOperand<T>& a, const Panel<T>& s) {
  constexpr int rows = tile_rows(Vectors);
  std::int64_t i = 0;
  for (; i + rows <= m; i += rows) product_tile<rows, Vectors, Last>(a.from_row(i), s.from_row(i));
  for (; i + 4 <= m; i += 4) product_tile<4, Vectors, Last>(a.from_row(i), s.from_row(i));
  for (; i + 2 <= m; i += 2) product_tile<2, Vectors, Last>(a.from_row(i), s.from_row(i));
  if (i < m) product_tile<1, Vectors, Last>(a.from_row(i), s.from_row(i));
}

template <int Vectors, class T>
void last_columns(std::int64_t m, const LeftOperand<T>& a, const Panel<T>& s, int vectors) {
  if (vectors < Vectors) {
    if constexpr (Vectors > 1) last_columns<Vectors - 1>(m, a, s, vectors);
  } else if (s.rest == 0) {
    product_rows<Vectors, Full>(m, a, s);
  } else {
    product_rows<Vectors, Partial>(m, a, s);
  }
}

template <class T>
void product(std::int64_t m, std::int64_t n, std::int64_t k, const LeftOperand<T>& a, const T* b, std::int64_t ldb,
             T* c, std::int64_t ldc, const Onto<T>& onto) {
  const auto panel = [&](std::int64_t j, std::int64_t rest) {
    return Panel<T>{k, b + j, ldb, c + j, ldc, shifted(onto, 0, j), rest};
  };
  std::int64_t j = 0;
  for (; j + tile_vectors * width<T> <= n; j += tile_vectors * width<T>)
    product_rows<tile_vectors, Full>(m, a, panel(j, 0));
  const auto vectors = static_cast<int>((n - j + width<T> - 1) / width<T>);
  if (vectors > 0) last_columns<tile_vectors>(m, a, panel(j, n % width<T>), vectors);
}

template <class F>
[[gnu::noinline]] void on_threads(std::int64_t m, std::int64_t n, std::int64_t parts, std::int64_t row_step,
                                  std::int64_t column_step, const F& f) {
  if (m >= n)
    parallel_ranges(m, part_size(m, parts, row_step),
                    [&](std::int64_t begin, std::int64_t end) { f(begin, 0, end - begin, n); });
  else
    parallel_ranges(n, part_size(n, parts, column_step),
                    [&](std::int64_t begin, std::int64_t end) { f(0, begin, m, end - begin); });
}
// Calls f(i, j, rows, columns) for parts of the result on several threads: parts of its rows, or of its columns if
// there are more of these. Each element is one sum in one order, whatever the parts are.
template <class F>
[[gnu::always_inline]] inline void in_parts(std::int64_t m, std::int64_t n, std::int64_t k, std::int64_t row_step,
                                            std::int64_t column_step, const F& f) {
  constexpr std::int64_t enough = 3 << 19;
  const std::int64_t parts = parts_of(m * n * k, enough);
  if (parts == 1) return f(0, 0, m, n);
  on_threads(m, n, parts, row_step, column_step, f);
}

template <class T>
void shared_product(std::int64_t m, std::int64_t n, std::int64_t k, const LeftOperand<T>& a, const T* b, T* c,
                    const Onto<T>& onto) {
  in_parts(m, n, k, tile_rows(tile_vectors), width<T>,
           [&](std::int64_t i, std::int64_t j, std::int64_t rows, std::int64_t columns) {
             product(rows, columns, k, a.from_row(i), b + j, n, c + i * n + j, n, shifted(onto, i, j));
           });
}

// The same for a transposed B, which is first copied in order: little work compared with the product if A has many
// rows.
template <class T>
void product_transposed(std::int64_t m, std::int64_t n, std::int64_t k, const LeftOperand<T>& a, const T* b, T* c,
                        const Onto<T>& onto) {
  const detail::Scratch<T> transposed(n * k);
  for (std::int64_t p = 0; p < k; p += band_rows<T>)
    transpose_band(b + p, transposed.data() + p * n, std::min(band_rows<T>, k - p), n, n, k, false);
  shared_product(m, n, k, a, transposed.data(), c, onto);
}

// C = A Bᵀ, where the rows of A and B are contiguous: dot products of rows

template <int Rows, int Columns, class T>
[[gnu::always_inline]] inline void dots_tile(std::int64_t k, const T* a, const T* b, T* c, std::int64_t ldc,
                                             Onto<T> onto) {
  using B = Vec<T>;
  B sum[Rows][Columns], right[Columns];
  each<Rows>(XGRAD_INLINE(i) { each<Columns>(XGRAD_INLINE(j) { sum[i][j] = B(T(0)); }); });
  std::int64_t p = 0;
  for (; p + width<T> <= k; p += width<T>) {
    each<Columns>(XGRAD_INLINE(j) { right[j] = B::load(b + j * k + p); });
    each<Rows>(XGRAD_INLINE(i) {
      const B left = B::load(a + i * k + p);
      each<Columns>(XGRAD_INLINE(j) { sum[i][j] = fma(left, right[j], sum[i][j]); });
    });
  }
  each<Rows>(XGRAD_INLINE(i) {
    each<Columns>(XGRAD_INLINE(j) {
      T dot = total(sum[i][j]);
      for (std::int64_t q = p; q < k; ++q) dot += a[i * k + q] * b[j * k + q];
      c[i * ldc + j] = onto.from ? onto.from[i * onto.step + j] + dot : dot;
    });
  });
}

template <int Rows, class T>
[[gnu::noinline]] void dots_row(std::int64_t n, std::int64_t k, const T* a, const T* b, T* c, std::int64_t ldc,
                                Onto<T> onto) {
  std::int64_t j = 0;
  for (; j + dot_columns <= n; j += dot_columns)
    dots_tile<Rows, dot_columns>(k, a, b + j * k, c + j, ldc, shifted(onto, 0, j));
  for (; j < n; ++j) dots_tile<Rows, 1>(k, a, b + j * k, c + j, ldc, shifted(onto, 0, j));
}

template <class T>
void dots(std::int64_t m, std::int64_t n, std::int64_t k, const T* a, const T* b, T* c, std::int64_t ldc,
          Onto<T> onto) {
  std::int64_t i = 0;
  for (; i + dot_rows <= m; i += dot_rows)
    dots_row<dot_rows>(n, k, a + i * k, b, c + i * ldc, ldc, shifted(onto, i, 0));
  for (; i < m; ++i) dots_row<1>(n, k, a + i * k, b, c + i * ldc, ldc, shifted(onto, i, 0));
}

template <class T>
void shared_dots(std::int64_t m, std::int64_t n, std::int64_t k, const T* a, const T* b, T* c, Onto<T> onto) {
  in_parts(m, n, k, dot_rows, dot_columns,
           [&](std::int64_t i, std::int64_t j, std::int64_t rows, std::int64_t columns) {
             dots(rows, columns, k, a + i * k, b + j * k, c + i * n + j, n, shifted(onto, i, j));
           });
}

}  // namespace

// Dot products read a transposed B in place. That is faster if its rows are long, or so few that a vector of them would
// not be full.
constexpr std::int64_t long_row = 256, few_columns = 4;

template <class T>
void small_gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const T* a,
                const T* b, T* c, Onto<T> onto) {
  const LeftOperand<T> left = transpose_a ? LeftOperand<T>{a, 1, m} : LeftOperand<T>{a, k, 1};
  if (!transpose_b)
    shared_product(m, n, k, left, b, c, onto);
  else if (!transpose_a && (k >= long_row || n <= few_columns))
    shared_dots(m, n, k, a, b, c, onto);
  else
    product_transposed(m, n, k, left, b, c, onto);
}

template <class T>
void strided_gemm(std::int64_t m, std::int64_t n, std::int64_t k, LeftOperand<T> a, const T* b, std::int64_t ldb, T* c,
                  std::int64_t ldc, Onto<T> onto) {
  product(m, n, k, a, b, ldb, c, ldc, onto);
}

// Speed compared with OpenBLAS 0.3.21 on one core of a Zen 4, with AVX-512 (with AVX2): m, n, k = 100, 50, 784 with B
// transposed 1.21 (1.02) times as fast, 50, 784, 100 with A transposed 1.16 (1.13), squares of 64 to 256 1.1 to 1.2
// (.94 to 1.1), the products of a layer of 16 features .95 to 2 (1.1 to 3). For AVX-512 OpenBLAS has kernels for small
// products, which are faster where the columns do not fill a vector.
template <class T>
bool suits_small_gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k) {
  if (Vec<float>::width < 8) return false;  // OpenBLAS may use wider vectors than this build
  constexpr std::int64_t largest = std::int64_t{1} << (many_registers ? 24 : 23);
  if (m > largest || n > largest || k > largest || m * n > largest || m * n * k > largest) return false;
  if (!transpose_b) return n % width<T> == 0 || !many_registers;
  if (transpose_a) return false;
  if (k >= long_row) return m * n * k <= largest / 2;
  return n <= few_columns ? k % width<T> == 0 : n >= width<T> && m >= 16;
}

template bool suits_small_gemm<float>(bool, bool, std::int64_t, std::int64_t, std::int64_t);
template bool suits_small_gemm<double>(bool, bool, std::int64_t, std::int64_t, std::int64_t);
template void small_gemm(bool, bool, std::int64_t, std::int64_t, std::int64_t, const float*, const float*, float*,
                         Onto<float>);
template void small_gemm(bool, bool, std::int64_t, std::int64_t, std::int64_t, const double*, const double*, double*,
                         Onto<double>);
template void strided_gemm(std::int64_t, std::int64_t, std::int64_t, LeftOperand<float>, const float*, std::int64_t,
                           float*, std::int64_t, Onto<float>);
template void strided_gemm(std::int64_t, std::int64_t, std::int64_t, LeftOperand<double>, const double*, std::int64_t,
                           double*, std::int64_t, Onto<double>);

}  // namespace xgrad::kernels

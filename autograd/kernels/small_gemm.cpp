#include <xgrad/autograd/kernels/small_gemm.hpp>

#include <utility>

#include <xgrad/autograd/kernels/memory.hpp>
#include <xgrad/autograd/kernels/batch.hpp>

namespace xgrad::kernels {
namespace {

template <class T>
constexpr std::int64_t width = static_cast<std::int64_t>(Batch<T>::width);

// Rows and columns of the results that are held in registers at once: 24 accumulators of 32 registers, 12 of 16.
constexpr bool many_registers = Batch<float>::width >= 16;
constexpr int tall = 6, wide = many_registers ? 4 : 2;  // of the product of columns, `wide` in registers
constexpr int rows_of_dots = many_registers ? 5 : 3, columns_of_dots = many_registers ? 5 : 4;

// f(0), f(1), ... as text, one after the other, so that what is indexed lives in registers.
template <class F, int... I>
[[gnu::always_inline]] inline void each_of(F&& f, std::integer_sequence<int, I...>) {
  (f(I), ...);
}
template <int N, class F>
[[gnu::always_inline]] inline void each(F&& f) {
  each_of(f, std::make_integer_sequence<int, N>{});
}
#define XGRAD_INLINE(i) [&](int i) __attribute__((always_inline))

// The elements of A in whatever order it is stored: element (i, p) lies at i * row + p * depth.
template <class T>
struct Left {
  const T* at;
  std::int64_t row, depth;
};

// ---- C = A B with the rows of B contiguous: each element of A times a piece of a row of B

template <int Rows, int Vectors, class T>
[[gnu::always_inline]] inline void product_tile(std::int64_t k, Left<T> a, const T* b, std::int64_t ldb, T* c, std::int64_t ldc, bool accumulate) {
  using B = Batch<T>;
  B sum[Rows][Vectors], row[Vectors];
  each<Rows>(XGRAD_INLINE(i) { each<Vectors>(XGRAD_INLINE(v) { sum[i][v] = B(T(0)); }); });
  for (std::int64_t p = 0; p < k; ++p) {
    each<Vectors>(XGRAD_INLINE(v) { row[v] = B::load(b + p * ldb + v * width<T>); });
    each<Rows>(XGRAD_INLINE(i) {
      const B left(a.at[i * a.row + p * a.depth]);
      each<Vectors>(XGRAD_INLINE(v) { sum[i][v] = fma(left, row[v], sum[i][v]); });
    });
  }
  each<Rows>(XGRAD_INLINE(i) {
    each<Vectors>(XGRAD_INLINE(v) {
      T* to = c + i * ldc + v * width<T>;
      (accumulate ? B::load(to) + sum[i][v] : sum[i][v]).store(to);
    });
  });
}

template <int Vectors, class T>
[[gnu::noinline]] void product_rows(std::int64_t m, std::int64_t k, Left<T> a, const T* b, std::int64_t ldb, T* c, std::int64_t ldc, bool accumulate) {
  std::int64_t i = 0;
  for (; i + tall <= m; i += tall) product_tile<tall, Vectors>(k, {a.at + i * a.row, a.row, a.depth}, b, ldb, c + i * ldc, ldc, accumulate);
  for (; i + 2 <= m; i += 2) product_tile<2, Vectors>(k, {a.at + i * a.row, a.row, a.depth}, b, ldb, c + i * ldc, ldc, accumulate);
  for (; i < m; ++i) product_tile<1, Vectors>(k, {a.at + i * a.row, a.row, a.depth}, b, ldb, c + i * ldc, ldc, accumulate);
}

// Columns that do not fill a register go through a copy that does.
template <class T>
void product_rest(std::int64_t m, std::int64_t n, std::int64_t k, Left<T> a, const T* b, std::int64_t ldb, T* c, std::int64_t ldc, bool accumulate) {
  const auto bytes = static_cast<std::size_t>((k + m) * width<T>) * sizeof(T);
  T* padded = static_cast<T*>(detail::take_memory(bytes));
  T* result = padded + k * width<T>;
  for (std::int64_t p = 0; p < k; ++p)
    for (std::int64_t j = 0; j < width<T>; ++j) padded[p * width<T> + j] = j < n ? b[p * ldb + j] : T(0);
  product_rows<1>(m, k, a, padded, width<T>, result, width<T>, false);
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) c[i * ldc + j] = accumulate ? c[i * ldc + j] + result[i * width<T> + j] : result[i * width<T> + j];
  detail::give_memory(padded, bytes);
}

template <class T>
void product(std::int64_t m, std::int64_t n, std::int64_t k, Left<T> a, const T* b, T* c, bool accumulate) {
  std::int64_t j = 0;
  for (; j + wide * width<T> <= n; j += wide * width<T>) product_rows<wide>(m, k, a, b + j, n, c + j, n, accumulate);
  for (; j + width<T> <= n; j += width<T>) product_rows<1>(m, k, a, b + j, n, c + j, n, accumulate);
  if (j < n) product_rest(m, n - j, k, a, b + j, n, c + j, n, accumulate);
}

// ---- C = A Bᵀ with the rows of A and of B contiguous: dot products of rows

template <int Rows, int Columns, class T>
[[gnu::always_inline]] inline void dots_tile(std::int64_t k, const T* a, const T* b, T* c, std::int64_t ldc, bool accumulate) {
  using B = Batch<T>;
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
      c[i * ldc + j] = accumulate ? c[i * ldc + j] + dot : dot;
    });
  });
}

template <int Rows, class T>
[[gnu::noinline]] void dots_row(std::int64_t n, std::int64_t k, const T* a, const T* b, T* c, std::int64_t ldc, bool accumulate) {
  std::int64_t j = 0;
  for (; j + columns_of_dots <= n; j += columns_of_dots) dots_tile<Rows, columns_of_dots>(k, a, b + j * k, c + j, ldc, accumulate);
  for (; j < n; ++j) dots_tile<Rows, 1>(k, a, b + j * k, c + j, ldc, accumulate);
}

template <class T>
void dots(std::int64_t m, std::int64_t n, std::int64_t k, const T* a, const T* b, T* c, bool accumulate) {
  std::int64_t i = 0;
  for (; i + rows_of_dots <= m; i += rows_of_dots) dots_row<rows_of_dots>(n, k, a + i * k, b, c + i * n, n, accumulate);
  for (; i < m; ++i) dots_row<1>(n, k, a + i * k, b, c + i * n, n, accumulate);
}

#undef XGRAD_INLINE

}  // namespace

template <class T>
void small_gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const T* a, const T* b, T* c, bool accumulate) {
  if (transpose_b) dots(m, n, k, a, b, c, accumulate);
  else product(m, n, k, transpose_a ? Left<T>{a, 1, m} : Left<T>{a, k, 1}, b, c, accumulate);
}

// Zen 4, against OpenBLAS 0.3.21, one core: 100x50x784 times a transpose 1.18 times as fast, 50x784x100 from a transpose
// 1.14, squares of 128 and 256 1.1 to 1.2. Behind it where columns do not fill a register, and with 16 registers for dots.
template <class T>
bool suits_small_gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k) {
  if (Batch<float>::width < 8) return false;  // OpenBLAS may run on wider registers than this build
  constexpr std::int64_t largest = std::int64_t{1} << 24;
  if (m > largest || n > largest || k > largest || m * n > largest || m * n * k > largest) return false;
  if (transpose_b) return many_registers && !transpose_a && k >= 256 && m * n * k <= largest / 2;
  return n % width<T> == 0;
}

template bool suits_small_gemm<float>(bool, bool, std::int64_t, std::int64_t, std::int64_t);
template bool suits_small_gemm<double>(bool, bool, std::int64_t, std::int64_t, std::int64_t);
template void small_gemm(bool, bool, std::int64_t, std::int64_t, std::int64_t, const float*, const float*, float*, bool);
template void small_gemm(bool, bool, std::int64_t, std::int64_t, std::int64_t, const double*, const double*, double*, bool);

}  // namespace xgrad::kernels

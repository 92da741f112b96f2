#include <xgrad/autograd/kernels/matrix/small_gemm.hpp>

#include <algorithm>
#include <utility>

#include <xgrad/autograd/kernels/matrix/layout.hpp>
#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/simd/partial.hpp>

namespace xgrad::kernels {
namespace {

template <class T>
constexpr std::int64_t width = static_cast<std::int64_t>(Vec<T>::width);

constexpr bool many_registers = Vec<float>::width >= 16;
// Columns of the result that are held in registers at once, in registers, and rows: up to 24 accumulators of 32
// registers, 12 of 16, and enough of them that an addition need not wait for the one before.
constexpr int wide = many_registers ? 4 : 2;
constexpr int tall(int vectors) { return vectors == 1 || (many_registers && vectors < 4) ? 8 : 6; }
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

  Left below(std::int64_t i) const { return {at + i * row, row, depth}; }
};

template <class T>
Onto<T> moved(Onto<T> onto, std::int64_t i, std::int64_t j) {
  return {onto.from ? onto.from + i * onto.step + j : nullptr, onto.step};
}

// A strip of columns of C = (what stood there, or a row) + A B, with the rows of B contiguous.
template <class T>
struct Strip {
  std::int64_t k;
  const T* b;
  std::int64_t ldb;
  T* c;
  std::int64_t ldc;
  Onto<T> onto;
  std::int64_t rest;  // columns in the last register, if that is not full

  Strip below(std::int64_t i) const { return {k, b, ldb, c + i * ldc, ldc, moved(onto, i, 0), rest}; }
};

// ---- C = A B: each element of A times a piece of a row of B

template <int Rows, int Vectors, class Last, class T>
[[gnu::always_inline]] inline void product_tile(Left<T> a, const Strip<T>& s) {
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
[[gnu::noinline]] void product_rows(std::int64_t m, Left<T> a, const Strip<T>& s) {
  constexpr int many = tall(Vectors);
  std::int64_t i = 0;
  for (; i + many <= m; i += many) product_tile<many, Vectors, Last>(a.below(i), s.below(i));
  for (; i + 4 <= m; i += 4) product_tile<4, Vectors, Last>(a.below(i), s.below(i));
  for (; i + 2 <= m; i += 2) product_tile<2, Vectors, Last>(a.below(i), s.below(i));
  if (i < m) product_tile<1, Vectors, Last>(a.below(i), s.below(i));
}

template <int Vectors, class T>
void last_columns(std::int64_t m, Left<T> a, const Strip<T>& s, int vectors) {
  if (vectors < Vectors) {
    if constexpr (Vectors > 1) last_columns<Vectors - 1>(m, a, s, vectors);
  } else if (s.rest == 0) {
    product_rows<Vectors, Full>(m, a, s);
  } else {
    product_rows<Vectors, Partial>(m, a, s);
  }
}

template <class T>
void product(std::int64_t m, std::int64_t n, std::int64_t k, Left<T> a, const T* b, T* c, Onto<T> onto) {
  const auto strip = [&](std::int64_t j, std::int64_t rest) {
    return Strip<T>{k, b + j, n, c + j, n, moved(onto, 0, j), rest};
  };
  std::int64_t j = 0;
  for (; j + wide * width<T> <= n; j += wide * width<T>) product_rows<wide, Full>(m, a, strip(j, 0));
  const auto vectors = static_cast<int>((n - j + width<T> - 1) / width<T>);
  if (vectors > 0) last_columns<wide>(m, a, strip(j, n % width<T>), vectors);
}

// The same for the transpose of B, which is copied; it is small against the rest where A has many rows.
template <class T>
void product_transposed(std::int64_t m, std::int64_t n, std::int64_t k, Left<T> a, const T* b, T* c, Onto<T> onto) {
  const detail::Scratch<T> turned(n * k);
  const std::int64_t sizes[] = {k, n}, strides[] = {1, k};
  permute(b, turned.data(), 2, sizes, strides);
  product(m, n, k, a, turned.data(), c, onto);
}

// ---- C = A Bᵀ with the rows of A and of B contiguous: dot products of rows

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
  for (; j + columns_of_dots <= n; j += columns_of_dots)
    dots_tile<Rows, columns_of_dots>(k, a, b + j * k, c + j, ldc, moved(onto, 0, j));
  for (; j < n; ++j) dots_tile<Rows, 1>(k, a, b + j * k, c + j, ldc, moved(onto, 0, j));
}

template <class T>
void dots(std::int64_t m, std::int64_t n, std::int64_t k, const T* a, const T* b, T* c, Onto<T> onto) {
  std::int64_t i = 0;
  for (; i + rows_of_dots <= m; i += rows_of_dots)
    dots_row<rows_of_dots>(n, k, a + i * k, b, c + i * n, n, moved(onto, i, 0));
  for (; i < m; ++i) dots_row<1>(n, k, a + i * k, b, c + i * n, n, moved(onto, i, 0));
}

#undef XGRAD_INLINE

}  // namespace

// Dot products read B as it lies, which pays where its rows are long, or so few that they would not fill a register
// side by side.
constexpr std::int64_t long_row = 256, few_columns = 4;

template <class T>
void small_gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const T* a,
                const T* b, T* c, Onto<T> onto) {
  const Left<T> left = transpose_a ? Left<T>{a, 1, m} : Left<T>{a, k, 1};
  if (!transpose_b)
    product(m, n, k, left, b, c, onto);
  else if (!transpose_a && (k >= long_row || n <= few_columns))
    dots(m, n, k, a, b, c, onto);
  else
    product_transposed(m, n, k, left, b, c, onto);
}

// Zen 4, one core, against OpenBLAS 0.3.21: on its AVX-512 kernels 100x50x784 times a transpose 1.21 times as fast,
// 50x784x100 from a transpose 1.16, squares of 64 to 256 1.1 to 1.2, the products of a layer of 16 .95 to 2; on its
// AVX2 kernels 1.02, 1.13, .94 to 1.1, 1.1 to 3. Its AVX-512 has kernels of its own for small products, which are ahead
// where columns do not fill a register.
template <class T>
bool suits_small_gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k) {
  if (Vec<float>::width < 8) return false;  // OpenBLAS may run on wider registers than this build
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

}  // namespace xgrad::kernels

#include <xgrad/autograd/kernels/lapack/lapack.hpp>

#include <algorithm>
#include <array>
#include <cfenv>
#include <climits>
#include <complex>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

// xtensor-blas declares the functions of the BLAS in its own way, so this file may not include <cblas.h>. Its
// configuration comes first, since the other headers look at it.
#include <xtensor-blas/xblas_config.hpp>

#include <xflens/cxxblas/cxxblas.cxx>  // NOLINT(bugprone-suspicious-include)

#include <xtensor-blas/xlapack.hpp>

#include <xtensor/xadapt.hpp>

#include <xgrad/autograd/kernels/matrix/blas_gate.hpp>

namespace xgrad::kernels::lapack {
namespace {

/// The scope of a call of LAPACK, which uses the buffers of OpenBLAS. Some of its iterations overflow on purpose and
/// look at the result, so floating-point exceptions neither trap in it nor are seen after it.
class Call {
 public:
  Call() {
    if (!gate_.allowed()) throw std::runtime_error("linalg: the process is ending, and LAPACK has ended already");
    std::feholdexcept(&before_);
  }
  ~Call() { std::fesetenv(&before_); }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

 private:
  const BlasCall gate_;
  std::fenv_t before_;
};

/// The memory of a row-major (rows, columns) matrix as the column-major array of its transpose.
template <class T>
auto transposed_array(T* a, int rows, int columns) {
  const std::array<std::size_t, 2> shape{static_cast<std::size_t>(columns), static_cast<std::size_t>(rows)};
  return xt::adapt<xt::layout_type::column_major>(a, shape[0] * shape[1], xt::no_ownership(), shape);
}

template <class T>
auto array(T* a, int size) {
  const std::array<std::size_t, 1> shape{static_cast<std::size_t>(size)};
  return xt::adapt<xt::layout_type::column_major>(a, shape[0], xt::no_ownership(), shape);
}

template <class T>
std::vector<T> workspace(T size) {
  // The size is a rounded number in T.
  return std::vector<T>(static_cast<std::size_t>(static_cast<double>(size) * 1.000001) + 1);
}

template <class T>
void swap_rows(int n, T* b, int i, int j) {
  if (i == j) return;
  T* const first = b + static_cast<std::ptrdiff_t>(i) * n;
  std::swap_ranges(first, first + n, b + static_cast<std::ptrdiff_t>(j) * n);
}

/// Triangular systems with row-major operands.
template <class T>
void trsm(bool right, bool upper, bool transposed, bool unit_diagonal, int m, int n, const T* a, T* b) {
  cxxblas::trsm(cxxblas::RowMajor, right ? cxxblas::Right : cxxblas::Left, upper ? cxxblas::Upper : cxxblas::Lower,
                transposed ? cxxblas::Trans : cxxblas::NoTrans, unit_diagonal ? cxxblas::Unit : cxxblas::NonUnit, m, n,
                T(1), a, right ? n : m, b, n);
}

template <class T>
void transpose_square(int n, T* a) {
  const auto row = static_cast<std::size_t>(n);
  for (std::size_t i = 0; i < row; ++i)
    for (std::size_t j = 0; j < i; ++j) std::swap(a[i * row + j], a[j * row + i]);
}

}  // namespace

int narrow(const char* op, std::int64_t size) {
  if (size > INT_MAX)
    throw std::invalid_argument(std::string(op) + ": an axis of " + std::to_string(size) +
                                " elements is beyond what LAPACK takes");
  return static_cast<int>(size);
}

template <class T>
int lu(int n, T* a, int* pivots) {
  if (n == 0) return 0;
  const Call call;
  auto columns = transposed_array(a, n, n);
  auto rows = array(pivots, n);
  return xt::lapack::getrf(columns, rows);
}

// With aᵀ = P L U, a = Uᵀ Lᵀ Pᵀ. In row-major memory U is a lower triangle and L an upper one with a unit diagonal,
// each transposed already.
template <class T>
void lu_solve(bool transposed, int n, int k, const T* factors, const int* pivots, T* b) {
  if (n == 0 || k == 0) return;
  const Call call;
  if (transposed) {
    for (int i = 0; i < n; ++i) swap_rows(k, b, i, pivots[i] - 1);
    trsm(false, true, true, true, n, k, factors, b);
    trsm(false, false, true, false, n, k, factors, b);
  } else {
    trsm(false, false, false, false, n, k, factors, b);
    trsm(false, true, false, true, n, k, factors, b);
    for (int i = n; i-- > 0;) swap_rows(k, b, i, pivots[i] - 1);
  }
}

template <class T>
void lu_inverse(int n, T* factors, int* pivots) {
  if (n == 0) return;
  const Call call;
  auto columns = transposed_array(factors, n, n);
  xt::uvector<int> rows(static_cast<std::size_t>(n));
  std::copy_n(pivots, n, rows.begin());
  xt::lapack::getri(columns, rows);
}

template <class T>
int cholesky(int n, T* a) {
  if (n == 0) return 0;
  const Call call;
  auto columns = transposed_array(a, n, n);
  const int failed = xt::lapack::potr(columns, 'U');
  if (failed != 0) return failed;
  // Blocked code lets a NaN pass as positive.
  for (int i = 0; i < n; ++i) {
    const T pivot = a[static_cast<std::ptrdiff_t>(i) * n + i];
    if (!(pivot > 0)) return i + 1;
  }
  return 0;
}

template <class T>
void triangular_solve(bool right, bool upper, bool transposed, bool unit_diagonal, int m, int n, const T* a, T* b) {
  if (m == 0 || n == 0) return;
  const Call call;
  trsm(right, upper, transposed, unit_diagonal, m, n, a, b);
}

// With aᵀ = l q', a = q'ᵀ lᵀ. The memory of the column-major l is that of the row-major r = lᵀ, and the same holds for
// q' and q.
template <class T>
void qr(int m, int n, int columns, T* a, T* q, T* r) {
  const int k = std::min(m, n);
  const auto rows = static_cast<std::size_t>(m), width = static_cast<std::size_t>(n);
  if (k == 0) {
    for (std::size_t i = 0; i < rows * static_cast<std::size_t>(columns); ++i)
      q[i] = i % (static_cast<std::size_t>(columns) + 1) == 0 ? T(1) : T(0);
    return;
  }
  const Call call;
  std::vector<T> scales(static_cast<std::size_t>(k));
  T size = 0;
  cxxlapack::gelqf<int>(n, m, a, n, scales.data(), &size, -1);
  std::vector<T> work = workspace(size);
  cxxlapack::gelqf<int>(n, m, a, n, scales.data(), work.data(), static_cast<int>(work.size()));
  for (std::size_t i = 0; i < static_cast<std::size_t>(k); ++i)
    for (std::size_t j = 0; j < width; ++j) r[i * width + j] = j < i ? T(0) : a[i * width + j];
  // The reflectors are in the first k of the n rows of aᵀ: at and beyond the diagonal of the columns of a.
  const auto wide = static_cast<std::size_t>(columns);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < wide; ++j) q[i * wide + j] = j < width ? a[i * width + j] : T(0);
  cxxlapack::orglq<int>(columns, m, k, q, columns, scales.data(), &size, -1);
  work = workspace(size);
  cxxlapack::orglq<int>(columns, m, k, q, columns, scales.data(), work.data(), static_cast<int>(work.size()));
}

template <class T>
int eigh(bool vectors, int n, T* a, T* values) {
  if (n == 0) return 0;
  const Call call;
  const char job = vectors ? 'V' : 'N';
  T size = 0;
  int whole_size = 0;
  cxxlapack::syevd<int>(job, 'U', n, a, n, values, &size, -1, &whole_size, -1);
  std::vector<T> work = workspace(size);
  std::vector<int> whole(static_cast<std::size_t>(whole_size));
  const int failed = cxxlapack::syevd<int>(job, 'U', n, a, n, values, work.data(), static_cast<int>(work.size()),
                                           whole.data(), whole_size);
  if (vectors) transpose_square(n, a);
  return failed;
}

// With aᵀ = v s uᵀ, LAPACK's left factor in column-major memory is vh in row-major memory, and its right factor is u.
template <class T>
int svd(Factors factors, int m, int n, T* a, T* u, T* s, T* vh) {
  const int k = std::min(m, n);
  const bool full = factors == Factors::full;
  if (k == 0) {
    if (!full) return 0;
    const auto identity = [](int size, T* to) {
      const std::size_t side = static_cast<std::size_t>(size);
      for (std::size_t i = 0; i < side * side; ++i) to[i] = i % (side + 1) == 0 ? T(1) : T(0);
    };
    identity(m, u);
    identity(n, vh);
    return 0;
  }
  const Call call;
  const char job = factors == Factors::none ? 'N' : full ? 'A' : 'S';
  const int rows_of_u = full ? m : k;
  std::vector<int> whole(8 * static_cast<std::size_t>(k));
  T size = 0;
  cxxlapack::gesdd<int>(job, n, m, a, n, s, vh, n, u, rows_of_u, &size, -1, whole.data());
  std::vector<T> work = workspace(size);
  return cxxlapack::gesdd<int>(job, n, m, a, n, s, vh, n, u, rows_of_u, work.data(), static_cast<int>(work.size()),
                               whole.data());
}

#define XGRAD_LAPACK(T)                                                           \
  template int lu(int, T*, int*);                                                 \
  template void lu_solve(bool, int, int, const T*, const int*, T*);               \
  template void lu_inverse(int, T*, int*);                                        \
  template int cholesky(int, T*);                                                 \
  template void triangular_solve(bool, bool, bool, bool, int, int, const T*, T*); \
  template void qr(int, int, int, T*, T*, T*);                                    \
  template int eigh(bool, int, T*, T*);                                           \
  template int svd(Factors, int, int, T*, T*, T*, T*);
XGRAD_LAPACK(float)
XGRAD_LAPACK(double)
#undef XGRAD_LAPACK

}  // namespace xgrad::kernels::lapack

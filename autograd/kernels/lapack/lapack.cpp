#include <xgrad/autograd/kernels/lapack/lapack.hpp>

#include <algorithm>
#include <array>
#include <cfenv>
#include <climits>
#include <cmath>
#include <complex>
#include <cstddef>
#include <stdexcept>
#include <string>

// xtensor-blas declares the functions of the BLAS in its own way, so this file may not include <cblas.h>. Its
// configuration comes first, since the other headers look at it.
#include <xtensor-blas/xblas_config.hpp>

#include <xflens/cxxblas/cxxblas.cxx>  // NOLINT(bugprone-suspicious-include)

#include <xtensor-blas/xlapack.hpp>

#include <xtensor/xadapt.hpp>

#include <xgrad/autograd/kernels/matrix/blas_gate.hpp>
#include <xgrad/autograd/kernels/runtime/scratch_vector.hpp>

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
detail::ScratchVector<T> workspace(T size) {
  // The size is a rounded number in T.
  return detail::ScratchVector<T>(static_cast<std::size_t>(static_cast<double>(size) * 1.000001) + 1);
}

template <class T>
void swap_rows(int n, T* b, int i, int j) {
  if (i == j) return;
  T* const first = b + static_cast<std::ptrdiff_t>(i) * n;
  std::swap_ranges(first, first + n, b + static_cast<std::ptrdiff_t>(j) * n);
}

/// Whether a number or its reciprocal is subnormal or overflows, so that it is not to be divided by as OpenBLAS does:
/// by a product with the reciprocal.
template <class T>
bool needs_division(T x) {
  return x != 0 && std::isfinite(x) && !(std::isnormal(x) && std::isnormal(T(1) / x));
}

template <class T>
bool needs_division_on_diagonal(std::size_t n, std::size_t count, const T* a) {
  for (std::size_t i = 0; i < count; ++i)
    if (needs_division(a[i * n + i])) return true;
  return false;
}

/// op(a) x = b by substitution for each of `count` systems; element i of b in system c is b[i * step + c * next].
template <class T>
void substitute(bool upper, bool transposed, bool unit_diagonal, std::size_t n, std::size_t count, const T* a, T* b,
                std::size_t step, std::size_t next) {
  const bool forward = upper == transposed;
  for (std::size_t s = 0; s < n; ++s) {
    const std::size_t i = forward ? s : n - 1 - s;
    if (!unit_diagonal)
      for (std::size_t c = 0; c < count; ++c) b[i * step + c * next] /= a[i * n + i];
    for (std::size_t j = forward ? i + 1 : 0; j < (forward ? n : i); ++j) {
      const T factor = transposed ? a[i * n + j] : a[j * n + i];
      if (factor == 0) continue;  // a quotient may have overflowed
      for (std::size_t c = 0; c < count; ++c) b[j * step + c * next] -= factor * b[i * step + c * next];
    }
  }
}

/// LU factors of a column-major matrix in the layout of getrf.
template <class T>
int eliminate(std::size_t n, T* a, int* pivots) {
  int failed = 0;
  for (std::size_t k = 0; k < n; ++k) {
    T* const column = a + k * n;
    std::size_t best = k;
    for (std::size_t i = k + 1; i < n; ++i)
      if (std::abs(column[i]) > std::abs(column[best])) best = i;
    pivots[k] = static_cast<int>(best) + 1;
    if (column[best] == 0) {
      if (failed == 0) failed = static_cast<int>(k) + 1;
      continue;
    }
    if (best != k)
      for (std::size_t j = 0; j < n; ++j) std::swap(a[j * n + k], a[j * n + best]);
    for (std::size_t i = k + 1; i < n; ++i) column[i] /= column[k];
    for (std::size_t j = k + 1; j < n; ++j) {
      T* const other = a + j * n;
      const T factor = other[k];
      if (factor == 0) continue;
      for (std::size_t i = k + 1; i < n; ++i) other[i] -= column[i] * factor;
    }
  }
  return failed;
}

/// Triangular systems with row-major operands.
template <class T>
void trsm(bool right, bool upper, bool transposed, bool unit_diagonal, int m, int n, const T* a, T* b) {
  const auto rows = static_cast<std::size_t>(m), columns = static_cast<std::size_t>(n), size = right ? columns : rows;
  if (!unit_diagonal && needs_division_on_diagonal(size, size, a))
    return right ? substitute(upper, !transposed, false, size, rows, a, b, 1, columns)
                 : substitute(upper, transposed, false, size, columns, a, b, columns, 1);
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
int lu(int n, T* a, int* pivots, const T* again) {
  if (n == 0) return 0;
  const Call call;
  auto columns = transposed_array(a, n, n);
  auto rows = array(pivots, n);
  const int failed = xt::lapack::getrf(columns, rows);
  if (again == nullptr) return failed;
  // Nothing is divided by the last pivot.
  const auto size = static_cast<std::size_t>(n), count = size * size;
  const auto are_finite = [count](const T* x) {
    return std::all_of(x, x + count, [](T each) { return std::isfinite(each); });
  };
  if ((!needs_division_on_diagonal(size, size - 1, a) && are_finite(a)) || !are_finite(again)) return failed;
  std::copy_n(again, count, a);
  return eliminate(size, a, pivots);
}

// With aᵀ = P L U, a = Uᵀ Lᵀ Pᵀ. In row-major memory U is a lower triangle and L an upper one with a unit diagonal,
// each transposed already.
template <class T>
void lu_solve(bool transposed, int n, int k, const T* factors, const int* pivots, T* b) {
  if (n == 0 || k == 0) return;
  const Call call;
  // Beside a solution that overflows, BLAS makes NaN of the others, which depend on it by a factor of 0.
  const auto size = static_cast<std::size_t>(n), columns = static_cast<std::size_t>(k);
  const bool plain = needs_division_on_diagonal(size, size, factors);
  const auto solve = [&](bool upper, bool unit_diagonal) {
    if (plain)
      substitute(upper, transposed, unit_diagonal, size, columns, factors, b, columns, std::size_t{1});
    else
      trsm(false, upper, transposed, unit_diagonal, n, k, factors, b);
  };
  if (transposed) {
    for (int i = 0; i < n; ++i) swap_rows(k, b, i, pivots[i] - 1);
    solve(true, true);
    solve(false, false);
  } else {
    solve(false, false);
    solve(true, true);
    for (int i = n; i-- > 0;) swap_rows(k, b, i, pivots[i] - 1);
  }
}

template <class T>
void lu_inverse(int n, T* factors, int* pivots) {
  if (n == 0) return;
  const auto size = static_cast<std::size_t>(n);
  if (needs_division_on_diagonal(size, size, factors)) {
    const detail::ScratchVector<T> copy(factors, factors + size * size);
    std::fill_n(factors, size * size, T(0));
    for (std::size_t i = 0; i < size; ++i) factors[i * size + i] = 1;
    return lu_solve(false, n, n, copy.data(), pivots, factors);
  }
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
  detail::ScratchVector<T> scales(static_cast<std::size_t>(k));
  T size = 0;
  cxxlapack::gelqf<int>(n, m, a, n, scales.data(), &size, -1);
  detail::ScratchVector<T> work = workspace(size);
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
  detail::ScratchVector<T> work = workspace(size);
  detail::ScratchVector<int> whole(static_cast<std::size_t>(whole_size));
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
  detail::ScratchVector<int> whole(8 * static_cast<std::size_t>(k));
  T size = 0;
  cxxlapack::gesdd<int>(job, n, m, a, n, s, vh, n, u, rows_of_u, &size, -1, whole.data());
  detail::ScratchVector<T> work = workspace(size);
  return cxxlapack::gesdd<int>(job, n, m, a, n, s, vh, n, u, rows_of_u, work.data(), static_cast<int>(work.size()),
                               whole.data());
}

#define XGRAD_LAPACK(T)                                                           \
  template int lu(int, T*, int*, const T*);                                       \
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

#pragma once

#include <cstdint>

// The factorisations of LAPACK for one row-major matrix each, whose rows follow each other without gaps; T is float or
// double. LAPACK itself is column-major, and the memory of a row-major matrix is that of the transpose: so a
// factorisation of the transpose is asked for, and nothing is copied. Sizes may be 0. The caller sees to it that no
// element is NaN or infinite where that is said, since LAPACK may not end then. Each function may be called from
// several threads at once.

namespace xgrad::kernels::lapack {

/// Throws std::invalid_argument if LAPACK's integers cannot hold the size of an axis.
int narrow(const char* op, std::int64_t size);

/// The LU factors of the transpose of a (n, n), with partial pivoting, in place of a. Returns the number, from 1, of
/// the first pivot that is 0, or 0 if none is. `again` is the same matrix in other memory, or null where no pivot can
/// be subnormal: LAPACK multiplies by reciprocals, and where these leave the range of numbers it is factorised anew.
template <class T>
int lu(int n, T* a, int* pivots, const T* again);

/// b (n, k) replaced by a⁻¹ b, or by a⁻ᵀ b, where `factors` and `pivots` are those of lu().
template <class T>
void lu_solve(bool transposed, int n, int k, const T* factors, const int* pivots, T* b);

/// The inverse of the matrix in place of its factors by lu(), of which no pivot may be 0.
template <class T>
void lu_inverse(int n, T* factors, int* pivots);

/// The lower Cholesky factor in the lower triangle of a (n, n), whose upper triangle is neither read nor written.
/// Returns the order of the first leading minor that is not positive, or 0.
template <class T>
int cholesky(int n, T* a);

/// b (m, n) replaced by op(a)⁻¹ b, or by b op(a)⁻¹ if a is on the right. Only one triangle of a is read, and its
/// diagonal not where that is said to be 1.
template <class T>
void triangular_solve(bool right, bool upper, bool transposed, bool unit_diagonal, int m, int n, const T* a, T* b);

/// a (m, n) = q r with q (m, columns) and r (k, n), k = min(m, n), which is upper triangular; columns is k or m. a is
/// overwritten; q has room for max(columns, k) m elements.
template <class T>
void qr(int m, int n, int columns, T* a, T* q, T* r);

/// The eigenvalues in ascending order of a symmetric matrix (n, n) of finite elements, of which only the lower triangle
/// is read; the columns of a become the eigenvectors where these are wanted. Returns 0, or a positive number if the
/// iteration did not converge.
template <class T>
int eigh(bool vectors, int n, T* a, T* values);

enum class Factors { none, reduced, full };
/// a (m, n) = u diag(s) vh for finite a, with s (min(m, n)) in descending order. u (m, k) and vh (k, n), or (m, m) and
/// (n, n) if full; both may be null if none. a is overwritten. Returns 0, or a positive number if the iteration did not
/// converge.
template <class T>
int svd(Factors factors, int m, int n, T* a, T* u, T* s, T* vh);

}  // namespace xgrad::kernels::lapack

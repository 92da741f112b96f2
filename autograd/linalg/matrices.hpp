#pragma once

// For this room's sources only: tensors as batches of matrices, their last two axes.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>
#include <xgrad/autograd/kernels/runtime/scratch_vector.hpp>

namespace xgrad::linalg::detail {

/// Refuses what is not a batch of matrices of a floating dtype; `what` names the operand in the error.
void require_matrices(const char* op, const Tensor& a, const char* what = "the matrix");
/// Refuses, in addition, matrices that are not square.
void require_square(const char* op, const Tensor& a, const char* what = "the matrix");
/// Refuses NaN and infinite elements, and sizes that LAPACK does not take: for what singular values are computed of.
void require_finite(const char* op, const Tensor& a);
/// Refuses square matrices with a 0 on the diagonal.
void require_diagonal(const char* op, const Tensor& a);
/// Refuses operands of different dtypes.
void require_same_dtype(const char* op, const Tensor& a, const char* a_name, const Tensor& b, const char* b_name);

inline std::int64_t rows_of(const Shape& shape) { return shape.at(-2); }
inline std::int64_t columns_of(const Shape& shape) { return shape.at(-1); }
/// The axes in front of the matrices.
inline Shape batch_of(const Shape& shape) { return Shape(shape.data(), shape.rank() - 2); }
/// A batch and the sizes of one matrix.
inline Shape matrices(const Shape& batch, std::int64_t rows, std::int64_t columns) {
  return batch.inserted(batch.rank(), rows).inserted(batch.rank() + 1, columns);
}
/// The common batch of two operands.
Shape common_batch(const char* op, const Shape& a, const Shape& b);

/// "the matrix", or "matrix (1, 2) of the batch".
std::string which_matrix(const Shape& batch, std::int64_t index);

/// Calls f(i) for every matrix of a batch, on several threads where the work, in multiplications for each, is large.
template <class F>
void for_each_matrix(std::int64_t count, double work, const F& f) {
  constexpr double enough = 100000;
  const auto grain = static_cast<std::int64_t>(work >= enough ? 1 : enough / (work + 100));
  kernels::parallel_ranges(count, grain > 0 ? grain : 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) f(i);
  });
}

/// The same for a factorisation that may fail: refuse(i, code) is called for the first matrix whose f(i) is not 0.
template <class F, class Refuse>
void factorise_each(std::int64_t count, double work, const F& f, const Refuse& refuse) {
  xgrad::detail::ScratchVector<int> codes(static_cast<std::size_t>(count));
  for_each_matrix(count, work, [&](std::int64_t i) { codes[static_cast<std::size_t>(i)] = f(i); });
  for (std::int64_t i = 0; i < count; ++i)
    if (const int code = codes[static_cast<std::size_t>(i)]; code != 0) refuse(i, code);
}

/// For each matrix of a broadcast batch, the number of the operand's matrix.
xgrad::detail::ScratchVector<std::int64_t> broadcast_indices(const Shape& batch, const Shape& own);

/// A copy of the numbers in memory of its own, for a factorisation to overwrite.
Tensor copied(const Tensor& a);

/// aᵀ in the last two axes.
Tensor adjoint(Tensor a);
/// The product of two batches of matrices.
Tensor times(Tensor a, Tensor b);
/// x = a⁻¹ b, or a⁻ᵀ b: recorded, with errors that name `op`.
Tensor general_solve(const char* op, Tensor a, Tensor b, bool transposed, Source at = Source::here());

/// a⁻¹, recorded, with errors that name `op`.
Tensor inverse(const char* op, Tensor a, Source at);

/// The identity matrix, which broadcasts.
Tensor identity(std::int64_t n, DType dtype);
/// The values in one triangle, without the diagonal if `strictly`, and 0 elsewhere.
Tensor triangle(Tensor a, bool upper, bool strictly);
/// The diagonals (..., min(m, n)).
Tensor diagonals(const Tensor& a);
/// Square matrices with the given diagonals (..., n).
Tensor diagonal_matrices(const Tensor& d);
/// (a + aᵀ) / 2.
Tensor symmetric_part(const Tensor& a);

/// Parts that an op computes at once are the output of one node: those of one matrix, flattened, follow each other on
/// the last axis. These are the parts of such a tensor, with the rows and columns given; columns of -1 mean a vector.
std::vector<Tensor> unpacked(const Tensor& packed, const std::vector<std::pair<std::int64_t, std::int64_t>>& sizes);

/// Whether the LU decomposition of a matrix has a pivot of 0, for each: boolean.
Tensor has_zero_pivot(const char* op, const Tensor& a);

/// x / y, and 0 where both are 0: what a degenerate pair does not concern stays finite.
Tensor quotient(const Tensor& x, const Tensor& y);

/// For each matrix a power of two that brings its largest element near 1, in the shape of its batch and two axes of 1.
Tensor balancing(const Tensor& a);

}  // namespace xgrad::linalg::detail

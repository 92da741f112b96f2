#pragma once

#include <xgrad/autograd/ops/operand.hpp>

namespace xgrad {

/// y[..., i, k] = Σ_j a[..., i, j] b[..., j, k]; leading axes broadcast. A vector on the left is a row, on the right a
/// column, and its axis disappears from y: two vectors give a scalar of rank 0. An inner size of 0 gives zeros.
/// Refuses int64, bool and mixed floating dtypes.
[[nodiscard]] Tensor matmul(Tensor a, Tensor b, Source at = Source::here());
/// y = x wᵀ + b over the last axis of x: x (..., in), w (out, in), b (out) or undefined.
[[nodiscard]] Tensor linear(Tensor x, Tensor weight, Tensor bias = {}, Source at = Source::here());

XGRAD_MIXED(matmul)

namespace detail {

/// Refuses operands that are not both float32 or both float64; the names are those of the operands in the error.
void require_same_floating(const char* op, const Tensor& a, const char* a_name, const Tensor& b, const char* b_name);

/// The product of a and b, each of which may be transposed in its last two axes first; both of rank 2 or more. A
/// product of two matrices is accumulated into `sum`, which is then the result, if that is defined and has the shape
/// and dtype of the product.
[[nodiscard]] Tensor product(const char* name, Tensor a, Tensor b, bool transpose_a, bool transpose_b, Source at,
                             const Tensor& sum);

}  // namespace detail
}  // namespace xgrad

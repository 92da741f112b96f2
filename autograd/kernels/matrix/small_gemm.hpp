#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/matrix/gemm.hpp>

namespace xgrad::kernels {

/// As gemm, for matrices that fit in the cache: it reads the operands in place, while a BLAS first copies them into
/// another order.
template <class T>
void small_gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const T* a,
                const T* b, T* c, Onto<T> onto);

/// A left operand, transposed or not: its element (i, p) lies at i * row + p * depth.
template <class T>
struct LeftOperand {
  const T* at;
  std::int64_t row, depth;

  LeftOperand from_row(std::int64_t i) const { return {at + i * row, row, depth}; }
};

/// C = A B, or C = onto + A B, for parts of larger matrices: the rows of B (k, n) lie ldb apart, those of C (m, n) ldc.
template <class T>
void strided_gemm(std::int64_t m, std::int64_t n, std::int64_t k, LeftOperand<T> a, const T* b, std::int64_t ldb, T* c,
                  std::int64_t ldc, Onto<T> onto = {});

/// Whether small_gemm was measured to be faster for these sizes than the best kernels of OpenBLAS.
template <class T>
bool suits_small_gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k);

}  // namespace xgrad::kernels

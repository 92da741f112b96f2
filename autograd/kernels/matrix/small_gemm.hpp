#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/matrix/gemm.hpp>

namespace xgrad::kernels {

/// As gemm, for matrices that fit in the cache: the operands are read where they lie, where a BLAS first copies them
/// into another order.
template <class T>
void small_gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const T* a,
                const T* b, T* c, Onto<T> onto);

/// Whether that was measured to be faster than OpenBLAS on its best kernels.
template <class T>
bool suits_small_gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k);

}  // namespace xgrad::kernels

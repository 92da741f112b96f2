#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/matrix/gemm.hpp>

namespace xgrad::kernels {

/// As gemm, for matrices that fit in the cache: it reads the operands in place, while a BLAS first copies them into
/// another order.
template <class T>
void small_gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const T* a,
                const T* b, T* c, Onto<T> onto);

/// Whether small_gemm was measured to be faster for these sizes than the best kernels of OpenBLAS.
template <class T>
bool suits_small_gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k);

}  // namespace xgrad::kernels

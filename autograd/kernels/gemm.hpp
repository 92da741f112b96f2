#pragma once

#include <cstdint>
#include <string>

namespace xgrad::kernels {

/// C = A B, or C += A B with `accumulate`, for row-major C (m, n), A (m, k) and B (k, n). An operand that is transposed is
/// stored as (k, m) or (n, k).
template <class T>
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const T* a, const T* b, T* c,
          bool accumulate = false);

/// The name of the kernels that OpenBLAS runs on, after the library has chosen those that fit the processor.
std::string blas_core();

}  // namespace xgrad::kernels

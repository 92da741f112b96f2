#pragma once

#include <cstdint>
#include <string>

namespace xgrad::kernels {

/// What a product is added to: nothing, or the matrix whose rows begin at `from`, `step` apart; 0 is one row for all.
template <class T>
struct Onto {
  const T* from = nullptr;
  std::int64_t step = 0;
};

/// C = A B, or C = onto + A B, for row-major C (m, n), A (m, k) and B (k, n). An operand that is transposed is stored
/// as (k, m) or (n, k). `onto` is C itself, or apart from it.
template <class T>
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const T* a, const T* b,
          T* c, Onto<T> onto = {});

/// The name of the kernels that OpenBLAS runs on, after the library has chosen those that fit the processor.
std::string blas_core();

}  // namespace xgrad::kernels

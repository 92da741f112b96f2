#pragma once

#include <cstdint>
#include <string>

namespace xgrad::kernels {

/// What a product is added to: nothing, or a matrix whose rows begin at `from` and lie `step` apart. With step 0 one
/// row is added to every row.
template <class T>
struct Onto {
  const T* from = nullptr;
  std::int64_t step = 0;
};

/// C = A B, or C = onto + A B, for row-major C (m, n), A (m, k) and B (k, n). A transposed operand is stored as (k, m)
/// or (n, k). `onto` is C itself or does not overlap it.
template <class T>
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const T* a, const T* b,
          T* c, Onto<T> onto = {});

/// The name of the OpenBLAS kernels in use, after the library has chosen those that suit the processor.
std::string blas_core();

}  // namespace xgrad::kernels

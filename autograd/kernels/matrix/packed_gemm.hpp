#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/matrix/gemm.hpp>
#include <xgrad/autograd/kernels/runtime/memory.hpp>

namespace xgrad::kernels {

/// The right operand of products, copied once into the order in which a product reads it: for recurrences, which
/// multiply few rows by the same matrix at every step. Where the library is built for narrow vectors, it keeps the
/// matrix as it is and calls gemm(). May be used by several threads at once.
template <class T>
class PackedMatrix {
 public:
  /// B (k, n), stored as (n, k) if transposed; it must live as long as this object.
  PackedMatrix(bool transposed, std::int64_t n, std::int64_t k, const T* b);

  /// C = A B, or C = onto + A B, for m rows of A and C without gaps. The bits of a row do not depend on the others.
  void product(std::int64_t m, const T* a, T* c, Onto<T> onto = {}) const;

 private:
  bool transposed_;
  std::int64_t n_, k_;
  const T* b_;
  detail::Scratch<T> panels_;
};

/// C = factor A B, or C = onto + factor A B, as gemm, with the right operand packed.
template <class T>
void packed_gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const T* a,
                 const T* b, T* c, Onto<T> onto, T factor = 1);

/// Whether packed_gemm was measured to be faster for these sizes than OpenBLAS in parts.
template <class T>
bool suits_packed_gemm(bool transpose_a, std::int64_t m, std::int64_t n, std::int64_t k);

}  // namespace xgrad::kernels

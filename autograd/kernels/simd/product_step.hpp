#pragma once

#include <xgrad/autograd/kernels/simd/unrolled.hpp>
#include <xgrad/autograd/kernels/simd/vec.hpp>

namespace xgrad::kernels {

/// sum[i][v] += left(i) right(v), the step of a matrix product in registers. The operand of which there are more is
/// read as it is needed, so that Rows Vectors + min(Rows, Vectors) + 1 registers are enough.
template <int Rows, int Vectors, class T, class Left, class Right>
[[gnu::always_inline]] inline void product_step(Vec<T> (&sum)[Rows][Vectors], Left&& left, Right&& right) {
  if constexpr (Rows >= Vectors) {
    Vec<T> b[Vectors];
    each<Vectors>(XGRAD_INLINE(v) { b[v] = right(v); });
    each<Rows>(XGRAD_INLINE(i) {
      const Vec<T> a = left(i);
      each<Vectors>(XGRAD_INLINE(v) { sum[i][v] = fma(a, b[v], sum[i][v]); });
    });
  } else {
    Vec<T> a[Rows];
    each<Rows>(XGRAD_INLINE(i) { a[i] = left(i); });
    each<Vectors>(XGRAD_INLINE(v) {
      const Vec<T> b = right(v);
      each<Rows>(XGRAD_INLINE(i) { sum[i][v] = fma(a[i], b, sum[i][v]); });
    });
  }
}

}  // namespace xgrad::kernels

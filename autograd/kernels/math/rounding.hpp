#pragma once

#include <xgrad/autograd/kernels/math/arithmetic.hpp>

namespace xgrad::kernels {

/// Whole numbers near x, exactly, for every x; the sign of x is kept, also on a result of 0.
template <class T, int Isa>
struct Rounding : Arithmetic<T, Isa> {
  using N = Arithmetic<T, Isa>;
  using V = typename N::V;
  using N::number;

  /// To the nearest, halves to even: from 2^mantissa_bits on every number is whole, and below, adding that power leaves
  /// no room for a fraction.
  static V nearest(V x) { return nearest_size(xsimd::abs(x)) | xsimd::bitofsign(x); }
  static V floor(V x) {
    const V y = nearest(x);
    return xsimd::select(y > x, y - number(1), y);
  }
  static V ceil(V x) {
    const V y = nearest(x);
    return xsimd::select(y < x, y + number(1), y) | xsimd::bitofsign(x);
  }
  static V trunc(V x) {
    const V size = xsimd::abs(x), y = nearest_size(size);
    return xsimd::select(y > size, y - number(1), y) | xsimd::bitofsign(x);
  }

 private:
  static V nearest_size(V size) {
    const V power = V(N::two_to_mantissa_bits);
    return xsimd::select(size < power, (size + power) - power, size);
  }
};

}  // namespace xgrad::kernels

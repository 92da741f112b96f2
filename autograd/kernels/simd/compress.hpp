#pragma once

#include <cstdint>
#include <type_traits>

#include <xgrad/autograd/kernels/simd/vec.hpp>

namespace xgrad::kernels {

/// The lanes whose bit in `lanes` is set, together at the front in their order; what follows is unspecified.
template <class T>
Vec<T> compress(Vec<T> v, std::uint32_t lanes) {
#if defined(__AVX512F__)
  if constexpr (std::is_same_v<T, float>)
    return typename Vec<T>::Native(_mm512_maskz_compress_ps(static_cast<__mmask16>(lanes), v.v));
  else
    return typename Vec<T>::Native(_mm512_maskz_compress_pd(static_cast<__mmask8>(lanes), v.v));
#else
  alignas(64) T from[Vec<T>::width], to[Vec<T>::width + 1] = {};
  v.store(from);
  for (std::size_t i = 0, n = 0; i < Vec<T>::width; ++i) {
    to[n] = from[i];
    n += lanes >> i & 1u;
  }
  return Vec<T>::load(to);
#endif
}

/// The reverse: the first elements go to the lanes whose bit is set, the others are 0.
template <class T>
Vec<T> expand(Vec<T> v, std::uint32_t lanes) {
#if defined(__AVX512F__)
  if constexpr (std::is_same_v<T, float>)
    return typename Vec<T>::Native(_mm512_maskz_expand_ps(static_cast<__mmask16>(lanes), v.v));
  else
    return typename Vec<T>::Native(_mm512_maskz_expand_pd(static_cast<__mmask8>(lanes), v.v));
#else
  alignas(64) T from[Vec<T>::width], to[Vec<T>::width];
  v.store(from);
  for (std::size_t i = 0, n = 0; i < Vec<T>::width; ++i) {
    const bool set = (lanes >> i & 1u) != 0;
    to[i] = set ? from[n] : T(0);
    n += set ? 1 : 0;
  }
  return Vec<T>::load(to);
#endif
}

}  // namespace xgrad::kernels

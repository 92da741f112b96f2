#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include <xgrad/autograd/kernels/simd/vec.hpp>

namespace xgrad::kernels {

// Loads and stores of a whole vector, and of its first `count` elements only. xsimd has no masked loads and stores, so
// these use the processor's instructions for them.
struct Full {};
struct Partial {
  std::int64_t count;
};

template <class T>
Vec<T> load(const T* from, Full, T) {
  return Vec<T>::load(from);
}
template <class T>
void store(Vec<T> y, T* to, Full) {
  y.store(to);
}
/// x with `fill` in the lanes that are not of the part.
template <class T>
Vec<T> only(Vec<T> x, Full, T) {
  return x;
}

#if defined(__AVX512F__)
/// The lanes from part.count on are `fill`; the memory there is not read.
template <class T>
Vec<T> load(const T* from, Partial part, T fill) {
  const auto mask = (1u << part.count) - 1;
  if constexpr (std::is_same_v<T, float>)
    return typename Vec<T>::Native(_mm512_mask_loadu_ps(_mm512_set1_ps(fill), static_cast<__mmask16>(mask), from));
  else
    return typename Vec<T>::Native(_mm512_mask_loadu_pd(_mm512_set1_pd(fill), static_cast<__mmask8>(mask), from));
}
template <class T>
Vec<T> only(Vec<T> x, Partial part, T fill) {
  const auto mask = (1u << part.count) - 1;
  if constexpr (std::is_same_v<T, float>)
    return typename Vec<T>::Native(_mm512_mask_mov_ps(_mm512_set1_ps(fill), static_cast<__mmask16>(mask), x.v));
  else
    return typename Vec<T>::Native(_mm512_mask_mov_pd(_mm512_set1_pd(fill), static_cast<__mmask8>(mask), x.v));
}
template <class T>
void store(Vec<T> y, T* to, Partial part) {
  const auto mask = (1u << part.count) - 1;
  if constexpr (std::is_same_v<T, float>)
    _mm512_mask_storeu_ps(to, static_cast<__mmask16>(mask), y.v);
  else
    _mm512_mask_storeu_pd(to, static_cast<__mmask8>(mask), y.v);
}
#elif defined(__AVX__)
// All bits of the first part.count lanes.
template <class T>
__m256i mask_of(Partial part) {
  using Whole = std::conditional_t<std::is_same_v<T, float>, std::int32_t, std::int64_t>;
  static constexpr Whole ones_and_zeros[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(ones_and_zeros + 8 - part.count));
}
template <class T>
Vec<T> load(const T* from, Partial part, T fill) {
  const __m256i mask = mask_of<T>(part);
  // Lanes that are not loaded are +0: if `fill` is known to be that, there is nothing to blend.
  const bool zero = __builtin_constant_p(fill) && fill == 0 && !std::signbit(fill);
  if constexpr (std::is_same_v<T, float>) {
    const __m256 loaded = _mm256_maskload_ps(from, mask);
    return typename Vec<T>::Native(zero ? loaded
                                        : _mm256_blendv_ps(_mm256_set1_ps(fill), loaded, _mm256_castsi256_ps(mask)));
  } else {
    const __m256d loaded = _mm256_maskload_pd(from, mask);
    return typename Vec<T>::Native(zero ? loaded
                                        : _mm256_blendv_pd(_mm256_set1_pd(fill), loaded, _mm256_castsi256_pd(mask)));
  }
}
template <class T>
Vec<T> only(Vec<T> x, Partial part, T fill) {
  const __m256i mask = mask_of<T>(part);
  if constexpr (std::is_same_v<T, float>)
    return typename Vec<T>::Native(_mm256_blendv_ps(_mm256_set1_ps(fill), x.v, _mm256_castsi256_ps(mask)));
  else
    return typename Vec<T>::Native(_mm256_blendv_pd(_mm256_set1_pd(fill), x.v, _mm256_castsi256_pd(mask)));
}
template <class T>
void store(Vec<T> y, T* to, Partial part) {
  if constexpr (std::is_same_v<T, float>)
    _mm256_maskstore_ps(to, mask_of<T>(part), y.v);
  else
    _mm256_maskstore_pd(to, mask_of<T>(part), y.v);
}
#else
template <class T>
Vec<T> load(const T* from, Partial part, T fill) {
  alignas(64) T lanes[Vec<T>::width];
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(Vec<T>::width); ++i)
    lanes[i] = i < part.count ? from[i] : fill;
  return Vec<T>::load(lanes);
}
template <class T>
Vec<T> only(Vec<T> x, Partial part, T fill) {
  alignas(64) T lanes[Vec<T>::width];
  x.store(lanes);
  return load(lanes, part, fill);
}
template <class T>
void store(Vec<T> y, T* to, Partial part) {
  alignas(64) T lanes[Vec<T>::width];
  y.store(lanes);
  std::copy_n(lanes, part.count, to);
}
#endif

/// Calls f(j, part) for the vectors of n elements; part is Full, or Partial for the last one.
template <class T, class F>
[[gnu::always_inline]] inline void each_vector(std::int64_t n, F&& f) {
  constexpr auto width = static_cast<std::int64_t>(Vec<T>::width);
  std::int64_t j = 0;
  for (; j + width <= n; j += width) f(j, Full{});
  if (j < n) f(j, Partial{n - j});
}

/// A whole vector of the first `count` elements and, in the lanes after them, the last of these again.
template <class T>
void repeat_last(const T* from, std::int64_t count, T (&to)[Vec<T>::width]) {
  std::copy_n(from, count, to);
  std::fill(to + count, to + Vec<T>::width, from[count - 1]);
}

}  // namespace xgrad::kernels

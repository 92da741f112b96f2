#pragma once

#include <cstddef>

#include <xgrad/autograd/kernels/math/isa.hpp>

namespace xgrad::kernels {

/// A register of doubles that is loaded from floats too, and stored as floats, rounded once. Conversions are written
/// out, since compilers take shorter registers for them than the processor has.
template <int Isa = native_isa>
struct Doubles {
  using Native = xsimd::batch<double, Arch>;
  static constexpr std::size_t width = Native::size;

  static Doubles load(const double* from) { return {Native::load_unaligned(from)}; }
  static Doubles load(const float* from) {
#if XSIMD_WITH_AVX512F
    return {Native(_mm512_maskz_cvtps_pd(0xff, _mm256_loadu_ps(from)))};
#elif XSIMD_WITH_AVX
    return {Native(_mm256_cvtps_pd(_mm_loadu_ps(from)))};
#else
    alignas(64) double wide[width];
    for (std::size_t i = 0; i < width; ++i) wide[i] = static_cast<double>(from[i]);
    return {Native::load_aligned(wide)};
#endif
  }
  void store(double* to) const { v.store_unaligned(to); }
  void store(float* to) const {
#if XSIMD_WITH_AVX512F
    _mm256_storeu_ps(to, _mm512_maskz_cvtpd_ps(0xff, v));
#elif XSIMD_WITH_AVX
    _mm_storeu_ps(to, _mm256_cvtpd_ps(v));
#else
    alignas(64) double wide[width];
    v.store_aligned(wide);
    for (std::size_t i = 0; i < width; ++i) to[i] = static_cast<float>(wide[i]);
#endif
  }
  friend Doubles operator+(Doubles a, Doubles b) { return {a.v + b.v}; }

  Native v;
};

}  // namespace xgrad::kernels

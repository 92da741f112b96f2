#pragma once

// For this room's sources only: vectors of 64-bit lanes as the compiler has them, of the processor's size, with the few
// operations that have no operator. All of it is exact or rounded once, so that every instruction set has the same
// bits.

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <xgrad/autograd/kernels/math/isa.hpp>

namespace xgrad::kernels {

#if XSIMD_WITH_AVX512DQ
inline constexpr std::size_t lane_bytes = 64;
#elif XSIMD_WITH_AVX2
inline constexpr std::size_t lane_bytes = 32;
#else
inline constexpr std::size_t lane_bytes = 16;
#endif

/// The operations; Isa makes them types of their own for each instruction set.
template <int Isa = native_isa>
struct Lanes {
  static constexpr int count = static_cast<int>(lane_bytes / 8);
  typedef std::uint64_t Words __attribute__((vector_size(lane_bytes)));
  typedef double Doubles __attribute__((vector_size(lane_bytes)));

  static Words all(std::uint64_t word) { return Words{} + word; }
  /// 0, 1, 2, ...
  static Words numbers() {
    Words w{};
    for (int i = 0; i < count; ++i) w[i] = static_cast<std::uint64_t>(i);
    return w;
  }

  /// The products of the lower 32 bits.
  static Words product(Words a, Words b) {
#if XSIMD_WITH_AVX512DQ
    return (Words)_mm512_maskz_mul_epu32(0xff, (__m512i)a, (__m512i)b);
#elif XSIMD_WITH_AVX2
    return (Words)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#else
    return (Words)_mm_mul_epu32((__m128i)a, (__m128i)b);
#endif
  }

  static Doubles root(Doubles x) {
#if XSIMD_WITH_AVX512DQ
    return (Doubles)_mm512_maskz_sqrt_pd(0xff, (__m512d)x);
#elif XSIMD_WITH_AVX2
    return (Doubles)_mm256_sqrt_pd((__m256d)x);
#else
    return (Doubles)_mm_sqrt_pd((__m128d)x);
#endif
  }

  /// high 2^21 + the upper 21 bits of low's lower 32 bits, for lower 32 bits of high: a whole number of 53 bits.
  static Doubles whole_of_53_bits(Words high, Words low) {
    constexpr std::uint64_t lower = 0xffffffff;
#if XSIMD_WITH_AVX512DQ
    return (Doubles)_mm512_maskz_cvtepu64_pd(0xff, (__m512i)((high << 32 | (low & lower)) >> 11));
#else
    constexpr std::uint64_t base_bits = 0x4330000000000000;  // of 2^52, whose last bit is worth 1
    constexpr double base = 4503599627370496.0;
    return ((Doubles)((high & lower) | base_bits) - base) * 2097152.0 +
           ((Doubles)((low & lower) >> 11 | base_bits) - base);
#endif
  }

  /// to = a[0], b[0], a[1], b[1], ...
  static void store_pairs(Words a, Words b, std::uint32_t* to) {
    Words pairs[2];
    store_pairs((Doubles)a, (Doubles)b, reinterpret_cast<double*>(pairs));
    std::memcpy(to, pairs, sizeof pairs);
  }
  static void store_pairs(Doubles a, Doubles b, double* to) {
#if XSIMD_WITH_AVX512DQ
    const __m512i first = _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11), second = first + _mm512_set1_epi64(4);
    _mm512_storeu_pd(to, _mm512_permutex2var_pd((__m512d)a, first, (__m512d)b));
    _mm512_storeu_pd(to + 8, _mm512_permutex2var_pd((__m512d)a, second, (__m512d)b));
#elif XSIMD_WITH_AVX2
    const __m256d even = _mm256_unpacklo_pd((__m256d)a, (__m256d)b), odd = _mm256_unpackhi_pd((__m256d)a, (__m256d)b);
    _mm256_storeu_pd(to, _mm256_permute2f128_pd(even, odd, 0x20));
    _mm256_storeu_pd(to + 4, _mm256_permute2f128_pd(even, odd, 0x31));
#else
    _mm_storeu_pd(to, _mm_unpacklo_pd((__m128d)a, (__m128d)b));
    _mm_storeu_pd(to + 2, _mm_unpackhi_pd((__m128d)a, (__m128d)b));
#endif
  }
  static void store_pairs(Doubles a, Doubles b, float* to) {
#if XSIMD_WITH_AVX512DQ
    const __m256 x = _mm512_maskz_cvtpd_ps(0xff, (__m512d)a), y = _mm512_maskz_cvtpd_ps(0xff, (__m512d)b);
    const __m256 low = _mm256_unpacklo_ps(x, y), high = _mm256_unpackhi_ps(x, y);
    _mm256_storeu_ps(to, _mm256_permute2f128_ps(low, high, 0x20));
    _mm256_storeu_ps(to + 8, _mm256_permute2f128_ps(low, high, 0x31));
#elif XSIMD_WITH_AVX2
    const __m128 x = _mm256_cvtpd_ps((__m256d)a), y = _mm256_cvtpd_ps((__m256d)b);
    _mm_storeu_ps(to, _mm_unpacklo_ps(x, y));
    _mm_storeu_ps(to + 4, _mm_unpackhi_ps(x, y));
#else
    _mm_storeu_ps(to, _mm_unpacklo_ps(_mm_cvtpd_ps((__m128d)a), _mm_cvtpd_ps((__m128d)b)));
#endif
  }
};

}  // namespace xgrad::kernels

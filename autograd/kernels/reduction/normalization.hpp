#pragma once

#include <cstdint>

namespace xgrad::kernels {

/// A contiguous array of shape (samples, channels, inner).
struct Channels {
  std::int64_t samples, channels, inner;
  std::int64_t per_channel() const { return samples * inner; }
};

// Sums over a channel are accumulated in double, in an order that depends on the sizes alone. All are instantiated for
// float and double.

/// How many doubles the argument `scratch` of the functions below must hold.
std::int64_t channel_scratch(Channels sizes);

/// mean = Σ x / n and variance = Σ (x - mean)² / n of each channel of n > 0 elements. Parts that stay in the cache are
/// read twice, and combined by Chan, Golub and LeVeque's rule ("Updating formulae and a pairwise algorithm for
/// computing sample variances", 1979).
template <class T>
void channel_moments(const T* x, Channels sizes, double* mean, double* variance, double* scratch);

/// sum_g = Σ g and sum_gx = Σ g (x - mean) of each channel.
template <class T>
void channel_sums(const T* x, const T* g, Channels sizes, const double* mean, double* sum_g, double* sum_gx,
                  double* scratch);

/// The coefficients of y = x_slope (x - centre) + g_slope g + offset, one of each for every channel.
struct ChannelAffine {
  const double *x_slope, *centre, *g_slope, *offset;
};

/// y as above. If x or g is null, its term is left out and its coefficients are not read.
template <class T>
void channel_affine(const T* x, const T* g, T* y, Channels sizes, ChannelAffine by);

}  // namespace xgrad::kernels

#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/indexing/along.hpp>

namespace xgrad::kernels {

// An array is read as samples, channels and places: (outer, n, inner). Numbers of a channel are accumulated in double,
// in an order that depends on the sizes alone. All are instantiated for float and double.

/// How many doubles the argument `scratch` of the functions below must hold.
std::int64_t channel_scratch(Along sizes);

/// mean = Σ x / n and variance = Σ (x - mean)² / n of each channel of n > 0 elements. Parts that stay in the cache are
/// read twice, and combined by Chan, Golub and LeVeque's rule ("Updating formulae and a pairwise algorithm for
/// computing sample variances", 1979).
template <class T>
void channel_moments(const T* x, Along sizes, double* mean, double* variance, double* scratch);

/// sum_g = Σ g and sum_gx = Σ g (x - mean) of each channel.
template <class T>
void channel_sums(const T* x, const T* g, Along sizes, const double* mean, double* sum_g, double* sum_gx,
                  double* scratch);

/// The coefficients of y = x_slope (x - centre) + offset, and of y = scale (g + x_slope (x - centre) + offset), one of
/// each for every channel. In the second, the common factor stands apart, since its product with a slope may not be
/// representable in T.
struct ChannelAffine {
  const double *x_slope, *centre, *scale, *offset;
};

/// y as in the first form if g is null, as in the second if not, and scale g if x is null. The coefficients of what is
/// missing are not read.
template <class T>
void channel_affine(const T* x, const T* g, T* y, Along sizes, ChannelAffine by);

}  // namespace xgrad::kernels

#pragma once

#include <cstdint>

namespace xgrad::kernels {

// Rows that are normalised one by one, as in layer, group and RMS normalisation. Sums are accumulated in double, in an
// order that depends on the sizes alone. All are instantiated for float and double.

/// Row r holds `channels` runs of `length` elements; run k belongs to channel (r % groups) channels + k. In layer
/// normalisation each element is a channel of its own: length and groups are 1.
struct RowNorm {
  std::int64_t rows, channels, length, groups;
  bool centred;  // whether the mean is subtracted
  double eps;

  std::int64_t row_size() const { return channels * length; }
  std::int64_t all_channels() const { return channels * groups; }
};

/// y = (x - mean) / √(variance + eps) w + b, w and b of the channel, null for 1 and 0; without centring, x over the
/// root of Σ x² / n + eps. `stats` receives three numbers for each row, as three arrays: the mean rounded to T, the
/// rest of it, and 1 / √(variance + eps). `variance`, unless null, receives the variances.
template <class T>
void row_norm(const T* x, const T* w, const T* b, T* y, double* stats, double* variance, const RowNorm& by);

/// With x̂ the normalised x: gx, gw = Σ g x̂ and gb = Σ g over the elements of each channel. Null results are left out.
template <class T>
void row_norm_backward(const T* x, const T* g, const T* w, const double* stats, T* gx, T* gw, T* gb, const RowNorm& by);

}  // namespace xgrad::kernels

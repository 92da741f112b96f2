#pragma once

#include <algorithm>
#include <cstdint>

namespace xgrad::kernels {

// Sums in double of what a function gives, in an order that depends on the sizes alone.

/// sums[c] = Σ f(i, c) over the rows begin .. end-1. Four rows at a time, so that the sums are not loaded for each.
template <class F>
[[gnu::flatten]] void sum_rows(double* __restrict sums, std::int64_t begin, std::int64_t end, std::int64_t columns,
                               const F& f) {
  std::fill_n(sums, columns, 0.0);
  std::int64_t i = begin;
  for (; i + 4 <= end; i += 4)
    for (std::int64_t c = 0; c < columns; ++c) sums[c] += (f(i, c) + f(i + 1, c)) + (f(i + 2, c) + f(i + 3, c));
  for (; i < end; ++i)
    for (std::int64_t c = 0; c < columns; ++c) sums[c] += f(i, c);
}

/// Σ f(s, j) over all runs s and the places j of each.
template <class F>
[[gnu::flatten]] double sum_runs(std::int64_t runs, std::int64_t length, const F& f) {
  constexpr int lanes = 16;
  double part[lanes] = {};
  for (std::int64_t s = 0; s < runs; ++s) {
    std::int64_t j = 0;
    for (; j + lanes <= length; j += lanes)
      for (int l = 0; l < lanes; ++l) part[l] += f(s, j + l);
    for (int l = 0; j < length; ++j, ++l) part[l] += f(s, j);
  }
  for (int half = lanes / 2; half > 0; half /= 2)
    for (int l = 0; l < half; ++l) part[l] += part[l + half];
  return part[0];
}

/// The mean and the sum of squared deviations of m + n numbers, from those of m of them and those of the other n, for
/// each column, by the rule of Chan, Golub and LeVeque ("Updating formulae and a pairwise algorithm for computing
/// sample variances", 1979).
inline void join_moments(double* mean, double* squares, double m, const double* more_mean, const double* more_squares,
                         double n, std::int64_t columns) {
  for (std::int64_t c = 0; c < columns; ++c) {
    const double step = more_mean[c] - mean[c];
    mean[c] += step * (n / (m + n));
    squares[c] += more_squares[c] + step * step * (m * n / (m + n));
  }
}

}  // namespace xgrad::kernels

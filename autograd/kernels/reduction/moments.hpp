#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/indexing/along.hpp>

namespace xgrad::kernels {

/// mean = Σ x / n and squares = Σ (x - mean)² of each line, n > 0. In double and in two passes over parts that stay in
/// the cache, each shifted by its first element, so that equal numbers have no squares. The order of additions depends
/// on the sizes alone. For float and double.
template <class T>
void moments(const T* x, double* mean, double* squares, Along axis);

/// A mean, and Σ (x - mean)² as squares 4^exponent.
struct ScaledMoments {
  double mean, squares;
  int exponent;
};

/// The same of n contiguous doubles whose squares may lie beyond the range of double.
ScaledMoments scaled_moments(const double* x, std::int64_t n);

/// y = (factor x - offset) scale, with one of each a line, computed in double. For float and double.
template <class T>
void affine_lines(const T* x, const double* factor, const double* offset, const double* scale, T* y, Along axis);

}  // namespace xgrad::kernels

#include <xgrad/autograd/kernels/reduction/moments.hpp>

#include <algorithm>
#include <cmath>

#include <xgrad/autograd/kernels/reduction/double_sums.hpp>
#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {
namespace {

using detail::Scratch;

// Σ f(x_j), in two sums for the few elements of a short line.
template <class T, class F>
double sum_of(const T* x, std::int64_t n, const F& f) {
  if (n >= 16) return sum_runs(1, n, [&](std::int64_t, std::int64_t j) { return f(static_cast<double>(x[j])); });
  double part[2] = {};
  for (std::int64_t j = 0; j < n; ++j) part[j % 2] += f(static_cast<double>(x[j]));
  return part[0] + part[1];
}

// Of n elements side by side.
template <class T>
void part_of_line(const T* x, std::int64_t n, double* mean, double* squares) {
  const auto first = static_cast<double>(x[0]);
  const double shift = sum_of(x, n, [=](double number) { return number - first; }) / static_cast<double>(n);
  *mean = first + shift;
  *squares = sum_of(x, n, [=](double number) {
    const double d = (number - first) - shift;
    return d * d;
  });
}

// Of n rows: each column is a line. `shift` has room for a number a column.
template <class T>
void part_of_rows(const T* x, std::int64_t n, std::int64_t columns, double* mean, double* squares, double* shift) {
  sum_rows(shift, 0, n, columns, [=](std::int64_t i, std::int64_t c) {
    return static_cast<double>(x[i * columns + c]) - static_cast<double>(x[c]);
  });
  for (std::int64_t c = 0; c < columns; ++c) {
    shift[c] /= static_cast<double>(n);
    mean[c] = static_cast<double>(x[c]) + shift[c];
  }
  sum_rows(squares, 0, n, columns, [=](std::int64_t i, std::int64_t c) {
    const double d = (static_cast<double>(x[i * columns + c]) - static_cast<double>(x[c])) - shift[c];
    return d * d;
  });
}

template <class T>
void part_moments(const T* x, std::int64_t n, std::int64_t inner, double* mean, double* squares) {
  if (inner == 1) return part_of_line(x, n, mean, squares);
  const Scratch<double> shift(inner);
  part_of_rows(x, n, inner, mean, squares, shift.data());
}

// Of the rows of one block, cut into bands.
template <class T>
void block_moments(const T* x, std::int64_t n, std::int64_t inner, double* mean, double* squares) {
  const std::int64_t rows = std::max<std::int64_t>(16, pointwise_grain / inner);
  if (n <= rows) return part_moments(x, n, inner, mean, squares);
  const std::int64_t bands = (n + rows - 1) / rows;
  const Scratch<double> scratch(2 * bands * inner);
  parallel_for(bands, [&](std::int64_t band) {
    double* own = scratch.data() + 2 * band * inner;
    part_moments(x + band * rows * inner, std::min(rows, n - band * rows), inner, own, own + inner);
  });
  std::copy_n(scratch.data(), inner, mean);
  std::copy_n(scratch.data() + inner, inner, squares);
  for (std::int64_t band = 1; band < bands; ++band) {
    const double* more = scratch.data() + 2 * band * inner;
    const std::int64_t before = band * rows, count = std::min(rows, n - before);
    join_moments(mean, squares, static_cast<double>(before), more, more + inner, static_cast<double>(count), inner);
  }
}

}  // namespace

template <class T>
void moments(const T* x, double* mean, double* squares, Along axis) {
  const std::int64_t n = axis.n, inner = axis.inner;
  if (axis.lines() == 0) return;
  parallel_ranges(axis.outer, std::max<std::int64_t>(1, pointwise_grain / (n * inner)),
                  [&](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t o = begin; o < end; ++o)
                      block_moments(x + o * n * inner, n, inner, mean + o * inner, squares + o * inner);
                  });
}

template void moments(const float*, double*, double*, Along);
template void moments(const double*, double*, double*, Along);

ScaledMoments scaled_moments(const double* x, std::int64_t n) {
  double largest = 0;
  for (std::int64_t j = 0; j < n; ++j) largest = std::abs(x[j]) <= largest ? largest : std::abs(x[j]);  // a NaN stays
  // With the largest element below 1, deviations are zero or far above the root of the smallest number.
  const int exponent = largest > 0 && std::isfinite(largest) ? std::ilogb(largest) + 1 : 0;
  const Scratch<double> scaled(n);
  for (std::int64_t j = 0; j < n; ++j) scaled.data()[j] = std::scalbn(x[j], -exponent);
  double mean = 0, squares = 0;
  moments(scaled.data(), &mean, &squares, {1, n, 1});
  return {std::scalbn(mean, exponent), squares, exponent};
}

namespace {

template <class T>
void affine_line(const T* __restrict x, std::int64_t n, double factor, double offset, double scale, T* __restrict y) {
  for (std::int64_t j = 0; j < n; ++j) y[j] = static_cast<T>((factor * static_cast<double>(x[j]) - offset) * scale);
}

}  // namespace

template <class T>
void affine_lines(const T* x, const double* factor, const double* offset, const double* scale, T* y, Along axis) {
  const std::int64_t n = axis.n, inner = axis.inner;
  if (n == 0 || axis.lines() == 0) return;
  const std::int64_t grain = std::max<std::int64_t>(1, pointwise_grain / (n * inner));
  parallel_ranges(axis.outer, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t o = begin; o < end; ++o) {
      const std::int64_t line = o * inner;
      if (inner == 1) {
        affine_line(x + o * n, n, factor[o], offset[o], scale[o], y + o * n);
        continue;
      }
      const double *f = factor + line, *c = offset + line, *s = scale + line;
      for (std::int64_t j = 0; j < n; ++j) {
        const T* __restrict from = x + (o * n + j) * inner;
        T* __restrict to = y + (o * n + j) * inner;
        for (std::int64_t i = 0; i < inner; ++i)
          to[i] = static_cast<T>((f[i] * static_cast<double>(from[i]) - c[i]) * s[i]);
      }
    }
  });
}

template void affine_lines(const float*, const double*, const double*, const double*, float*, Along);
template void affine_lines(const double*, const double*, const double*, const double*, double*, Along);

}  // namespace xgrad::kernels

#include <xgrad/autograd/kernels/reduction/norm.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <xgrad/autograd/kernels/reduction/double_sums.hpp>
#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {
namespace {

constexpr std::int64_t most_columns = 64;
constexpr std::int64_t block = pointwise_grain;  // the elements of a long line that are added up as one chunk
constexpr double infinity = std::numeric_limits<double>::infinity();

// Neighbouring lines: element j of line c is x[j * step + c].
template <class T>
struct Lines {
  const T* x;
  std::int64_t n, step, count;

  double size(std::int64_t j, std::int64_t c) const { return std::abs(static_cast<double>(x[j * step + c])); }
};

// sums[c] = Σ_j f(|x_jc|, c)
template <class T, class F>
void sum_of(const Lines<T>& lines, double* sums, const F& f) {
  if (lines.count > 1)
    return sum_rows(sums, 0, lines.n, lines.count,
                    [&](std::int64_t j, std::int64_t c) { return f(lines.size(j, c), c); });
  const std::int64_t blocks = (lines.n + block - 1) / block;
  const auto sum_block = [&](std::int64_t k) {
    const std::int64_t from = k * block, length = std::min(block, lines.n - from);
    return sum_runs(1, length, [&](std::int64_t, std::int64_t j) { return f(lines.size(from + j, 0), 0); });
  };
  if (blocks <= 1) return void(sums[0] = blocks == 0 ? 0 : sum_block(0));
  const detail::Scratch<double> parts(blocks);
  parallel_for(blocks, [&](std::int64_t k) { parts.data()[k] = sum_block(k); });
  sums[0] = sum_runs(1, blocks, [&](std::int64_t, std::int64_t k) { return parts.data()[k]; });
}

// The largest or smallest |x| of each line, NaN if any is.
template <class T>
void extremes(const Lines<T>& lines, double* best, bool largest) {
  std::fill_n(best, lines.count, largest ? 0.0 : infinity);
  for (std::int64_t j = 0; j < lines.n; ++j)
    for (std::int64_t c = 0; c < lines.count; ++c) {
      const double size = lines.size(j, c);
      const bool keeps = largest ? size <= best[c] : size >= best[c];
      best[c] = keeps || best[c] != best[c] ? best[c] : size;
    }
}

// Each line is divided by its largest element (its smallest for p < 0): then the largest power is 1, and powers that
// underflow do not count.
template <class T>
void quotient_norms(const Lines<T>& lines, double p, double* out) {
  double best[most_columns], sums[most_columns];
  extremes(lines, out, p > 0);
  for (std::int64_t c = 0; c < lines.count; ++c) best[c] = out[c] > 0 && out[c] < infinity ? out[c] : 1;
  sum_of(lines, sums, [&](double size, std::int64_t c) { return std::pow(size / best[c], p); });
  // 0, infinite and NaN extremes are the norm themselves.
  for (std::int64_t c = 0; c < lines.count; ++c)
    if (out[c] > 0 && out[c] < infinity) out[c] *= std::pow(sums[c], 1 / p);
}

// The same with a power of two near that element, which rounds nothing. The quotient lies in 1 .. 2, and its power
// within the range of numbers for an order that is no larger than this.
constexpr double most_order = 512;
template <class T>
void scaled_norms(const Lines<T>& lines, double p, double* out) {
  double lift[most_columns], scale[most_columns], sums[most_columns];
  int exponent[most_columns];
  extremes(lines, out, p > 0);
  for (std::int64_t c = 0; c < lines.count; ++c) {
    const bool ordinary = out[c] > 0 && out[c] < infinity;
    exponent[c] = ordinary ? std::ilogb(out[c]) : 0;
    // Of subnormal numbers in two steps: the whole factor would be infinite.
    lift[c] = exponent[c] < -1022 ? 0x1p60 : 1;
    scale[c] = std::ldexp(1.0, exponent[c] < -1022 ? -exponent[c] - 60 : -exponent[c]);
  }
  const auto scaled = [&](double size, std::int64_t c) { return size * lift[c] * scale[c]; };
  if (p == 2)
    sum_of(lines, sums, [&](double size, std::int64_t c) { return scaled(size, c) * scaled(size, c); });
  else
    sum_of(lines, sums, [&](double size, std::int64_t c) { return std::pow(scaled(size, c), p); });
  // 0, infinite and NaN extremes are the norm themselves.
  for (std::int64_t c = 0; c < lines.count; ++c)
    if (out[c] > 0 && out[c] < infinity)
      out[c] = std::ldexp(p == 2 ? std::sqrt(sums[c]) : std::pow(sums[c], 1 / p), exponent[c]);
}

template <class T>
void euclidean_norms(const Lines<T>& lines, double* out) {
  sum_of(lines, out, [](double size, std::int64_t) { return size * size; });
  const auto safe = [](double square) { return square > 1e-290 && square < 1e300; };
  if (!std::all_of(out, out + lines.count, safe)) return scaled_norms(lines, 2, out);
  for (std::int64_t c = 0; c < lines.count; ++c) out[c] = std::sqrt(out[c]);
}

template <class T>
void norms(const Lines<T>& lines, double p, double* out) {
  if (p == 0) return sum_of(lines, out, [](double size, std::int64_t) { return size == 0 ? 0.0 : 1.0; });
  if (p == 1) return sum_of(lines, out, [](double size, std::int64_t) { return size; });
  if (p == 2) return euclidean_norms(lines, out);
  if (std::isinf(p)) return extremes(lines, out, p > 0);
  std::abs(p) <= most_order ? scaled_norms(lines, p, out) : quotient_norms(lines, p, out);
}

}  // namespace

template <class T, class R>
void norm(const T* x, R* out, double p, Along axis) {
  const std::int64_t n = axis.n, inner = axis.inner, groups = (inner + most_columns - 1) / most_columns;
  const std::int64_t work = std::max<std::int64_t>(1, n) * std::min(most_columns, std::max<std::int64_t>(1, inner));
  parallel_ranges(axis.outer * groups, std::max<std::int64_t>(1, pointwise_grain / work),
                  [=](std::int64_t begin, std::int64_t end) {
                    double results[most_columns];
                    for (std::int64_t k = begin; k < end; ++k) {
                      const std::int64_t o = k / groups, i = k % groups * most_columns;
                      const Lines<T> lines{x + o * n * inner + i, n, inner, std::min(most_columns, inner - i)};
                      norms(lines, p, results);
                      for (std::int64_t c = 0; c < lines.count; ++c)
                        out[o * inner + i + c] = static_cast<R>(results[c]);
                    }
                  });
}

template void norm(const float*, float*, double, Along);
template void norm(const float*, double*, double, Along);
template void norm(const double*, double*, double, Along);

}  // namespace xgrad::kernels

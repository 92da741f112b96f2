#include <xgrad/autograd/kernels/reduction/product.hpp>

#include <algorithm>
#include <cmath>
#include <type_traits>

#include <xgrad/autograd/kernels/indexing/all_finite.hpp>
#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>
#include <xgrad/autograd/kernels/scan/scaled_product.hpp>
#include <xgrad/autograd/kernels/scan/scan_lines.hpp>

namespace xgrad::kernels {
namespace {

template <class T>
using Accumulator = std::conditional_t<std::is_integral_v<T>, std::uint64_t, double>;

constexpr std::int64_t block = pointwise_grain;  // the elements of a long line that are multiplied as one chunk

template <class A, class T>
A product_of_block(const T* x, std::int64_t n) {
  constexpr int lanes = 16;
  A part[lanes];
  std::fill_n(part, lanes, A(1));
  std::int64_t j = 0;
  for (; j + lanes <= n; j += lanes)
    for (int l = 0; l < lanes; ++l) part[l] *= static_cast<A>(x[j + l]);
  for (int l = 0; j < n; ++j, ++l) part[l] *= static_cast<A>(x[j]);
  for (int half = lanes / 2; half > 0; half /= 2)
    for (int l = 0; l < half; ++l) part[l] *= part[l + half];
  return part[0];
}

template <class A, class T>
A product_of_line(const T* x, std::int64_t n) {
  if (n <= block) return product_of_block<A>(x, n);
  const std::int64_t count = (n + block - 1) / block;
  const detail::Scratch<A> parts(count);
  parallel_for(count, [&](std::int64_t k) {
    parts.data()[k] = product_of_block<A>(x + k * block, std::min(block, n - k * block));
  });
  return product_of_line<A>(parts.data(), count);
}

// `result`, the product of a line, unless it left the range of normal numbers on its way.
inline std::uint64_t checked(std::uint64_t result, const std::int64_t*, std::int64_t, std::int64_t) { return result; }
template <class T>
double checked(double result, const T* x, std::int64_t n, std::int64_t step) {
  if (std::isnormal(result)) return result;
  for (std::int64_t j = 0; result == 0 && j < n; ++j)
    if (x[j * step] == 0) return result;
  if (!all_finite(x, n, step)) return result;
  ScaledProduct scaled;
  for (std::int64_t j = 0; j < n; ++j) scaled.multiply(static_cast<double>(x[j * step]));
  return scaled.value();
}

// The gradients of a line with products that leave the range of numbers, from the line's first elements.
template <class T>
void scaled_backward(const T* x, T g, T* gx, std::int64_t n, std::int64_t step) {
  if (!std::isfinite(g) || !all_finite(x, n, step)) return;
  const detail::Scratch<ScaledProduct> before(n);
  ScaledProduct all;
  for (std::int64_t j = 0; j < n; ++j) {
    before.data()[j] = all;
    all.multiply(static_cast<double>(x[j * step]));
  }
  all = ScaledProduct();
  for (std::int64_t j = n - 1; j >= 0; --j) {
    ScaledProduct others = before.data()[j];
    others.multiply(all);
    others.multiply(static_cast<double>(g));
    gx[j * step] = static_cast<T>(others.value());
    all.multiply(static_cast<double>(x[j * step]));
  }
}

// A product of what comes after an element, and whether a product of its line is not a normal number.
struct After {
  double all = 1;
  bool beyond = false;
};

template <class T>
std::int64_t zeros_of(const T* x, std::int64_t n, std::int64_t step) {
  std::int64_t count = 0;
  for (std::int64_t j = 0; j < n; ++j) count += x[j * step] == 0 ? 1 : 0;
  return count;
}

// Whether the gradients of a line, of which some product is not normal, are right as they are: those of infinities are,
// and products that are 0 since a factor is.
template <class T>
bool are_right(const T* x, T g, const T* gx, std::int64_t n, std::int64_t step) {
  if (!all_finite(gx, n, step)) return !std::isfinite(g) || !all_finite(x, n, step);
  if (g == 0) return true;
  const std::int64_t zeros = zeros_of(x, n, step);
  if (zeros != 1) return zeros > 1;
  for (std::int64_t j = 0; j < n; ++j)
    if (x[j * step] == 0) return std::isnormal(gx[j * step]);
  return true;
}

}  // namespace

template <class T>
void product(const T* x, T* out, Along axis) {
  using A = Accumulator<T>;
  const std::int64_t n = axis.n;
  if (axis.inner == 1 && n >= 16)
    return parallel_ranges(axis.outer, std::max<std::int64_t>(1, pointwise_grain / n),
                           [=](std::int64_t begin, std::int64_t end) {
                             for (std::int64_t o = begin; o < end; ++o)
                               out[o] = static_cast<T>(checked(product_of_line<A>(x + o * n, n), x + o * n, n, 1));
                           });
  scan_lines(
      axis, Direction::forward, A(1), [=](A& all, std::int64_t at, std::int64_t) { all *= static_cast<A>(x[at]); },
      [=](const A& all, std::int64_t line) {
        const std::int64_t start = line / axis.inner * n * axis.inner + line % axis.inner;
        out[line] = static_cast<T>(checked(all, x + start, n, axis.inner));
      });
}

template <class T>
void product_backward(const T* x, const T* g, T* gx, Along axis) {
  const detail::Scratch<double> before(axis.outer * axis.n * axis.inner);
  double* const products = before.data();
  scan_lines(axis, Direction::forward, 1.0, [=](double& all, std::int64_t at, std::int64_t) {
    products[at] = all;
    all *= static_cast<double>(x[at]);
  });
  const std::int64_t n = axis.n, inner = axis.inner, block_size = n * inner;
  scan_lines(
      axis, Direction::backward, After{},
      [=](After& after, std::int64_t at, std::int64_t) {
        const std::int64_t line = at / block_size * inner + at % inner;
        const double slope = products[at] * after.all * static_cast<double>(g[line]);
        gx[at] = static_cast<T>(slope);
        after.beyond |= !std::isnormal(products[at]) || !std::isnormal(after.all) || !std::isnormal(slope);
        after.all *= static_cast<double>(x[at]);
      },
      [=](const After& after, std::int64_t line) {
        const std::int64_t start = line / inner * block_size + line % inner;
        if (after.beyond && !are_right(x + start, g[line], gx + start, n, inner))
          scaled_backward(x + start, g[line], gx + start, n, inner);
      });
}

template void product(const std::int64_t*, std::int64_t*, Along);
template void product(const float*, float*, Along);
template void product(const double*, double*, Along);
template void product_backward(const float*, const float*, float*, Along);
template void product_backward(const double*, const double*, double*, Along);

}  // namespace xgrad::kernels

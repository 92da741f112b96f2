#include <xgrad/autograd/kernels/reduction/count.hpp>

#include <algorithm>

#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>
#include <xgrad/autograd/kernels/scan/scan_lines.hpp>

namespace xgrad::kernels {
namespace {

template <class T>
std::int64_t count_of_block(const T* x, std::int64_t n) {
  std::int64_t count = 0;
  for (std::int64_t j = 0; j < n; ++j) count += x[j] != T(0);
  return count;
}

template <class T>
std::int64_t count_of_line(const T* x, std::int64_t n) {
  constexpr std::int64_t block = pointwise_grain;
  if (n <= block) return count_of_block(x, n);
  const std::int64_t blocks = (n + block - 1) / block;
  const detail::Scratch<std::int64_t> parts(blocks);
  parallel_for(
      blocks, [&](std::int64_t k) { parts.data()[k] = count_of_block(x + k * block, std::min(block, n - k * block)); });
  std::int64_t count = 0;
  for (std::int64_t k = 0; k < blocks; ++k) count += parts.data()[k];
  return count;
}

}  // namespace

template <class T>
void count_nonzero(const T* x, std::int64_t* out, Along axis) {
  const std::int64_t n = axis.n;
  if (axis.inner == 1)
    return parallel_ranges(axis.outer, std::max<std::int64_t>(1, pointwise_grain / std::max<std::int64_t>(1, n)),
                           [=](std::int64_t begin, std::int64_t end) {
                             for (std::int64_t o = begin; o < end; ++o) out[o] = count_of_line(x + o * n, n);
                           });
  scan_lines(
      axis, Direction::forward, std::int64_t{0},
      [=](std::int64_t& count, std::int64_t at, std::int64_t) { count += x[at] != T(0); },
      [=](const std::int64_t& count, std::int64_t line) { out[line] = count; });
}

template void count_nonzero(const bool*, std::int64_t*, Along);
template void count_nonzero(const std::int64_t*, std::int64_t*, Along);
template void count_nonzero(const float*, std::int64_t*, Along);
template void count_nonzero(const double*, std::int64_t*, Along);

}  // namespace xgrad::kernels

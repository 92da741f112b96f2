#include <xgrad/autograd/kernels/indexing/row_sums.hpp>

#include <algorithm>
#include <type_traits>

#include <xgrad/autograd/kernels/indexing/added.hpp>
#include <xgrad/autograd/kernels/indexing/inverse.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>
#include <xgrad/autograd/kernels/simd/doubles.hpp>

namespace xgrad::kernels {
namespace {

template <class T>
using Wide = std::conditional_t<std::is_same_v<T, float>, double, T>;

constexpr std::int64_t most_columns = 1024;  // at a time: their sums stay in the first-level cache
constexpr std::int64_t at_once = 4;          // rows that are added before a sum is stored

// to = from + the first m rows of x.
template <int m, class T, class From, class To>
void add_some(const From* from, const T* const* x, To* to, std::int64_t columns) {
  using W = Wide<T>;
  std::int64_t i = 0;
  if constexpr (std::is_floating_point_v<T>)
    for (constexpr auto width = static_cast<std::int64_t>(Doubles<>::width); i + width <= columns; i += width) {
      auto sum = Doubles<>::load(from + i);
      for (int k = 0; k < m; ++k) sum = sum + Doubles<>::load(x[k] + i);
      sum.store(to + i);
    }
  for (; i < columns; ++i) {
    auto sum = static_cast<W>(from[i]);
    for (int k = 0; k < m; ++k) sum = added(sum, static_cast<W>(x[k][i]));
    to[i] = static_cast<To>(sum);
  }
}
template <class T, class From, class To>
void add_up_to_four(std::int64_t m, const From* from, const T* const* x, To* to, std::int64_t columns) {
  if (m == 1) return add_some<1>(from, x, to, columns);
  if (m == 2) return add_some<2>(from, x, to, columns);
  if (m == 3) return add_some<3>(from, x, to, columns);
  add_some<4>(from, x, to, columns);
}

// One row of the output: those of the input that `order` lists, which lie `step` apart, added to `from`.
template <class T>
void sum_row(const T* from, const T* in, std::int64_t step, const std::int64_t* order, std::int64_t count, T* to,
             std::int64_t columns) {
  const T* x[at_once];
  const auto take = [&](std::int64_t first) {
    const std::int64_t m = std::min(at_once, count - first);
    for (std::int64_t k = 0; k < m; ++k) x[k] = in + order[first + k] * step;
    return m;
  };
  if (count <= at_once) return add_up_to_four(take(0), from, x, to, columns);
  Wide<T> sums[most_columns];
  take(0);
  add_some<at_once>(from, x, sums, columns);
  std::int64_t k = at_once;
  for (; count - k > at_once; k += at_once) {
    take(k);
    add_some<at_once>(sums, x, sums, columns);
  }
  add_up_to_four(take(k), sums, x, to, columns);
}

}  // namespace

template <class T>
void sum_listed_rows(const T* in, const std::int64_t* rows, std::int64_t count, const T* base, T* out, Along axis) {
  const std::int64_t n = axis.n, inner = axis.inner;
  if (n == 0 || axis.lines() == 0 || (count == 0 && base == out)) return;
  static constexpr T zeros[most_columns] = {};
  const Inverse inverse(rows, count, n);
  const std::int64_t *first = inverse.first.data(), *order = inverse.order.data();
  const std::int64_t parts = (inner + most_columns - 1) / most_columns, width = std::min(inner, most_columns);
  const std::int64_t grain = std::max<std::int64_t>(1, pointwise_grain / ((count / n + 1) * width));
  parallel_ranges(axis.outer * n * parts, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t unit = begin; unit < end; ++unit) {
      const std::int64_t line = unit / parts, o = line / n, r = line % n, column = unit % parts * most_columns;
      const std::int64_t columns = std::min(most_columns, inner - column), met = first[r + 1] - first[r];
      const T* const from = base == nullptr ? zeros : base + line * inner + column;
      T* const to = out + line * inner + column;
      if (met > 0)
        sum_row(from, in + o * count * inner + column, inner, order + first[r], met, to, columns);
      else if (from != to)
        std::copy_n(from, columns, to);
    }
  });
}

#define XGRAD_SUM_LISTED_ROWS(T) \
  template void sum_listed_rows(const T*, const std::int64_t*, std::int64_t, const T*, T*, Along);
XGRAD_SUM_LISTED_ROWS(bool)
XGRAD_SUM_LISTED_ROWS(std::int64_t)
XGRAD_SUM_LISTED_ROWS(float)
XGRAD_SUM_LISTED_ROWS(double)
#undef XGRAD_SUM_LISTED_ROWS

}  // namespace xgrad::kernels

#include <xgrad/autograd/kernels/indexing/scatter_onto.hpp>

#include <algorithm>

#include <xgrad/autograd/kernels/indexing/scatter.hpp>
#include <xgrad/autograd/kernels/runtime/memory.hpp>

namespace xgrad::kernels {

// The sums are computed for the distinct rows alone, side by side, then added.
template <class T>
void add_rows_onto(const T* in, const std::int64_t* rows, std::int64_t count, T* out, Along axis) {
  const detail::Scratch<std::int64_t> distinct_of(count), place_of(count);
  std::int64_t *const distinct = distinct_of.data(), *const place = place_of.data();
  std::copy_n(rows, count, distinct);
  std::sort(distinct, distinct + count);
  const std::int64_t found = std::unique(distinct, distinct + count) - distinct;
  for (std::int64_t j = 0; j < count; ++j) place[j] = std::lower_bound(distinct, distinct + found, rows[j]) - distinct;
  const detail::Scratch<T> sums_of(axis.outer * found * axis.inner);
  T* const sums = sums_of.data();
  add_rows(in, place, count, sums, {axis.outer, found, axis.inner});
  for (std::int64_t o = 0; o < axis.outer; ++o)
    for (std::int64_t u = 0; u < found; ++u) {
      const T* from = sums + (o * found + u) * axis.inner;
      T* to = out + (o * axis.n + distinct[u]) * axis.inner;
      for (std::int64_t i = 0; i < axis.inner; ++i) to[i] += from[i];
    }
}

template void add_rows_onto(const float*, const std::int64_t*, std::int64_t, float*, Along);
template void add_rows_onto(const double*, const std::int64_t*, std::int64_t, double*, Along);

}  // namespace xgrad::kernels

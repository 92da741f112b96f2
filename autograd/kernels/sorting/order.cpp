#include <xgrad/autograd/kernels/sorting/order.hpp>

#include <algorithm>

#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {
namespace {

template <class T>
struct Entry {
  T value;
  std::int64_t index;
};

// Total orders, so that every algorithm gives the same result.
template <class T>
bool is_before(const Entry<T>& a, const Entry<T>& b) {
  if (a.value < b.value) return true;
  if (b.value < a.value) return false;
  const bool a_nan = a.value != a.value, b_nan = b.value != b.value;
  return a_nan != b_nan ? b_nan : a.index < b.index;
}
template <class T>
bool is_before_descending(const Entry<T>& a, const Entry<T>& b) {
  if (a.value > b.value) return true;
  if (b.value > a.value) return false;
  const bool a_nan = a.value != a.value, b_nan = b.value != b.value;
  return a_nan != b_nan ? a_nan : a.index < b.index;
}

// Calls f(entries, o, i) for every line with its elements as entries, which f may reorder.
template <class T, class F>
void for_each_line(const T* x, Along axis, const F& f) {
  const std::int64_t n = axis.n, inner = axis.inner;
  const std::int64_t grain = std::max<std::int64_t>(1, pointwise_grain / 16 / std::max<std::int64_t>(1, n));
  parallel_ranges(axis.lines(), grain, [&](std::int64_t begin, std::int64_t end) {
    const detail::Scratch<Entry<T>> entries(n);
    for (std::int64_t line = begin; line < end; ++line) {
      const std::int64_t o = line / inner, i = line % inner;
      const T* from = x + o * n * inner + i;
      for (std::int64_t j = 0; j < n; ++j) entries.data()[j] = {from[j * inner], j};
      f(entries.data(), o, i);
    }
  });
}

template <class T>
bool is_nan(const Entry<T>& entry) {
  return entry.value != entry.value;
}

// The index of the entry that has this rank among n.
template <class T>
std::int64_t index_of_rank(Entry<T>* entries, std::int64_t rank, std::int64_t n) {
  std::nth_element(entries, entries + rank, entries + n, [](const auto& a, const auto& b) { return is_before(a, b); });
  return entries[rank].index;
}

// Puts the first `count` of n entries in order. `before` is a lambda, since calls through a pointer are slow.
template <class T, class F>
void sort_first(Entry<T>* entries, std::int64_t count, std::int64_t n, const F& before) {
  if (count < n) std::nth_element(entries, entries + count, entries + n, before);
  std::sort(entries, entries + count, before);
}

}  // namespace

template <class T>
void sorted_order(const T* x, std::int64_t* order, std::int64_t count, Along axis, bool descending) {
  const std::int64_t n = axis.n, inner = axis.inner;
  for_each_line(x, axis, [=](Entry<T>* entries, std::int64_t o, std::int64_t i) {
    if (descending)
      sort_first(entries, count, n, [](const auto& a, const auto& b) { return is_before_descending(a, b); });
    else
      sort_first(entries, count, n, [](const auto& a, const auto& b) { return is_before(a, b); });
    for (std::int64_t r = 0; r < count; ++r) order[(o * count + r) * inner + i] = entries[r].index;
  });
}

template <class T>
void rank_index(const T* x, std::int64_t* index, std::int64_t rank, Along axis) {
  const std::int64_t n = axis.n, inner = axis.inner;
  for_each_line(x, axis, [=](Entry<T>* entries, std::int64_t o, std::int64_t i) {
    index[o * inner + i] = index_of_rank(entries, rank, n);
  });
}

template <class T>
void median_index(const T* x, std::int64_t* index, Along axis, bool skip_nan) {
  const std::int64_t n = axis.n, inner = axis.inner;
  for_each_line(x, axis, [=](Entry<T>* entries, std::int64_t o, std::int64_t i) {
    const std::int64_t missing = std::count_if(entries, entries + n, [](const auto& one) { return is_nan(one); });
    std::int64_t rank = (n - 1) / 2;
    if (missing > 0) rank = skip_nan && missing < n ? (n - missing - 1) / 2 : n - missing;
    index[o * inner + i] = index_of_rank(entries, rank, n);
  });
}

template <class T>
void mode_index(const T* x, std::int64_t* index, Along axis) {
  const std::int64_t n = axis.n, inner = axis.inner;
  for_each_line(x, axis, [=](Entry<T>* entries, std::int64_t o, std::int64_t i) {
    std::sort(entries, entries + n, [](const auto& a, const auto& b) { return is_before(a, b); });
    std::int64_t most = 0, run = 0;
    for (std::int64_t j = 0; j < n; ++j) {
      run = j > 0 && entries[j].value == entries[j - 1].value ? run + 1 : 1;
      if (run <= most) continue;
      most = run;
      index[o * inner + i] = entries[j].index;
    }
  });
}

#define XGRAD_ORDER(T)                                                            \
  template void sorted_order(const T*, std::int64_t*, std::int64_t, Along, bool); \
  template void rank_index(const T*, std::int64_t*, std::int64_t, Along);         \
  template void median_index(const T*, std::int64_t*, Along, bool);               \
  template void mode_index(const T*, std::int64_t*, Along);
XGRAD_ORDER(bool)
XGRAD_ORDER(std::int64_t)
XGRAD_ORDER(float)
XGRAD_ORDER(double)
#undef XGRAD_ORDER

}  // namespace xgrad::kernels

#include <xgrad/autograd/kernels/reduction/ties.hpp>

#include <algorithm>
#include <type_traits>

#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {
namespace {

constexpr std::size_t max_rank = 32;

// Neighbouring axes of one kind joined, each with its distance in y: 0 if it is reduced.
struct Axes {
  std::size_t rank = 0;
  std::int64_t size[max_rank + 2], step[max_rank + 2];

  Axes(std::size_t full_rank, const std::int64_t* sizes, const bool* reduced) {
    for (std::size_t k = 0; k < full_rank; ++k) {
      if (sizes[k] == 1) continue;
      if (rank > 0 && (step[rank - 1] == 0) == reduced[k]) {
        size[rank - 1] *= sizes[k];
      } else {
        size[rank] = sizes[k];
        step[rank++] = reduced[k] ? 0 : 1;
      }
    }
    while (rank < 2) {  // at least two axes, with new ones in front
      std::copy_backward(size, size + rank, size + rank + 1);
      std::copy_backward(step, step + rank, step + rank + 1);
      size[0] = 1;
      step[0] = rank > 0 && step[1] == 1 ? 0 : 1;
      ++rank;
    }
    std::int64_t running = 1;
    for (std::size_t k = rank; k-- > 0;)
      if (step[k] != 0) {
        step[k] = running;
        running *= size[k];
      }
  }
};

template <class T>
using Count = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;

template <class T>
bool ties(T x, T y) {
  return (x == y) | (x != x);
}

// The last two axes of x are (rows, columns): exactly one of them is reduced.
struct Plane {
  std::int64_t rows, columns, row_step;
  bool across;  // the columns are reduced
};

template <int n, class T>
void count_short(const T* x, const T* y, Count<T>* count, const Plane& p) {
  for (std::int64_t r = 0; r < p.rows; ++r) {
    Count<T> sum = 0;
    for (int c = 0; c < n; ++c) sum += ties(x[r * n + c], y[r]);
    count[r] += sum;
  }
}

template <class T>
void count_plane(const T* x, const T* y, Count<T>* count, const Plane& p) {
  if (!p.across) {
    for (std::int64_t r = 0; r < p.rows; ++r)
      for (std::int64_t c = 0; c < p.columns; ++c) count[c] += ties(x[r * p.columns + c], y[c]);
    return;
  }
  if (p.row_step == 1) {
    if (p.columns == 2) return count_short<2>(x, y, count, p);
    if (p.columns == 3) return count_short<3>(x, y, count, p);
    if (p.columns == 4) return count_short<4>(x, y, count, p);
  }
  for (std::int64_t r = 0; r < p.rows; ++r) {
    Count<T> sum = 0;
    const T best = y[r * p.row_step];
    for (std::int64_t c = 0; c < p.columns; ++c) sum += ties(x[r * p.columns + c], best);
    count[r * p.row_step] += sum;
  }
}

template <int n, class T>
void write_short(const T* x, const T* y, const T* share, T* out, const Plane& p) {
  for (std::int64_t r = 0; r < p.rows; ++r)
    for (int c = 0; c < n; ++c) out[r * n + c] = ties(x[r * n + c], y[r]) ? share[r] : T(0);
}

template <class T>
void write_plane(const T* x, const T* y, const T* share, T* out, const Plane& p) {
  if (p.across && p.row_step == 1) {
    if (p.columns == 2) return write_short<2>(x, y, share, out, p);
    if (p.columns == 3) return write_short<3>(x, y, share, out, p);
    if (p.columns == 4) return write_short<4>(x, y, share, out, p);
  }
  for (std::int64_t r = 0; r < p.rows; ++r) {
    const T *from = x + r * p.columns, *best = y + r * p.row_step, *part = share + r * p.row_step;
    T* to = out + r * p.columns;
    if (p.across)
      for (std::int64_t c = 0; c < p.columns; ++c) to[c] = ties(from[c], *best) ? *part : T(0);
    else
      for (std::int64_t c = 0; c < p.columns; ++c) to[c] = ties(from[c], best[c]) ? part[c] : T(0);
  }
}

// Calls f(offset in x, offset in y, plane) for all planes.
template <class F>
void each_plane(const Axes& axes, const F& f) {
  const std::size_t last = axes.rank - 1, outer = axes.rank - 2;
  const Plane plane{axes.size[outer], axes.size[last], axes.step[outer], axes.step[last] == 0};
  std::int64_t at[max_rank + 2] = {}, x = 0, y = 0;
  for (;;) {
    f(x, y, plane);
    x += plane.rows * plane.columns;
    std::size_t k = outer;
    for (; k > 0; --k) {
      y += axes.step[k - 1];
      if (++at[k - 1] < axes.size[k - 1]) break;
      y -= at[k - 1] * axes.step[k - 1];
      at[k - 1] = 0;
    }
    if (k == 0) return;
  }
}

template <class T>
void share(const T* x, const T* y, const T* g, T* out, const Axes& axes) {
  std::int64_t results = 1;
  for (std::size_t k = 0; k < axes.rank; ++k) results *= axes.step[k] != 0 ? axes.size[k] : 1;
  const detail::Scratch<Count<T>> counts(results);
  const detail::Scratch<T> shares(results);
  std::fill_n(counts.data(), results, Count<T>(0));
  each_plane(axes,
             [&](std::int64_t i, std::int64_t j, const Plane& p) { count_plane(x + i, y + j, counts.data() + j, p); });
  for (std::int64_t j = 0; j < results; ++j) shares.data()[j] = g[j] / static_cast<T>(counts.data()[j]);
  each_plane(axes, [&](std::int64_t i, std::int64_t j, const Plane& p) {
    write_plane(x + i, y + j, shares.data() + j, out + i, p);
  });
}

}  // namespace

template <class T>
void share_among_ties(const T* x, const T* y, const T* g, T* out, std::size_t rank, const std::int64_t* sizes,
                      const bool* reduced) {
  for (std::size_t k = 0; k < rank; ++k)
    if (sizes[k] == 0) return;
  Axes axes(rank, sizes, reduced);
  std::int64_t all = 1;
  for (std::size_t k = 0; k < axes.rank; ++k) all *= axes.size[k];
  // Blocks of the first axis, if it is not reduced, are independent of each other.
  if (axes.step[0] == 0) return share(x, y, g, out, axes);
  const std::int64_t n = axes.size[0], inner = all / n, results = axes.step[0];
  parallel_ranges(n, std::max<std::int64_t>(1, pointwise_grain / inner), [&](std::int64_t begin, std::int64_t end) {
    Axes part = axes;
    part.size[0] = end - begin;
    share(x + begin * inner, y + begin * results, g + begin * results, out + begin * inner, part);
  });
}

template void share_among_ties(const float*, const float*, const float*, float*, std::size_t, const std::int64_t*,
                               const bool*);
template void share_among_ties(const double*, const double*, const double*, double*, std::size_t, const std::int64_t*,
                               const bool*);

}  // namespace xgrad::kernels

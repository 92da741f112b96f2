#include <xgrad/autograd/kernels/matrix/strided.hpp>

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/kernels/matrix/transpose.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {
namespace {

constexpr std::size_t max_rank = 32;

// The axes of a walk without those of size 1, each forward in `out`, and with neighbouring ones joined where they can
// be walked as one.
struct Axes {
  std::size_t rank = 0;
  std::int64_t in_start = 0, out_start = 0;
  std::int64_t size[max_rank], in[max_rank], out[max_rank];
  bool empty = false;

  explicit Axes(const Walk& walk) {
    for (std::size_t k = 0; k < walk.rank; ++k) {
      const std::int64_t n = walk.size[k];
      std::int64_t from = walk.in[k], to = walk.out[k];
      empty = empty || n == 0;
      if (n == 1) continue;
      if (to < 0) {
        in_start += (n - 1) * from;
        out_start += (n - 1) * to;
        from = -from;
        to = -to;
      }
      if (rank > 0 && in[rank - 1] == from * n && out[rank - 1] == to * n) {
        size[rank - 1] *= n;
        in[rank - 1] = from;
        out[rank - 1] = to;
      } else {
        size[rank] = n;
        in[rank] = from;
        out[rank++] = to;
      }
    }
  }
};

// What happens to an element.
struct Copy {
  template <class T>
  static void one(const T* in, T* out) {
    *out = *in;
  }
  template <class T>
  static void run(const T* in, T* out, std::int64_t n) {
    std::memcpy(out, in, static_cast<std::size_t>(n) * sizeof(T));
  }
};
struct Add {
  template <class T>
  static void one(const T* in, T* out) {
    *out += *in;
  }
  template <class T>
  static void run(const T* __restrict in, T* __restrict out, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) out[i] += in[i];
  }
};

// A plane of two axes.
struct Plane {
  std::int64_t rows, columns, in_row, in_column, out_row, out_column;
};

// Rows of a fixed number of neighbouring elements: each is a move or two of a register.
template <class Op, int columns, class T>
void fixed_rows(const T* in, T* out, const Plane& p) {
  for (std::int64_t r = 0; r < p.rows; ++r) {
    if constexpr (std::is_same_v<Op, Copy>) {
      std::memcpy(out, in, columns * sizeof(T));
    } else {
      for (int c = 0; c < columns; ++c) Op::one(in + c, out + c);
    }
    in += p.in_row;
    out += p.out_row;
  }
}

constexpr int most_fixed = 16;

template <class Op, class T, int... n>
bool short_rows(const T* in, T* out, const Plane& p, std::integer_sequence<int, n...>) {
  using Rows = void (*)(const T*, T*, const Plane&);
  static constexpr Rows of[] = {fixed_rows<Op, n + 1, T>...};
  if (p.columns > most_fixed) return false;
  of[p.columns - 1](in, out, p);
  return true;
}

// Distances that are known when compiling let the compiler use shuffles. 0 stands for any other distance.
template <class Op, int in_column, int out_column, class T>
void spaced_rows(const T* in, T* out, const Plane& p) {
  const std::int64_t from = in_column == 0 ? p.in_column : in_column, to = out_column == 0 ? p.out_column : out_column;
  for (std::int64_t r = 0; r < p.rows; ++r, in += p.in_row, out += p.out_row) {
    const T* __restrict x = in;
    T* __restrict y = out;
    for (std::int64_t c = 0; c < p.columns; ++c) Op::one(x + c * from, y + c * to);
  }
}

// Rows of n elements, side by side in `out`, from n columns that are runs in `in`: registers of each column are
// interleaved.
template <class T>
constexpr int lanes = 32 / static_cast<int>(sizeof(T));
template <class T>
struct Register {
  typedef T Type __attribute__((vector_size(32)));
};

// Puts the lanes of column c into their places in output register k, and leaves the other lanes.
template <class T, int n, int c, int k, class V, std::size_t... l>
[[gnu::always_inline]] inline V placed(V all, V column, std::index_sequence<l...>) {
  constexpr int w = lanes<T>;
  return __builtin_shufflevector(
      all, column,
      ((k * w + static_cast<int>(l)) % n == c ? w + (k * w + static_cast<int>(l)) / n : static_cast<int>(l))...);
}
template <class T, int n, int k, class V, std::size_t... c>
[[gnu::always_inline]] inline V interleaved_register(const V* columns, std::index_sequence<c...>) {
  V all = columns[0];
  ((all = placed<T, n, static_cast<int>(c), k>(all, columns[c],
                                               std::make_index_sequence<static_cast<std::size_t>(lanes<T>)>{})),
   ...);
  return all;
}
template <class T, int n, class V, std::size_t... k>
[[gnu::always_inline]] inline void store_interleaved(const V* columns, T* out, std::index_sequence<k...>) {
  const auto store = [&](const V& v, std::size_t at) __attribute__((always_inline)) {
    std::memcpy(out + static_cast<std::int64_t>(at) * lanes<T>, &v, sizeof(V));
  };
  (store(interleaved_register<T, n, static_cast<int>(k)>(columns,
                                                         std::make_index_sequence<static_cast<std::size_t>(n)>{}),
         k),
   ...);
}

template <int n, class T>
void interleave(const T* in, T* out, const Plane& p) {
  using V = typename Register<T>::Type;
  constexpr auto all = std::make_index_sequence<static_cast<std::size_t>(n)>{};
  std::int64_t r = 0;
  for (; r + lanes<T> <= p.rows; r += lanes<T>) {
    V columns[n];
    for (int c = 0; c < n; ++c) std::memcpy(&columns[c], in + c * p.in_column + r, sizeof(V));
    store_interleaved<T, n>(columns, out + r * n, all);
  }
  for (; r < p.rows; ++r)
    for (int c = 0; c < n; ++c) out[r * n + c] = in[c * p.in_column + r];
}

// Whether rows of two to four elements that follow each other are made from as many columns that are runs.
template <class Op, class T>
bool interleaves(const Plane& p) {
  return std::is_same_v<Op, Copy> && !std::is_same_v<T, bool> && p.in_row == 1 && p.out_column == 1 &&
         p.out_row == p.columns && p.columns >= 2 && p.columns <= 4;
}

template <class T>
void fill_rows(const T* in, T* out, const Plane& p) {
  for (std::int64_t r = 0; r < p.rows; ++r) std::fill_n(out + r * p.out_row, p.columns, in[r * p.in_row]);
}

template <class Op, class T>
void plane_of(const T* in, T* out, const Plane& p, bool streaming) {
  if (p.in_column == 1 && p.out_column == 1) {
    if (short_rows<Op>(in, out, p, std::make_integer_sequence<int, most_fixed>{})) return;
    for (std::int64_t r = 0; r < p.rows; ++r) Op::run(in + r * p.in_row, out + r * p.out_row, p.columns);
    return;
  }
  if constexpr (std::is_same_v<Op, Copy>) {
    if (p.in_column == 0 && p.out_column == 1) return fill_rows(in, out, p);
    if constexpr (!std::is_same_v<T, bool>)
      if (interleaves<Op, T>(p)) {
        if (p.columns == 2) return interleave<2>(in, out, p);
        if (p.columns == 3) return interleave<3>(in, out, p);
        return interleave<4>(in, out, p);
      }
    if (p.in_row == 1 && p.out_column == 1 && p.rows >= 16 / static_cast<std::int64_t>(sizeof(T))) {
      using Element = std::conditional_t<std::is_same_v<T, bool>, unsigned char, T>;
      return transpose_band(reinterpret_cast<const Element*>(in), reinterpret_cast<Element*>(out), p.rows, p.columns,
                            p.out_row, p.in_column, streaming);
    }
  }
  if (p.out_column == 1) {
    if (p.in_column == 2) return spaced_rows<Op, 2, 1>(in, out, p);
    if (p.in_column == 3) return spaced_rows<Op, 3, 1>(in, out, p);
    if (p.in_column == 4) return spaced_rows<Op, 4, 1>(in, out, p);
    if (p.in_column == -1) return spaced_rows<Op, -1, 1>(in, out, p);
    return spaced_rows<Op, 0, 1>(in, out, p);
  }
  if (p.in_column == 1) {
    if (p.out_column == 2) return spaced_rows<Op, 1, 2>(in, out, p);
    if (p.out_column == 3) return spaced_rows<Op, 1, 3>(in, out, p);
    if (p.out_column == 4) return spaced_rows<Op, 1, 4>(in, out, p);
    return spaced_rows<Op, 1, 0>(in, out, p);
  }
  spaced_rows<Op, 0, 0>(in, out, p);
}

constexpr std::int64_t max_rows = 32;  // of a plane at a time, so that what is read and written stays in L1
constexpr std::int64_t streaming_bytes = std::int64_t{16} << 20;  // an output of this size is written past the caches

// Some of the axes, walked in order: where an index of them is in both arrays.
class Odometer {
 public:
  explicit Odometer(const Axes& axes) : axes_(axes) {}
  void add(std::size_t axis) {
    which_[rank_++] = axis;
    count_ *= axes_.size[axis];
  }
  std::int64_t count() const { return count_; }

  void go_to(std::int64_t number) {
    from = to = 0;
    for (std::size_t i = rank_; i-- > 0;) {
      const std::size_t k = which_[i];
      at_[i] = number % axes_.size[k];
      number /= axes_.size[k];
      from += at_[i] * axes_.in[k];
      to += at_[i] * axes_.out[k];
    }
  }
  void advance() {
    for (std::size_t i = rank_; i-- > 0;) {
      const std::size_t k = which_[i];
      from += axes_.in[k];
      to += axes_.out[k];
      if (++at_[i] < axes_.size[k]) return;
      from -= at_[i] * axes_.in[k];
      to -= at_[i] * axes_.out[k];
      at_[i] = 0;
    }
  }

  std::int64_t from = 0, to = 0;

 private:
  const Axes& axes_;
  std::size_t rank_ = 0, which_[max_rank];
  std::int64_t count_ = 1, at_[max_rank];
};

constexpr std::int64_t most_listed = 256;

// Where planes are small, the last axes are walked by a list of offsets. False if they are not.
template <class Op, class T>
bool walk_listed(const T* in, T* out, const Axes& axes) {
  std::size_t listed = axes.rank;
  std::int64_t n = 1;
  while (listed > 0 && n * axes.size[listed - 1] <= most_listed) n *= axes.size[--listed];
  if (listed == axes.rank || listed == 0) return false;
  Odometer inner(axes), outer(axes);
  for (std::size_t k = 0; k < axes.rank; ++k) (k < listed ? outer : inner).add(k);
  std::int32_t from[most_listed], to[most_listed];
  bool in_order = true;
  inner.go_to(0);
  for (std::int64_t i = 0; i < n; ++i, inner.advance()) {
    from[i] = static_cast<std::int32_t>(inner.from);
    to[i] = static_cast<std::int32_t>(inner.to);
    if (from[i] != inner.from || to[i] != inner.to) return false;
    in_order = in_order && to[i] == i;
  }
  parallel_ranges(outer.count(), std::max<std::int64_t>(1, pointwise_grain / n),
                  [&](std::int64_t begin, std::int64_t end) {
                    Odometer place = outer;
                    place.go_to(begin);
                    for (std::int64_t unit = begin; unit < end; ++unit, place.advance()) {
                      const T* __restrict x = in + place.from;
                      T* __restrict y = out + place.to;
                      if (in_order)
                        for (std::int64_t i = 0; i < n; ++i) Op::one(x + from[i], y + i);
                      else
                        for (std::int64_t i = 0; i < n; ++i) Op::one(x + from[i], y + to[i]);
                    }
                  });
  return true;
}

// The array is walked in planes of two axes: the last one, and the one whose elements are neighbours in `in`, or else
// the one before the last.
template <class Op, class T>
void walk_planes(const T* in, T* out, const Walk& walk) {
  const Axes axes(walk);
  if (axes.empty) return;
  in += axes.in_start;
  out += axes.out_start;
  if (axes.rank == 0) return Op::one(in, out);
  const std::size_t last = axes.rank - 1;
  std::size_t second = last;
  if (axes.in[last] != 1)
    for (std::size_t k = 0; k < last; ++k)
      if (axes.in[k] == 1) second = k;
  if (second == last && last > 0) second = last - 1;
  Plane plane{1, axes.size[last], 0, axes.in[last], 0, axes.out[last]};
  if (second != last) {
    plane.rows = axes.size[second];
    plane.in_row = axes.in[second];
    plane.out_row = axes.out[second];
  }
  Odometer outer(axes);
  for (std::size_t k = 0; k < last; ++k)
    if (k != second) outer.add(k);
  const std::int64_t rows = plane.rows, elements = rows * plane.columns;
  constexpr std::int64_t small = 32;
  if (elements <= small && outer.count() >= 8 && walk_listed<Op>(in, out, axes)) return;
  const bool transposed =
      plane.in_row == 1 && plane.in_column != 1 && plane.out_column == 1 && !interleaves<Op, T>(plane);
  const std::int64_t wide = plane.columns <= most_fixed ? pointwise_grain / plane.columns : max_rows;
  const std::int64_t band = transposed ? band_rows<T> : wide, bands = (rows + band - 1) / band;
  const std::int64_t grain = std::max<std::int64_t>(1, pointwise_grain / (std::min(rows, band) * plane.columns));
  const bool streaming = outer.count() * elements * static_cast<std::int64_t>(sizeof(T)) >= streaming_bytes;
  parallel_ranges(outer.count() * bands, grain, [&](std::int64_t begin, std::int64_t end) {
    Odometer place = outer;
    place.go_to(begin / bands);
    std::int64_t row = begin % bands * band;
    for (std::int64_t unit = begin; unit < end; ++unit) {
      Plane here = plane;
      here.rows = std::min(band, rows - row);
      plane_of<Op>(in + place.from + row * plane.in_row, out + place.to + row * plane.out_row, here, streaming);
      row += band;
      if (row < rows) continue;
      row = 0;
      place.advance();
    }
  });
}

}  // namespace

template <class T>
void copy_strided(const T* in, T* out, const Walk& walk) {
  walk_planes<Copy>(in, out, walk);
}

template <class T>
void add_strided(const T* in, T* out, const Walk& walk) {
  walk_planes<Add>(in, out, walk);
}

#define XGRAD_STRIDED(T) template void copy_strided(const T*, T*, const Walk&);
XGRAD_STRIDED(bool)
XGRAD_STRIDED(std::int64_t)
XGRAD_STRIDED(float)
XGRAD_STRIDED(double)
#undef XGRAD_STRIDED
template void add_strided(const float*, float*, const Walk&);
template void add_strided(const double*, double*, const Walk&);

}  // namespace xgrad::kernels

#include <xgrad/autograd/kernels/layout.hpp>

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/kernels/parallel.hpp>

namespace xgrad::kernels {
namespace {

constexpr std::size_t max_rank = 32;

// Sizes and strides without axes of size 1, neighbours that move together made one.
struct Walk {
  std::size_t rank = 0;
  std::int64_t size[max_rank];
  std::int64_t stride[max_rank];

  Walk(std::size_t full_rank, const std::int64_t* sizes, const std::int64_t* strides) {
    for (std::size_t k = 0; k < full_rank; ++k) {
      if (sizes[k] == 1) continue;
      if (rank > 0 && stride[rank - 1] == strides[k] * sizes[k]) {
        size[rank - 1] *= sizes[k];
        stride[rank - 1] = strides[k];
      } else {
        size[rank] = sizes[k];
        stride[rank++] = strides[k];
      }
    }
  }
};

// Registers, made of pieces of 16 bytes with `piece` elements each.
template <class T>
constexpr int piece = 16 / static_cast<int>(sizeof(T));
template <class T, int pieces>
struct Register {
  typedef T Type __attribute__((vector_size(16 * pieces)));
};

#if defined(__AVX512F__)
constexpr int most_pieces = 4;
#elif defined(__AVX__)
constexpr int most_pieces = 2;
#else
constexpr int most_pieces = 1;
#endif

template <class V, std::size_t... I>
[[gnu::always_inline]] inline auto joined(V a, V b, std::index_sequence<I...>) {
  return __builtin_shufflevector(a, b, static_cast<int>(I)...);
}

// The pieces at from, from + apart, from + 2 apart, ... side by side.
template <int pieces, class T>
[[gnu::always_inline]] inline auto gathered(const T* from, std::int64_t apart) {
  if constexpr (pieces == 1) {
    typename Register<T, 1>::Type v;
    std::memcpy(&v, from, sizeof(v));
    return v;
  } else {
    const auto a = gathered<pieces / 2>(from, apart), b = gathered<pieces / 2>(from + pieces / 2 * apart, apart);
    return joined(a, b, std::make_index_sequence<pieces * piece<T>>());
  }
}

// Each piece of the result has the low (or high) half of the pieces of a and b, element by element in turn.
template <bool high, class T, class V, std::size_t... I>
[[gnu::always_inline]] inline V mixed(V a, V b, std::index_sequence<I...>) {
  constexpr int p = piece<T>, all = static_cast<int>(sizeof...(I));
  return __builtin_shufflevector(a, b, (static_cast<int>(I) / p * p + static_cast<int>(I) % p / 2 + (high ? p / 2 : 0) + static_cast<int>(I) % 2 * all)...);
}

// out (piece, piece * pieces) with row stride out_row from the transpose of in with row stride in_row. Mixing the first
// half of the registers with the second transposes them, done as often as halving leaves one.
template <int pieces, class T>
[[gnu::always_inline]] inline void transpose_block(const T* in, T* out, std::int64_t in_row, std::int64_t out_row) {
  constexpr int p = piece<T>;
  using V = typename Register<T, pieces>::Type;
  constexpr auto lanes = std::make_index_sequence<static_cast<std::size_t>(p * pieces)>();
  V v[p], w[p];
  for (int i = 0; i < p; ++i) v[i] = gathered<pieces>(in + i * in_row, p * in_row);
  for (int rest = p; rest > 1; rest /= 2) {
    for (int i = 0; i < p / 2; ++i) {
      w[2 * i] = mixed<false, T>(v[i], v[i + p / 2], lanes);
      w[2 * i + 1] = mixed<true, T>(v[i], v[i + p / 2], lanes);
    }
    for (int i = 0; i < p; ++i) v[i] = w[i];
  }
  for (int i = 0; i < p; ++i) std::memcpy(out + i * out_row, &v[i], sizeof(V));
}

// out (rows, columns) with row stride out_row from the transpose of in with row stride in_row.
template <class T>
void transpose_plane(const T* in, T* out, std::int64_t rows, std::int64_t columns, std::int64_t out_row, std::int64_t in_row) {
  constexpr std::int64_t p = piece<T>, wide = p * most_pieces;
  const std::int64_t whole = rows / p * p;
  std::int64_t c = 0;
  for (; c + wide <= columns; c += wide)
    for (std::int64_t r = 0; r < whole; r += p) transpose_block<most_pieces>(in + c * in_row + r, out + r * out_row + c, in_row, out_row);
  for (; c + p <= columns; c += p)
    for (std::int64_t r = 0; r < whole; r += p) transpose_block<1>(in + c * in_row + r, out + r * out_row + c, in_row, out_row);
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t k = r < whole ? c : 0; k < columns; ++k) out[r * out_row + k] = in[k * in_row + r];
}

// out (rows, columns) with out strides (out_row, 1) from in strides (in_row, in_column).
template <class T>
void copy_plane(const T* in, T* out, std::int64_t rows, std::int64_t columns, std::int64_t out_row, std::int64_t in_row,
                std::int64_t in_column) {
  if (in_column == 1) {
    for (std::int64_t r = 0; r < rows; ++r) std::copy_n(in + r * in_row, columns, out + r * out_row);
    return;
  }
  if constexpr (!std::is_same_v<T, bool>)
    if (in_row == 1) return transpose_plane(in, out, rows, columns, out_row, in_column);
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c) out[r * out_row + c] = in[r * in_row + c * in_column];
}

constexpr std::int64_t most_rows = 32;  // of a plane at a time, so that what is read and written stays in L1

}  // namespace

template <class T>
void permute(const T* in, T* out, std::size_t rank, const std::int64_t* sizes, const std::int64_t* strides) {
  const Walk walk(rank, sizes, strides);
  for (std::size_t k = 0; k < walk.rank; ++k)
    if (walk.size[k] == 0) return;
  if (walk.rank == 0) {
    *out = *in;
    return;
  }
  const std::size_t last = walk.rank - 1;
  // The axis that is contiguous in `in` shares the plane with the last one, which is contiguous in `out`.
  std::size_t fast = last;
  for (std::size_t k = 0; k < walk.rank; ++k)
    if (walk.stride[k] == 1) fast = k;
  if (fast == last && last > 0) fast = last - 1;
  std::int64_t out_stride[max_rank];
  std::int64_t planes = 1, running = 1;
  for (std::size_t k = walk.rank; k-- > 0;) {
    out_stride[k] = running;
    running *= walk.size[k];
    if (k != last && k != fast) planes *= walk.size[k];
  }
  const std::int64_t columns = walk.size[last];
  const std::int64_t rows = fast == last ? 1 : walk.size[fast];
  const std::int64_t out_row = fast == last ? 0 : out_stride[fast], in_row = fast == last ? 0 : walk.stride[fast];
  const std::int64_t bands = (rows + most_rows - 1) / most_rows;
  const std::int64_t grain = std::max<std::int64_t>(1, pointwise_grain / (std::min(rows, most_rows) * columns));
  parallel_ranges(planes * bands, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t unit = begin; unit < end; ++unit) {
      const std::int64_t row = unit % bands * most_rows;
      std::int64_t rest = unit / bands, from = row * in_row, to = row * out_row;
      for (std::size_t k = last; k-- > 0;) {
        if (k == fast) continue;
        const std::int64_t j = rest % walk.size[k];
        rest /= walk.size[k];
        from += j * walk.stride[k];
        to += j * out_stride[k];
      }
      copy_plane(in + from, out + to, std::min(most_rows, rows - row), columns, out_row, in_row, walk.stride[last]);
    }
  });
}

template <class T>
void take_range(const T* in, T* out, std::int64_t outer, std::int64_t size, std::int64_t inner, std::int64_t start, std::int64_t step,
                std::int64_t count) {
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t j = 0; j < count; ++j)
      std::copy_n(in + (o * size + start + j * step) * inner, inner, out + (o * count + j) * inner);
}

template <class T>
void put_range(const T* in, T* out, std::int64_t outer, std::int64_t size, std::int64_t inner, std::int64_t start, std::int64_t step,
               std::int64_t count) {
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t j = 0; j < count; ++j)
      std::copy_n(in + (o * count + j) * inner, inner, out + (o * size + start + j * step) * inner);
}

#define XGRAD_INSTANTIATE(T)                                                                                                        \
  template void permute(const T*, T*, std::size_t, const std::int64_t*, const std::int64_t*);                                       \
  template void take_range(const T*, T*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t);        \
  template void put_range(const T*, T*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t);
XGRAD_INSTANTIATE(bool)
XGRAD_INSTANTIATE(std::int64_t)
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels

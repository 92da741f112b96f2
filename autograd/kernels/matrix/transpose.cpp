#include <xgrad/autograd/kernels/matrix/transpose.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace xgrad::kernels {
namespace {

// A vector consists of pieces of 16 bytes, with `piece` elements each.
template <class T>
constexpr int piece = 16 / static_cast<int>(sizeof(T));
template <class T, int pieces>
struct Vector {
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

// A vector of the pieces at from, from + apart, from + 2 apart, ...
template <int pieces, class T>
[[gnu::always_inline]] inline auto gathered(const T* from, std::int64_t apart) {
  if constexpr (pieces == 1) {
    typename Vector<T, 1>::Type v;
    std::memcpy(&v, from, sizeof(v));
    return v;
  } else {
    const auto a = gathered<pieces / 2>(from, apart), b = gathered<pieces / 2>(from + pieces / 2 * apart, apart);
    return joined(a, b, std::make_index_sequence<pieces * piece<T>>());
  }
}

// Interleaves the low (or high) halves of each piece of a and b: the unpack instruction.
template <bool high, class T, class V, std::size_t... I>
[[gnu::always_inline]] inline V interleaved(V a, V b, std::index_sequence<I...>) {
  constexpr int p = piece<T>, all = static_cast<int>(sizeof...(I));
  return __builtin_shufflevector(a, b,
                                 (static_cast<int>(I) / p * p + static_cast<int>(I) % p / 2 + (high ? p / 2 : 0) +
                                  static_cast<int>(I) % 2 * all)...);
}

// Writes past the caches, where the processor has an instruction for it. `to` is aligned to the size of the vector.
template <class V>
[[gnu::always_inline]] inline void stream(void* to, const V& v) {
#if defined(__AVX512F__)
  if constexpr (sizeof(V) == 64) return _mm512_stream_si512(static_cast<__m512i*>(to), reinterpret_cast<__m512i>(v));
#endif
#if defined(__AVX__)
  if constexpr (sizeof(V) == 32) return _mm256_stream_si256(static_cast<__m256i*>(to), reinterpret_cast<__m256i>(v));
#endif
#if defined(__SSE2__)
  if constexpr (sizeof(V) == 16) return _mm_stream_si128(static_cast<__m128i*>(to), reinterpret_cast<__m128i>(v));
#endif
  std::memcpy(to, &v, sizeof(V));
}

void end_of_streams() {
#if defined(__SSE2__)
  _mm_sfence();
#endif
}

// out (piece, piece * pieces), with row stride out_row, is the transpose of in, with row stride in_row. Interleaving
// the first half of the vectors with the second, log2(piece) times, transposes each piece * piece block.
template <int pieces, bool streaming, class T>
[[gnu::always_inline]] inline void transpose_block(const T* in, T* out, std::int64_t in_row, std::int64_t out_row) {
  constexpr int p = piece<T>;
  using V = typename Vector<T, pieces>::Type;
  constexpr auto lanes = std::make_index_sequence<static_cast<std::size_t>(p * pieces)>();
  V v[p], w[p];
  for (int i = 0; i < p; ++i) v[i] = gathered<pieces>(in + i * in_row, p * in_row);
  for (int rest = p; rest > 1; rest /= 2) {
    for (int i = 0; i < p / 2; ++i) {
      w[2 * i] = interleaved<false, T>(v[i], v[i + p / 2], lanes);
      w[2 * i + 1] = interleaved<true, T>(v[i], v[i + p / 2], lanes);
    }
    for (int i = 0; i < p; ++i) v[i] = w[i];
  }
  for (int i = 0; i < p; ++i) {
    if constexpr (streaming)
      stream(out + i * out_row, v[i]);
    else
      std::memcpy(out + i * out_row, &v[i], sizeof(V));
  }
}

// The same for `piece` rows of a cache line each.
template <bool streaming, class T>
[[gnu::always_inline]] inline void transpose_line(const T* in, T* out, std::int64_t in_row, std::int64_t out_row) {
  constexpr int wide = piece<T> * most_pieces;
  for (int c = 0; c < 4 * piece<T>; c += wide)
    transpose_block<most_pieces, streaming>(in + c * in_row, out + c, in_row, out_row);
}

// For any number of rows and columns that are in the first-level cache. Blocks cover them, the last of which overlap
// those before; what is smaller than a block is moved one by one.
template <int pieces, class T>
void transpose_near(const T* in, T* out, std::int64_t rows, std::int64_t columns, std::int64_t out_row,
                    std::int64_t in_row) {
  constexpr std::int64_t p = piece<T>, wide = p * pieces;
  if (rows >= p && columns >= wide) {
    for (std::int64_t c = 0; c < columns; c += wide) {
      const std::int64_t column = std::min(c, columns - wide);
      for (std::int64_t r = 0; r < rows; r += p) {
        const std::int64_t row = std::min(r, rows - p);
        transpose_block<pieces, false>(in + column * in_row + row, out + row * out_row + column, in_row, out_row);
      }
    }
  } else if constexpr (pieces > 1) {
    transpose_near<pieces / 2>(in, out, rows, columns, out_row, in_row);
  } else {
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t k = 0; k < columns; ++k) out[r * out_row + k] = in[k * in_row + r];
  }
}
template <class T>
void transpose_near(const T* in, T* out, std::int64_t rows, std::int64_t columns, std::int64_t out_row,
                    std::int64_t in_row) {
  transpose_near<most_pieces>(in, out, rows, columns, out_row, in_row);
}

template <class T>
[[gnu::always_inline]] inline void copy_line(const T* in, T* out) {
  for (int k = 0; k < 4 * piece<T>; k += piece<T> * most_pieces) {
    typename Vector<T, most_pieces>::Type v;
    std::memcpy(&v, in + k, sizeof(v));
    std::memcpy(out + k, &v, sizeof(v));
  }
}

// Two buffers for tiles of a band: a tile is some runs of four cache lines of `in`, side by side.
template <class T>
struct Tiles {
  static constexpr std::int64_t run = band_rows<T>, line = 4 * piece<T>;
  static constexpr std::int64_t runs = std::min<std::int64_t>(64, run);
  static constexpr std::int64_t pitch = run + line;  // so that runs fall into different sets of the cache
  static constexpr std::int64_t blocks = run / piece<T> * (runs / line);
  static constexpr std::int64_t runs_per_block = std::max<std::int64_t>(1, runs / blocks);
  static constexpr std::int64_t ahead = 16;  // how many runs ahead to prefetch

  alignas(64) T tile[2][runs * pitch];
};

// Addresses that are a power of two apart fall into the same few sets of a cache, and each row of a large array lies on
// another page. So a band is copied tile by tile into a buffer, and the transpose of a tile is written as runs of
// several cache lines in a few rows of `out`. While one tile is written, the next is copied, a run at a time: its loads
// overlap with the shuffles.
template <bool streaming, class T>
void transpose_tiles(const T* in, T* out, std::int64_t rows, std::int64_t columns, std::int64_t out_row,
                     std::int64_t in_row) {
  using S = Tiles<T>;
  constexpr std::int64_t p = piece<T>, line = S::line, pitch = S::pitch;
  S tiles;
  const auto stage = [=](std::int64_t c, T * to) __attribute__((always_inline)) {
    const T* from = in + c * in_row;
    if constexpr (streaming) {
      const T* later = in + std::min(c + S::ahead, columns - 1) * in_row;
      for (std::int64_t k = 0; k <= S::run; k += line) __builtin_prefetch(later + k, 0, 2);
    }
    if (rows == S::run)
      for (std::int64_t k = 0; k < S::run; k += line) copy_line(from + k, to + k);
    else
      std::copy_n(from, rows, to);
  };
  const auto size = [=](std::int64_t c) { return std::max<std::int64_t>(0, std::min(S::runs, columns - c)); };
  const std::int64_t whole_rows = rows / p * p;
  for (std::int64_t k = 0; k < size(0); ++k) stage(k, tiles.tile[0] + k * pitch);
  for (std::int64_t c = 0, now = 0; c < columns; c += S::runs, now = 1 - now) {
    const T* tile = tiles.tile[now];
    T* next = tiles.tile[1 - now];
    const std::int64_t count = size(c), whole = count / line * line, next_count = size(c + S::runs);
    std::int64_t staged = 0;
    for (std::int64_t r = 0; r < whole_rows; r += p)
      for (std::int64_t k = 0; k < whole; k += line) {
        for (int i = 0; i < S::runs_per_block && staged < next_count; ++i, ++staged)
          stage(c + S::runs + staged, next + staged * pitch);
        transpose_line<streaming>(tile + k * pitch + r, out + r * out_row + c + k, pitch, out_row);
      }
    if (whole_rows < rows)
      transpose_near(tile + whole_rows, out + whole_rows * out_row + c, rows - whole_rows, whole, out_row, pitch);
    if (whole < count) transpose_near(tile + whole * pitch, out + c + whole, rows, count - whole, out_row, pitch);
    for (; staged < next_count; ++staged) stage(c + S::runs + staged, next + staged * pitch);
  }
}

constexpr std::int64_t near_bytes = 1 << 16;  // a band of this size stays in the caches in any order of access

// Whether rows at this distance fall into few sets of a first-level cache, which repeat every 4096 bytes.
bool aliases(std::int64_t bytes) {
  const std::int64_t rest = bytes % 1024;
  return rest < 64 || rest > 1024 - 64;
}

}  // namespace

template <class T>
void transpose_band(const T* in, T* out, std::int64_t rows, std::int64_t columns, std::int64_t out_row,
                    std::int64_t in_row, bool streaming) {
  constexpr auto bytes = static_cast<std::int64_t>(sizeof(T));
  const bool large = rows * columns * bytes > near_bytes && rows * bytes >= 64;
  if (!large || !(streaming || aliases(in_row * bytes) || aliases(out_row * bytes))) {
    constexpr std::int64_t most = 128 / bytes;
    for (std::int64_t r = 0, count = 0; r < rows; r += count) {
      count = rows - r < most + piece<T> ? rows - r : most;  // no rest of less than a block
      transpose_near(in + r, out + r * out_row, count, columns, out_row, in_row);
    }
    return;
  }
  const bool lines = reinterpret_cast<std::uintptr_t>(out) % 64 == 0 && out_row * bytes % 64 == 0;
  if (!streaming || !lines) return transpose_tiles<false>(in, out, rows, columns, out_row, in_row);
  transpose_tiles<true>(in, out, rows, columns, out_row, in_row);
  end_of_streams();
}

#define XGRAD_INSTANTIATE(T) \
  template void transpose_band(const T*, T*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, bool);
XGRAD_INSTANTIATE(unsigned char)
XGRAD_INSTANTIATE(std::int64_t)
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels

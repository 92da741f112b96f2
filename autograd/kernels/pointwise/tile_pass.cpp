#include <xgrad/autograd/kernels/pointwise/tile_pass.hpp>

#include <algorithm>
#include <array>
#include <optional>

#include <xgrad/autograd/kernels/pointwise/broadcast.hpp>

namespace xgrad::kernels {
namespace {

// One input, cut into tiles.
template <class T>
class Source {
 public:
  Source(const std::int64_t* sizes, std::size_t rank, const TileInput& in)
      : data_(static_cast<const T*>(in.data)), plan_(sizes, rank, {in.sizes}, {in.rank}) {}

  Tile tile(std::int64_t start, std::int64_t n) const {
    const auto count = static_cast<std::int32_t>(n);
    const std::int64_t row = start / plan_.inner, column = start - row * plan_.inner;
    if (column + n <= plan_.inner) {
      const T* from = data_ + plan_.step[0] * column + row_offset(row);
      if (plan_.step[0] == 0 && plan_.inner > 1) return Tile(static_cast<double>(*from), type_of<T>);
      if (padded<T>(count) == static_cast<std::size_t>(n)) return Tile(from, count, type_of<T>);
    }
    Slot* slot = acquire();
    T* to = reinterpret_cast<T*>(slot->bytes);
    gather(to, row, column, n);
    std::fill(to + n, to + padded<T>(count), to[n - 1]);
    return Tile(slot, count, type_of<T>);
  }

 private:
  std::int64_t row_offset(std::int64_t row) const {
    std::int64_t offset = 0;
    for (std::size_t k = plan_.outer_rank; k-- > 0; row /= plan_.extent[k])
      offset += row % plan_.extent[k] * plan_.stride[0][k];
    return offset;
  }

  void gather(T* to, std::int64_t row, std::int64_t column, std::int64_t n) const {
    std::int64_t index[Plan<1>::max_rank];
    std::int64_t offset = 0;
    for (std::size_t k = plan_.outer_rank; k-- > 0; row /= plan_.extent[k]) {
      index[k] = row % plan_.extent[k];
      offset += index[k] * plan_.stride[0][k];
    }
    for (;;) {
      const std::int64_t length = std::min(n, plan_.inner - column);
      const T* from = data_ + offset + plan_.step[0] * column;
      if (plan_.step[0] == 0)
        std::fill_n(to, length, *from);
      else
        std::copy_n(from, length, to);
      to += length;
      n -= length;
      if (n == 0) return;
      column = 0;
      for (std::size_t k = plan_.outer_rank; k-- > 0;) {
        offset += plan_.stride[0][k];
        if (++index[k] < plan_.extent[k]) break;
        offset -= plan_.extent[k] * plan_.stride[0][k];
        index[k] = 0;
      }
    }
  }

  const T* data_;
  Plan<1> plan_;
};

// A tile that points into an output's memory, if it can be written there directly; else undefined.
template <class T>
Tile place(const TileOutput& out, std::int64_t start, std::int64_t n) {
  const auto count = static_cast<std::int32_t>(n);
  if (out.data == nullptr || out.mask || padded<T>(count) != static_cast<std::size_t>(n)) return Tile();
  return Tile(static_cast<T*>(out.data) + start, count, type_of<T>);
}

template <class T>
void store(const Tile& y, const TileOutput& out, std::int64_t start, std::int64_t n) {
  if (out.data == nullptr || !y.defined()) return;
  if (!y.is_number() && y.left() == Tile::Left::nothing && y.data() == static_cast<T*>(out.data) + start) return;
  if (!out.mask) return write(y, static_cast<T*>(out.data) + start, n);
  T numbers[tile_bytes / sizeof(T)];
  write(y, numbers, n);
  std::transform(numbers, numbers + n, static_cast<bool*>(out.data) + start, [](T x) { return x != T(0); });
}

template <class T>
void pass(const std::int64_t* sizes, std::size_t rank, const TileInput* in, std::size_t in_count, const TileOutput* out,
          std::size_t out_count, TileBody body, const void* context) {
  if (std::find(sizes, sizes + rank, 0) != sizes + rank) return;  // the other sizes may have products that overflow
  std::int64_t count = 1;
  for (std::size_t k = 0; k < rank; ++k) count *= sizes[k];
  std::optional<Source<T>> sources[max_tile_operands];
  for (std::size_t i = 0; i < in_count; ++i) sources[i].emplace(sizes, rank, in[i]);
  constexpr std::int64_t size = tile_bytes / sizeof(T);
  static_assert(pointwise_grain % size == 0);
  parallel_ranges(count, pointwise_grain, [&](std::int64_t begin, std::int64_t end) {
    std::array<Tile, max_tile_operands> x, y;
    for (std::int64_t start = begin; start < end; start += size) {
      const std::int64_t n = std::min(size, end - start);
      for (std::size_t i = 0; i < in_count; ++i) x[i] = sources[i]->tile(start, n);
      for (std::size_t i = 0; i < out_count; ++i) y[i] = place<T>(out[i], start, n);
      body(context, x.data(), y.data());
      for (std::size_t i = 0; i < out_count; ++i) store<T>(y[i], out[i], start, n);
    }
  });
}

}  // namespace

void for_each_tile(Tile::Type type, const std::int64_t* sizes, std::size_t rank, const TileInput* in,
                   std::size_t in_count, const TileOutput* out, std::size_t out_count, TileBody body,
                   const void* context) {
  if (type == Tile::Type::float32)
    pass<float>(sizes, rank, in, in_count, out, out_count, body, context);
  else
    pass<double>(sizes, rank, in, in_count, out, out_count, body, context);
}

}  // namespace xgrad::kernels

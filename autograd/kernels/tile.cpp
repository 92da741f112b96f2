#include <xgrad/autograd/kernels/tile.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include <xgrad/autograd/kernels/batch.hpp>
#include <xgrad/autograd/kernels/broadcast.hpp>
#include <xgrad/autograd/kernels/chain_rule.hpp>

namespace xgrad::kernels {
namespace {

// Free slots of this thread. The pointer itself needs no guard and no destructor; the cleaner, made with the first slot,
// gives the memory back when the thread ends.
thread_local Slot* free_slots = nullptr;
thread_local bool closed = false;

struct Cleaner {
  ~Cleaner() {
    closed = true;
    while (free_slots != nullptr) delete std::exchange(free_slots, free_slots->next);
  }
};

Slot* new_slot() {
  static thread_local Cleaner cleaner;
  static_cast<void>(cleaner);
  return new Slot;
}

Slot* acquire() {
  Slot* slot = free_slots;
  if (slot != nullptr) free_slots = slot->next;
  else slot = new_slot();
  slot->count = 1;
  slot->next = nullptr;
  return slot;
}

template <class T>
constexpr Tile::Type type_of = std::is_same_v<T, float> ? Tile::Type::float32 : Tile::Type::float64;

/// Reads a tile register by register. A number is spread over one register's worth of memory, read again each time.
template <class T>
class Reader {
 public:
  using B = Batch<T>;
  explicit Reader(const Tile& tile) : from_(static_cast<const T*>(tile.data())) {
    if (!tile.is_number()) return;
    std::fill_n(spread_, B::width, static_cast<T>(tile.number()));
    from_ = spread_;
    step_ = 0;
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  B load(std::size_t j) const { return B::load(from_ + j * step_); }

 private:
  const T* from_;
  std::size_t step_ = 1;
  alignas(64) T spread_[B::width];
};

// The bytes of a tile are a multiple of 64, so that whole registers may be read and written.
template <class T>
std::size_t padded(std::int32_t count) {
  constexpr std::size_t line = 64 / sizeof(T);
  return (static_cast<std::size_t>(count) + line - 1) / line * line;
}

template <class T, class F, class... R>
[[gnu::flatten]] void loop(T* out, std::size_t n, const F& f, const R&... in) {
  using B = Batch<T>;
  for (std::size_t j = 0; j < n; j += B::width) B(f(in.load(j)...)).store(out + j);
}

/// The type and count of an operation's result: those of its operands that are not C++ numbers.
struct Meeting {
  Tile::Type type = Tile::Type::weak;
  std::int32_t count = 0;

  void add(const Tile& tile) {
    if (!tile.defined()) return;
    if (tile.type() != Tile::Type::weak) type = tile.type();
    if (!tile.is_number()) count = tile.count();
  }
};

template <class T, class F, class... In>
Tile compute(Meeting meeting, Tile* place, const F& f, const In&... in) {
  if (meeting.count == 0) {
    alignas(64) T one[Batch<T>::width];
    loop<T>(one, Batch<T>::width, f, Reader<T>(in)...);
    return Tile(static_cast<double>(one[0]), meeting.type);
  }
  if (place == nullptr) {
    Slot* slot = acquire();
    loop<T>(reinterpret_cast<T*>(slot->bytes), padded<T>(meeting.count), f, Reader<T>(in)...);
    return Tile(slot, meeting.count, meeting.type);
  }
  loop<T>(reinterpret_cast<T*>(place->own_slot()->bytes), padded<T>(meeting.count), f, Reader<T>(in)...);
  return std::move(*place);
}

/// f over the operands, in the type in which they meet; written over the operand `place` where that is not null.
template <class F, class... In>
Tile run(Tile* place, const F& f, const In&... in) {
  Meeting meeting;
  (meeting.add(in), ...);
  return meeting.type == Tile::Type::float32 ? compute<float>(meeting, place, f, in...)
                                             : compute<double>(meeting, place, f, in...);
}

Tile* place_of(Tile& a) { return a.own_slot() != nullptr ? &a : nullptr; }
Tile* place_of(Tile& a, Tile& b) { return a.own_slot() != nullptr ? &a : place_of(b); }

// fn::Chained, with its comparisons left out where no product came out as NaN.
template <class T, int Isa>
Batch<T, Isa> guarded(const Batch<T, Isa>& d, const Batch<T, Isa>& slope) {
  const Batch<T, Isa> product = d * slope;
  if (xsimd::all((product == product).v)) return product;
  return fn::Chained().value(d, slope);
}

// x^n for the exponents that are a handful of multiplications, or none.
bool small_power(const Tile& a, double n, Tile& y) {
  if (n == 0) y = Tile(1.0);
  else if (n == 1) y = a;
  else if (n == 2) y = apply(fn::Square(), a);
  else if (n == 3) y = apply(fn::Mul(), apply(fn::Square(), a), a);
  else if (n == 4) y = apply(fn::Square(), apply(fn::Square(), a));
  else if (n == -1) y = apply(fn::Reciprocal(), a);
  else if (n == -2) y = apply(fn::Reciprocal(), apply(fn::Square(), a));
  else return false;
  return true;
}

}  // namespace

fn::Clamp::Clamp(double low_in, double high_in) : low(low_in), high(high_in) {
  if (!(low <= high))
    throw std::invalid_argument("clamp: low must not be above high, got " + std::to_string(low) + " and " +
                                std::to_string(high));
}

void recycle(Slot* slot) noexcept {
  if (closed) {
    delete slot;
    return;
  }
  slot->next = free_slots;
  free_slots = slot;
}

template <class F>
Tile apply(const F& f, Tile x) {
  return run(place_of(x), [&](const auto& u) { return f.value(u); }, x);
}

template <class F>
Tile apply(const F& f, Tile a, Tile b) {
  if constexpr (std::is_same_v<F, fn::Pow>) {
    Tile y;
    if (b.is_literal() && small_power(a, b.number(), y)) return y;
  }
  return run(place_of(a, b), [&](const auto& u, const auto& v) { return f.value(u, v); }, a, b);
}

template <class F>
Tile chain(const F& f, const Tile& x, const Tile& y, Tile d) {
  return run(place_of(d), [&](const auto& u, const auto& v, const auto& w) { return guarded(w, f.slope(u, v)); }, x, y, d);
}

template <class F>
Tile chain(const F& f, const Tile& a, const Tile& b, const Tile& y, Tile da, Tile db) {
  if (!db.defined())
    return run(place_of(da),
               [&](const auto& u, const auto& v, const auto& w, const auto& du) { return guarded(du, f.slope_a(u, v, w)); },
               a, b, y, da);
  if (!da.defined())
    return run(place_of(db),
               [&](const auto& u, const auto& v, const auto& w, const auto& dv) { return guarded(dv, f.slope_b(u, v, w)); },
               a, b, y, db);
  return run(place_of(da, db),
             [&](const auto& u, const auto& v, const auto& w, const auto& du, const auto& dv) {
               return guarded(du, f.slope_a(u, v, w)) + guarded(dv, f.slope_b(u, v, w));
             },
             a, b, y, da, db);
}

Tile select(const Tile& mask, Tile a, Tile b) {
  return run(place_of(a, b), [](const auto& m, const auto& u, const auto& v) { return where(m != 0, u, v); }, mask, a, b);
}

// ---- passes

namespace {

/// One input, cut into tiles.
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
    for (std::size_t k = plan_.outer_rank; k-- > 0; row /= plan_.extent[k]) offset += row % plan_.extent[k] * plan_.stride[0][k];
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
      if (plan_.step[0] == 0) std::fill_n(to, length, *from);
      else std::copy_n(from, length, to);
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

template <class T>
void store(const Tile& y, const TileOutput& out, std::int64_t start, std::int64_t n) {
  if (out.data == nullptr || !y.defined()) return;
  const T* from = static_cast<const T*>(y.data());
  if (out.mask) {
    bool* to = static_cast<bool*>(out.data) + start;
    if (y.is_number()) std::fill_n(to, n, y.number() != 0);
    else std::transform(from, from + n, to, [](T x) { return x != T(0); });
  } else {
    T* to = static_cast<T*>(out.data) + start;
    if (y.is_number()) std::fill_n(to, n, static_cast<T>(y.number()));
    else std::copy_n(from, n, to);
  }
}

template <class T>
void pass(const std::int64_t* sizes, std::size_t rank, const TileInput* in, std::size_t in_count, const TileOutput* out,
          std::size_t out_count, TileBody body, const void* context) {
  std::int64_t count = 1;
  for (std::size_t k = 0; k < rank; ++k) count *= sizes[k];
  std::vector<Source<T>> sources;
  sources.reserve(in_count);
  for (std::size_t i = 0; i < in_count; ++i) sources.emplace_back(sizes, rank, in[i]);
  constexpr std::int64_t size = tile_bytes / sizeof(T);
  static_assert(pointwise_grain % size == 0);
  parallel_ranges(count, pointwise_grain, [&](std::int64_t begin, std::int64_t end) {
    std::array<Tile, max_tile_operands> x, y;
    for (std::int64_t start = begin; start < end; start += size) {
      const std::int64_t n = std::min(size, end - start);
      for (std::size_t i = 0; i < in_count; ++i) x[i] = sources[i].tile(start, n);
      body(context, x.data(), y.data());
      for (std::size_t i = 0; i < out_count; ++i) store<T>(y[i], out[i], start, n);
    }
  });
}

}  // namespace

void for_each_tile(Tile::Type type, const std::int64_t* sizes, std::size_t rank, const TileInput* in, std::size_t in_count,
                   const TileOutput* out, std::size_t out_count, TileBody body, const void* context) {
  if (type == Tile::Type::float32) pass<float>(sizes, rank, in, in_count, out, out_count, body, context);
  else pass<double>(sizes, rank, in, in_count, out, out_count, body, context);
}

// ---- every function of the vocabulary

#define XGRAD_UNARY(F)                                             \
  template Tile apply(const fn::F&, Tile);                         \
  template void differentiate(const fn::F&, Tile*, std::size_t);
#define XGRAD_UNARY_CHAIN(F) template Tile chain(const fn::F&, const Tile&, const Tile&, Tile);
#define XGRAD_BINARY(F)                                            \
  template Tile apply(const fn::F&, Tile, Tile);                   \
  template void differentiate(const fn::F&, Tile*, Tile*, std::size_t);
#define XGRAD_BINARY_CHAIN(F) template Tile chain(const fn::F&, const Tile&, const Tile&, const Tile&, Tile, Tile);

XGRAD_EACH_CURVED_UNARY(XGRAD_UNARY)
XGRAD_EACH_FLAT_UNARY(XGRAD_UNARY)
XGRAD_EACH_CURVED_UNARY(XGRAD_UNARY_CHAIN)
XGRAD_EACH_CURVED_BINARY(XGRAD_BINARY)
XGRAD_EACH_FLAT_BINARY(XGRAD_BINARY)
XGRAD_EACH_CURVED_BINARY(XGRAD_BINARY_CHAIN)
template void choose(const Tile&, Tile*, Tile*, std::size_t);

}  // namespace xgrad::kernels

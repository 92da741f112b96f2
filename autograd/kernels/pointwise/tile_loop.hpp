#pragma once

// For the sources that compile the functions of tiles: tiles read and written register by register.

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/kernels/pointwise/functions.hpp>
#include <xgrad/autograd/kernels/pointwise/tile.hpp>
#include <xgrad/autograd/kernels/simd/vec.hpp>

namespace xgrad::kernels {

// Internal linkage: each source compiles its own loops, without the sections and names that merging them would need.
namespace {

/// How many registers a function processes at a time. Functions of an instruction or two take several, which hides the
/// latency of the loads and needs one NaN check for all of them.
template <class F>
inline constexpr int registers_at_once = F::cheap ? 4 : 1;

/// Loads the numbers of a tile and applies its pending operations.
template <class T>
class Reader {
 public:
  using B = Vec<T>;
  explicit Reader(const Tile& tile)
      : from_(static_cast<const T*>(tile.data())),
        number_(tile.is_number()),
        lazy_(tile.left() != Tile::Left::nothing) {
    if (number_) {
      scale_ = B(tile.number());
    } else if (lazy_) {
      scale_ = B(tile.scale());
      shift_ = B(tile.left() >= Tile::Left::shift ? tile.shift() : -0.0);
      factor_ = B(tile.left() == Tile::Left::factor ? tile.factor() : 1.0);
    }
  }

  template <int n>
  [[gnu::always_inline]] void load(std::size_t j, B* to) const {
    if (number_) {
      for (int k = 0; k < n; ++k) to[k] = scale_;
      return;
    }
    for (int k = 0; k < n; ++k) to[k] = B::load(from_ + j + static_cast<std::size_t>(k) * B::width);
    if (lazy_)
      for (int k = 0; k < n; ++k) to[k] = fma(to[k], scale_, shift_) * factor_;
  }

 private:
  const T* from_;
  bool number_, lazy_;
  B scale_ = B(0), shift_ = B(0), factor_ = B(0);
};

template <int n, class T, class Body, std::size_t... I, class... R>
[[gnu::always_inline]] inline void step(T* out, std::size_t j, const Body& body, std::index_sequence<I...>,
                                        const R&... in) {
  using B = Vec<T>;
  B x[sizeof...(R)][n], y[n];
  (in.template load<n>(j, x[I]), ...);
  body.template compute<n>(y, x[I]...);
  for (int k = 0; k < n; ++k) y[k].store(out + j + static_cast<std::size_t>(k) * B::width);
}

/// out = body(in...) for n numbers, `at_once` registers at a time.
template <int at_once, class T, class Body, class... R>
[[gnu::flatten, gnu::noinline]] void loop(T* out, std::size_t n, const Body body, const R... in) {
  constexpr std::size_t width = Vec<T>::width;
  constexpr auto each = std::index_sequence_for<R...>();
  std::size_t j = 0;
  for (; j + at_once * width <= n; j += at_once * width) step<at_once>(out, j, body, each, in...);
  if constexpr (at_once > 1)
    for (; j < n; j += width) step<1>(out, j, body, each, in...);
}

/// A body that applies one function to a register of each operand.
template <class F>
struct Each {
  F f;
  template <int n, class B, class... In>
  [[gnu::always_inline]] void compute(B* y, const In*... in) const {
    for (int k = 0; k < n; ++k) y[k] = f(in[k]...);
  }
};
template <class F>
Each(F) -> Each<F>;

/// A body that computes `plain`, and `exact` instead if any result is NaN: rare inputs take a slow path behind one mask
/// test.
template <class Plain, class Exact>
struct Checked {
  Plain plain;
  Exact exact;
  template <int n, class B, class... In>
  [[gnu::always_inline]] void compute(B* y, const In*... in) const {
    for (int k = 0; k < n; ++k) y[k] = plain(in[k]...);
    auto lost = y[0] != y[0];
    for (int k = 1; k < n; ++k) lost = lost | (y[k] != y[k]);
    if (xsimd::any(lost.v))
      for (int k = 0; k < n; ++k) y[k] = exact(in[k]...);
  }
};
template <class Plain, class Exact>
Checked(Plain, Exact) -> Checked<Plain, Exact>;

/// The type and element count of a result: those of the operands that are not C++ numbers.
struct Meeting {
  Tile::Type type = Tile::Type::weak;
  std::int32_t count = 0;

  void add(const Tile& tile) {
    if (!tile.defined()) return;
    if (tile.type() != Tile::Type::weak) type = tile.type();
    if (!tile.is_number()) count = tile.count();
  }
};

inline Tile* place_of(Tile& a) { return a.own_slot() != nullptr ? &a : nullptr; }
inline Tile* place_of(Tile& a, Tile& b) { return a.own_slot() != nullptr ? &a : place_of(b); }

/// Makes y the tile of what has been written into the slot, which is that of `place` if that is not null.
inline void place_result(Tile& y, Tile* place, Slot* slot, std::int32_t count, Tile::Type type) {
  if (place == nullptr) {
    y = Tile(slot, count, type);
    return;
  }
  if (place != &y) y = std::move(*place);
  y.done();
}

template <class T, int at_once, class Body, class... In>
void compute(Meeting meeting, Tile& y, Tile* place, const Body& body, const In&... in) {
  if (meeting.count == 0) {
    alignas(64) T one[Vec<T>::width];
    loop<1>(one, Vec<T>::width, body, Reader<T>(in)...);
    y = Tile(static_cast<double>(one[0]), meeting.type);
    return;
  }
  Slot* slot = place != nullptr ? place->own_slot() : acquire();
  loop<at_once>(reinterpret_cast<T*>(slot->bytes), padded<T>(meeting.count), body, Reader<T>(in)...);
  place_result(y, place, slot, meeting.count, meeting.type);
}

/// y = body(in...), in the common type of the operands, written into the slot of `place` if that is not null. y and
/// place may be among the operands.
template <int at_once, class Body, class... In>
void run(Tile& y, Tile* place, const Body& body, const In&... in) {
  Meeting meeting;
  (meeting.add(in), ...);
  if (meeting.type == Tile::Type::float32)
    compute<float, at_once>(meeting, y, place, body, in...);
  else
    compute<double, 1>(meeting, y, place, body, in...);
}

}  // namespace
}  // namespace xgrad::kernels

#pragma once

#include <cstddef>
#include <cstdint>

namespace xgrad::kernels {

/// The size of a tile: small enough for a dozen of them in the first-level cache, large enough to make the call of a
/// compiled function cheap.
inline constexpr std::size_t tile_bytes = 4096;

/// The memory of a tile, from a pool of the thread.
struct alignas(64) Slot {
  std::uint32_t count;
  Slot* next;
  alignas(64) unsigned char bytes[tile_bytes];
};
/// A slot with a reference count of one.
Slot* acquire();
/// Returns an unused slot to the thread's pool.
void recycle(Slot* slot) noexcept;

/// Up to tile_bytes of numbers, float or double. This is the lane of a user's own pointwise op whose speed does not
/// depend on the compiler flags of the user's file: each function is one call into the library. A handle: copying
/// shares the memory, and a function whose argument is not shared writes its result in place. A tile stays on its
/// thread and within its pass, since it may point into the memory of a tensor. It may also be one number for all
/// elements, or undefined (the default), which is a slope of zero. Multiplying by a number and adding one take no pass
/// of their own: they become pending operations of the tile, which are applied when its numbers are read.
class Tile {
 public:
  using Mask = Tile;  // of ones and zeros
  enum class Type : std::uint8_t { weak, float32, float64 };

  Tile() noexcept = default;
  /// One number for all elements; it takes the type of the other operand.
  Tile(double number) noexcept : number_(number), state_(State::number) {}
  Tile(double number, Type type) noexcept : number_(number), state_(State::number), type_(type) {}
  /// Numbers in memory owned elsewhere; their size in bytes is a multiple of 64.
  Tile(const void* data, std::int32_t count, Type type) noexcept
      : data_(data), number_(1), count_(count), state_(State::many), type_(type) {}
  /// Numbers in a slot, of which the tile takes over one reference.
  Tile(Slot* slot, std::int32_t count, Type type) noexcept
      : slot_(slot), data_(slot->bytes), number_(1), count_(count), state_(State::many), type_(type) {}
  Tile(const Tile& other) noexcept {
    copy(other);
    if (slot_) ++slot_->count;
  }
  Tile(Tile&& other) noexcept {
    copy(other);
    other.forget();
  }
  Tile& operator=(const Tile& other) noexcept { return *this = Tile(other); }
  Tile& operator=(Tile&& other) noexcept {
    if (this != &other) {
      drop();
      copy(other);
      other.forget();
    }
    return *this;
  }
  ~Tile() { drop(); }

  bool defined() const noexcept { return state_ != State::none; }
  bool is_number() const noexcept { return state_ == State::number; }
  /// Whether it is a literal that the user wrote, not a number read from a tensor.
  bool is_literal() const noexcept { return is_number() && type_ == Type::weak; }
  double number() const noexcept { return number_; }
  const void* data() const noexcept { return data_; }
  std::int32_t count() const noexcept { return count_; }
  Type type() const noexcept { return type_; }

  /// The pending operations, applied when many numbers are read: (data · scale + shift) · factor, up to the last step
  /// named.
  enum class Left : std::uint8_t { nothing, scale, shift, factor };
  Left left() const noexcept { return left_; }
  double scale() const noexcept { return number_; }
  double shift() const noexcept { return shift_; }
  double factor() const noexcept { return factor_; }
  // Append a pending operation to many numbers: times a number, plus a number, or a number minus them. False if it does
  // not fit behind those already pending.
  bool times(double number) noexcept;
  bool plus(double number) noexcept;
  bool minus_from(double number) noexcept;
  /// Like times(), but a pending factor may absorb the number if their product is neither tiny nor huge, which also
  /// saves a rounding.
  bool times_joined(double number) noexcept;
  /// Clears the pending operations: they have been applied to the numbers that are now stored.
  void done() noexcept {
    number_ = 1;
    left_ = Left::nothing;
  }

  /// The slot, if this tile is its only user; else null.
  Slot* own_slot() const noexcept { return slot_ != nullptr && slot_->count == 1 ? slot_ : nullptr; }

 private:
  enum class State : std::uint8_t { none, number, many };

  void copy(const Tile& other) noexcept {
    slot_ = other.slot_;
    data_ = other.data_;
    number_ = other.number_;
    shift_ = other.shift_;
    factor_ = other.factor_;
    count_ = other.count_;
    state_ = other.state_;
    type_ = other.type_;
    left_ = other.left_;
  }
  void forget() noexcept {
    slot_ = nullptr;
    state_ = State::none;
  }
  void drop() noexcept {
    if (slot_ && --slot_->count == 0) recycle(slot_);
  }

  Slot* slot_ = nullptr;
  const void* data_ = nullptr;
  double number_ = 0;  // for many numbers, the pending scale
  double shift_ = 0;
  double factor_ = 1;
  std::int32_t count_ = 0;
  State state_ = State::none;
  Type type_ = Type::weak;
  Left left_ = Left::nothing;
};

template <class T>
constexpr Tile::Type type_of = sizeof(T) == sizeof(float) ? Tile::Type::float32 : Tile::Type::float64;

/// The count rounded up to 64 bytes: whole registers are read and written.
template <class T>
std::size_t padded(std::int32_t count) {
  constexpr std::size_t line = 64 / sizeof(T);
  return (static_cast<std::size_t>(count) + line - 1) / line * line;
}

/// Writes n of the numbers of a tile.
template <class T>
void write(const Tile& tile, T* out, std::int64_t n);

// Instantiated in the *_functions.cpp, each for the functions of its kind. Arguments that are not const may be
// overwritten or moved from.

/// x = f(x).
template <class F>
void transform(const F& f, Tile& x);
/// a = f(a, b).
template <class F>
void transform(const F& f, Tile& a, Tile& b);
/// The same, returning the result.
template <class F>
Tile apply(const F& f, Tile x) {
  transform(f, x);
  return x;
}
template <class F>
Tile apply(const F& f, Tile a, Tile b) {
  transform(f, a, b);
  return a;
}
/// place = d times a slope, multiplied as fn::GuardedProduct does. If place points to memory and neither factor is one
/// number, the product is written into that memory.
void chain_into(Tile& place, Tile d, Tile slope);
/// a stays where the mask is 1, else becomes b.
void choose(const Tile& mask, Tile& a, Tile& b);

}  // namespace xgrad::kernels

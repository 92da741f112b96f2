#include <xgrad/autograd/kernels/pointwise/tile.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/kernels/pointwise/tile_functions.hpp>
#include <xgrad/autograd/kernels/runtime/ending.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>

namespace xgrad::kernels {

fn::Clamp::Clamp(double lowest, double highest) : low(lowest), high(highest), floor(std::min(lowest, highest)) {
  if (low != low || high != high)
    throw std::invalid_argument("clamp: the bounds must not be NaN, got " + xgrad::detail::number_text(low) + " and " +
                                xgrad::detail::number_text(high));
}

namespace {

// The free list of this thread, which is freed when the thread ends.
thread_local Slot* free_slots = nullptr;
thread_local bool closed = false;
thread_local xgrad::detail::AtThreadEnd at_end{[]() noexcept {
                                                 closed = true;
                                                 while (free_slots != nullptr)
                                                   delete std::exchange(free_slots, free_slots->next);
                                               },
                                               nullptr};
thread_local bool registered = false;

Slot* new_slot() {
  if (!registered) {
    registered = true;
    closed = !xgrad::detail::at_thread_end(at_end);
  }
  return new Slot;
}

}  // namespace

void recycle(Slot* slot) noexcept {
  if (closed) {
    delete slot;
    return;
  }
  slot->next = free_slots;
  free_slots = slot;
}

Slot* acquire() {
  Slot* slot = free_slots;
  if (slot != nullptr)
    free_slots = slot->next;
  else
    slot = new_slot();
  slot->count = 1;
  slot->next = nullptr;
  return slot;
}

bool Tile::times(double number) noexcept {
  if (left_ == Left::nothing) {
    number_ = number;
    left_ = Left::scale;
    return true;
  }
  if (left_ != Left::shift) return false;
  factor_ = number;
  left_ = Left::factor;
  return true;
}

bool Tile::plus(double number) noexcept {
  if (left_ > Left::scale) return false;
  shift_ = number;
  left_ = Left::shift;
  return true;
}

bool Tile::minus_from(double number) noexcept {
  if (left_ > Left::scale) return false;
  number_ = -number_;
  return plus(number);
}

bool Tile::times_joined(double number) noexcept {
  if (times(number)) return true;
  double& factor = left_ == Left::factor ? factor_ : number_;
  const double product = factor * number, size = std::abs(product);
  if (!(size > 1e-30 && size < 1e30)) return false;
  factor = product;
  return true;
}

void chain_into(Tile& place, Tile d, Tile slope) {
  if (!place.defined() || d.is_number() || slope.is_number()) {
    transform(fn::GuardedProduct(), d, slope);
    place = std::move(d);
    return;
  }
  const auto into = [&](auto* out) {
    using T = std::remove_pointer_t<decltype(out)>;
    loop<registers_at_once<fn::GuardedProduct>>(out, padded<T>(place.count()), Checked{plain_product, with_guard},
                                                Reader<T>(d), Reader<T>(slope));
  };
  void* out = const_cast<void*>(place.data());
  if (place.type() == Tile::Type::float32)
    into(static_cast<float*>(out));
  else
    into(static_cast<double*>(out));
}

void choose(const Tile& mask, Tile& a, Tile& b) {
  const auto body = [](const auto& m, const auto& u, const auto& v) { return where(m != 0, u, v); };
  run<1>(a, place_of(a, b), Each{body}, mask, a, b);
}

template <class T>
void write(const Tile& tile, T* out, std::int64_t n) {
  const auto count = static_cast<std::size_t>(n);
  if (tile.is_number()) {
    std::fill_n(out, n, static_cast<T>(tile.number()));
  } else if (tile.left() == Tile::Left::nothing) {
    std::copy_n(static_cast<const T*>(tile.data()), n, out);
  } else if (padded<T>(tile.count()) == count) {
    loop<4>(out, count, Each{[](const auto& x) { return x; }}, Reader<T>(tile));
  } else {
    alignas(64) T all[tile_bytes / sizeof(T)];
    loop<4>(all, padded<T>(tile.count()), Each{[](const auto& x) { return x; }}, Reader<T>(tile));
    std::copy_n(all, n, out);
  }
}
template void write(const Tile&, float*, std::int64_t);
template void write(const Tile&, double*, std::int64_t);

}  // namespace xgrad::kernels

#include <xgrad/autograd/kernels/tile.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/kernels/batch.hpp>
#include <xgrad/autograd/kernels/chain_rule.hpp>

namespace xgrad::kernels {

fn::Clamp::Clamp(double low_in, double high_in) : low(low_in), high(high_in) {
  if (!(low <= high))
    throw std::invalid_argument("clamp: low must not be above high, got " + std::to_string(low) + " and " +
                                std::to_string(high));
}

namespace {

// Free slots of this thread. The pointer itself needs no guard and no destructor; the cleaner, made with the first
// slot, gives the memory back when the thread ends.
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

namespace {

// Reads a tile register by register. A number is spread over one register's worth of memory, read again each time.
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

template <class T, class F, class... R>
[[gnu::flatten]] void loop(T* out, std::size_t n, const F& f, const R&... in) {
  using B = Batch<T>;
  for (std::size_t j = 0; j < n; j += B::width) B(f(in.load(j)...)).store(out + j);
}

// The type and count of a result: those of the operands that are not C++ numbers.
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
void compute(Meeting meeting, Tile& y, Tile* place, const F& f, const In&... in) {
  if (meeting.count == 0) {
    alignas(64) T one[Batch<T>::width];
    loop<T>(one, Batch<T>::width, f, Reader<T>(in)...);
    y = Tile(static_cast<double>(one[0]), meeting.type);
    return;
  }
  Slot* slot = place != nullptr ? place->own_slot() : acquire();
  loop<T>(reinterpret_cast<T*>(slot->bytes), padded<T>(meeting.count), f, Reader<T>(in)...);
  if (place == nullptr)
    y = Tile(slot, meeting.count, meeting.type);
  else if (place != &y)
    y = std::move(*place);
}

// y = f(in...), in the type in which the operands meet, and in the slot of `place` where that is not null. y and place
// may be among the operands.
template <class F, class... In>
void run(Tile& y, Tile* place, const F& f, const In&... in) {
  Meeting meeting;
  (meeting.add(in), ...);
  if (meeting.type == Tile::Type::float32)
    compute<float>(meeting, y, place, f, in...);
  else
    compute<double>(meeting, y, place, f, in...);
}

Tile* place_of(Tile& a) { return a.own_slot() != nullptr ? &a : nullptr; }
Tile* place_of(Tile& a, Tile& b) { return a.own_slot() != nullptr ? &a : place_of(b); }

// x^n for the exponents that are a handful of multiplications, or none.
bool small_power(Tile& a, double n) {
  if (n == 0)
    a = Tile(1.0);
  else if (n == 2)
    transform(fn::Square(), a);
  else if (n == 3)
    a = apply(fn::Mul(), apply(fn::Square(), a), a);
  else if (n == 4)
    a = apply(fn::Square(), apply(fn::Square(), std::move(a)));
  else if (n == -1)
    transform(fn::Reciprocal(), a);
  else if (n == -2)
    a = apply(fn::Reciprocal(), apply(fn::Square(), std::move(a)));
  else if (n != 1)
    return false;
  return true;
}

}  // namespace

template <class F>
void transform(const F& f, Tile& x) {
  run(
      x, place_of(x), [&](const auto& u) { return f.value(u); }, x);
}

template <class F>
void transform(const F& f, Tile& a, Tile& b) {
  if constexpr (std::is_same_v<F, fn::Pow>) {
    if (b.is_literal() && small_power(a, b.number())) return;
  }
  run(
      a, place_of(a, b), [&](const auto& u, const auto& v) { return f.value(u, v); }, a, b);
}

void choose(const Tile& mask, Tile& a, Tile& b) {
  run(
      a, place_of(a, b), [](const auto& m, const auto& u, const auto& v) { return where(m != 0, u, v); }, mask, a, b);
}

// ---- slopes

namespace {

// fn::Chained, with its comparisons left out where no product came out as NaN.
template <class T, int Isa>
Batch<T, Isa> guarded(const Batch<T, Isa>& d, const Batch<T, Isa>& slope) {
  const Batch<T, Isa> product = d * slope;
  if (xsimd::all((product == product).v)) return product;
  return fn::Chained().value(d, slope);
}

template <class F, class B>
B pull(const F& f, const B& a, const B& b, const B& y, const B& da, const B& db) {
  return guarded(da, f.slope_a(a, b, y)) + guarded(db, f.slope_b(a, b, y));
}

// One division for both slopes, where nothing overflows on the way.
template <class B>
B pull(const fn::Div& f, const B& a, const B& b, const B& y, const B& da, const B& db) {
  const B together = (da - db * y) / b;
  if (xsimd::all((together - together == 0).v)) return together;
  return guarded(da, f.slope_a(a, b, y)) + guarded(db, f.slope_b(a, b, y));
}

template <class T, class F, class R>
[[gnu::flatten]] void loop_with_slope(T* y, T* d, std::size_t n, const F& f, const R& x, const R& dx) {
  using B = Batch<T>;
  for (std::size_t j = 0; j < n; j += B::width) {
    const B u = x.load(j), v = f.value(u);
    guarded(dx.load(j), B(f.slope(u, v))).store(d + j);
    v.store(y + j);
  }
}

template <class T, class F, class R>
[[gnu::flatten]] void loop_with_slope(T* y, T* d, std::size_t n, const F& f, const R& a, const R& b, const R& da,
                                      const R& db) {
  using B = Batch<T>;
  for (std::size_t j = 0; j < n; j += B::width) {
    const B u = a.load(j), v = b.load(j), w = f.value(u, v);
    pull(f, u, v, w, da.load(j), db.load(j)).store(d + j);
    w.store(y + j);
  }
}

// Computes y = f(in...) and its slope d together, over the slots of the places where they have any.
template <class T, class F, class... In>
void compute_with_slope(const F& f, Tile& y, Tile& d, Tile* y_place, Tile* d_place, std::int32_t count,
                        const In&... in) {
  Slot* y_slot = y_place != nullptr ? y_place->own_slot() : acquire();
  Tile made(y_place != nullptr ? Tile() : Tile(y_slot, count, type_of<T>));
  Slot* d_slot = d_place != nullptr ? d_place->own_slot() : acquire();
  loop_with_slope<T>(reinterpret_cast<T*>(y_slot->bytes), reinterpret_cast<T*>(d_slot->bytes), padded<T>(count), f,
                     Reader<T>(in)...);
  if (y_place == nullptr)
    y = std::move(made);
  else if (y_place != &y)
    y = std::move(*y_place);
  if (d_place == nullptr)
    d = Tile(d_slot, count, type_of<T>);
  else if (d_place != &d)
    d = std::move(*d_place);
}

template <class F, class... In>
void run_with_slope(const F& f, Tile& y, Tile& d, Tile* y_place, Tile* d_place, const In&... in) {
  Meeting meeting;
  (meeting.add(in), ...);
  if (meeting.type == Tile::Type::float32)
    compute_with_slope<float>(f, y, d, y_place, d_place, meeting.count, in...);
  else
    compute_with_slope<double>(f, y, d, y_place, d_place, meeting.count, in...);
}

// The one index of a slope, or 0 where there is none or several.
template <class Defined>
std::size_t only_one(std::size_t parts, const Defined& defined) {
  std::size_t found = 0;
  for (std::size_t i = 1; i < parts; ++i) {
    if (!defined(i)) continue;
    if (found != 0) return 0;
    found = i;
  }
  return found;
}

}  // namespace

template <class F>
Tile chain(const F& f, const Tile& x, const Tile& y, Tile d) {
  run(
      d, place_of(d), [&](const auto& u, const auto& v, const auto& w) { return guarded(w, f.slope(u, v)); }, x, y, d);
  return d;
}

template <class F>
Tile chain(const F& f, const Tile& a, const Tile& b, const Tile& y, Tile da, Tile db) {
  if (!db.defined()) {
    auto body = [&](const auto& u, const auto& v, const auto& w, const auto& du) {
      return guarded(du, f.slope_a(u, v, w));
    };
    run(da, place_of(da), body, a, b, y, da);
  } else if (!da.defined()) {
    auto body = [&](const auto& u, const auto& v, const auto& w, const auto& dv) {
      return guarded(dv, f.slope_b(u, v, w));
    };
    run(da, place_of(db), body, a, b, y, db);
  } else {
    auto body = [&](const auto&... all) { return pull(f, all...); };
    run(da, place_of(da, db), body, a, b, y, da, db);
  }
  return da;
}

template <class F>
void differentiate(const F& f, Tile* x, std::size_t parts) {
  if constexpr (!F::flat) {
    const std::size_t i = x[0].is_number() ? 0 : only_one(parts, [&](std::size_t k) { return x[k].defined(); });
    if (i != 0) return run_with_slope(f, x[0], x[i], place_of(x[0]), place_of(x[i]), x[0], x[i]);
  }
  differentiate_apart(f, x, parts);
}

template <class F>
void differentiate(const F& f, Tile* a, Tile* b, std::size_t parts) {
  if constexpr (!F::flat && !is_sum<F>) {
    const std::size_t i = a[0].is_number() && b[0].is_number()
                              ? 0
                              : only_one(parts, [&](std::size_t k) { return a[k].defined() && b[k].defined(); });
    const bool alone = i != 0 && only_one(parts, [&](std::size_t k) { return a[k].defined() || b[k].defined(); }) == i;
    if (alone) return run_with_slope(f, a[0], a[i], place_of(a[0], b[0]), place_of(a[i], b[i]), a[0], b[0], a[i], b[i]);
  }
  differentiate_apart(f, a, b, parts);
}

void choose_parts(const Tile& mask, Tile* a, Tile* b, std::size_t parts) { choose_apart(mask, a, b, parts); }

// ---- every function of the vocabulary

#define XGRAD_UNARY(F)                          \
  template void transform(const fn::F&, Tile&); \
  template void differentiate(const fn::F&, Tile*, std::size_t);
#define XGRAD_BINARY(F)                                \
  template void transform(const fn::F&, Tile&, Tile&); \
  template void differentiate(const fn::F&, Tile*, Tile*, std::size_t);
XGRAD_EACH_CURVED_UNARY(XGRAD_UNARY)
XGRAD_EACH_FLAT_UNARY(XGRAD_UNARY)
XGRAD_EACH_CURVED_BINARY(XGRAD_BINARY)
XGRAD_EACH_FLAT_BINARY(XGRAD_BINARY)

}  // namespace xgrad::kernels

#pragma once

// For the sources that compile the functions of dual numbers over tiles, *_functions.cpp.

#include <type_traits>
#include <utility>

#include <xgrad/autograd/kernels/pointwise/chain_rule.hpp>
#include <xgrad/autograd/kernels/pointwise/tile_functions.hpp>
#include <xgrad/autograd/kernels/pointwise/tile_gradient.hpp>

namespace xgrad::kernels {
namespace {

// The slopes of f at (a, b) times those of a and b, with y = f(a, b): plainly, and guarded as fn::GuardedProduct is.
// The plain result may be NaN where the guarded one is not, and agrees elsewhere; the guarded one is computed only if a
// plain one is NaN.

template <class F, class B>
B pulled(const F& f, const B& a, const B& b, const B& y, const B& da, const B& db) {
  return pull_of<Side::a>(f, a, b, y, da) + pull_of<Side::b>(f, a, b, y, db);
}
// One division for both slopes. An infinite result may come from an intermediate overflow; adding 0 times it turns it
// into NaN, so that the guarded form is used.
template <class B>
B pulled(const fn::Div&, const B&, const B& b, const B& y, const B& da, const B& db) {
  const B together = (da - db * y) / b;
  return together + 0.0 * together;
}

template <class F, class B>
B pulled_guarded(const F& f, const B& a, const B& b, const B& y, const B& da, const B& db) {
  return guarded_product(da, slope_of<Side::a>(f, a, b, y)) + guarded_product(db, slope_of<Side::b>(f, a, b, y));
}

template <int n, class B, class F>
[[gnu::always_inline]] inline void slopes(B* d, const F& f, const B* x, const B* y, const B* dx) {
  for (int k = 0; k < n; ++k) d[k] = pull_of(f, x[k], y[k], dx[k]);
  auto lost = d[0] != d[0];
  for (int k = 1; k < n; ++k) lost = lost | (d[k] != d[k]);
  if (xsimd::any(lost.v))
    for (int k = 0; k < n; ++k) d[k] = guarded_product(dx[k], slope_of(f, x[k], y[k]));
}
template <int n, class B, class F>
[[gnu::always_inline]] inline void slopes(B* d, const F& f, const B* a, const B* b, const B* y, const B* da,
                                          const B* db) {
  for (int k = 0; k < n; ++k) d[k] = pulled(f, a[k], b[k], y[k], da[k], db[k]);
  auto lost = d[0] != d[0];
  for (int k = 1; k < n; ++k) lost = lost | (d[k] != d[k]);
  if (xsimd::any(lost.v))
    for (int k = 0; k < n; ++k) d[k] = pulled_guarded(f, a[k], b[k], y[k], da[k], db[k]);
}

template <int n, class T, class F, class R>
[[gnu::always_inline]] inline void step_with_slope(T* y, T* d, std::size_t j, const F& f, const R& x, const R& dx) {
  using B = Vec<T>;
  B u[n], v[n], du[n], dv[n];
  x.template load<n>(j, u);
  dx.template load<n>(j, du);
  for (int k = 0; k < n; ++k) v[k] = f.value(u[k]);
  slopes<n>(dv, f, u, v, du);
  for (int k = 0; k < n; ++k) {
    v[k].store(y + j + static_cast<std::size_t>(k) * B::width);
    dv[k].store(d + j + static_cast<std::size_t>(k) * B::width);
  }
}
template <int n, class T, class F, class R>
[[gnu::always_inline]] inline void step_with_slope(T* y, T* d, std::size_t j, const F& f, const R& a, const R& b,
                                                   const R& da, const R& db) {
  using B = Vec<T>;
  B u[n], v[n], w[n], du[n], dv[n], dw[n];
  a.template load<n>(j, u);
  b.template load<n>(j, v);
  da.template load<n>(j, du);
  db.template load<n>(j, dv);
  for (int k = 0; k < n; ++k) w[k] = f.value(u[k], v[k]);
  slopes<n>(dw, f, u, v, w, du, dv);
  for (int k = 0; k < n; ++k) {
    w[k].store(y + j + static_cast<std::size_t>(k) * B::width);
    dw[k].store(d + j + static_cast<std::size_t>(k) * B::width);
  }
}

template <class T, class F, class... R>
[[gnu::flatten, gnu::noinline]] void loop_with_slope(T* y, T* d, std::size_t n, const F f, const R... in) {
  // Counted for every operand and both results, all of which are in registers at once: so fewer than for a value alone.
  constexpr int at_once = std::is_same_v<T, float> && registers_at_once < F >> 1 ? 2 : 1;
  constexpr std::size_t width = Vec<T>::width;
  std::size_t j = 0;
  for (; j + at_once * width <= n; j += at_once * width) step_with_slope<at_once>(y, d, j, f, in...);
  if constexpr (at_once > 1)
    for (; j < n; j += width) step_with_slope<1>(y, d, j, f, in...);
}

// Computes y = f(in...) and its slope d together, in the slots of y_place and d_place where these are not null.
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
  else
    place_result(y, y_place, y_slot, count, type_of<T>);
  place_result(d, d_place, d_slot, count, type_of<T>);
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

// The index of the only defined slope; 0 if there is none or several.
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

/// A body for the loops over slopes: the plain product, which is checked, or for rare functions the guarded one alone.
template <class F, class Plain, class Guarded>
auto slope_body(const Plain& plain, const Guarded& guarded) {
  if constexpr (F::rare)
    return Each{guarded};
  else
    return Checked{plain, guarded};
}

template <class F>
Tile chain(const F& f, const Tile& x, const Tile& y, Tile d) {
  if constexpr (F::flat) {
    return Tile(0.0);
  } else {
    const auto body = slope_body<F>(
        [f](const auto& u, const auto& v, const auto& w) { return pull_of(f, u, v, w); },
        [f](const auto& u, const auto& v, const auto& w) { return guarded_product(w, slope_of(f, u, v)); });
    run<registers_at_once<F>>(d, place_of(d), body, x, y, d);
    return d;
  }
}

template <class F>
Tile chain(const F& f, const Tile& a, const Tile& b, const Tile& y, Tile da, Tile db) {
  constexpr int at_once = registers_at_once<F>;
  if constexpr (F::flat) return Tile(0.0);
  if (!db.defined()) {
    const auto body = slope_body<F>([f](const auto&... all) { return pull_of<Side::a>(f, all...); },
                                    [f](const auto& u, const auto& v, const auto& w, const auto& d) {
                                      return guarded_product(d, slope_of<Side::a>(f, u, v, w));
                                    });
    run<at_once>(da, place_of(da), body, a, b, y, da);
  } else if (!da.defined()) {
    const auto body = slope_body<F>([f](const auto&... all) { return pull_of<Side::b>(f, all...); },
                                    [f](const auto& u, const auto& v, const auto& w, const auto& d) {
                                      return guarded_product(d, slope_of<Side::b>(f, u, v, w));
                                    });
    run<at_once>(da, place_of(db), body, a, b, y, db);
  } else {
    const auto body = slope_body<F>([f](const auto&... all) { return pulled(f, all...); },
                                    [f](const auto&... all) { return pulled_guarded(f, all...); });
    run<at_once>(da, place_of(da, db), body, a, b, y, da, db);
  }
  return da;
}

template <class F>
void differentiate(const F& f, Tile* x, std::size_t parts) {
  if constexpr (std::is_same_v<F, fn::Neg>) {
    for (std::size_t i = 0; i < parts; ++i)
      if (x[i].defined()) transform(f, x[i]);
    return;
  }
  if constexpr (!F::flat && !F::rare) {
    const std::size_t i = x[0].is_number() ? 0 : only_one(parts, [&](std::size_t k) { return x[k].defined(); });
    if (i != 0) return run_with_slope(f, x[0], x[i], place_of(x[0]), place_of(x[i]), x[0], x[i]);
  }
  differentiate_apart(f, x, parts);
}

// One operand is a number without slopes, the other a tile of many numbers: the parts of `many` stay in place.
template <class F>
void differentiate_with_number(const F& f, Tile* a, Tile* b, std::size_t parts) {
  const bool left = a[0].is_number();
  Tile* many = left ? b : a;
  const Tile& number = left ? a[0] : b[0];
  for (std::size_t i = 1; i < parts; ++i) {
    if (many[i].defined()) {
      if constexpr (std::is_same_v<F, fn::Mul>) many[i] = times_slope(std::move(many[i]), number);
      if (std::is_same_v<F, fn::Sub> && left) transform(fn::Neg(), many[i]);
    }
    if (left) a[i] = std::move(b[i]);
  }
  transform(f, a[0], b[0]);
}

inline bool without_slopes(const Tile* x, std::size_t parts) {
  for (std::size_t i = 1; i < parts; ++i)
    if (x[i].defined()) return false;
  return true;
}

template <class F>
void differentiate(const F& f, Tile* a, Tile* b, std::size_t parts) {
  if constexpr (is_sum<F> || std::is_same_v<F, fn::Mul>) {
    if (a[0].is_number() != b[0].is_number() && without_slopes(a[0].is_number() ? a : b, parts))
      return differentiate_with_number(f, a, b, parts);
  }
  if constexpr (!F::flat && !F::rare && !is_sum<F>) {
    const std::size_t i = a[0].is_number() && b[0].is_number()
                              ? 0
                              : only_one(parts, [&](std::size_t k) { return a[k].defined() && b[k].defined(); });
    const bool alone = i != 0 && only_one(parts, [&](std::size_t k) { return a[k].defined() || b[k].defined(); }) == i;
    if (alone) return run_with_slope(f, a[0], a[i], place_of(a[0], b[0]), place_of(a[i], b[i]), a[0], b[0], a[i], b[i]);
  }
  differentiate_apart(f, a, b, parts);
}

}  // namespace xgrad::kernels

#define XGRAD_TILE_UNARY_SLOPE(name, F)                          \
  template void differentiate(const fn::F&, Tile*, std::size_t); \
  template Tile chain(const fn::F&, const Tile&, const Tile&, Tile);
#define XGRAD_TILE_BINARY_SLOPE(name, F)                                \
  template void differentiate(const fn::F&, Tile*, Tile*, std::size_t); \
  template Tile chain(const fn::F&, const Tile&, const Tile&, const Tile&, Tile, Tile);

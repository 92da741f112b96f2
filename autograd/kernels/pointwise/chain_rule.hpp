#pragma once

// For the sources that compile the functions of dual numbers over a kind of value V. V has apply(f, x...), the value of
// a function, and chain(f, x..., y, d...), the slopes of the result from those of the arguments.

#include <cstddef>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/kernels/pointwise/dual.hpp>
#include <xgrad/autograd/kernels/pointwise/functions.hpp>

namespace xgrad::kernels {

/// Whether a function passes slopes on unchanged, up to their sign: add and sub.
template <class F>
inline constexpr bool is_sum = F::passes != nothing;

/// Whether x is the number 1 that stands for the slope of an argument in itself.
template <class V>
bool is_one(const V& x) {
  return x.is_literal() && x.number() == 1;
}

/// d times a slope, either of which may be the number 1.
template <class V>
V times_slope(V d, V slope) {
  if (is_one(slope)) return d;
  if (is_one(d)) return slope;
  return apply(fn::GuardedProduct(), std::move(d), std::move(slope));
}

/// da + db, or da - db.
template <class F, class V>
V sum_of_slopes(const F& f, V da, V db) {
  if (da.defined() && db.defined()) return apply(f, std::move(da), std::move(db));
  if (std::is_same_v<F, fn::Add> || !db.defined()) return da.defined() ? da : db;
  return apply(fn::Neg(), std::move(db));
}

/// da ∂f/∂a + db ∂f/∂b.
template <class F, class V>
V chain_both(const F& f, const V& a, const V& b, const V& y, V da, V db) {
  if constexpr (is_sum<F>) return sum_of_slopes(f, std::move(da), std::move(db));
  if constexpr (std::is_same_v<F, fn::Mul>) {
    if (!db.defined()) return times_slope(std::move(da), b);
    if (!da.defined()) return times_slope(std::move(db), a);
  }
  return chain(f, a, b, y, std::move(da), std::move(db));
}

/// Computes the value and each slope of a function of one argument separately.
template <class F, class V>
void differentiate_apart(const F& f, V* x, std::size_t parts) {
  if constexpr (F::flat) {
    x[0] = apply(f, std::move(x[0]));
    for (std::size_t i = 1; i < parts; ++i) x[i] = V();
  } else {
    V y = apply(f, x[0]);
    for (std::size_t i = 1; i < parts; ++i)
      if (x[i].defined()) x[i] = chain(f, x[0], y, std::move(x[i]));
    x[0] = std::move(y);
  }
}

/// The same for two arguments.
template <class F, class V>
void differentiate_apart(const F& f, V* a, V* b, std::size_t parts) {
  if constexpr (F::flat || is_sum<F>) {
    a[0] = apply(f, std::move(a[0]), std::move(b[0]));
    for (std::size_t i = 1; i < parts; ++i) a[i] = F::flat ? V() : sum_of_slopes(f, std::move(a[i]), std::move(b[i]));
  } else {
    V y = apply(f, a[0], b[0]);
    for (std::size_t i = 1; i < parts; ++i)
      if (a[i].defined() || b[i].defined()) a[i] = chain_both(f, a[0], b[0], y, std::move(a[i]), std::move(b[i]));
    a[0] = std::move(y);
  }
}

template <class V>
void choose_apart(const MaskOf<V>& mask, V* a, V* b, std::size_t parts) {
  choose(mask, a[0], b[0]);
  for (std::size_t i = 1; i < parts; ++i) {
    if (!a[i].defined() && !b[i].defined()) continue;
    if (!a[i].defined()) a[i] = V(0.0);
    if (!b[i].defined()) b[i] = V(0.0);
    choose(mask, a[i], b[i]);
  }
}

}  // namespace xgrad::kernels

#pragma once

// For the sources that compile the functions over tiles, *_functions.cpp, each of which instantiates those of one kind.

#include <cmath>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/kernels/pointwise/tile_loop.hpp>

namespace xgrad::kernels {
namespace {

// Appends an operation between one number and the many of a tile to the pending operations of the tile, so that it
// takes no pass of its own. False if it cannot be deferred so.

inline bool lazily(const fn::Neg&, Tile& x) {
  return !x.is_number() && x.left() <= Tile::Left::scale && x.times_joined(-1);
}
template <class F>
bool lazily(const F&, Tile&) {
  return false;
}

template <class F>
bool lazily(const F&, Tile& a, Tile& b) {
  constexpr bool product = std::is_same_v<F, fn::Mul>, chained = std::is_same_v<F, fn::GuardedProduct>;
  constexpr bool sum = std::is_same_v<F, fn::Add>, difference = std::is_same_v<F, fn::Sub>;
  if constexpr (product || chained || sum || difference) {
    if (a.is_number() == b.is_number()) return false;
    Tile& many = a.is_number() ? b : a;
    const double number = a.is_number() ? a.number() : b.number();
    if (chained && number == 0) {
      a = Tile(0.0);
      return true;
    }
    bool done = false;
    if (product) done = many.times(number);
    if (chained) done = std::isfinite(number) && many.times_joined(number);
    if (sum) done = many.plus(number);
    if (difference) done = a.is_number() ? many.minus_from(number) : many.plus(-number);
    if (done && a.is_number()) a = std::move(b);
    return done;
  }
  return false;
}

// A product of slopes, without and with the guard against 0 times infinity.
inline constexpr auto plain_product = [](const auto& d, const auto& slope) { return d * slope; };
inline constexpr auto with_guard = [](const auto& d, const auto& slope) { return guarded_product(d, slope); };

}  // namespace

template <class F>
void transform(const F& f, Tile& x) {
  if (lazily(f, x)) return;
  run<registers_at_once<F>>(x, place_of(x), Each{[f](const auto& u) { return f.value(u); }}, x);
}

template <class F>
void transform(const F& f, Tile& a, Tile& b) {
  if (lazily(f, a, b)) return;
  if constexpr (std::is_same_v<F, fn::GuardedProduct>)
    run<registers_at_once<F>>(a, place_of(a, b), Checked{plain_product, with_guard}, a, b);
  else
    run<registers_at_once<F>>(a, place_of(a, b), Each{[f](const auto& u, const auto& v) { return f.value(u, v); }}, a,
                              b);
}

// Needed by the functions of all kinds, and compiled with arithmetic.
extern template void transform(const fn::Neg&, Tile&);
extern template void transform(const fn::GuardedProduct&, Tile&, Tile&);

}  // namespace xgrad::kernels

#define XGRAD_TILE_UNARY(name, F) template void transform(const fn::F&, Tile&);
#define XGRAD_TILE_BINARY(name, F) template void transform(const fn::F&, Tile&, Tile&);

#pragma once

#include <cstddef>

#include <xgrad/autograd/kernels/pointwise/tile.hpp>

namespace xgrad::kernels {

// The functions of tile.hpp over dual numbers, instantiated in the *_functions.cpp: part 0 is the value, the others are
// slopes, of which an undefined one is zero. The parts of the first argument become those of the result. Products of
// slopes are guarded as fn::GuardedProduct is.

template <class F>
void differentiate(const F& f, Tile* x, std::size_t parts);
template <class F>
void differentiate(const F& f, Tile* a, Tile* b, std::size_t parts);
/// d times the slope of f at x, guarded, where y = f(x); arguments that f does not read may be any number.
template <class F>
Tile chain(const F& f, const Tile& x, const Tile& y, Tile d);
/// The same for two operands, where one of da and db may be undefined.
template <class F>
Tile chain(const F& f, const Tile& a, const Tile& b, const Tile& y, Tile da, Tile db);
/// Chooses values and slopes alike: the slope of the branch not taken is dropped, even if it is infinite or NaN.
void choose_parts(const Tile& mask, Tile* a, Tile* b, std::size_t parts);

}  // namespace xgrad::kernels

#pragma once

// For this room's sources only: writing into the places that indices name, which the ops of scattering.hpp and
// slicing.hpp are made of.

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::detail {

/// How indices, which lie in 0 .. n-1, name elements along an axis: as a list of slices, or one for each element, of
/// the shape of the tensor outside of the axis.
struct Targets {
  std::size_t axis;
  bool slices;
};

/// A copy of x with the elements of src, of its dtype, in the places; of a repeated place the last stays.
Tensor replaced(const char* op, Tensor x, Targets how, Tensor indices, Tensor src, Source at);
/// A copy of x with the elements of src, of its dtype, times the scale, added in the places.
Tensor accumulated(const char* op, Tensor x, Targets how, Tensor indices, Tensor src, Source at, double scale = 1);
/// A copy of x where there is no place to write the values: their gradient is 0.
Tensor unchanged(const char* op, Tensor x, Tensor values, Source at);
/// A copy of x with zeros in the places.
Tensor zeroed(const char* op, Tensor x, Targets how, Tensor indices, Source at);
/// Refuses values that require a gradient where x is of a dtype without one: converted to it, they would lose it.
void require_kept_gradient(const char* op, const Tensor& x, const Tensor& values);

/// What the places hold.
Tensor looked_up(Tensor x, Targets how, Tensor indices);

/// What they do in place, unrecorded, in the memory of y.
void replace(const Tensor& y, Targets how, const Tensor& indices, const Tensor& src);
void accumulate(const Tensor& y, Targets how, const Tensor& indices, const Tensor& src);

/// The elements of x in memory that is its own: that of x if nothing else refers to it, and no rule reads x again.
Tensor writable(const Tensor& x, bool read_again = false);

}  // namespace xgrad::detail

#pragma once

// For this room's sources only: tensors of random numbers.

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::detail {

/// A new tensor of a floating dtype that fill(elements, count, seed, stream) fills. Memory is taken before the
/// generator moves.
template <class F>
Tensor filled_at_random(const Shape& shape, Generator& generator, DType dtype, const F& fill) {
  Tensor y = Raw::uninitialized(shape, dtype);
  const kernels::Philox random = generator.next();
  visit_floating(dtype, [&](auto type) {
    fill(Raw::write<typename decltype(type)::type>(y), y.size(), random.seed(), random.stream());
  });
  return y;
}

}  // namespace xgrad::detail

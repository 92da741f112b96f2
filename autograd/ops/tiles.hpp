#pragma once

// For this room's sources only: passes over tiles of tensors.

#include <cstddef>

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/autograd/kernels/pointwise/tile_pass.hpp>

namespace xgrad::detail {

inline kernels::Tile::Type tile_type(DType dtype) {
  return dtype == float32 ? kernels::Tile::Type::float32 : kernels::Tile::Type::float64;
}

/// Calls body(x, y) with the tiles of the inputs and of the outputs, which have one shape and are written. The inputs
/// broadcast to that shape and are of the given floating dtype; outputs are of that dtype or bool, or undefined.
template <class F>
void tile_pass(DType dtype, const Shape& shape, const Tensor* in, std::size_t in_count, const Tensor* out,
               std::size_t out_count, const F& body) {
  kernels::TileInput inputs[kernels::max_tile_operands];
  kernels::TileOutput outputs[kernels::max_tile_operands];
  for (std::size_t i = 0; i < in_count; ++i)
    inputs[i] = {Raw::bytes(in[i]), in[i].shape().data(), in[i].shape().rank()};
  for (std::size_t i = 0; i < out_count; ++i) {
    if (out[i].defined())
      outputs[i] = {Raw::write_bytes(out[i]), out[i].dtype() == boolean};
    else
      outputs[i] = {nullptr, false};
  }
  kernels::for_each_tile(
      tile_type(dtype), shape.data(), shape.rank(), inputs, in_count, outputs, out_count,
      [](const void* context, kernels::Tile* x, kernels::Tile* y) { (*static_cast<const F*>(context))(x, y); }, &body);
}

}  // namespace xgrad::detail

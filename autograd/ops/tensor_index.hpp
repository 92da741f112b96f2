#pragma once

// For this room's sources only: reading and writing the places that tensors of indices name.

#include <vector>

#include <xgrad/autograd/ops/place.hpp>

namespace xgrad::detail {

/// What the tensors select of y, which is the place without them.
Tensor selected_by(const char* op, Tensor y, const std::vector<TensorIndex>& tensors, Source at);

/// A place as a list of neighbouring elements each: the tensor it lies in is read as rows of `length` elements, and
/// `rows` says which of them the place holds, in its order.
struct PlaceRows {
  Shape shape;  // of the place
  std::int64_t length = 1;
  Tensor rows;
};
/// The shape of the place, with what the tensors name; they must broadcast to each other.
Shape shape_of(const char* op, const Place& place, const std::vector<TensorIndex>& tensors);
PlaceRows rows_of(const char* op, const Place& place, const std::vector<TensorIndex>& tensors);

}  // namespace xgrad::detail

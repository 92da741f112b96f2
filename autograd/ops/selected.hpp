#pragma once

// For this room's sources only: the elements that an op has selected along an axis, with their indices.

#include <utility>

#include <xgrad/autograd/graph/lost_writes.hpp>
#include <xgrad/autograd/ops/indexing.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad::detail {

/// The elements of x at the indices along the axis; the gradient goes to them.
inline ValuesIndices selected(Tensor x, Dim axis, Tensor indices, Source at) {
  Tensor values = gather(std::move(x), axis, indices, at);
  forget_copy(values);
  return {std::move(values), std::move(indices)};
}

/// The same for one index a line: `indices` has size 1 along the axis, which the results keep if asked.
inline ValuesIndices selected_one(Tensor x, Dim axis, Tensor indices, KeepDims keep, Source at) {
  ValuesIndices both = selected(std::move(x), axis, std::move(indices), at);
  if (keep == KeepDims::yes) return both;
  both.values = squeeze(std::move(both.values), axis, at);
  both.indices = Raw::alias(both.indices, both.values.shape());
  return both;
}

}  // namespace xgrad::detail

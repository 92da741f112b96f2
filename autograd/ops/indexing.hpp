#pragma once

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// The slices that an int64 tensor of rank 1 names along an axis; repeated ones add their gradients.
Tensor index_select(Tensor x, Dim axis, Tensor indices, Source at = Source::here());
/// For every position of `indices`, the element that it names along the axis: y[i,j] = x[i, indices[i,j]] for axis 1.
/// `indices` has x's sizes but along the axis; repeated ones add their gradients.
Tensor gather(Tensor x, Dim axis, Tensor indices, Source at = Source::here());

}  // namespace xgrad

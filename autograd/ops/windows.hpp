#pragma once

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// A sliding window along an axis: y[..., w, ..., j] = x[..., w step + j, ...], with the elements of a window, j <
/// size, in a new last axis, and as many windows as fit. A copy; where windows overlap their gradients are added. As
/// Tensor.unfold in PyTorch, not as nn.functional.unfold.
[[nodiscard]] Tensor unfold(Tensor x, Dim axis, Dim size, Dim step, Source at = Source::here());

}  // namespace xgrad

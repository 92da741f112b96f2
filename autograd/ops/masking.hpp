#pragma once

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

// Masks are bool, and broadcast.

/// The elements of x where the mask is true, in order, as one axis.
[[nodiscard]] Tensor masked_select(Tensor x, Tensor mask, Source at = Source::here());
/// y = value where the mask is true, else x: the value has rank 0, and is converted to the dtype of x. One that
/// requires a gradient needs a floating-point x.
[[nodiscard]] Tensor masked_fill(Tensor x, Tensor mask, Tensor value, Source at = Source::here());
/// x with the first elements of `source`, in order, where the mask is true; x and the mask are broadcast. A source of
/// fewer elements is an error.
[[nodiscard]] Tensor masked_scatter(Tensor x, Tensor mask, Tensor source, Source at = Source::here());

}  // namespace xgrad

#pragma once

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// y_i = e^x_i / Σ_j e^x_j along one axis, shifted by the maximum. A row of all -inf gives NaN.
[[nodiscard]] Tensor softmax(Tensor x, Dim axis, Source at = Source::here());
/// softmax(-x, axis).
[[nodiscard]] Tensor softmin(Tensor x, Dim axis, Source at = Source::here());
/// softmax over those elements of each line for which the mask holds; the others get 0, and so does a line without any.
/// The mask is bool and broadcasts to the shape of x.
[[nodiscard]] Tensor masked_softmax(Tensor x, Tensor mask, Dim axis, Source at = Source::here());
/// y_i = x_i - ln Σ_j e^x_j along one axis, shifted by the maximum.
[[nodiscard]] Tensor log_softmax(Tensor x, Dim axis, Source at = Source::here());
/// y = ln Σ e^x over the axes (none named means all), shifted by the maximum; -inf over no elements.
[[nodiscard]] Tensor logsumexp(Tensor x, Axes axes = {}, KeepDims keep = KeepDims::no, Source at = Source::here());

}  // namespace xgrad

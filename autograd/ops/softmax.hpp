#pragma once

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// y_i = e^x_i / Σ_j e^x_j along one axis, shifted by the maximum. A row of all -inf gives NaN.
[[nodiscard]] Tensor softmax(Tensor x, Dim axis, Source at = Source::here());
/// y_i = x_i - ln Σ_j e^x_j along one axis, shifted by the maximum.
[[nodiscard]] Tensor log_softmax(Tensor x, Dim axis, Source at = Source::here());
/// y = ln Σ e^x over the axes (none named means all), shifted by the maximum; -inf over no elements.
[[nodiscard]] Tensor logsumexp(Tensor x, Axes axes = {}, KeepDims keep = KeepDims::no, Source at = Source::here());

}  // namespace xgrad

#pragma once

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// y = (x - mean) / √(variance + eps) · weight + bias, channel by channel, for x (N, C) or (N, C, L...); weight, bias,
/// running_mean and running_var have shape (C), x's dtype, or are undefined (Ioffe and Szegedy, 2015).
///
/// In training, and where there are no running statistics, mean and biased variance are those of the batch: gradients
/// flow through them. Training also moves the running statistics in place: r = (1 - momentum) r + momentum new, where
/// new is the mean and the unbiased variance. Otherwise the running statistics serve as constants.
///
/// Errors, before anything is written: an x of rank below 2; a shape other than (C); mixed dtypes; only one of the two
/// running statistics; batch statistics of one value per channel; an eps that is not positive and finite; a momentum
/// outside [0, 1]. An empty batch gives an empty y and updates
/// nothing.
[[nodiscard]] Tensor batch_norm(Tensor x, Tensor weight, Tensor bias, Tensor running_mean, Tensor running_var,
                                bool training, double momentum = 0.1, double eps = 1e-5, Source at = Source::here());

}  // namespace xgrad

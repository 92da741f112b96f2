#pragma once

#include <optional>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// y = (x - mean) / √(variance + eps) · weight + bias, with mean and biased variance over the last axes of x, which
/// have the sizes normalized_shape, for each place on the others; weight and bias are undefined or have that shape and
/// x's dtype (Ba, Kiros and Hinton, 2016). A row of equal numbers gives the bias.
///
/// Errors: an x that does not end in normalized_shape, or a normalized_shape without axes; mixed dtypes; an eps that is
/// not positive and finite.
[[nodiscard]] Tensor layer_norm(Tensor x, const Shape& normalized_shape, Tensor weight = {}, Tensor bias = {},
                                double eps = 1e-5, Source at = Source::here());
/// y = x / √(mean of x² + eps) · weight, over the last axes as in layer_norm (Zhang and Sennrich, 2019). Without an eps
/// it is the dtype's: 2^-23 in float32, 2^-52 in float64.
[[nodiscard]] Tensor rms_norm(Tensor x, const Shape& normalized_shape, Tensor weight = {},
                              std::optional<double> eps = std::nullopt, Source at = Source::here());
/// y = (x - mean) / √(variance + eps) · weight + bias for x (N, C, ...), whose channels are cut into groups of equally
/// many neighbours; mean and biased variance are those of a sample's group, weight and bias have shape (C) (Wu and He,
/// 2018). As in PyTorch, a single group of a single value is an error.
[[nodiscard]] Tensor group_norm(Tensor x, Dim num_groups, Tensor weight = {}, Tensor bias = {}, double eps = 1e-5,
                                Source at = Source::here());

/// y = (x - mean) / √(variance + eps) · weight + bias for x (N, C, L...), with mean and biased variance of each channel
/// of each sample (Ulyanov, Vedaldi and Lempitsky, 2016). weight, bias and the running statistics are undefined or have
/// shape (C).
///
/// With use_input_stats, running statistics move in place to the means over the samples, as batch_norm's do; without,
/// they are what is normalised with. Statistics of one value per channel are an error.
[[nodiscard]] Tensor instance_norm(Tensor x, Tensor running_mean = {}, Tensor running_var = {}, Tensor weight = {},
                                   Tensor bias = {}, bool use_input_stats = true, double momentum = 0.1,
                                   double eps = 1e-5, Source at = Source::here());

}  // namespace xgrad

#pragma once

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// r² channels become one of r times the height and width: x (..., C r², H, W), y (..., C, H r, W r) with
/// y[c, h r + i, w r + j] = x[c r² + i r + j, h, w] (Shi et al., 2016).
[[nodiscard]] Tensor pixel_shuffle(Tensor x, Dim upscale_factor, Source at = Source::here());
/// The inverse: x (..., C, H r, W r), y (..., C r², H, W).
[[nodiscard]] Tensor pixel_unshuffle(Tensor x, Dim downscale_factor, Source at = Source::here());
/// The channels of x (N, C, ...), read as (groups, C / groups), in the order of (C / groups, groups) (Zhang et al.,
/// "ShuffleNet", 2018).
[[nodiscard]] Tensor channel_shuffle(Tensor x, Dim groups, Source at = Source::here());

}  // namespace xgrad

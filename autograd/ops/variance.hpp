#pragma once

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

// Axes: none named means all; negative ones count from the end. With keepdims, reduced axes stay with size 1.

/// y = Σ (x - mean)² / (n - correction) over the axes, in two passes in double. correction 1 is the unbiased variance;
/// NaN over no elements, and over one with correction 1.
[[nodiscard]] Tensor var(Tensor x, Axes axes = {}, double correction = 1, KeepDims keep = KeepDims::no,
                         Source at = Source::here());
/// y = √var, also where the variance itself is beyond the range of the dtype; slope 0 where y is 0.
[[nodiscard]] Tensor std(Tensor x, Axes axes = {}, double correction = 1, KeepDims keep = KeepDims::no,
                         Source at = Source::here());

/// The variance or the standard deviation, and the mean, over the same axes.
struct VarMean {
  Tensor var;
  Tensor mean;
};
struct StdMean {
  Tensor std;
  Tensor mean;
};
/// var() and mean() over the axes. Unpack as `auto [spread, centre] = var_mean(x, 0)`.
[[nodiscard]] VarMean var_mean(Tensor x, Axes axes = {}, double correction = 1, KeepDims keep = KeepDims::no,
                               Source at = Source::here());
/// std() and mean() over the axes.
[[nodiscard]] StdMean std_mean(Tensor x, Axes axes = {}, double correction = 1, KeepDims keep = KeepDims::no,
                               Source at = Source::here());

}  // namespace xgrad

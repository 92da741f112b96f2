#pragma once

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/nn/cross_entropy.hpp>
#include <xgrad/nn/reduction.hpp>

namespace xgrad::nn {

// Input and target never broadcast against each other: (N, 1) against (N) is an error. Their floating dtypes agree;
// int64 and bool targets take the input's. Gradients flow to both, except to int64 labels. The mean of no elements is
// NaN.

/// (y - t)², y the input and t the target.
[[nodiscard]] Tensor mse_loss(Tensor input, Tensor target, Reduction reduction = Reduction::mean,
                              Source at = Source::here());
/// ½ Σ (y - t)², a scalar.
[[nodiscard]] Tensor half_squared_error(Tensor y, Tensor t, Source at = Source::here());
/// |y - t|, with slope 0 at 0.
[[nodiscard]] Tensor l1_loss(Tensor input, Tensor target, Reduction reduction = Reduction::mean,
                             Source at = Source::here());
/// d² / 2β for d = |y - t| below β, else d - β/2. β = 0 is l1_loss; a negative one is an error.
[[nodiscard]] Tensor smooth_l1_loss(Tensor input, Tensor target, Reduction reduction = Reduction::mean,
                                    double beta = 1.0, Source at = Source::here());
/// d² / 2 for d = |y - t| up to δ, else δ (d - δ/2). δ must be positive.
[[nodiscard]] Tensor huber_loss(Tensor input, Tensor target, Reduction reduction = Reduction::mean, double delta = 1.0,
                                Source at = Source::here());

/// What the targets of kl_div are: probabilities, or their logarithms.
enum class LogTarget : bool { no, yes };
inline constexpr LogTarget log_target = LogTarget::yes;

/// The pointwise Kullback-Leibler divergence t (ln t - y), 0 at t = 0, of an input y of log-probabilities; with
/// log_target, e^t (t - y). The mathematical divergence of a batch is `batchmean`.
[[nodiscard]] Tensor kl_div(Tensor input, Tensor target, Reduction reduction = Reduction::mean,
                            LogTarget logarithms = LogTarget::no, Source at = Source::here());

/// -w [t ln z + (1 - t) ln(1 - z)], the logarithms clamped at -100 in value and in slope. z outside [0, 1] is an error.
/// The weight w is undefined or broadcasts to z's shape.
[[nodiscard]] Tensor binary_cross_entropy(Tensor probabilities, Tensor target, Tensor weight = {},
                                          Reduction reduction = Reduction::mean, Source at = Source::here());
[[nodiscard]] Tensor binary_cross_entropy(Tensor probabilities, Tensor target, Reduction reduction,
                                          Source at = Source::here());

/// -w [p t ln σ(x) + (1 - t) ln(1 - σ(x))], finite for every finite x. The weight w, and that of the positive class, p,
/// are undefined or broadcast to x's shape. Without them the slope is σ(x) - t.
[[nodiscard]] Tensor binary_cross_entropy_with_logits(Tensor logits, Tensor target, Tensor weight = {},
                                                      Tensor pos_weight = {}, Reduction reduction = Reduction::mean,
                                                      Source at = Source::here());
[[nodiscard]] Tensor binary_cross_entropy_with_logits(Tensor logits, Tensor target, Reduction reduction,
                                                      Source at = Source::here());

}  // namespace xgrad::nn

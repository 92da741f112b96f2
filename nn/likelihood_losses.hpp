#pragma once

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/nn/loss_options.hpp>

namespace xgrad::nn {

// As for the other losses, inputs and targets never broadcast against each other, and their floating dtypes agree.

/// e^x - t x for an input x that is the logarithm of a rate; without log_input, x - t ln(x + eps). With `full`,
/// t ln t - t + ½ ln 2πt is added for targets above 1.
[[nodiscard]] Tensor poisson_nll_loss(Tensor input, Tensor target, const PoissonNLLLossOptions& options = {},
                                      Source at = Source::here());
/// ½ [ln v + (x - t)² / v], v the larger of variance and eps; with `full`, ½ ln 2π is added. The variance has the
/// input's shape, or that without its last axis, or with one axis of size 1, or is one number. As in PyTorch, gradients
/// of a variance below eps are those at eps. A negative one is an error.
[[nodiscard]] Tensor gaussian_nll_loss(Tensor input, Tensor target, Tensor var,
                                       const GaussianNLLLossOptions& options = {}, Source at = Source::here());

/// Connectionist temporal classification: -ln of the probability of all ways to write the target over T steps, with
/// repeated labels merged and blanks dropped (Graves et al., 2006), for log-probabilities (T, N, C) or (T, C).
///
/// Targets are int64 labels other than the blank: padded, (N, S), or one after the other, (sum of target_lengths); the
/// lengths are int64, (N), or (). The mean divides each loss by its target's length, at least 1, and averages. A target
/// that no way of writing fits costs infinity, with NaN as gradient; with zero_infinity 0, with gradient 0.
///
/// Errors: a length beyond its tensor, a label that is blank or outside [0, C). The gradient is that of the function:
/// minus the probability of each class at each step, given the target. (PyTorch's presumes that a log_softmax stands
/// before, and adds e^x; what comes out of log_softmax's backward is the same.)
[[nodiscard]] Tensor ctc_loss(Tensor log_probs, Tensor targets, Tensor input_lengths, Tensor target_lengths,
                              const CTCLossOptions& options = {}, Source at = Source::here());

}  // namespace xgrad::nn

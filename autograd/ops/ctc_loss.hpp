#pragma once

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::detail {

// The op behind nn::ctc_loss, which checks the arguments.

/// -ln of the probability of each sample's labels for log-probabilities x (T, N, C): (N). Labels are int64 (N, S), both
/// lengths int64 (N).
[[nodiscard]] Tensor ctc_losses(Tensor x, Tensor labels, Tensor input_lengths, Tensor target_lengths,
                                std::int64_t blank, bool zero_infinity, Source at = Source::here());

}  // namespace xgrad::detail

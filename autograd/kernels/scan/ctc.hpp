#pragma once

#include <cstdint>

namespace xgrad::kernels {

/// A batch for connectionist temporal classification (Graves et al., 2006): log-probabilities (steps, samples,
/// classes), labels (samples, most_labels), of which the first target_lengths[i] of a sample count.
struct Ctc {
  std::int64_t steps, samples, classes, most_labels;
  const std::int64_t *labels, *input_lengths, *target_lengths;
  std::int64_t blank;
};

/// -ln of the probability of each sample's labels, in double.
template <class T>
void ctc_losses(const T* x, double* losses, const Ctc& batch);

/// gx = -g times the probability of each class at each step, given the labels; 0 beyond a sample's steps. Where a loss
/// is infinite, NaN, or 0 with zero_infinity.
template <class T>
void ctc_backward(const T* x, const T* g, T* gx, const Ctc& batch, bool zero_infinity);

}  // namespace xgrad::kernels

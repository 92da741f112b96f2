#pragma once

// For the library's sources only: losses that compare input and target element by element, as one op together with
// their reduction.

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::detail {

/// How the elementwise losses are reduced.
struct LossReduction {
  const char* name;    // as an attribute of the node
  bool add;            // sum the losses; else keep one per element
  double divisor = 1;  // of the sum
};

// x and t have one shape and one floating dtype. `op` is the name in messages and profiles.

/// (x - t)².
Tensor squared_error(const char* op, Tensor x, Tensor t, const LossReduction& reduction, Source at);
/// (x - t)² / 2.
Tensor half_squared_error(const char* op, Tensor x, Tensor t, const LossReduction& reduction, Source at);
/// |x - t|.
Tensor absolute_error(const char* op, Tensor x, Tensor t, const LossReduction& reduction, Source at);
/// d² / 2β for d = |x - t| below β, else d - β/2.
Tensor smooth_absolute_error(const char* op, Tensor x, Tensor t, double beta, const LossReduction& reduction,
                             Source at);
/// d² / 2 for d = |x - t| up to δ, else δ (d - δ/2).
Tensor huber_error(const char* op, Tensor x, Tensor t, double delta, const LossReduction& reduction, Source at);
/// t (ln t - x); with log_target, e^t (t - x).
Tensor divergence(const char* op, Tensor x, Tensor t, bool log_target, const LossReduction& reduction, Source at);
/// -[t ln x + (1 - t) ln(1 - x)], the logarithms clamped at -100.
Tensor binary_cross_entropy(const char* op, Tensor x, Tensor t, const LossReduction& reduction, Source at);
/// The same of σ(x) in place of x, not clamped; and its two parts, those of targets 0 and 1.
Tensor logits_loss(const char* op, Tensor x, Tensor t, const LossReduction& reduction, Source at);
Tensor negative_logits_loss(const char* op, Tensor x, Tensor t, Source at);
Tensor positive_logits_loss(const char* op, Tensor x, Tensor t, Source at);

}  // namespace xgrad::detail

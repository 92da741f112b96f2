#pragma once

#include <cstdint>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::optim {

/// Whether a norm that is infinite or NaN is an error. By default it is: PyTorch by default goes on, and turns every
/// weight into NaN.
enum class Nonfinite : std::uint8_t { error, allowed };

/// The norm of order p of all elements of all tensors together, (Σ |x|^p)^(1/p), or the largest |x| for p = ∞; 0 of no
/// tensors. In float64, so that finite float32 tensors have a finite norm.
[[nodiscard]] double get_total_norm(const std::vector<Tensor>& tensors, double p = 2,
                                    Nonfinite nonfinite = Nonfinite::error, Source at = Source::here());

/// Multiplies all gradients by min(1, max_norm / (norm + 1e-6)), where norm is that of order p of all gradients
/// together, and returns norm. To be called between backward() and step(). Parameters without a gradient are left out;
/// a parameter that is given twice is an error.
double clip_grad_norm_(const std::vector<Tensor>& parameters, double max_norm, double p = 2,
                       Nonfinite nonfinite = Nonfinite::error, Source at = Source::here());

/// Moves every element of every gradient into [-clip_value, clip_value]. NaN stays. A parameter that is given twice is
/// an error.
void clip_grad_value_(const std::vector<Tensor>& parameters, double clip_value, Source at = Source::here());

}  // namespace xgrad::optim

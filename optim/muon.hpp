#pragma once

#include <xgrad/optim/optimizer.hpp>

namespace xgrad::optim {

/// How Muon adapts the learning rate to the shape of a matrix (rows, columns).
enum class AdjustLR : std::uint8_t {
  original,        ///< sqrt(max(1, rows / columns)) lr (Jordan 2024)
  match_rms_adamw  ///< 0.2 sqrt(max(rows, columns)) lr: steps as large as AdamW's (Liu et al. 2025)
};

/// Options of Muon: `Muon::Options().momentum(0.9).adjust_lr_fn(optim::AdjustLR::match_rms_adamw)`.
class MuonOptions : public detail::OptionList<MuonOptions> {
 public:
  /// Shrinks p by lr · weight_decay. By default 0.1.
  MuonOptions& weight_decay(double value) { return set("weight_decay", value); }
  /// By default 0.95.
  MuonOptions& momentum(double value) { return set("momentum", value); }
  /// By default on.
  MuonOptions& nesterov(bool on = true) { return set("nesterov", on ? 1 : 0); }
  /// The coefficients of the iteration, by default 3.4445, -4.775 and 2.0315.
  MuonOptions& ns_coefficients(double a, double b, double c) {
    return set("ns_coefficients.0", a).set("ns_coefficients.1", b).set("ns_coefficients.2", c);
  }
  /// The least norm that a matrix is divided by. By default 1e-7.
  MuonOptions& eps(double value) { return set("eps", value); }
  /// The number of iterations, below 100. By default 5.
  MuonOptions& ns_steps(int value) { return set("ns_steps", value); }
  MuonOptions& adjust_lr_fn(AdjustLR value) { return set("adjust_lr_fn", value == AdjustLR::original ? 0 : 1); }
  /// Maximises instead of minimising.
  MuonOptions& maximize(bool on = true) { return set("maximize", on ? 1 : 0); }
};

/// Muon, momentum that is made orthogonal, for the matrices of hidden layers (Jordan 2024,
/// https://kellerjordan.github.io/posts/muon), as PyTorch defines it; give other parameters to AdamW.
///
///     d = g, or -g to maximise;  b = momentum b + (1 - momentum) d
///     u = b, or (1 - momentum) d + momentum b by Nesterov;  transposed if it has more rows than columns
///     x = u / max(|u|, eps),  then ns_steps times:  A = x xᵀ,  x = a x + (b A + c A A) x
///     p = (1 - lr weight_decay) p - adjusted lr · x
///
/// The iteration brings all singular values of u near 1, to between about 0.7 and 1.2. It runs in the dtype of the
/// parameter. PyTorch rounds it to bfloat16, so its steps differ from these by about one part in a hundred. Refuses
/// parameters that are not matrices. Keeps "momentum_buffer".
class Muon : public Optimizer {
 public:
  using Options = MuonOptions;

  explicit Muon(const Groups& parameters, double lr = 1e-3, const Options& options = {});

 protected:
  void prepare(const std::vector<Moving>& moving, Source at) override;
  kernels::UpdatePass update(Moving& moving, Source at) override;

 private:
  struct Change {
    Tensor buffer, direction;
  };
  std::vector<Change> changes_;  // of the parameters that this step has not yet written, the next one last
};

}  // namespace xgrad::optim

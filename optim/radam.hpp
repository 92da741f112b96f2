#pragma once

#include <xgrad/optim/optimizer.hpp>

namespace xgrad::optim {

/// Options of RAdam: `RAdam::Options().weight_decay(0.01).decoupled_weight_decay()`.
class RAdamOptions : public detail::OptionList<RAdamOptions> {
 public:
  /// The decay rates of the running means of g and g², in [0, 1). By default 0.9 and 0.999.
  RAdamOptions& betas(double first, double second) { return set("betas.0", first).set("betas.1", second); }
  /// Added to the root, before its bias is corrected. By default 1e-8.
  RAdamOptions& eps(double value) { return set("eps", value); }
  /// Adds weight_decay · p to each gradient. By default 0.
  RAdamOptions& weight_decay(double value) { return set("weight_decay", value); }
  /// Decays p itself, by lr · weight_decay, as AdamW does (Loshchilov and Hutter 2019), not the gradient.
  RAdamOptions& decoupled_weight_decay(bool on = true) { return set("decoupled_weight_decay", on ? 1 : 0); }
  /// Maximises instead of minimising.
  RAdamOptions& maximize(bool on = true) { return set("maximize", on ? 1 : 0); }
};

/// RAdam, Adam with a rectified variance (Liu et al. 2020), as PyTorch defines it. With t the number of steps of this
/// parameter:
///
///     d = g, or -g to maximise;  d = d + weight_decay p
///     m = beta1 m + (1 - beta1) d,  v = beta2 v + (1 - beta2) d²
///     R = 2 / (1 - beta2) - 1,  r = R - 2 t beta2^t / (1 - beta2^t)
///     p = p - lr / (1 - beta1^t) m · c,  where c = 1 while r <= 5, and then
///     c = sqrt((r - 4) (r - 2) R / ((R - 4) (R - 2) r)) · sqrt(1 - beta2^t) / (sqrt(v) + eps)
///
/// Keeps "step", "exp_avg" and "exp_avg_sq".
class RAdam : public Optimizer {
 public:
  using Options = RAdamOptions;

  explicit RAdam(const Groups& parameters, double lr = 1e-3, const Options& options = {});

 protected:
  kernels::UpdatePass update(Moving& moving, Source at) override;
};

}  // namespace xgrad::optim

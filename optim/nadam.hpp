#pragma once

#include <xgrad/optim/optimizer.hpp>

namespace xgrad::optim {

/// Options of NAdam: `NAdam::Options().momentum_decay(0.01)`.
class NAdamOptions : public detail::OptionList<NAdamOptions> {
 public:
  /// The decay rates of the running means of g and g², in [0, 1). By default 0.9 and 0.999.
  NAdamOptions& betas(double first, double second) { return set("betas.0", first).set("betas.1", second); }
  /// Added to the root, after its bias is corrected. By default 1e-8.
  NAdamOptions& eps(double value) { return set("eps", value); }
  /// Adds weight_decay · p to each gradient. By default 0.
  NAdamOptions& weight_decay(double value) { return set("weight_decay", value); }
  /// How fast the momentum reaches beta1, psi below. By default 4e-3.
  NAdamOptions& momentum_decay(double value) { return set("momentum_decay", value); }
  /// Decays p itself, by lr · weight_decay, as AdamW does (Loshchilov and Hutter 2019), not the gradient.
  NAdamOptions& decoupled_weight_decay(bool on = true) { return set("decoupled_weight_decay", on ? 1 : 0); }
  /// Maximises instead of minimising.
  NAdamOptions& maximize(bool on = true) { return set("maximize", on ? 1 : 0); }
};

/// NAdam, Adam with Nesterov momentum (Dozat 2016), as PyTorch defines it. With t the number of steps of this
/// parameter:
///
///     d = g, or -g to maximise;  d = d + weight_decay p
///     mu(t) = beta1 (1 - 0.96^(t psi) / 2),  M = mu(1) mu(2) ... mu(t)
///     m = beta1 m + (1 - beta1) d,  v = beta2 v + (1 - beta2) d²
///     p = p - lr ((1 - mu(t)) / (1 - M) d + mu(t+1) / (1 - M mu(t+1)) m) / (sqrt(v / (1 - beta2^t)) + eps)
///
/// Keeps "step", "mu_product", which is M, "exp_avg" and "exp_avg_sq". PyTorch rounds M to its default dtype, here it
/// is float64.
class NAdam : public Optimizer {
 public:
  using Options = NAdamOptions;

  explicit NAdam(const Groups& parameters, double lr = 2e-3, const Options& options = {});

 protected:
  kernels::UpdatePass update(Moving& moving, Source at) override;
};

}  // namespace xgrad::optim

#pragma once

#include <xgrad/optim/optimizer.hpp>

namespace xgrad::optim {

/// Options of Adamax: `Adamax::Options().betas(0.9, 0.98)`.
class AdamaxOptions : public detail::OptionList<AdamaxOptions> {
 public:
  /// The decay rates of the running mean of g and of its running bound, in [0, 1). By default 0.9 and 0.999.
  AdamaxOptions& betas(double first, double second) { return set("betas.0", first).set("betas.1", second); }
  /// Added to |g| before it is compared with the bound. By default 1e-8.
  AdamaxOptions& eps(double value) { return set("eps", value); }
  /// Adds weight_decay · p to each gradient. By default 0.
  AdamaxOptions& weight_decay(double value) { return set("weight_decay", value); }
  /// Maximises instead of minimising.
  AdamaxOptions& maximize(bool on = true) { return set("maximize", on ? 1 : 0); }
};

/// Adamax (Kingma and Ba 2015, section 7.1), as PyTorch defines it. With t the number of steps of this parameter:
///
///     d = g, or -g to maximise;  d = d + weight_decay p
///     m = beta1 m + (1 - beta1) d,  u = max(beta2 u, |d| + eps)
///     p = p - lr / (1 - beta1^t) · m / u
///
/// Keeps "step", "exp_avg" and "exp_inf".
class Adamax : public Optimizer {
 public:
  using Options = AdamaxOptions;

  explicit Adamax(const Groups& parameters, double lr = 2e-3, const Options& options = {});

 protected:
  kernels::UpdatePass update(Moving& moving, Source at) override;
};

}  // namespace xgrad::optim

#pragma once

#include <xgrad/optim/optimizer.hpp>

namespace xgrad::optim {

/// Options of Adadelta: `Adadelta::Options().rho(0.95)`.
class AdadeltaOptions : public detail::OptionList<AdadeltaOptions> {
 public:
  /// The decay rate of both running means, in [0, 1]. By default 0.9.
  AdadeltaOptions& rho(double value) { return set("rho", value); }
  /// Added inside both roots. By default 1e-6.
  AdadeltaOptions& eps(double value) { return set("eps", value); }
  /// Adds weight_decay · p to each gradient. By default 0.
  AdadeltaOptions& weight_decay(double value) { return set("weight_decay", value); }
  /// Maximises instead of minimising.
  AdadeltaOptions& maximize(bool on = true) { return set("maximize", on ? 1 : 0); }
};

/// Adadelta (Zeiler 2012), as PyTorch defines it:
///
///     d = g, or -g to maximise;  d = d + weight_decay p
///     v = rho v + (1 - rho) d²
///     c = sqrt(a + eps) / sqrt(v + eps) · d,  a = rho a + (1 - rho) c²
///     p = p - lr c
///
/// Keeps "step", "square_avg", which is v, and "acc_delta", which is a.
class Adadelta : public Optimizer {
 public:
  using Options = AdadeltaOptions;

  explicit Adadelta(const Groups& parameters, double lr = 1, const Options& options = {});

 protected:
  kernels::UpdatePass update(Moving& moving, Source at) override;
};

}  // namespace xgrad::optim

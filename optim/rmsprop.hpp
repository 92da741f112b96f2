#pragma once

#include <xgrad/optim/optimizer.hpp>

namespace xgrad::optim {

/// Options of RMSprop: `RMSprop::Options().momentum(0.9).centered()`.
class RMSpropOptions : public detail::OptionList<RMSpropOptions> {
 public:
  /// The decay rate of the running mean of squares, in [0, 1]. By default 0.99.
  RMSpropOptions& alpha(double value) { return set("alpha", value); }
  /// Added to the root. By default 1e-8.
  RMSpropOptions& eps(double value) { return set("eps", value); }
  /// Adds weight_decay · p to each gradient. By default 0.
  RMSpropOptions& weight_decay(double value) { return set("weight_decay", value); }
  /// By default 0.
  RMSpropOptions& momentum(double value) { return set("momentum", value); }
  /// Divides by the root of the variance instead of that of the mean square.
  RMSpropOptions& centered(bool on = true) { return set("centered", on ? 1 : 0); }
  /// Maximises instead of minimising.
  RMSpropOptions& maximize(bool on = true) { return set("maximize", on ? 1 : 0); }
};

/// RMSprop (Hinton, Srivastava and Swersky 2012; centred by Graves 2013), as PyTorch defines it:
///
///     d = g, or -g to maximise;  d = d + weight_decay p
///     v = alpha v + (1 - alpha) d²;  centred: m = alpha m + (1 - alpha) d, and v - m² takes the place of v below
///     c = d / (sqrt(v) + eps);  with momentum: b = momentum b + c, c = b
///     p = p - lr c
///
/// Keeps "step", "square_avg", with momentum "momentum_buffer", and centred "grad_avg".
class RMSprop : public Optimizer {
 public:
  using Options = RMSpropOptions;

  explicit RMSprop(const Groups& parameters, double lr = 1e-2, const Options& options = {});

 protected:
  kernels::UpdatePass update(Moving& moving, Source at) override;
};

}  // namespace xgrad::optim

#pragma once

#include <xgrad/optim/optimizer.hpp>

namespace xgrad::optim {

/// Options of Adagrad: `Adagrad::Options().lr_decay(0.01)`.
class AdagradOptions : public detail::OptionList<AdagradOptions> {
 public:
  /// How fast the learning rate falls, see below. By default 0.
  AdagradOptions& lr_decay(double value) { return set("lr_decay", value); }
  /// Adds weight_decay · p to each gradient. By default 0.
  AdagradOptions& weight_decay(double value) { return set("weight_decay", value); }
  /// What the sum of squares begins with. By default 0.
  AdagradOptions& initial_accumulator_value(double value) { return set("initial_accumulator_value", value); }
  /// Added to the root. By default 1e-10.
  AdagradOptions& eps(double value) { return set("eps", value); }
  /// Maximises instead of minimising.
  AdagradOptions& maximize(bool on = true) { return set("maximize", on ? 1 : 0); }
};

/// Adagrad (Duchi, Hazan and Singer 2011), as PyTorch defines it. With t the number of steps of this parameter:
///
///     d = g, or -g to maximise;  d = d + weight_decay p
///     s = s + d²,  beginning with initial_accumulator_value
///     p = p - lr / (1 + (t - 1) lr_decay) · d / (sqrt(s) + eps)
///
/// Keeps "step" and "sum".
class Adagrad : public Optimizer {
 public:
  using Options = AdagradOptions;

  explicit Adagrad(const Groups& parameters, double lr = 1e-2, const Options& options = {});

 protected:
  kernels::UpdatePass update(Moving& moving, Source at) override;
};

}  // namespace xgrad::optim

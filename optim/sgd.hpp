#pragma once

#include <xgrad/optim/optimizer.hpp>

namespace xgrad::optim {

/// Options of SGD: `SGD::Options().momentum(0.9).nesterov()`. Everything is off by default.
class SGDOptions : public detail::OptionList<SGDOptions> {
 public:
  SGDOptions& momentum(double value) { return set("momentum", value); }
  /// Multiplies every gradient but the first by 1 - dampening before it is added to the momentum.
  SGDOptions& dampening(double value) { return set("dampening", value); }
  /// Nesterov momentum. Needs momentum and no dampening.
  SGDOptions& nesterov(bool on = true) { return set("nesterov", on ? 1 : 0); }
  /// Adds weight_decay · p to each gradient: the slope of an L2 penalty.
  SGDOptions& weight_decay(double value) { return set("weight_decay", value); }
  /// Maximises instead of minimising.
  SGDOptions& maximize(bool on = true) { return set("maximize", on ? 1 : 0); }
};

/// Stochastic gradient descent, p ← p - lr d, as PyTorch defines it:
///
///     d = g, or -g to maximise;  d = d + weight_decay p
///     b = d at the first step of p, then b = momentum b + (1 - dampening) d
///     d = b, or d + momentum b by Nesterov
///
/// Momentum is Polyak's (1964), Nesterov momentum (1983) has the form of Sutskever et al. (2013). Keeps
/// "momentum_buffer".
class SGD : public Optimizer {
 public:
  using Options = SGDOptions;

  SGD(const Groups& parameters, double lr, const Options& options = {});

 protected:
  kernels::UpdatePass update(Moving& moving, Source at) override;
};

}  // namespace xgrad::optim

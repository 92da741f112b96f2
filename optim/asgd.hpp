#pragma once

#include <xgrad/optim/optimizer.hpp>

namespace xgrad::optim {

/// Options of ASGD: `ASGD::Options().t0(1000)`.
class ASGDOptions : public detail::OptionList<ASGDOptions> {
 public:
  /// How fast p decays and the learning rate falls, see below; not negative. By default 1e-4.
  ASGDOptions& lambd(double value) { return set("lambd", value); }
  /// The power with which the learning rate falls. By default 0.75.
  ASGDOptions& alpha(double value) { return set("alpha", value); }
  /// The step at which averaging begins. By default 1e6.
  ASGDOptions& t0(double value) { return set("t0", value); }
  /// Adds weight_decay · p to each gradient. By default 0.
  ASGDOptions& weight_decay(double value) { return set("weight_decay", value); }
  /// Maximises instead of minimising.
  ASGDOptions& maximize(bool on = true) { return set("maximize", on ? 1 : 0); }
};

/// ASGD, averaged stochastic gradient descent (Polyak and Juditsky 1992; Xu 2011), as PyTorch defines it. With t the
/// number of steps of this parameter before this one:
///
///     d = g, or -g to maximise;  d = d + weight_decay p
///     eta = lr / (1 + lambd lr t)^alpha,  mu = 1 / max(1, t - t0)
///     p = (1 - lambd eta) p - eta d,  ax = ax + mu (p - ax)
///
/// ax is p until averaging begins. Keeps "step", "eta", "mu" and "ax". PyTorch rounds eta and mu to its default dtype,
/// here they are float64.
class ASGD : public Optimizer {
 public:
  using Options = ASGDOptions;

  explicit ASGD(const Groups& parameters, double lr = 1e-2, const Options& options = {});

 protected:
  kernels::UpdatePass update(Moving& moving, Source at) override;
};

}  // namespace xgrad::optim

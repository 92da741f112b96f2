#pragma once

#include <xgrad/optim/optimizer.hpp>

namespace xgrad::optim {

/// Options of Lion: `Lion::Options().betas(0.95, 0.98).weight_decay(1)`.
class LionOptions : public detail::OptionList<LionOptions> {
 public:
  /// The weights of the running mean in the step, and in the next running mean, in [0, 1). By default 0.9 and
  /// 0.99.
  LionOptions& betas(double first, double second) { return set("betas.0", first).set("betas.1", second); }
  /// Shrinks p by lr · weight_decay. By default 0.
  LionOptions& weight_decay(double value) { return set("weight_decay", value); }
  /// Maximises instead of minimising.
  LionOptions& maximize(bool on = true) { return set("maximize", on ? 1 : 0); }
};

/// Lion (Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms", algorithm 2):
///
///     d = g, or -g to maximise
///     c = beta1 m + (1 - beta1) d,  m = beta2 m + (1 - beta2) d
///     p = p - lr (sign(c) + weight_decay p)
///
/// The paper advises a learning rate 3 to 10 times smaller than AdamW's, and a weight decay as many times larger. Keeps
/// "exp_avg", which is m. PyTorch has no Lion.
class Lion : public Optimizer {
 public:
  using Options = LionOptions;

  explicit Lion(const Groups& parameters, double lr = 1e-4, const Options& options = {});

 protected:
  kernels::UpdatePass update(Moving& moving, Source at) override;
};

}  // namespace xgrad::optim

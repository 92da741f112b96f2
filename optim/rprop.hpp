#pragma once

#include <xgrad/optim/optimizer.hpp>

namespace xgrad::optim {

/// Options of Rprop: `Rprop::Options().etas(0.5, 1.2)`.
class RpropOptions : public detail::OptionList<RpropOptions> {
 public:
  /// The factors of a step where the gradient turns, in (0, 1), and where it keeps its sign, above 1. By default 0.5
  /// and 1.2.
  RpropOptions& etas(double minus, double plus) { return set("etas.0", minus).set("etas.1", plus); }
  /// The smallest and the largest step. By default 1e-6 and 50.
  RpropOptions& step_sizes(double least, double most) { return set("step_sizes.0", least).set("step_sizes.1", most); }
  /// Maximises instead of minimising.
  RpropOptions& maximize(bool on = true) { return set("maximize", on ? 1 : 0); }
};

/// Rprop, resilient backpropagation (Riedmiller and Braun 1993), as PyTorch defines it, for gradients of all data. Each
/// element has a step of its own, which begins at lr:
///
///     d = g, or -g to maximise
///     step = step · plus where d · last > 0, step · minus where it is < 0; within step_sizes
///     d = 0 where d · last < 0
///     p = p - sign(d) step,  last = d
///
/// Keeps "step", "prev", which is last, and "step_size". Later changes of lr have no effect.
class Rprop : public Optimizer {
 public:
  using Options = RpropOptions;

  explicit Rprop(const Groups& parameters, double lr = 1e-2, const Options& options = {});

 protected:
  kernels::UpdatePass update(Moving& moving, Source at) override;
};

}  // namespace xgrad::optim

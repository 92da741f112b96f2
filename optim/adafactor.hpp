#pragma once

#include <optional>

#include <xgrad/optim/optimizer.hpp>

namespace xgrad::optim {

/// Options of Adafactor: `Adafactor::Options().d(2).weight_decay(0.01)`.
class AdafactorOptions : public detail::OptionList<AdafactorOptions> {
 public:
  /// The power of the step with which the running means slow down, not positive. By default -0.8.
  AdafactorOptions& beta2_decay(double value) { return set("beta2_decay", value); }
  /// The lower bound of the root of the second moment, by default the dtype's machine epsilon, and that of the root
  /// mean square of a parameter, which scales its step, by default 1e-3.
  AdafactorOptions& eps(std::optional<double> first, double second);
  /// The greatest root mean square of a step before it is scaled, at least 1. By default 1.
  AdafactorOptions& d(double value) { return set("d", value); }
  /// Shrinks p by lr · weight_decay. By default 0.
  AdafactorOptions& weight_decay(double value) { return set("weight_decay", value); }
  /// Maximises instead of minimising.
  AdafactorOptions& maximize(bool on = true) { return set("maximize", on ? 1 : 0); }
};

/// Adafactor (Shazeer and Stern 2018), as PyTorch defines it. Of the second moments of a matrix it keeps the means of
/// rows and columns only. With t the number of steps of this parameter, and n its number of elements:
///
///     d = g, or -g to maximise;  w = t^beta2_decay
///     R = R + w (mean of d² over the last axis - R),  C the same over the last axis but one
///     v = max(R C / max(mean of R over the last axis but one, eps1), eps1²);  of vectors v = v + w (d² - v)
///     u = d / sqrt(v),  p = (1 - lr weight_decay) p - r max(eps2, |p| / sqrt(n)) u / max(1, |u| / (sqrt(n) ·
///     threshold))
///
/// where r = min(lr, 1 / sqrt(t)), and the threshold is the option d. Keeps "step" with "row_var" and "col_var", or
/// "variance" of parameters with fewer than two axes.
class Adafactor : public Optimizer {
 public:
  using Options = AdafactorOptions;

  explicit Adafactor(const Groups& parameters, double lr = 1e-2, const Options& options = {});

 protected:
  void prepare(const std::vector<Moving>& moving, Source at) override;
  kernels::UpdatePass update(Moving& moving, Source at) override;

 private:
  struct Change {
    Tensor rows, columns, variance, direction;
    double rate;
  };
  Change change_of(const Moving& moving, Source at) const;

  std::vector<Change> changes_;  // of the parameters that this step has not yet written, the next one last
};

}  // namespace xgrad::optim

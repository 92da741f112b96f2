#pragma once

#include <xgrad/autograd/ops/update.hpp>
#include <xgrad/optim/optimizer.hpp>

namespace xgrad::optim {

/// Options of Adam and AdamW: `Adam::Options().betas(0.9, 0.98).amsgrad()`.
class AdamOptions : public detail::OptionList<AdamOptions> {
 public:
  /// The decay rates of the running means of g and g², in [0, 1). By default 0.9 and 0.999.
  AdamOptions& betas(double first, double second) { return set("betas.0", first).set("betas.1", second); }
  /// Added to the root, after its bias is corrected. By default 1e-8.
  AdamOptions& eps(double value) { return set("eps", value); }
  /// Adam: adds weight_decay · p to each gradient; by default 0. AdamW: shrinks p by lr · weight_decay; by default
  /// 0.01.
  AdamOptions& weight_decay(double value) { return set("weight_decay", value); }
  /// Divides by the greatest second moment so far (Reddi et al. 2018).
  AdamOptions& amsgrad(bool on = true) { return set("amsgrad", on ? 1 : 0); }
  /// Maximises instead of minimising.
  AdamOptions& maximize(bool on = true) { return set("maximize", on ? 1 : 0); }
  /// Makes Adam's weight decay that of AdamW, whose default this is.
  AdamOptions& decoupled_weight_decay(bool on = true) { return set("decoupled_weight_decay", on ? 1 : 0); }
};

/// Adam (Kingma and Ba 2015), as PyTorch defines it. With t the number of steps that this parameter has made:
///
///     d = g, or -g to maximise;  d = d + weight_decay p
///     m = beta1 m + (1 - beta1) d,  v = beta2 v + (1 - beta2) d²
///     p = p - lr / (1 - beta1^t) · m / (sqrt(v / (1 - beta2^t)) + eps)
///
/// AMSGrad puts the maximum of all v in place of v. Keeps "step", "exp_avg", "exp_avg_sq" and "max_exp_avg_sq".
class Adam : public Optimizer {
 public:
  using Options = AdamOptions;

  explicit Adam(const Groups& parameters, double lr = 1e-3, const Options& options = {});

 protected:
  /// `decoupled` makes it AdamW.
  Adam(const char* name, const Groups& parameters, double lr, const Options& options, bool decoupled);
  void prepare(const std::vector<Moving>& moving, Source at) override;
  kernels::UpdatePass update(Moving& moving, Source at) override;

 private:
  // The rule of the last parameter, which serves all of its group that have made as many steps.
  kernels::AdamRule rule_;
  std::size_t group_ = 0;
  std::int64_t step_ = 0;
};

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019): p is multiplied by 1 - lr · weight_decay before the
/// step, and the gradient is left alone.
class AdamW : public Adam {
 public:
  explicit AdamW(const Groups& parameters, double lr = 1e-3, const Options& options = {});
};

}  // namespace xgrad::optim

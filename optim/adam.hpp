#pragma once

#include <optional>

#include <xgrad/optim/optimizer.hpp>

namespace xgrad::optim {

/// Options of Adam and AdamW: `Adam::Options().betas(0.9, 0.98).amsgrad()`.
class AdamOptions {
 public:
  /// The decay rates of the running means of g and g², in [0, 1). By default 0.9 and 0.999.
  AdamOptions& betas(double first, double second) {
    beta1_ = first;
    beta2_ = second;
    return *this;
  }
  /// Added to the root, after its bias is corrected. By default 1e-8.
  AdamOptions& eps(double value) {
    eps_ = value;
    return *this;
  }
  /// Adam: adds weight_decay · p to each gradient; by default 0. AdamW: shrinks p by lr · weight_decay; by default
  /// 0.01.
  AdamOptions& weight_decay(double value) {
    weight_decay_ = value;
    return *this;
  }
  /// Divides by the greatest second moment so far (Reddi et al. 2018).
  AdamOptions& amsgrad(bool on = true) {
    amsgrad_ = on;
    return *this;
  }
  /// Maximises instead of minimising.
  AdamOptions& maximize(bool on = true) {
    maximize_ = on;
    return *this;
  }

 private:
  friend class Adam;
  friend class AdamW;
  double beta1_ = 0.9;
  double beta2_ = 0.999;
  double eps_ = 1e-8;
  std::optional<double> weight_decay_;
  bool amsgrad_ = false;
  bool maximize_ = false;
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

  explicit Adam(std::vector<Tensor> parameters, double lr = 1e-3, const Options& options = {});
  Adam(Adam&&) noexcept;
  Adam& operator=(Adam&&) noexcept;
  ~Adam() override;

 protected:
  /// `decoupled` makes it AdamW.
  Adam(const char* name, std::vector<Tensor> parameters, double lr, const Options& options, bool decoupled);
  void update(const std::vector<Moving>& moving, Source at) override;

 private:
  struct Moments {
    Kept mean, square, greatest;
  };
  Options options_;
  double weight_decay_;
  bool decoupled_;
  std::vector<Moments> moments_;  // empty between steps; kept for its memory
};

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019): p is multiplied by 1 - lr · weight_decay before the
/// step, and the gradient is left alone.
class AdamW : public Adam {
 public:
  explicit AdamW(std::vector<Tensor> parameters, double lr = 1e-3, const Options& options = {});
};

}  // namespace xgrad::optim

#pragma once

#include <xgrad/optim/optimizer.hpp>

namespace xgrad::optim {

/// Options of SGD: `SGD::Options().momentum(0.9).nesterov()`. Everything is off by default.
class SGDOptions {
 public:
  SGDOptions& momentum(double value) {
    momentum_ = value;
    return *this;
  }
  /// Multiplies every gradient but the first by 1 - dampening before it is added to the momentum.
  SGDOptions& dampening(double value) {
    dampening_ = value;
    return *this;
  }
  /// Nesterov momentum. Needs momentum and no dampening.
  SGDOptions& nesterov(bool on = true) {
    nesterov_ = on;
    return *this;
  }
  /// Adds weight_decay · p to each gradient: the slope of an L2 penalty.
  SGDOptions& weight_decay(double value) {
    weight_decay_ = value;
    return *this;
  }
  /// Maximises instead of minimising.
  SGDOptions& maximize(bool on = true) {
    maximize_ = on;
    return *this;
  }

 private:
  friend class SGD;
  double momentum_ = 0;
  double dampening_ = 0;
  double weight_decay_ = 0;
  bool nesterov_ = false;
  bool maximize_ = false;
};

/// Stochastic gradient descent, p ← p - lr d, as PyTorch defines it:
///
///     d = g, or -g to maximise;  d = d + weight_decay p
///     b = d at the first step of p, then b = momentum b + (1 - dampening) d
///     d = b, or d + momentum b by Nesterov
///
/// Momentum is Polyak's (1964), Nesterov momentum (1983) has the form of Sutskever et al. (2013).
class SGD : public Optimizer {
 public:
  using Options = SGDOptions;

  SGD(std::vector<Tensor> parameters, double lr, const Options& options = {});
  SGD(SGD&&) noexcept;
  SGD& operator=(SGD&&) noexcept;
  ~SGD() override;

 protected:
  void update(const std::vector<Moving>& moving, Source at) override;

 private:
  Options options_;
  std::vector<Kept> buffers_;  // empty between steps; kept for its memory
};

}  // namespace xgrad::optim

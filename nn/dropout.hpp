#pragma once

#include <optional>

#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/nn/module.hpp>

namespace xgrad::nn {

/// What the dropouts share: a probability, and noise in training from the calling thread's generator, or from one of
/// its own, which copies of the module share and clones copy. A p outside [0, 1] is an error.
class RandomDropout : public Module {
 protected:
  using Function = Tensor (*)(Tensor x, double p, bool training, Generator* generator, Source at);
  RandomDropout(const char* name, Function function, double p, const Generator* generator = nullptr);
  Tensor forward(const Tensor& x) override;

 private:
  Function function_;
  double p_;
  Shared<std::optional<Generator>> generator_;
};

/// In training, each element is 0 with probability p, else x / (1 - p), and backward uses the same mask; in evaluation
/// y = x (Srivastava et al., 2014).
class Dropout : public RandomDropout {
 public:
  explicit Dropout(double p = 0.5);
  Dropout(double p, const Generator& generator);
};

/// dropout1d(), dropout2d() and dropout3d(): whole channels.
class Dropout1d : public RandomDropout {
 public:
  explicit Dropout1d(double p = 0.5);
  Dropout1d(double p, const Generator& generator);
};
class Dropout2d : public RandomDropout {
 public:
  explicit Dropout2d(double p = 0.5);
  Dropout2d(double p, const Generator& generator);
};
class Dropout3d : public RandomDropout {
 public:
  explicit Dropout3d(double p = 0.5);
  Dropout3d(double p, const Generator& generator);
};

/// alpha_dropout(), for nets of SELU.
class AlphaDropout : public RandomDropout {
 public:
  explicit AlphaDropout(double p = 0.5);
  AlphaDropout(double p, const Generator& generator);
};

/// feature_alpha_dropout(): whole channels.
class FeatureAlphaDropout : public RandomDropout {
 public:
  explicit FeatureAlphaDropout(double p = 0.5);
  FeatureAlphaDropout(double p, const Generator& generator);
};

}  // namespace xgrad::nn

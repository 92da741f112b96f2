#pragma once

#include <optional>

#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/nn/module.hpp>

namespace xgrad::nn {

/// In training, each element is 0 with probability p, else x / (1 - p), and backward uses the same mask; in evaluation
/// y = x (Srivastava et al., 2014). p outside [0, 1] is an error.
///
/// Draws from the calling thread's generator, or from one of its own, which copies of the module share and clones copy.
class Dropout : public Module {
 public:
  explicit Dropout(double p = 0.5);
  Dropout(double p, const Generator& generator);

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  double p_;
  Shared<std::optional<Generator>> generator_;
};

}  // namespace xgrad::nn

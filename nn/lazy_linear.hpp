#pragma once

#include <xgrad/nn/linear.hpp>

namespace xgrad::nn {

/// A Linear whose in_features are those of the first input. The first call draws W and b from the calling thread's
/// generator as Linear does; from then on every handle of the module is a Linear, in print too.
///
/// Before it, in_features() is 0, and parameters(), state_dict() and load_state_dict() of a model with such a layer are
/// errors, since an optimiser or a file would miss the weights: call the model once on a batch, as under NoGrad. to(),
/// requires_grad_(), train() and clone() work at once. The first call must not meet calls by other threads.
class LazyLinear : public Linear {
 public:
  explicit LazyLinear(Dim out_features, Bias bias = with_bias);

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  static Values placeholders(Dim out_features, Bias bias_wanted);
  void take_shape(const Tensor& x);
};

}  // namespace xgrad::nn

#pragma once

#include <xgrad/nn/linear.hpp>
#include <xgrad/nn/module_of.hpp>

namespace xgrad::nn {

/// y_k = x₁ᵀ A_k x₂ + b_k over the last axes: x₁ (..., in1), x₂ (..., in2), A (out, in1, in2), b (out) or undefined.
/// The other axes of x₁ and x₂ are the same.
[[nodiscard]] Tensor bilinear(Tensor x1, Tensor x2, Tensor weight, Tensor bias = {}, Source at = Source::here());

/// bilinear() with a weight and a bias of its own, initialised uniformly in ±1/√in1 from the calling thread's
/// generator.
class Bilinear : public ModuleOf<Bilinear> {
 public:
  Bilinear(Dim in1_features, Dim in2_features, Dim out_features, Bias bias = with_bias);

  Tensor forward(const Tensor& x1, const Tensor& x2);

  Parameter weight;
  Parameter bias;  ///< undefined without bias
};

}  // namespace xgrad::nn

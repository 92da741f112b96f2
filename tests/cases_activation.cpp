#include <xgrad/autograd/ops/activation.hpp>

#include "cases.hpp"

using namespace xgrad;

namespace cases {
std::vector<Case> activation_cases() {
  return {
      unary(
          "step", [](const Tensor& x) { return step(x); }, nonzero, zero_slope),
      unary(
          "sigmoid", [](const Tensor& x) { return sigmoid(x); }, any),
      unary(
          "logsigmoid", [](const Tensor& x) { return logsigmoid(x); }, any),
      unary(
          "tanh", [](const Tensor& x) { return tanh(x); }, any),
      unary(
          "relu", [](const Tensor& x) { return relu(x); }, nonzero, selects),
      unary(
          "leaky_relu", [](const Tensor& x) { return leaky_relu(x); }, nonzero),
      unary(
          "leaky_relu", [](const Tensor& x) { return leaky_relu(x, -0.3); }, nonzero),
      unary(
          "elu", [](const Tensor& x) { return elu(x); }, nonzero),
      unary(
          "elu", [](const Tensor& x) { return elu(x, 1.7); }, nonzero),
      unary(
          "silu", [](const Tensor& x) { return silu(x); }, any),
      unary(
          "gelu", [](const Tensor& x) { return gelu(x); }, any),
      unary(
          "gelu", [](const Tensor& x) { return gelu(x, Gelu::tanh); }, any),
      unary(
          "softplus", [](const Tensor& x) { return softplus(x); }, any),
      unary(
          "softplus", [](const Tensor& x) { return softplus(x); }, between(8, 18)),
      unary(
          "softplus", [](const Tensor& x) { return softplus(x); }, between(22, 26)),
      unary(
          "softsign", [](const Tensor& x) { return softsign(x); }, nonzero),
  };
}

}  // namespace cases

#include <xgrad/nn/activation.hpp>

#include <cmath>
#include <cstdint>
#include <string>

#include <xgrad/autograd/ops/softmax.hpp>
#include <xgrad/nn/printing.hpp>

namespace xgrad::nn {

Tensor ReLU::forward(const Tensor& x) { return relu(x, call_site()); }
Tensor Sigmoid::forward(const Tensor& x) { return sigmoid(x, call_site()); }
Tensor LogSigmoid::forward(const Tensor& x) { return logsigmoid(x, call_site()); }
Tensor Tanh::forward(const Tensor& x) { return tanh(x, call_site()); }
Tensor SiLU::forward(const Tensor& x) { return silu(x, call_site()); }
Tensor Identity::forward(const Tensor& x) { return x; }

Softplus::Softplus(double beta, double threshold) : beta_(beta), threshold_(threshold) {
  xgrad::detail::check_softplus("Softplus", beta, threshold);
  // PyTorch's defaults are integers, and print as such.
  const auto number = [](double x) {
    return x == std::floor(x) && std::abs(x) < 1e15 ? std::to_string(static_cast<std::int64_t>(x)) : detail::python(x);
  };
  describe("beta=" + number(beta) + ", threshold=" + number(threshold));
}
Tensor Softplus::forward(const Tensor& x) { return softplus(x, beta_, threshold_, call_site()); }

LeakyReLU::LeakyReLU(double negative_slope) : negative_slope_(negative_slope) {
  xgrad::detail::require_finite("LeakyReLU", "the negative slope", negative_slope);
  describe("negative_slope=" + detail::python(negative_slope));
}
Tensor LeakyReLU::forward(const Tensor& x) { return leaky_relu(x, negative_slope_, call_site()); }

ELU::ELU(double alpha) : alpha_(alpha) {
  xgrad::detail::require_finite("ELU", "alpha", alpha);
  describe("alpha=" + detail::python(alpha));
}
Tensor ELU::forward(const Tensor& x) { return elu(x, alpha_, call_site()); }

GELU::GELU(Gelu approximate) : approximate_(approximate) {
  describe(approximate == Gelu::tanh ? "approximate='tanh'" : "approximate='none'");
}
Tensor GELU::forward(const Tensor& x) { return gelu(x, approximate_, call_site()); }

Softmax::Softmax(Dim dim) : dim_(dim) { describe("dim=" + std::to_string(dim)); }
Tensor Softmax::forward(const Tensor& x) { return softmax(x, dim_, call_site()); }

LogSoftmax::LogSoftmax(Dim dim) : dim_(dim) { describe("dim=" + std::to_string(dim)); }
Tensor LogSoftmax::forward(const Tensor& x) { return log_softmax(x, dim_, call_site()); }

}  // namespace xgrad::nn

#include <xgrad/nn/activation.hpp>

#include <cmath>
#include <cstdint>
#include <string>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/piecewise_activation.hpp>
#include <xgrad/autograd/ops/rrelu.hpp>
#include <xgrad/autograd/ops/softmax.hpp>
#include <xgrad/nn/generators.hpp>
#include <xgrad/nn/printing.hpp>

namespace xgrad::nn {

Tensor ReLU::forward(const Tensor& x) { return relu(x, call_site()); }
Tensor Sigmoid::forward(const Tensor& x) { return sigmoid(x, call_site()); }
Tensor LogSigmoid::forward(const Tensor& x) { return logsigmoid(x, call_site()); }
Tensor Tanh::forward(const Tensor& x) { return tanh(x, call_site()); }
Tensor SiLU::forward(const Tensor& x) { return silu(x, call_site()); }
Tensor ReLU6::forward(const Tensor& x) { return relu6(x, call_site()); }
Tensor SELU::forward(const Tensor& x) { return selu(x, call_site()); }
Tensor Mish::forward(const Tensor& x) { return mish(x, call_site()); }
Tensor Softsign::forward(const Tensor& x) { return softsign(x, call_site()); }
Tensor Tanhshrink::forward(const Tensor& x) { return tanhshrink(x, call_site()); }
Tensor Hardsigmoid::forward(const Tensor& x) { return hardsigmoid(x, call_site()); }
Tensor Hardswish::forward(const Tensor& x) { return hardswish(x, call_site()); }
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

CELU::CELU(Number alpha) : alpha_(alpha.real()) {
  xgrad::detail::check_celu("CELU", alpha_);
  describe("alpha=" + detail::python(alpha));
}
Tensor CELU::forward(const Tensor& x) { return celu(x, alpha_, call_site()); }

Hardtanh::Hardtanh(Number min_val, Number max_val) : min_val_(min_val.real()), max_val_(max_val.real()) {
  xgrad::detail::check_hardtanh("Hardtanh", min_val_, max_val_);
  describe("min_val=" + detail::python(min_val) + ", max_val=" + detail::python(max_val));
}
Tensor Hardtanh::forward(const Tensor& x) { return hardtanh(x, min_val_, max_val_, call_site()); }

Hardshrink::Hardshrink(Number lambda) : lambda_(lambda.real()) {
  xgrad::detail::require_number("Hardshrink", "lambda", lambda_);
  describe(detail::python(lambda));
}
Tensor Hardshrink::forward(const Tensor& x) { return hardshrink(x, lambda_, call_site()); }

Softshrink::Softshrink(Number lambda) : lambda_(lambda.real()) {
  xgrad::detail::check_softshrink("Softshrink", lambda_);
  describe(detail::python(lambda));
}
Tensor Softshrink::forward(const Tensor& x) { return softshrink(x, lambda_, call_site()); }

Threshold::Threshold(Number threshold, Number value) : threshold_(threshold.real()), value_(value.real()) {
  xgrad::detail::require_number("Threshold", "the threshold", threshold_);
  xgrad::detail::require_number("Threshold", "the value", value_);
  describe("threshold=" + detail::python(threshold) + ", value=" + detail::python(value));
}
Tensor Threshold::forward(const Tensor& x) { return xgrad::threshold(x, threshold_, value_, call_site()); }

GLU::GLU(Dim dim) : dim_(dim) { describe("dim=" + std::to_string(dim)); }
Tensor GLU::forward(const Tensor& x) { return glu(x, dim_, call_site()); }

Softmin::Softmin(Dim dim) : dim_(dim) { describe("dim=" + std::to_string(dim)); }
Tensor Softmin::forward(const Tensor& x) { return softmin(x, dim_, call_site()); }

Tensor Softmax2d::forward(const Tensor& x) {
  if (x.rank() != 3 && x.rank() != 4)
    throw xgrad::detail::argument_error("expected input of shape (N, C, H, W) or (C, H, W), got " +
                                        to_string(x.shape()));
  return softmax(x, -3, call_site());
}

PReLU::PReLU(Dim num_parameters, double init) {
  const xgrad::detail::Calling calling("PReLU");
  const std::int64_t count = num_parameters;
  if (count < 1)
    throw xgrad::detail::argument_error("PReLU: there cannot be " + std::to_string(count) +
                                        " parameters: at least one");
  xgrad::detail::require_finite("PReLU", "the first weight", init);
  weight = Parameter(full(Shape{count}, init, float32));
  add("weight", weight);
  describe("num_parameters=" + std::to_string(count));
}
Tensor PReLU::forward(const Tensor& x) { return prelu(x, weight, call_site()); }

RReLU::RReLU(double lower, double upper) : lower_(lower), upper_(upper) {
  xgrad::detail::check_rrelu("RReLU", lower, upper);
  describe("lower=" + detail::python(lower) + ", upper=" + detail::python(upper));
  register_generator(*this, generator_);
}
RReLU::RReLU(double lower, double upper, const Generator& generator) : RReLU(lower, upper) { *generator_ = generator; }
Tensor RReLU::forward(const Tensor& x) {
  std::optional<Generator>& own = *generator_;
  return rrelu(x, lower_, upper_, is_training(), own ? &*own : nullptr, call_site());
}

}  // namespace xgrad::nn

#include <xgrad/autograd/ops/activation.hpp>

#include <cmath>
#include <string>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/pointwise.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/slicing.hpp>

namespace xgrad {

namespace fn = kernels::fn;

#define XGRAD_UNARY_OP(name, F)                                \
  template Tensor detail::unary(const fn::F&, Source, Tensor); \
  Tensor name(Tensor x, Source at) { return detail::unary(fn::F(), at, std::move(x)); }
XGRAD_ACTIVATION_UNARY(XGRAD_UNARY_OP)
#undef XGRAD_UNARY_OP

template Tensor detail::unary(const fn::LeakyRelu&, Source, Tensor);
template Tensor detail::unary(const fn::Elu&, Source, Tensor);
template Tensor detail::unary(const fn::Celu&, Source, Tensor);
template Tensor detail::unary(const fn::Softplus&, Source, Tensor);
template Tensor detail::unary(const fn::Gelu&, Source, Tensor);
template Tensor detail::unary(const fn::GeluTanh&, Source, Tensor);

namespace detail {

void require_finite(const char* op, const char* what, double value) {
  if (!std::isfinite(value))
    throw detail::argument_error(std::string(op) + ": " + what + " must be finite, got " + number_text(value));
}

void require_number(const char* op, const char* what, double value) {
  if (std::isnan(value)) throw detail::argument_error(std::string(op) + ": " + what + " cannot be nan");
}

void check_celu(const char* op, double alpha) {
  require_finite(op, "alpha", alpha);
  if (alpha == 0) throw detail::argument_error(std::string(op) + ": alpha cannot be 0: x is divided by it");
}

void check_softplus(const char* op, double beta, double threshold) {
  require_finite(op, "beta", beta);
  if (beta == 0) throw detail::argument_error(std::string(op) + ": beta cannot be 0: the result is divided by it");
  require_number(op, "the threshold", threshold);
}

}  // namespace detail

Tensor leaky_relu(Tensor x, double negative_slope, Source at) {
  detail::require_finite("leaky_relu", "the negative slope", negative_slope);
  return detail::unary(fn::LeakyRelu(negative_slope), at, std::move(x));
}

Tensor elu(Tensor x, double alpha, Source at) {
  detail::require_finite("elu", "alpha", alpha);
  return detail::unary(fn::Elu(alpha), at, std::move(x));
}

Tensor celu(Tensor x, double alpha, Source at) {
  detail::check_celu("celu", alpha);
  return detail::unary(fn::Celu(alpha), at, std::move(x));
}

Tensor softplus(Tensor x, double beta, double threshold, Source at) {
  detail::check_softplus("softplus", beta, threshold);
  return detail::unary(fn::Softplus(beta, threshold), at, std::move(x));
}

Tensor gelu(Tensor x, Gelu approximate, Source at) {
  if (approximate == Gelu::exact) return detail::unary(fn::Gelu(), at, std::move(x));
  return detail::unary(fn::GeluTanh(), at, std::move(x));
}

Tensor glu(Tensor x, Dim asked, Source at) {
  const detail::Timed timed("glu", at);
  const detail::Calling calling("glu", at);
  detail::require_defined("glu", &x, 1);
  if (x.rank() == 0)
    throw detail::argument_error("glu: the input of shape () has no axis to halve: give it one with unsqueeze()");
  const std::size_t axis = resolve_axis("glu", asked, x.rank());
  const std::int64_t size = x.shape()[axis];
  if (size % 2 != 0)
    throw detail::argument_error("glu: axis " + std::to_string(axis) + " of shape " + to_string(x.shape()) +
                                 " cannot be halved: its size must be even");
  if (!is_floating(x.dtype())) x = to(std::move(x), float32, at);
  const auto along = static_cast<std::int64_t>(axis);
  Tensor gate = sigmoid(narrow(x, along, size / 2, size / 2, at), at);
  return mul(narrow(std::move(x), along, 0, size / 2, at), std::move(gate), at);
}

}  // namespace xgrad

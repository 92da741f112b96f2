#include <xgrad/autograd/ops/activation.hpp>

#include <cmath>
#include <stdexcept>
#include <string>

#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/pointwise.hpp>
#include <xgrad/autograd/ops/selection.hpp>

namespace xgrad {

namespace fn = kernels::fn;

#define XGRAD_UNARY_OP(name, F)                                \
  template Tensor detail::unary(const fn::F&, Source, Tensor); \
  Tensor name(Tensor x, Source at) { return detail::unary(fn::F(), at, std::move(x)); }
XGRAD_ACTIVATION_UNARY(XGRAD_UNARY_OP)
#undef XGRAD_UNARY_OP

template Tensor detail::unary(const fn::LeakyRelu&, Source, Tensor);
template Tensor detail::unary(const fn::Elu&, Source, Tensor);
template Tensor detail::unary(const fn::Softplus&, Source, Tensor);
template Tensor detail::unary(const fn::Gelu&, Source, Tensor);
template Tensor detail::unary(const fn::GeluTanh&, Source, Tensor);

namespace detail {

void require_finite(const char* op, const char* what, double value) {
  if (!std::isfinite(value))
    throw detail::argument_error(std::string(op) + ": " + what + " must be finite, got " + number_text(value));
}

void check_softplus(const char* op, double beta, double threshold) {
  require_finite(op, "beta", beta);
  if (beta == 0) throw detail::argument_error(std::string(op) + ": beta cannot be 0: the result is divided by it");
  if (std::isnan(threshold)) throw detail::argument_error(std::string(op) + ": the threshold cannot be nan");
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

Tensor softplus(Tensor x, double beta, double threshold, Source at) {
  detail::check_softplus("softplus", beta, threshold);
  return detail::unary(fn::Softplus(beta, threshold), at, std::move(x));
}

Tensor gelu(Tensor x, Gelu approximate, Source at) {
  if (approximate == Gelu::exact) return detail::unary(fn::Gelu(), at, std::move(x));
  return detail::unary(fn::GeluTanh(), at, std::move(x));
}

}  // namespace xgrad

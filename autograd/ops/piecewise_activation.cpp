#include <xgrad/autograd/ops/piecewise_activation.hpp>

#include <string>

#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/activation.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/pointwise.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad {

namespace fn = kernels::fn;

#define XGRAD_UNARY_OP(name, F)                                \
  template Tensor detail::unary(const fn::F&, Source, Tensor); \
  Tensor name(Tensor x, Source at) { return detail::unary(fn::F(), at, std::move(x)); }
XGRAD_PIECEWISE_UNARY(XGRAD_UNARY_OP)
#undef XGRAD_UNARY_OP

#define XGRAD_UNARY_OP(name, F) template Tensor detail::unary(const fn::F&, Source, Tensor);
XGRAD_PIECEWISE_WITH_SETTINGS(XGRAD_UNARY_OP)
#undef XGRAD_UNARY_OP
template Tensor detail::binary(const fn::Prelu&, Source, const Operands<2>&);

namespace detail {

void check_hardtanh(const char* op, double low, double high) {
  if (!(low <= high))
    throw detail::argument_error(std::string(op) + ": the bounds are " + number_text(low) + " and " +
                                 number_text(high) + ": the first cannot be above the second");
}

void check_softshrink(const char* op, double lambda) {
  if (!(lambda >= 0))
    throw detail::argument_error(std::string(op) + ": lambda cannot be negative or nan, got " + number_text(lambda));
}

}  // namespace detail

Tensor hardtanh(Tensor x, double min_val, double max_val, Source at) {
  detail::check_hardtanh("hardtanh", min_val, max_val);
  return detail::unary(fn::Hardtanh(min_val, max_val), at, std::move(x));
}

Tensor hardshrink(Tensor x, double lambda, Source at) {
  detail::require_number("hardshrink", "lambda", lambda);
  return detail::unary(fn::Hardshrink(lambda), at, std::move(x));
}

Tensor softshrink(Tensor x, double lambda, Source at) {
  detail::check_softshrink("softshrink", lambda);
  return detail::unary(fn::Softshrink(lambda), at, std::move(x));
}

Tensor threshold(Tensor x, double at_most, double value, Source at) {
  detail::require_number("threshold", "the threshold", at_most);
  detail::require_number("threshold", "the value", value);
  return detail::unary(fn::Threshold(at_most, value), at, std::move(x));
}

Tensor prelu(Tensor x, Tensor weight, Source at) {
  const Tensor both[] = {x, weight};
  detail::require_defined("prelu", both, 2);
  const std::int64_t channels = x.rank() >= 2 ? x.shape()[1] : 1, count = weight.size();
  if (weight.rank() > 1 || (count != 1 && count != channels))
    throw detail::argument_error("prelu: a weight of shape " + to_string(weight.shape()) + " for an input of shape " +
                                 to_string(x.shape()) + ": it must hold one number, or one for each of the " +
                                 std::to_string(channels) + " channels");
  Shape shape;
  if (count != 1) {
    for (std::size_t axis = 2; axis < x.rank(); ++axis) shape = shape.inserted(0, 1);
    shape = shape.inserted(0, count);
  }
  return detail::binary(fn::Prelu(), at, std::move(x), reshape(std::move(weight), shape, at));
}

}  // namespace xgrad

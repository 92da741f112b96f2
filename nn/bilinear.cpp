#include <xgrad/nn/bilinear.hpp>

#include <cmath>
#include <string>
#include <utility>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/profiler.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/matmul.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/nn/argument_checks.hpp>
#include <xgrad/nn/init.hpp>
#include <xgrad/nn/printing.hpp>

namespace xgrad::nn {
namespace {

using xgrad::detail::argument_error;

void check(const Tensor& x1, const Tensor& x2, const Tensor& weight, const Tensor& bias) {
  constexpr const char* op = "bilinear";
  detail::require_given(op, {{x1, "x1"}, {x2, "x2"}, {weight, "the weight"}});
  for (const Tensor& x : {x1, x2, bias})
    if (x.defined() && x.dtype() != weight.dtype())
      throw argument_error(std::string(op) + ": input is " + name_of(x1.dtype()) + " and " + name_of(x2.dtype()) +
                           ", weight is " + name_of(weight.dtype()) + (bias.defined() ? ", bias is " : "") +
                           (bias.defined() ? name_of(bias.dtype()) : "") +
                           ": write 1.0f, x.to(float32) or model.to(float64)");
  if (!is_floating(weight.dtype()))
    throw argument_error(std::string(op) + ": all are " + name_of(weight.dtype()) +
                         ": only float32 and float64 will do: convert them with to()");
  const auto text = [&] {
    return std::string(op) + ": x1 is " + to_string(x1.shape()) + ", x2 is " + to_string(x2.shape()) +
           ", the weight is " + to_string(weight.shape());
  };
  if (weight.rank() != 3) throw argument_error(text() + ": the weight must have axes (out, in1, in2)");
  const bool fit = x1.rank() > 0 && x2.rank() > 0 && x1.shape().back() == weight.shape()[1] &&
                   x2.shape().back() == weight.shape()[2] &&
                   x1.shape().without(x1.rank() - 1) == x2.shape().without(x2.rank() - 1);
  if (!fit)
    throw argument_error(text() + ": the last axes must be those of the weight, and all others the same in both");
  if (bias.defined() && bias.shape() != Shape{weight.shape()[0]})
    throw argument_error(text() + ", and the bias is " + to_string(bias.shape()) + ": it must be " +
                         to_string(Shape{weight.shape()[0]}));
}

}  // namespace

// x₁ by all matrices at once, then the products of the rows of the result with x₂.
Tensor bilinear(Tensor x1, Tensor x2, Tensor weight, Tensor bias, Source at) {
  const xgrad::detail::Timed timed("bilinear", at);
  check(x1, x2, weight, bias);
  const std::int64_t out = weight.shape()[0], in1 = weight.shape()[1], in2 = weight.shape()[2];
  const Shape rows = x1.shape().without(x1.rank() - 1);
  const std::int64_t n = rows.count();
  std::int64_t columns = 0;
  if (__builtin_mul_overflow(out, in2, &columns))  // of a weight without elements
    throw argument_error("bilinear: the weight is " + to_string(weight.shape()) + ": out * in2 exceeds 2^63 - 1");
  const Tensor matrix = reshape(swapaxes(std::move(weight), 0, 1, at), {in1, columns}, at);
  const Tensor by_x1 = reshape(matmul(reshape(std::move(x1), {n, in1}, at), matrix, at), {n, out, in2}, at);
  const Tensor column = reshape(std::move(x2), {n, in2, 1}, at);
  Tensor y = reshape(matmul(by_x1, column, at), rows.inserted(rows.rank(), out), at);
  return bias.defined() ? add(std::move(y), std::move(bias), at) : y;
}

Bilinear::Bilinear(Dim in1_features, Dim in2_features, Dim out_features, Bias bias_wanted) {
  const xgrad::detail::Calling calling("Bilinear");
  if (in1_features < 1 || in2_features < 0 || out_features < 0)
    throw argument_error("Bilinear: a layer cannot lead from " + std::to_string(in1_features) + " and " +
                         std::to_string(in2_features) + " to " + std::to_string(out_features) +
                         " features: the first must be positive, and none may be negative");
  const double bound = 1 / std::sqrt(static_cast<double>(in1_features));
  const auto uniform = [bound](const Shape& shape) {
    return Parameter(init::uniform_(Raw::uninitialized(shape, float32), -bound, bound));
  };
  weight = uniform({out_features, in1_features, in2_features});
  add("weight", weight);
  if (bias_wanted.on()) {
    bias = uniform({out_features});
    add("bias", bias);
  }
  describe("in1_features=" + std::to_string(in1_features) + ", in2_features=" + std::to_string(in2_features) +
           ", out_features=" + std::to_string(out_features) + ", bias=" + detail::python(bias_wanted.on()));
}

Tensor Bilinear::forward(const Tensor& x1, const Tensor& x2) { return bilinear(x1, x2, weight, bias, call_site()); }

}  // namespace xgrad::nn

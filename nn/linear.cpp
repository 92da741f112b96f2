#include <xgrad/nn/linear.hpp>

#include <cmath>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/ops/matmul.hpp>
#include <xgrad/nn/init.hpp>
#include <xgrad/nn/printing.hpp>

namespace xgrad::nn {
namespace {

Parameter uniform(const Shape& shape, double bound, Generator& generator) {
  const Tensor values = Raw::uninitialized(shape, float32);
  return Parameter(init::uniform_(values, -bound, bound, &generator));
}

}  // namespace

Linear::Linear(Dim in_features, Dim out_features, Bias bias_wanted)
    : Linear(in_features, out_features, bias_wanted, default_generator()) {}

Linear::Linear(Dim in_features, Dim out_features, Bias bias_wanted, Generator& generator) {
  const xgrad::detail::Calling calling("Linear");
  if (in_features < 0 || out_features < 0)
    throw xgrad::detail::argument_error("Linear: a layer cannot lead from " + std::to_string(in_features) + " to " +
                                        std::to_string(out_features) + " features: neither may be negative");
  const double bound = in_features > 0 ? 1 / std::sqrt(static_cast<double>(in_features)) : 0;
  weight = uniform({out_features, in_features}, bound, generator);
  add("weight", weight);
  if (bias_wanted.on()) {
    bias = uniform({out_features}, bound, generator);
    add("bias", bias);
  }
  describe("in_features=" + std::to_string(in_features) + ", out_features=" + std::to_string(out_features) +
           ", bias=" + detail::python(bias_wanted.on()));
}

Tensor Linear::forward(const Tensor& x) {
  const std::int64_t in = weight.shape(1);
  if (x.rank() == 0 || x.shape(-1) != in)
    throw xgrad::detail::argument_error("expected " + std::to_string(in) +
                                        " features on the last axis, got input of shape " + to_string(x.shape()));
  return xgrad::linear(x, weight, bias, call_site());
}

}  // namespace xgrad::nn

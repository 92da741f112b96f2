#include <xgrad/nn/linear.hpp>

#include <cmath>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/ops/matmul.hpp>
#include <xgrad/nn/init.hpp>
#include <xgrad/nn/printing.hpp>

namespace xgrad::nn {

Linear::Linear(Dim in_features, Dim out_features, Bias bias_wanted)
    : Linear(in_features, out_features, bias_wanted, default_generator()) {}

Linear::Linear(Dim in_features, Dim out_features, Bias bias_wanted, Generator& generator) {
  const xgrad::detail::Calling calling("Linear");
  if (in_features < 0 || out_features < 0)
    throw xgrad::detail::argument_error("Linear: a layer cannot lead from " + std::to_string(in_features) + " to " +
                                        std::to_string(out_features) + " features: neither may be negative");
  weight = Parameter(drawn({out_features, in_features}, in_features, generator));
  add("weight", weight);
  if (bias_wanted.on()) {
    bias = Parameter(drawn({out_features}, in_features, generator));
    add("bias", bias);
  }
  describe_sizes();
}

Linear::Linear(const Values& values) : weight(values.weight) {
  add("weight", weight);
  if (values.bias.defined()) {
    bias = Parameter(values.bias);
    add("bias", bias);
  }
  describe_sizes();
}

Tensor Linear::drawn(const Shape& shape, std::int64_t in_features, Generator& generator) {
  const double bound = in_features > 0 ? 1 / std::sqrt(static_cast<double>(in_features)) : 0;
  return init::uniform_(Raw::uninitialized(shape, float32), -bound, bound, &generator);
}

void Linear::describe_sizes() {
  describe("in_features=" + std::to_string(in_features()) + ", out_features=" + std::to_string(out_features()) +
           ", bias=" + detail::python(bias.defined()));
}

Tensor Linear::forward(const Tensor& x) {
  const std::int64_t in = weight.shape(1);
  if (x.rank() == 0 || x.shape(-1) != in)
    throw xgrad::detail::argument_error("expected " + std::to_string(in) +
                                        " features on the last axis, got input of shape " + to_string(x.shape()));
  return xgrad::linear(x, weight, bias, call_site());
}

}  // namespace xgrad::nn

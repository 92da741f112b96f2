#include <xgrad/nn/layer_norm.hpp>

#include <cmath>
#include <string>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/nn/functional.hpp>
#include <xgrad/nn/printing.hpp>

namespace xgrad::nn {
namespace {

using xgrad::detail::argument_error;

void check_eps(const char* name, double eps) {
  if (!(eps > 0) || std::isinf(eps))
    throw argument_error(std::string(name) + ": eps must be positive and finite, got " + detail::python(eps));
}

void check_normalized(const char* name, const Shape& shape) {
  if (shape.rank() == 0)
    throw argument_error(std::string(name) + ": the normalized shape is (): it must have an axis at least");
}

}  // namespace

LayerNorm::LayerNorm(const Shape& normalized_shape, const Options& options)
    : normalized_shape_(normalized_shape), eps_(options.eps()) {
  const xgrad::detail::Calling calling("LayerNorm");
  check_normalized("LayerNorm", normalized_shape);
  check_eps("LayerNorm", eps_);
  if (options.elementwise_affine()) {
    weight = Parameter(ones(normalized_shape));
    add("weight", weight);
    if (options.bias()) {
      bias = Parameter(zeros(normalized_shape));
      add("bias", bias);
    }
  }
  // PyTorch 1.13 has no layer without bias, of which its text could tell.
  describe(detail::python(normalized_shape) + ", eps=" + detail::python(eps_) +
           ", elementwise_affine=" + detail::python(options.elementwise_affine()) +
           (options.elementwise_affine() && !options.bias() ? ", bias=False" : ""));
}
Tensor LayerNorm::forward(const Tensor& x) { return layer_norm(x, normalized_shape_, weight, bias, eps_, call_site()); }

RMSNorm::RMSNorm(const Shape& normalized_shape, const Options& options)
    : normalized_shape_(normalized_shape), eps_(options.eps()) {
  const xgrad::detail::Calling calling("RMSNorm");
  check_normalized("RMSNorm", normalized_shape);
  if (eps_) check_eps("RMSNorm", *eps_);
  if (options.elementwise_affine()) {
    weight = Parameter(ones(normalized_shape));
    add("weight", weight);
  }
  describe(detail::python(normalized_shape) + ", eps=" + (eps_ ? detail::python(*eps_) : "None") +
           ", elementwise_affine=" + detail::python(options.elementwise_affine()));
}
Tensor RMSNorm::forward(const Tensor& x) { return rms_norm(x, normalized_shape_, weight, eps_, call_site()); }

GroupNorm::GroupNorm(Dim num_groups, Dim num_channels, const Options& options)
    : num_groups_(num_groups), num_channels_(num_channels), eps_(options.eps()) {
  const xgrad::detail::Calling calling("GroupNorm");
  if (num_groups_ < 1 || num_channels_ < 0 || num_channels_ % num_groups_ != 0)
    throw argument_error("GroupNorm: " + std::to_string(num_channels_) + " channels cannot be cut into " +
                         std::to_string(num_groups_) + " groups: the groups must be positive and divide the channels");
  check_eps("GroupNorm", eps_);
  if (options.affine()) {
    weight = Parameter(ones(Shape{num_channels_}));
    bias = Parameter(zeros(Shape{num_channels_}));
    add("weight", weight);
    add("bias", bias);
  }
  describe(std::to_string(num_groups_) + ", " + std::to_string(num_channels_) + ", eps=" + detail::python(eps_) +
           ", affine=" + detail::python(options.affine()));
}
Tensor GroupNorm::forward(const Tensor& x) {
  if (x.rank() < 2 || x.shape(1) != num_channels_)
    throw argument_error("expected input of shape (N, " + std::to_string(num_channels_) + ", ...), got " +
                         to_string(x.shape()));
  return group_norm(x, num_groups_, weight, bias, eps_, call_site());
}

}  // namespace xgrad::nn

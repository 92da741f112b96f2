#include <xgrad/nn/instance_norm.hpp>

#include <string>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/nn/functional.hpp>

namespace xgrad::nn {

InstanceNorm::InstanceNorm(const char* name, Dim features, const InstanceNormOptions& options, std::size_t places)
    : RunningNorm(name, features, options), places_(places) {}

Tensor InstanceNorm::forward(const Tensor& x) {
  const std::size_t batched = places_ + 2;
  const bool alone = x.rank() + 1 == batched;
  if ((!alone && x.rank() != batched) || x.shape()[alone ? 0 : 1] != features()) {
    const std::string places = places_ == 1 ? ", L)" : places_ == 2 ? ", H, W)" : ", D, H, W)";
    const std::string channels = std::to_string(features()) + places;
    throw xgrad::detail::argument_error("expected input of shape (N, " + channels + " or (" + channels + ", got " +
                                        to_string(x.shape()));
  }
  const bool own_statistics = is_training() || !running_mean.defined();
  const Tensor batch = alone ? unsqueeze(x, 0, call_site()) : x;
  Tensor y = instance_norm(batch, running_mean, running_var, weight, bias, own_statistics, momentum().value_or(0),
                           eps(), call_site());
  return alone ? squeeze(std::move(y), 0, call_site()) : y;
}

InstanceNorm1d::InstanceNorm1d(Dim features, const Options& options)
    : InstanceNorm("InstanceNorm1d", features, options, 1) {}
InstanceNorm2d::InstanceNorm2d(Dim features, const Options& options)
    : InstanceNorm("InstanceNorm2d", features, options, 2) {}
InstanceNorm3d::InstanceNorm3d(Dim features, const Options& options)
    : InstanceNorm("InstanceNorm3d", features, options, 3) {}

}  // namespace xgrad::nn

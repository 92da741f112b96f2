#include <xgrad/nn/batch_norm.hpp>

#include <cmath>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/nn/batch_statistics.hpp>
#include <xgrad/nn/functional.hpp>
#include <xgrad/nn/printing.hpp>

namespace xgrad::nn {

BatchNorm1d::BatchNorm1d(Dim features, const Options& options) : features_(features), options_(options) {
  const xgrad::detail::Calling calling("BatchNorm1d");
  const std::optional<double>& momentum = options.momentum_;
  if (features_ < 0)
    throw xgrad::detail::argument_error("BatchNorm1d: the number of features must not be negative, got " +
                                        std::to_string(features_));
  if (!(options.eps_ > 0) || std::isinf(options.eps_))
    throw xgrad::detail::argument_error("BatchNorm1d: eps must be positive and finite, got " +
                                        detail::python(options.eps_));
  if (momentum && !(*momentum >= 0 && *momentum <= 1))
    throw xgrad::detail::argument_error("BatchNorm1d: momentum must lie in [0, 1], got " + detail::python(*momentum));
  const Shape shape{features_};
  if (options.affine_) {
    weight = Parameter(ones(shape));
    bias = Parameter(zeros(shape));
    add("weight", weight);
    add("bias", bias);
  }
  if (options.track_running_stats_) {
    running_mean = Buffer(zeros(shape));
    running_var = Buffer(ones(shape));
    num_batches_tracked = Buffer(zeros(Shape(), int64));
    add("running_mean", running_mean);
    add("running_var", running_var);
    add("num_batches_tracked", num_batches_tracked);
  }
  describe(std::to_string(features_) + ", eps=" + detail::python(options.eps_) + ", momentum=" +
           (momentum ? detail::python(*momentum) : "None") + ", affine=" + detail::python(options.affine_) +
           ", track_running_stats=" + detail::python(options.track_running_stats_));
}

Tensor BatchNorm1d::forward(const Tensor& x) {
  if ((x.rank() != 2 && x.rank() != 3) || x.shape(1) != features_)
    throw xgrad::detail::argument_error("expected input of shape (N, " + std::to_string(features_) + ") or (N, " +
                                        std::to_string(features_) + ", L), got " + to_string(x.shape()));
  const bool tracked = running_mean.defined();
  if (!tracked || !is_training())
    return batch_norm(x, weight, bias, running_mean, running_var, !tracked, 0, options_.eps_, call_site());

  const std::int64_t batches = num_batches_tracked.item<std::int64_t>() + 1;
  const bool alike = !options_.momentum_ || detail::CumulativeStatistics::active();
  const double momentum = alike ? 1 / static_cast<double>(batches) : *options_.momentum_;
  Tensor y = batch_norm(x, weight, bias, running_mean, running_var, true, momentum, options_.eps_, call_site());
  // Counted after the op, which throws for a batch that does not fit and then has not changed the statistics.
  Raw::begin_write(num_batches_tracked, "BatchNorm1d", call_site());
  *Raw::write<std::int64_t>(num_batches_tracked) = batches;
  return y;
}

}  // namespace xgrad::nn

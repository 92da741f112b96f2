#include <xgrad/nn/batch_norm.hpp>

#include <cmath>
#include <string>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/nn/batch_statistics.hpp>
#include <xgrad/nn/functional.hpp>
#include <xgrad/nn/module_state.hpp>
#include <xgrad/nn/printing.hpp>

namespace xgrad::nn {

using xgrad::detail::argument_error;

RunningNorm::RunningNorm(const char* name, std::int64_t features, double eps, std::optional<double> momentum,
                         bool affine, bool tracked)
    : features_(features), eps_(eps), momentum_(momentum) {
  const xgrad::detail::Calling calling(name);
  if (features_ < 0)
    throw argument_error(std::string(name) + ": the number of features must not be negative, got " +
                         std::to_string(features_));
  if (!(eps > 0) || std::isinf(eps))
    throw argument_error(std::string(name) + ": eps must be positive and finite, got " + detail::python(eps));
  if (momentum && !(*momentum >= 0 && *momentum <= 1))
    throw argument_error(std::string(name) + ": momentum must lie in [0, 1], got " + detail::python(*momentum));
  const Shape shape{features_};
  if (affine) {
    weight = Parameter(ones(shape));
    bias = Parameter(zeros(shape));
    add("weight", weight);
    add("bias", bias);
  }
  if (tracked) {
    running_mean = Buffer(zeros(shape));
    running_var = Buffer(ones(shape));
    num_batches_tracked = Buffer(zeros(Shape(), int64));
    add("running_mean", running_mean);
    add("running_var", running_var);
    add("num_batches_tracked", num_batches_tracked);
  }
  describe(std::to_string(features_) + ", eps=" + detail::python(eps) +
           ", momentum=" + (momentum ? detail::python(*momentum) : "None") + ", affine=" + detail::python(affine) +
           ", track_running_stats=" + detail::python(tracked));
}

namespace {

// What a training step leaves in num_batches_tracked.
std::int64_t next_count(const Tensor& num_batches_tracked) {
  if (num_batches_tracked.dtype() != int64 || num_batches_tracked.size() != 1)
    throw argument_error(std::string("num_batches_tracked is ") + name_of(num_batches_tracked.dtype()) + " " +
                         to_string(num_batches_tracked.shape()) + ": it must be one int64 number");
  const auto count = num_batches_tracked.item<std::int64_t>();
  if (count < 0 || count == INT64_MAX)
    throw argument_error("num_batches_tracked is " + std::to_string(count) +
                         ": a batch cannot be counted from there: it must lie in 0 .. 2^63 - 2");
  return count + 1;
}

}  // namespace

BatchNorm::BatchNorm(const char* name, Dim features, const BatchNormOptions& options)
    : RunningNorm(name, features, options) {
  detail::Access::state(*this)->is_batch_norm = true;
}

Tensor BatchNorm::forward(const Tensor& x) {
  check(x);
  const bool tracked = running_mean.defined();
  if (!tracked || !is_training())
    return batch_norm(x, weight, bias, running_mean, running_var, !tracked, 0, eps(), call_site());

  // A batch without values leaves the statistics as they are, and is not counted.
  if (x.shape().without(1).count() == 0)
    return batch_norm(x, weight, bias, running_mean, running_var, true, 0, eps(), call_site());

  const std::int64_t batches = next_count(num_batches_tracked);
  const bool alike = !momentum() || detail::CumulativeStatistics::active();
  const double share = alike ? 1 / static_cast<double>(batches) : *momentum();
  Tensor y = batch_norm(x, weight, bias, running_mean, running_var, true, share, eps(), call_site());
  // Counted after the op, which throws for a batch that does not fit and then has not changed the statistics.
  Raw::begin_write(num_batches_tracked, "BatchNorm", call_site());
  *Raw::write<std::int64_t>(num_batches_tracked) = batches;
  return y;
}

namespace {

// Whether x has (N, C) and as many axes more.
bool fits(const Tensor& x, std::int64_t features, std::size_t more) {
  return x.rank() == 2 + more && x.shape(1) == features;
}

[[noreturn]] void refuse_shape(std::int64_t features, const std::string& rest, const Tensor& x) {
  throw argument_error("expected input of shape (N, " + std::to_string(features) + rest + ", got " +
                       to_string(x.shape()));
}

}  // namespace

BatchNorm1d::BatchNorm1d(Dim features, const Options& options) : BatchNorm("BatchNorm1d", features, options) {}
void BatchNorm1d::check(const Tensor& x) const {
  if (fits(x, features(), 0) || fits(x, features(), 1)) return;
  refuse_shape(features(), ") or (N, " + std::to_string(features()) + ", L)", x);
}

BatchNorm2d::BatchNorm2d(Dim features, const Options& options) : BatchNorm("BatchNorm2d", features, options) {}
void BatchNorm2d::check(const Tensor& x) const {
  if (!fits(x, features(), 2)) refuse_shape(features(), ", H, W)", x);
}

BatchNorm3d::BatchNorm3d(Dim features, const Options& options) : BatchNorm("BatchNorm3d", features, options) {}
void BatchNorm3d::check(const Tensor& x) const {
  if (!fits(x, features(), 3)) refuse_shape(features(), ", D, H, W)", x);
}

}  // namespace xgrad::nn

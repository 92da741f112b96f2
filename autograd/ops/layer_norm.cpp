#include <xgrad/autograd/ops/layer_norm.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/profiler.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/kernels/runtime/scratch_vector.hpp>
#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/batch_norm.hpp>
#include <xgrad/autograd/ops/row_norm.hpp>

namespace xgrad {
namespace {

using detail::require_normal_input;
using detail::require_normal_vector;
using kernels::RowNorm;

// The rows of x that are the last axes.
RowNorm last_axes(const char* op, const Tensor& x, const Shape& shape, bool centred, double eps) {
  const Shape& whole = x.shape();
  bool fits = shape.rank() > 0 && shape.rank() <= whole.rank();
  const std::size_t first = fits ? whole.rank() - shape.rank() : 0;
  for (std::size_t k = 0; fits && k < shape.rank(); ++k) fits = whole[first + k] == shape[k];
  if (!fits)
    throw detail::argument_error(std::string(op) + ": the normalized shape is " + to_string(shape) +
                                 ", the input has shape " + to_string(whole) +
                                 ": the last axes of the input must be those of the normalized shape, one at least");
  const kernels::Along sizes = detail::along(whole, first, whole.rank());
  return {sizes.outer, sizes.n, 1, 1, centred, eps};
}

void require_channels(const char* op, const Tensor& x, std::size_t least, const char* axes) {
  if (x.rank() < least)
    throw detail::argument_error(std::string(op) + ": the input must have axes " + axes + ", got shape " +
                                 to_string(x.shape()));
}

// Channels by themselves or in groups.
RowNorm groups_of(const Tensor& x, std::int64_t groups, double eps) {
  const kernels::Along sizes = detail::along(x.shape(), 1);
  std::int64_t rows = 0;
  if (__builtin_mul_overflow(sizes.outer, groups, &rows)) rows = 0;
  return {rows, sizes.n / groups, sizes.inner, groups, true, eps};
}

}  // namespace

Tensor layer_norm(Tensor x, const Shape& normalized_shape, Tensor weight, Tensor bias, double eps, Source at) {
  const detail::Timed timed("layer_norm", at);
  require_normal_input("layer_norm", x, eps);
  const RowNorm by = last_axes("layer_norm", x, normalized_shape, true, eps);
  require_normal_vector("layer_norm", x, weight, "weight", normalized_shape);
  require_normal_vector("layer_norm", x, bias, "bias", normalized_shape);
  return detail::normalized_rows("layer_norm", std::move(x), std::move(weight), std::move(bias), by, nullptr, nullptr,
                                 at);
}

Tensor rms_norm(Tensor x, const Shape& normalized_shape, Tensor weight, std::optional<double> eps, Source at) {
  const detail::Timed timed("rms_norm", at);
  detail::require_normal_input("rms_norm", x, eps.value_or(1));
  const double own = x.dtype() == float32 ? static_cast<double>(std::numeric_limits<float>::epsilon())
                                          : std::numeric_limits<double>::epsilon();
  const RowNorm by = last_axes("rms_norm", x, normalized_shape, false, eps.value_or(own));
  require_normal_vector("rms_norm", x, weight, "weight", normalized_shape);
  return detail::normalized_rows("rms_norm", std::move(x), std::move(weight), {}, by, nullptr, nullptr, at);
}

Tensor group_norm(Tensor x, Dim num_groups, Tensor weight, Tensor bias, double eps, Source at) {
  const detail::Timed timed("group_norm", at);
  require_normal_input("group_norm", x, eps);
  require_channels("group_norm", x, 2, "(N, C) or (N, C, L...)");
  const std::int64_t groups = num_groups, channels = x.shape()[1];
  if (groups < 1 || channels % groups != 0)
    throw detail::argument_error("group_norm: input of shape " + to_string(x.shape()) + " has " +
                                 std::to_string(channels) + " channels, and there are " + std::to_string(groups) +
                                 " groups: they must be positive and divide the channels");
  require_normal_vector("group_norm", x, weight, "weight", Shape{channels});
  require_normal_vector("group_norm", x, bias, "bias", Shape{channels});
  const RowNorm by = groups_of(x, groups, eps);
  if (x.shape()[0] == 1 && by.channels == 1 && by.length == 1)
    throw detail::argument_error(
        "group_norm: expected more than 1 value per channel when training, got input of shape " + to_string(x.shape()));
  return detail::normalized_rows("group_norm", std::move(x), std::move(weight), std::move(bias), by, nullptr, nullptr,
                                 at);
}

namespace {

// Moves the running statistics towards the means over the samples of `now`, (N, C), times the scale.
void move_running(const Tensor& running, const double* now, std::int64_t samples, double scale, double momentum,
                  Source at) {
  const NoGrad off;
  Raw::begin_write(running, "instance_norm", at);
  detail::visit_floating(running.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    T* r = Raw::write<T>(running);
    const std::int64_t channels = running.size();
    for (std::int64_t c = 0; c < channels; ++c) {
      const auto count = static_cast<double>(samples);
      double sum = 0;
      for (std::int64_t i = 0; i < samples; ++i) sum += now[i * channels + c];
      double average = sum / count;
      if (!std::isfinite(average)) {  // the sum alone may have overflowed
        average = 0;
        for (std::int64_t i = 0; i < samples; ++i) average += now[i * channels + c] / count;
      }
      r[c] = static_cast<T>((1 - momentum) * static_cast<double>(r[c]) + momentum * scale * average);
    }
  });
}

void check_instance_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& running_mean,
                         const Tensor& running_var, bool of_input, double momentum, double eps) {
  constexpr const char* op = "instance_norm";
  require_normal_input(op, x, eps);
  require_channels(op, x, 3, "(N, C, L...)");
  const Shape channels{x.shape()[1]};
  require_normal_vector(op, x, weight, "weight", channels);
  require_normal_vector(op, x, bias, "bias", channels);
  require_normal_vector(op, x, running_mean, "running_mean", channels);
  require_normal_vector(op, x, running_var, "running_var", channels);
  if (running_mean.defined() != running_var.defined())
    throw detail::argument_error("instance_norm: one of running_mean and running_var is undefined: pass both or none");
  if (!of_input && !running_mean.defined())
    throw detail::argument_error(
        "instance_norm: there are neither statistics of the input nor running ones: pass running statistics, or "
        "use_input_stats");
  if (!(momentum >= 0 && momentum <= 1))
    throw detail::argument_error("instance_norm: momentum must lie in [0, 1], got " + detail::number_text(momentum));
  if (of_input && detail::along(x.shape(), 1).inner == 1)
    throw detail::argument_error(
        "instance_norm: expected more than 1 value per channel of a sample, got input of shape " +
        to_string(x.shape()));
}

}  // namespace

Tensor instance_norm(Tensor x, Tensor running_mean, Tensor running_var, Tensor weight, Tensor bias,
                     bool use_input_stats, double momentum, double eps, Source at) {
  const detail::Timed timed("instance_norm", at);
  check_instance_norm(x, weight, bias, running_mean, running_var, use_input_stats, momentum, eps);
  if (!use_input_stats)
    return batch_norm(std::move(x), std::move(weight), std::move(bias), std::move(running_mean), std::move(running_var),
                      false, momentum, eps, at);
  const bool empty = x.size() == 0;
  const std::int64_t samples = x.shape()[0], length = detail::along(x.shape(), 1).inner;
  const RowNorm by = groups_of(x, std::max<std::int64_t>(1, x.shape()[1]), eps);
  const bool tracked = running_mean.defined() && !empty;
  const Tensor variance = Raw::uninitialized(Shape(tracked ? by.rows : 0), float64);
  Tensor stats;
  Tensor y = detail::normalized_rows("instance_norm", std::move(x), std::move(weight), std::move(bias), by,
                                     tracked ? Raw::write<double>(variance) : nullptr, &stats, at);
  if (!tracked) return y;
  const auto n = static_cast<double>(length);
  // Last, when nothing can fail any more: both statistics move or none.
  detail::ScratchVector<double> means(static_cast<std::size_t>(by.rows));
  const double* parts = Raw::data<double>(stats);
  for (std::int64_t r = 0; r < by.rows; ++r) means[static_cast<std::size_t>(r)] = parts[r] + parts[by.rows + r];
  move_running(running_mean, means.data(), samples, 1, momentum, at);
  move_running(running_var, Raw::data<double>(variance), samples, n / (n - 1), momentum, at);
  return y;
}

}  // namespace xgrad

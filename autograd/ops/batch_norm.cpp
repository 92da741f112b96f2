#include <xgrad/autograd/ops/batch_norm.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/reduction/moments.hpp>
#include <xgrad/autograd/kernels/reduction/normalization.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/variance.hpp>

namespace xgrad {
namespace {

using kernels::Along;

void require_floating(const Tensor& x) {
  detail::require_defined("batch_norm", &x, 1);
  if (!is_floating(x.dtype()))
    throw detail::argument_error(std::string("batch_norm: the input is ") + name_of(x.dtype()) +
                                 ": only float32 and float64 will do: convert it with to()");
}

void require_channel_vector(const Tensor& x, const Tensor& v, const char* name) {
  if (!v.defined()) return;
  const Shape channels{x.shape()[1]};
  if (v.shape() != channels)
    throw detail::argument_error(std::string("batch_norm: ") + name + " must have shape " + to_string(channels) +
                                 " for input " + to_string(x.shape()) + ", got " + to_string(v.shape()));
  if (v.dtype() != x.dtype())
    throw detail::argument_error(std::string("batch_norm: input is ") + name_of(x.dtype()) + ", " + name + " is " +
                                 name_of(v.dtype()) + ": write 1.0f, x.to(float32) or model.to(float64)");
}

// The shape seen as (samples, channels, positions).
Along channels_of(const Shape& shape) { return detail::along(shape, 1); }

// The eps of a channel whose variance is 0, for which an eps that the dtype rounds to 0 would give 0 times infinity.
double eps_of_constant(double eps, DType dtype) { return dtype == float32 ? std::max(eps, 0x1p-149) : eps; }

Tensor scratch(std::int64_t count) { return Raw::uninitialized(Shape(count), float64); }

// In float64 squares may overflow or underflow: the statistics of such channels are computed anew from scaled values.
// The squares of float32 values stay within the range of double.
void recompute_out_of_range(const Tensor& x, Along sizes, double eps, double* variance, const Tensor& stats) {
  const auto out_of_range = [eps](double v) { return !(v + eps > 1e-290 && v < 1e300); };
  if (std::none_of(variance, variance + sizes.n, out_of_range)) return;
  const NoGrad off;
  const Tensor channels = swapaxes(x.detach(), 0, 1);
  const std::int64_t n = sizes.lines();
  double *mean = Raw::write<double>(stats), *rstd = mean + sizes.n;
  for (std::int64_t c = 0; c < sizes.n; ++c) {
    if (!out_of_range(variance[c])) continue;
    const kernels::ScaledMoments m = kernels::scaled_moments(Raw::data<double>(channels) + c * n, n);
    mean[c] = m.mean;
    variance[c] = std::scalbn(m.squares / static_cast<double>(n), 2 * m.exponent);
    if (m.squares == 0) {  // a scaled eps may be 0
      rstd[c] = 1 / std::sqrt(eps);
      continue;
    }
    const double scaled = m.squares / static_cast<double>(n) + std::scalbn(eps, -2 * m.exponent);
    rstd[c] = std::scalbn(1 / std::sqrt(scaled), -m.exponent);
  }
}

// Statistics are kept in double, mean then 1 / √(variance + eps), as one (2, C) tensor.
Tensor batch_statistics(const Tensor& x, Along sizes, double eps, double* variance) {
  Tensor stats = Raw::uninitialized({2, sizes.n}, float64);
  double* mean = Raw::write<double>(stats);
  double* rstd = mean + sizes.n;
  const Tensor room = scratch(kernels::channel_scratch(sizes));
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::channel_moments(Raw::data<T>(x), sizes, mean, variance, Raw::write<double>(room));
  });
  const double least = eps_of_constant(eps, x.dtype());
  for (std::int64_t c = 0; c < sizes.n; ++c) rstd[c] = 1 / std::sqrt(variance[c] == 0 ? least : variance[c] + eps);
  if (x.dtype() == float64) recompute_out_of_range(x, sizes, eps, variance, stats);
  return stats;
}

Tensor running_statistics(const Tensor& running_mean, const Tensor& running_var, double eps) {
  const std::int64_t channels = running_mean.size();
  Tensor stats = Raw::uninitialized({2, channels}, float64);
  detail::visit_floating(running_mean.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    double* to = Raw::write<double>(stats);
    const T *mean = Raw::data<T>(running_mean), *variance = Raw::data<T>(running_var);
    for (std::int64_t c = 0; c < channels; ++c) {
      to[c] = static_cast<double>(mean[c]);
      const auto own = static_cast<double>(variance[c]);
      to[channels + c] = 1 / std::sqrt(own == 0 ? eps_of_constant(eps, running_mean.dtype()) : own + eps);
    }
  });
  return stats;
}

void move_running(const Tensor& running, const double* now, double scale, double momentum, Source at) {
  const NoGrad no_grad;
  Raw::begin_write(running, "batch_norm", at);
  detail::visit_floating(running.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    T* r = Raw::write<T>(running);
    const std::int64_t channels = running.size();
    for (std::int64_t c = 0; c < channels; ++c)
      r[c] = static_cast<T>((1 - momentum) * static_cast<double>(r[c]) + momentum * scale * now[c]);
  });
}

// y = (x - mean) rstd w + b.
Tensor normalized(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& stats, Along sizes) {
  Tensor y = Raw::uninitialized(x.shape(), x.dtype());
  const std::int64_t n = sizes.n;
  const double *mean = Raw::data<double>(stats), *rstd = mean + n;
  const Tensor room = scratch(2 * n);
  double *slope = Raw::write<double>(room), *offset = slope + n;
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T *w = Raw::data_or_null<T>(weight), *b = Raw::data_or_null<T>(bias);
    for (std::int64_t c = 0; c < n; ++c) {
      slope[c] = w ? rstd[c] * static_cast<double>(w[c]) : rstd[c];
      offset[c] = b ? static_cast<double>(b[c]) : 0;
    }
    kernels::channel_affine<T>(Raw::data<T>(x), nullptr, Raw::write<T>(y), sizes, {slope, mean, nullptr, offset});
  });
  return y;
}

using Gradients = std::array<Tensor, 4>;  // of x, weight, bias and the statistics

// From x̂ = (x - mean) r, r = (variance + eps)^(-1/2), y = w x̂ + b:
// gb = Σ g, gw = Σ g x̂, and gx = w r g with constant statistics; through those of the batch, with n values a channel,
// gx = w r (g - Σ g / n - x̂ Σ (g x̂) / n).
Gradients pull_kernel(const Tensor& x, const Tensor& weight, const Tensor& stats, const Tensor& g, Needs needs,
                      bool of_batch) {
  const Along sizes = channels_of(x.shape());
  const std::int64_t n = sizes.n;
  const double *mean = Raw::data<double>(stats), *rstd = mean + n;
  const Tensor room = scratch(4 * n + kernels::channel_scratch(sizes));
  double *sum_g = Raw::write<double>(room), *sum_gx = sum_g + n, *x_slope = sum_gx + n, *scale = x_slope + n;
  Gradients out;
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    if (of_batch || needs[1] || needs[2])
      kernels::channel_sums(Raw::data<T>(x), Raw::data<T>(g), sizes, mean, sum_g, sum_gx, scale + n);
    const auto vector = [&](auto f) {
      Tensor v = Raw::uninitialized(Shape(n), x.dtype());
      T* to = Raw::write<T>(v);
      for (std::int64_t c = 0; c < n; ++c) to[c] = static_cast<T>(f(c));
      return v;
    };
    if (needs[1]) out[1] = vector([&](std::int64_t c) { return sum_gx[c] * rstd[c]; });
    if (needs[2]) out[2] = vector([&](std::int64_t c) { return sum_g[c]; });
    if (!needs[0]) return;
    const auto count = static_cast<double>(sizes.lines());
    const T* w = Raw::data_or_null<T>(weight);
    for (std::int64_t c = 0; c < n; ++c) {
      scale[c] = w ? rstd[c] * static_cast<double>(w[c]) : rstd[c];
      if (!of_batch) continue;
      x_slope[c] = -(rstd[c] * (sum_gx[c] / count)) * rstd[c];
      sum_g[c] /= -count;
    }
    out[0] = Raw::uninitialized(x.shape(), x.dtype());
    kernels::channel_affine<T>(of_batch ? Raw::data<T>(x) : nullptr, Raw::data<T>(g), Raw::write<T>(out[0]), sizes,
                               {x_slope, mean, scale, sum_g});
  });
  return out;
}

// A mask of the channels in which the squares, or fifth powers of r as they occur in derivatives of the formula,
// overflow or underflow in the dtype of x, while eps is 0 or negligible beside the variance.
Tensor far_channels(const Tensor& stats, DType dtype, double eps) {
  const double most = dtype == float32 ? 1e6 : 1e50;
  const Tensor r = stats[1];
  const double of_constant = 1 / std::sqrt(eps_of_constant(eps, dtype));
  return ((r > most) | (r < 1 / most)) & (r * std::sqrt(eps) < 1e-9) & (r != of_constant);
}

// (variance + eps)^(-1/2) from the deviations d of x, in the shape of `column`. Where the dtype of x cannot hold the
// variance, it is 1 / std(x), without eps.
Tensor inverse_deviation(const Tensor& x, const Tensor& d, const Tensor& stats, double eps,
                         const std::vector<std::int64_t>& others, const std::vector<std::int64_t>& column) {
  const Tensor far = far_channels(stats, x.dtype(), eps);
  const double least = eps_of_constant(eps, x.dtype());
  if (sum(far).item() == 0) return 1 / sqrt(mean(square(d), others, keepdims) + least);
  const Tensor there = reshape(far, column);
  const Tensor near = 1 / sqrt(mean(square(where(there, 0, d)), others, keepdims) + where(there, 1, least));
  return where(there, 1 / where(there, std(x, others, 0, keepdims), 1), near);
}

// The same by recorded ops. The statistics of a batch are computed anew, since gradients flow through them too; weight
// may be undefined.
Gradients pull_formula(const Tensor& x, const Tensor& weight, const Tensor& stats, const Tensor& g, Needs needs,
                       bool through_batch, double eps) {
  // An empty batch has no statistics for gradients to flow through; the stored ones are zeros.
  const bool of_batch = through_batch && channels_of(x.shape()).lines() > 0;
  std::vector<std::int64_t> others, column(x.rank() - 1, 1);
  for (std::size_t k = 0; k < x.rank(); ++k)
    if (k != 1) others.push_back(static_cast<std::int64_t>(k));
  column[0] = x.shape()[1];
  const auto spread = [&](const Tensor& v) { return reshape(v, column); };
  const auto average = [&](const Tensor& v) { return mean(v, others, keepdims); };
  Tensor d, r;
  if (of_batch) {
    // The rounding error of the mean is the same in every difference: centring a second time removes most of it.
    d = x - average(x);
    d = d - average(d);
    r = inverse_deviation(x, d, stats, eps, others, column);
  } else {
    d = x - spread(stats[0]).to(x.dtype());
    r = spread(stats[1]).to(x.dtype());
  }
  const Tensor normal = d * r;
  const Tensor scale = weight.defined() ? r * spread(weight) : r;
  Gradients out;
  if (needs[0]) out[0] = scale * (of_batch ? g - average(g) - normal * average(g * normal) : g);
  if (needs[1]) out[1] = sum(g * normal, others);
  if (needs[2]) out[2] = sum(g, others);
  return out;
}

void check_batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& running_mean,
                      const Tensor& running_var, bool of_batch, double momentum, double eps) {
  require_floating(x);
  if (x.rank() < 2)
    throw detail::argument_error("batch_norm: the input must have axes (N, C) or (N, C, L...), got shape " +
                                 to_string(x.shape()));
  require_channel_vector(x, weight, "weight");
  require_channel_vector(x, bias, "bias");
  require_channel_vector(x, running_mean, "running_mean");
  require_channel_vector(x, running_var, "running_var");
  if (running_mean.defined() != running_var.defined())
    throw detail::argument_error("batch_norm: one of running_mean and running_var is undefined: pass both or none");
  if (!(eps > 0) || std::isinf(eps))
    throw detail::argument_error("batch_norm: eps must be positive and finite, got " + detail::number_text(eps));
  if (!(momentum >= 0 && momentum <= 1))
    throw detail::argument_error("batch_norm: momentum must lie in [0, 1], got " + detail::number_text(momentum));
  if (of_batch && channels_of(x.shape()).lines() == 1)
    throw detail::argument_error(
        "batch_norm: expected more than 1 value per channel when training, got input of shape " + to_string(x.shape()));
}

// The statistics to normalise with. Those of a batch come with its variances.
Tensor statistics_for(const Tensor& x, const Tensor& running_mean, const Tensor& running_var, bool training, double eps,
                      const Tensor& variance) {
  if (!training && running_mean.defined()) return running_statistics(running_mean, running_var, eps);
  const Along sizes = channels_of(x.shape());
  if (sizes.lines() == 0) {
    Tensor stats = Raw::uninitialized({2, sizes.n}, float64);
    std::fill_n(Raw::write<double>(stats), 2 * sizes.n, 0.0);
    return stats;
  }
  return batch_statistics(x, sizes, eps, Raw::write<double>(variance));
}

}  // namespace

Tensor batch_norm(Tensor input, Tensor gamma, Tensor bias, Tensor running_mean, Tensor running_var, bool training,
                  double momentum, double eps, Source at) {
  const detail::Timed timed("batch_norm", at);
  const bool of_batch = training || !running_mean.defined();
  check_batch_norm(input, gamma, bias, running_mean, running_var, of_batch, momentum, eps);
  const Along sizes = channels_of(input.shape());
  const Tensor variance = of_batch ? scratch(sizes.n) : Tensor();
  Tensor statistics = statistics_for(input, running_mean, running_var, training, eps, variance);
  const Tensor batch = statistics;
  Tensor value = normalized(input, gamma, bias, statistics, sizes);
  const bool weighted = gamma.defined();
  // Without a weight or bias, `stats`, which needs no gradient, takes that input's place.
  if (!weighted) gamma = statistics;
  if (!bias.defined()) bias = statistics;
  Tensor y = record("batch_norm", at, std::move(value),
                    {std::move(input), std::move(gamma), std::move(bias), std::move(statistics)},
                    attributes("training", training, "momentum", momentum, "eps", eps),
                    joint<0, 1, 3>([=](Tensor x, Tensor w, Tensor stats, Tensor g, Needs needs) {
                      const Tensor weight = weighted ? w : Tensor();
                      if (grad_enabled()) return pull_formula(x, weight, stats, g, needs, of_batch, eps);
                      return pull_kernel(x, weight, stats, g, needs, of_batch);
                    }));
  // Last, when nothing can fail any more: both statistics move or none.
  if (training && running_mean.defined() && sizes.lines() > 0) {
    const auto n = static_cast<double>(sizes.lines());
    move_running(running_mean, Raw::data<double>(batch), 1, momentum, at);
    move_running(running_var, Raw::data<double>(variance), n / (n - 1), momentum, at);
  }
  return y;
}

}  // namespace xgrad

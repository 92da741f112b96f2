#include <xgrad/autograd/ops/variance.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/reduction/moments.hpp>
#include <xgrad/autograd/kernels/reduction/sum.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad {
namespace {

using kernels::Along;
using AxisNumbers = AxisList<std::size_t>;

enum class Root : bool { no, yes };

// The mean and Σ (x - mean)² of each line over the axes, in double.
struct Moments {
  Tensor means, squares;
};

Moments moments_of(const Tensor& x, const AxisNumbers& axes) {
  Moments all;
  double behind = 1;  // number of elements averaged in each mean
  const auto reduce = [&](Along run) {
    const Tensor from = all.means.defined() ? all.means : x;
    const Tensor means = Raw::uninitialized(Shape(run.lines()), float64);
    const Tensor around = Raw::uninitialized(means.shape(), float64);
    detail::visit_floating(from.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      kernels::moments(Raw::data<T>(from), Raw::write<double>(means), Raw::write<double>(around), run);
    });
    if (all.squares.defined()) {
      // The sum of the squares within the parts, and of those of the means of the parts around their own mean.
      const Tensor within = Raw::uninitialized(around.shape(), float64);
      kernels::sum(Raw::data<double>(all.squares), Raw::write<double>(within), run);
      for (std::int64_t i = 0; i < run.lines(); ++i)
        Raw::write<double>(around)[i] = Raw::data<double>(within)[i] + behind * Raw::data<double>(around)[i];
    }
    behind *= static_cast<double>(run.n);
    all = {means, around};
  };
  if (axes.empty())
    reduce({x.size(), 1, 1});
  else
    detail::for_each_run(x.shape(), axes, reduce);
  return all;
}

double spread(double squares, double divisor, int exponent, Root root) {
  return root == Root::yes ? std::scalbn(std::sqrt(squares / divisor), exponent)
                           : std::scalbn(squares / divisor, 2 * exponent);
}

// In float64 squares may overflow or underflow: such lines are computed anew from scaled values. The squares of float32
// values stay within the range of double.
void recompute_out_of_range(const Tensor& x, const AxisNumbers& axes, const Moments& moments, double divisor, Root root,
                            const Tensor& y) {
  const auto out_of_range = [](double s) { return !(s > 1e-290 && s < 1e300); };
  const double* s = Raw::data<double>(moments.squares);
  if (std::none_of(s, s + y.size(), out_of_range)) return;
  const NoGrad off;
  const Tensor lines = transpose(x, detail::brought_to_end(axes, x.rank()));
  const std::int64_t n = detail::reduced_count(x.shape(), axes);
  for (std::int64_t i = 0; i < y.size(); ++i) {
    if (!out_of_range(s[i])) continue;
    const kernels::ScaledMoments scaled = kernels::scaled_moments(Raw::data<double>(lines) + i * n, n);
    Raw::write<double>(moments.means)[i] = scaled.mean;
    Raw::write<double>(y)[i] = spread(scaled.squares, divisor, scaled.exponent, root);
  }
}

// Fills y and returns the means.
Tensor compute(const Tensor& x, const AxisNumbers& axes, double divisor, Root root, const Tensor& y) {
  const Moments moments = x.size() == 0 ? Moments{} : moments_of(x, axes);
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    T* to = Raw::write<T>(y);
    if (x.size() == 0) return void(std::fill_n(to, y.size(), std::numeric_limits<T>::quiet_NaN()));
    const double* squares = Raw::data<double>(moments.squares);
    std::transform(squares, squares + y.size(), to,
                   [=](double each) { return static_cast<T>(spread(each, divisor, 0, root)); });
  });
  if (x.size() > 0 && x.dtype() == float64) recompute_out_of_range(x, axes, moments, divisor, root, y);
  return moments.means;
}

// dy/dx is 2 (x - mean) / divisor of the variance, and (x - mean) / (divisor y) of its root, 0 where that is 0.

// x - mean. The rounding error of the mean is the same in every difference; subtracting the mean of the differences
// removes most of it, and what the quotients x / n, whose sum cannot overflow, have added to it.
Tensor centred(const Tensor& x, const AxisNumbers& axes) {
  const Axes over(axes);
  const auto n = static_cast<double>(detail::reduced_count(x.shape(), axes));
  const Tensor d = x - sum(x / n, over, keepdims);
  return d - mean(d, over, keepdims);
}

// Where y is 0, it is replaced by 1, so that no slope is infinite there.
Tensor pull_formula(const Tensor& x, const Tensor& y, const Tensor& g, const AxisNumbers& axes, double divisor,
                    Root root) {
  const Shape kept = detail::kept_shape(x.shape(), axes);
  const Tensor up = reshape(g, kept);
  if (root == Root::no) return centred(x, axes) * (up * (2 / divisor));
  const Tensor s = reshape(y, kept), flat = s == 0;
  return centred(x, axes) / where(flat, 1, s) * where(flat, 0, up / divisor);
}

// The same by a kernel in one pass, for adjacent axes.
Tensor pull_kernel(const Tensor& x, const Tensor& means, const Tensor& y, const Tensor& g, Along axis, double divisor,
                   Root root) {
  const std::int64_t lines = axis.lines();
  const Tensor room = Raw::uninitialized({3, lines}, float64);
  Tensor out = Raw::uninitialized(x.shape(), x.dtype());
  double *factor = Raw::write<double>(room), *offset = factor + lines, *scale = offset + lines;
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    for (std::int64_t i = 0; i < lines; ++i) {
      const auto up = static_cast<double>(Raw::data<T>(g)[i]);
      const auto s = root == Root::yes ? static_cast<double>(Raw::data<T>(y)[i]) : 1;
      // The differences are scaled to the size of s by a power of two, which rounds nothing: neither up / s nor they
      // times up then leave the range of double before their product does.
      factor[i] = s == 0 ? 1 : std::ldexp(1.0, -std::clamp(std::ilogb(s), -1000, 1000));
      offset[i] = factor[i] * Raw::data<double>(means)[i];
      scale[i] = s == 0 ? 0 : up / (root == Root::yes ? divisor : divisor / 2) / (factor[i] * s);
    }
    kernels::affine_lines(Raw::data<T>(x), factor, offset, scale, Raw::write<T>(out), axis);
  });
  return out;
}

Tensor spread_op(const char* op, Tensor input, const Axes& asked, double correction, KeepDims keep, Root root,
                 Source at) {
  const detail::Timed timed(op, at);
  detail::require_defined(op, &input, 1);
  const AxisNumbers axes = asked.resolve(op, input.rank());
  if (!std::isfinite(correction))
    throw detail::argument_error(std::string(op) + ": the correction must be finite, got " +
                                 detail::number_text(correction));
  if (!is_floating(input.dtype())) input = to(std::move(input), float32, at);
  const auto n = static_cast<double>(detail::reduced_count(input.shape(), axes));
  const double divisor = n == 0 ? 1 : std::max(0.0, n - correction);  // over no elements y is NaN, whatever the divisor
  Tensor y = Raw::uninitialized(detail::reduced_shape(input.shape(), axes, keep), input.dtype());
  Tensor means = compute(input, axes, divisor, root, y);
  const auto rule = [=](const Tensor& x, const Tensor& kept_means, const Tensor& out, const Tensor& g) {
    const bool together = !axes.empty() && axes[axes.size() - 1] - axes[0] + 1 == axes.size();
    if (grad_enabled() || !together || x.size() == 0) return pull_formula(x, out, g, axes, divisor, root);
    const Along axis = detail::along(x.shape(), axes[0], axes[0] + axes.size());
    return pull_kernel(x, kept_means, out, g, axis, divisor, root);
  };
  if (!means.defined()) means = Raw::constant(y);
  return record(op, at, std::move(y), {std::move(input), std::move(means)},
                attributes("axes", Shape(axes), "correction", correction, "keepdims", keep), from_xy(rule),
                no_gradient);
}

}  // namespace

Tensor var(Tensor x, Axes axes, double correction, KeepDims keep, Source at) {
  return spread_op("var", std::move(x), axes, correction, keep, Root::no, at);
}

Tensor std(Tensor x, Axes axes, double correction, KeepDims keep, Source at) {
  return spread_op("std", std::move(x), axes, correction, keep, Root::yes, at);
}

VarMean var_mean(Tensor x, Axes axes, double correction, KeepDims keep, Source at) {
  const detail::Timed timed("var_mean", at);
  Tensor spread = spread_op("var_mean", x, axes, correction, keep, Root::no, at);
  return {std::move(spread), mean(std::move(x), std::move(axes), keep, at)};
}

StdMean std_mean(Tensor x, Axes axes, double correction, KeepDims keep, Source at) {
  const detail::Timed timed("std_mean", at);
  Tensor spread = spread_op("std_mean", x, axes, correction, keep, Root::yes, at);
  return {std::move(spread), mean(std::move(x), std::move(axes), keep, at)};
}

}  // namespace xgrad

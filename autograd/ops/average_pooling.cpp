#include <xgrad/autograd/ops/average_pooling.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/pooling/average_pool.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/pool_windows.hpp>
#include <xgrad/autograd/ops/selection.hpp>

namespace xgrad {
namespace {

using detail::EachAxis;
using kernels::Averaging;

// The windows hold for any number of planes.
Averaging over(Averaging how, const Tensor& x, std::size_t axes) {
  how.by.planes = detail::planes_of(x.shape(), axes);
  return how;
}

Tensor averaged(Tensor x, std::size_t axes, const Averaging& how);

Tensor spread(Tensor g, std::size_t axes, const Averaging& how) {
  Tensor x = Raw::uninitialized(detail::unpooled_shape(g.shape(), axes, how.by), g.dtype());
  detail::visit_floating(g.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::average_pool_adjoint(Raw::data<T>(g), Raw::write<T>(x), over(how, g, axes));
  });
  return record("spread", Source::here(), std::move(x), {std::move(g)},
                [axes, how](Tensor u) { return averaged(std::move(u), axes, how); });
}

Tensor value_of(const Tensor& x, std::size_t axes, const Averaging& how) {
  Tensor y = Raw::uninitialized(detail::pooled_shape(x.shape(), axes, how.by), x.dtype());
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::average_pool(Raw::data<T>(x), Raw::write<T>(y), over(how, x, axes));
  });
  return y;
}

template <class Settings>
Tensor recorded(const char* op, Source at, Tensor x, std::size_t axes, const Averaging& how, const Settings& settings) {
  Tensor y = value_of(x, axes, how);
  return record(op, at, std::move(y), {std::move(x)}, settings,
                with_push([axes, how](Tensor g) { return spread(std::move(g), axes, how); },
                          [axes, how](Tensor t, std::size_t) { return averaged(std::move(t), axes, how); }));
}

Tensor averaged(Tensor x, std::size_t axes, const Averaging& how) {
  return recorded("average", Source::here(), std::move(x), axes, how, attributes());
}

Tensor pool(const char* op, std::size_t axes, Tensor x, const Dims& size, const AvgPoolOptions& options, Source at) {
  const detail::Timed timed(op, at);
  Averaging how;
  how.by = detail::sliding_windows(op, x, axes, {size, options.stride(), options.padding(), 1, options.ceil_mode()});
  how.padding_counts = options.count_include_pad();
  const std::optional<std::int64_t> divisor = options.divisor_override();
  if (divisor && (*divisor == 0 || axes == 1))
    throw detail::argument_error(std::string(op) +
                                 ": divisor_override must not be 0, and is for two axes or three: got " +
                                 std::to_string(*divisor) + " for input of shape " + to_string(x.shape()));
  how.divisor = divisor.value_or(0);
  const Shape sizes = EachAxis(op, "kernel_size", size, axes).shape();
  return recorded(op, at, std::move(x), axes, how, attributes("kernel_size", sizes));
}

Tensor adaptive_pool(const char* op, std::size_t axes, Tensor x, const Dims& output_size, Source at) {
  const detail::Timed timed(op, at);
  Averaging how;
  how.by = detail::adaptive_windows(op, x, axes, output_size);
  how.adaptive = true;
  const Shape shape = detail::pooled_shape(x.shape(), axes, how.by);
  return recorded(op, at, std::move(x), axes, how, attributes("output_size", Shape(shape.end() - axes, axes)));
}

Tensor lp_pool(const char* op, std::size_t axes, Tensor x, double p, const Dims& size, const LPPoolOptions& options,
               Source at) {
  const detail::Timed timed(op, at);
  if (p == 0 || !std::isfinite(p))
    throw detail::argument_error(std::string(op) + ": norm_type must be finite and not 0, got " +
                                 detail::number_text(p));
  detail::require_places(op, x, axes);
  detail::check_sliding(op, axes, {size, options.stride(), 0, 1, options.ceil_mode()});
  const EachAxis sizes(op, "kernel_size", size, axes);
  double places = 1;
  for (std::size_t k = 0; k < axes; ++k) places *= static_cast<double>(sizes[k]);
  const Tensor mean = pool(op, axes, pow(std::move(x), p, at), size,
                           AvgPoolOptions().stride(options.stride()).ceil_mode(options.ceil_mode()), at);
  // The root of a sum of 0 is no part of the graph: its slope is infinite.
  const Tensor nothing = mean == 0, root = p > 0 ? 0.0 : std::numeric_limits<double>::infinity();
  return where(nothing, root, pow(mul(where(nothing, 1, mean, at), places, at), 1 / p, at), at);
}

}  // namespace

Tensor avg_pool1d(Tensor x, const Dims& kernel_size, const AvgPoolOptions& options, Source at) {
  return pool("avg_pool1d", 1, std::move(x), kernel_size, options, at);
}
Tensor avg_pool2d(Tensor x, const Dims& kernel_size, const AvgPoolOptions& options, Source at) {
  return pool("avg_pool2d", 2, std::move(x), kernel_size, options, at);
}
Tensor avg_pool3d(Tensor x, const Dims& kernel_size, const AvgPoolOptions& options, Source at) {
  return pool("avg_pool3d", 3, std::move(x), kernel_size, options, at);
}

Tensor adaptive_avg_pool1d(Tensor x, const Dims& output_size, Source at) {
  return adaptive_pool("adaptive_avg_pool1d", 1, std::move(x), output_size, at);
}
Tensor adaptive_avg_pool2d(Tensor x, const Dims& output_size, Source at) {
  return adaptive_pool("adaptive_avg_pool2d", 2, std::move(x), output_size, at);
}
Tensor adaptive_avg_pool3d(Tensor x, const Dims& output_size, Source at) {
  return adaptive_pool("adaptive_avg_pool3d", 3, std::move(x), output_size, at);
}

Tensor lp_pool1d(Tensor x, double norm_type, const Dims& kernel_size, const LPPoolOptions& options, Source at) {
  return lp_pool("lp_pool1d", 1, std::move(x), norm_type, kernel_size, options, at);
}
Tensor lp_pool2d(Tensor x, double norm_type, const Dims& kernel_size, const LPPoolOptions& options, Source at) {
  return lp_pool("lp_pool2d", 2, std::move(x), norm_type, kernel_size, options, at);
}
Tensor lp_pool3d(Tensor x, double norm_type, const Dims& kernel_size, const LPPoolOptions& options, Source at) {
  return lp_pool("lp_pool3d", 3, std::move(x), norm_type, kernel_size, options, at);
}

}  // namespace xgrad

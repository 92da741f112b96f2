#include <xgrad/autograd/ops/resizing.hpp>

#include <cmath>
#include <string>
#include <utility>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/pooling/resize.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/average_pooling.hpp>
#include <xgrad/autograd/ops/pool_windows.hpp>
#include <xgrad/autograd/ops/promotion.hpp>

namespace xgrad {
namespace {

using kernels::Resizing;
using kernels::Sampling;

constexpr const char* op = "interpolate";

const char* name_of(InterpolateMode mode) {
  static constexpr const char* names[] = {"nearest",   "nearest-exact", "linear", "bilinear",
                                          "trilinear", "bicubic",       "area"};
  return names[static_cast<std::size_t>(mode)];
}

[[noreturn]] void refuse(const std::string& what) { throw detail::argument_error("interpolate: " + what); }

std::size_t axes_of(const Tensor& x, InterpolateMode mode) {
  detail::require_defined(op, &x, 1);
  const std::size_t axes = x.rank() < 3 ? 0 : x.rank() - 2;
  const std::size_t wanted = mode == InterpolateMode::linear      ? 1
                             : mode == InterpolateMode::bilinear  ? 2
                             : mode == InterpolateMode::bicubic   ? 2
                             : mode == InterpolateMode::trilinear ? 3
                                                                  : axes;
  if (axes < 1 || axes > 3 || axes != wanted)
    refuse(std::string("mode ") + name_of(mode) + " takes an input with axes " +
           (wanted == 1   ? "(N, C, L)"
            : wanted == 2 ? "(N, C, H, W)"
            : wanted == 3 ? "(N, C, D, H, W)"
                          : "(N, C, L), (N, C, H, W) or (N, C, D, H, W)") +
           ", got shape " + to_string(x.shape()));
  detail::require_places(op, x, axes);
  return axes;
}

// The size that a factor gives.
std::int64_t scaled(std::int64_t n, double factor, const Shape& shape) {
  const double size = std::floor(static_cast<double>(n) * factor);
  if (!(factor > 0) || !(size >= 1 && size < 0x1p62))
    refuse("a scale_factor of " + detail::number_text(factor) + " makes of shape " + to_string(shape) + " an axis of " +
           detail::number_text(size) + " elements: it must have one at least, and fewer than 2^62");
  return static_cast<std::int64_t>(size);
}

Resizing resizing_of(const Tensor& x, std::size_t axes, const InterpolateOptions& options) {
  const std::vector<double>& factors = options.scale_factor().list();
  const bool by_size = !options.size().list().empty();
  if (by_size == !factors.empty())
    refuse(std::string(by_size ? "both size and scale_factor are" : "neither size nor scale_factor is") +
           " given for input of shape " + to_string(x.shape()) + ": give one of them");
  if (by_size && options.recompute_scale_factor())
    refuse("size " + detail::text_of(options.size()) + " and recompute_scale_factor are given for input of shape " +
           to_string(x.shape()) + ": only factors can be computed anew");
  if (!by_size && factors.size() != 1 && factors.size() != axes)
    refuse("scale_factor must be one number or " + std::to_string(axes) + " for input of shape " +
           to_string(x.shape()) + ", got " + std::to_string(factors.size()));
  Resizing by;
  by.planes = detail::planes_of(x.shape(), axes);
  for (std::size_t k = 0; k < axes; ++k) {
    kernels::ResizedAxis& a = by.axis[3 - axes + k];
    a.n = x.shape()[x.rank() - axes + k];
    if (by_size) {
      a.count = detail::EachAxis(op, "size", options.size(), axes).at_least(1)[k];
    } else {
      const double factor = factors[factors.size() == 1 ? 0 : k];
      a.count = scaled(a.n, factor, x.shape());
      a.factor = options.recompute_scale_factor() ? 0 : factor;
    }
  }
  return by;
}

Shape resized(const Shape& shape, std::size_t axes, const Resizing& by, std::int64_t kernels::ResizedAxis::*size) {
  return detail::with_places(shape, axes, [&](std::size_t k) { return by.axis[3 - axes + k].*size; });
}

Tensor spread(Tensor g, std::size_t axes, Resizing by);

template <class Settings>
Tensor sampled(const char* name, Source at, Tensor x, std::size_t axes, Resizing by, const Settings& settings) {
  Tensor y = Raw::uninitialized(resized(x.shape(), axes, by, &kernels::ResizedAxis::count), x.dtype());
  by.planes = detail::planes_of(x.shape(), axes);
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::resize(Raw::data<T>(x), Raw::write<T>(y), by);
  });
  return record(name, at, std::move(y), {std::move(x)}, settings,
                with_push([axes, by](Tensor g) { return spread(std::move(g), axes, by); },
                          [axes, by](Tensor t, std::size_t) {
                            return sampled("sample", Source::here(), std::move(t), axes, by, attributes());
                          }));
}

Tensor spread(Tensor g, std::size_t axes, Resizing by) {
  Tensor x = Raw::uninitialized(resized(g.shape(), axes, by, &kernels::ResizedAxis::n), g.dtype());
  by.planes = detail::planes_of(g.shape(), axes);
  detail::visit_floating(g.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::resize_adjoint(Raw::data<T>(g), Raw::write<T>(x), by);
  });
  return record("spread", Source::here(), std::move(x), {std::move(g)}, [axes, by](Tensor u) {
    return sampled("sample", Source::here(), std::move(u), axes, by, attributes());
  });
}

Tensor means(Tensor x, std::size_t axes, const Shape& sizes, Source at) {
  const Dims list(std::vector<std::int64_t>(sizes.end() - axes, sizes.end()));
  return axes == 1   ? adaptive_avg_pool1d(std::move(x), list, at)
         : axes == 2 ? adaptive_avg_pool2d(std::move(x), list, at)
                     : adaptive_avg_pool3d(std::move(x), list, at);
}

}  // namespace

Tensor interpolate(Tensor x, const InterpolateOptions& options, Source at) {
  const detail::Timed timed(op, at);
  const InterpolateMode mode = options.mode();
  const std::size_t axes = axes_of(x, mode);
  const bool smooth = mode == InterpolateMode::linear || mode == InterpolateMode::bilinear ||
                      mode == InterpolateMode::trilinear || mode == InterpolateMode::bicubic;
  if (options.align_corners() && !smooth)
    refuse(std::string("align_corners is for linear, bilinear, trilinear and bicubic, but the mode is ") +
           name_of(mode) + " for input of shape " + to_string(x.shape()));
  Resizing by = resizing_of(x, axes, options);
  const Shape shape = resized(x.shape(), axes, by, &kernels::ResizedAxis::count);
  if (mode == InterpolateMode::area) return means(std::move(x), axes, shape, at);
  by.how = mode == InterpolateMode::nearest         ? Sampling::nearest
           : mode == InterpolateMode::nearest_exact ? Sampling::nearest_exact
           : mode == InterpolateMode::bicubic       ? Sampling::cubic
                                                    : Sampling::linear;
  by.align_corners = options.align_corners();
  const auto settings = attributes("size", Shape(shape.end() - axes, axes), "mode", name_of(mode), "align_corners",
                                   options.align_corners());
  return sampled(op, at, std::move(x), axes, by, settings);
}

}  // namespace xgrad

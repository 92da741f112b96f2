#include <xgrad/autograd/ops/norm.hpp>

#include <cmath>
#include <limits>
#include <string>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/reduction/norm.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad {
namespace {

using AxisNumbers = AxisList<std::size_t>;
using kernels::Along;

void check(const char* op, const Tensor& x, double p, const AxisNumbers& axes) {
  const std::string name = op;
  if (!is_floating(x.dtype()))
    throw detail::argument_error(name + ": x must be float32 or float64, got " + name_of(x.dtype()) +
                                 ": convert it with to()");
  if (std::isnan(p)) throw detail::argument_error(name + ": p must be a number, got nan");
  const bool has_identity = p >= 0 && std::isfinite(p);
  if (!has_identity && detail::reduced_count(x.shape(), axes) == 0 &&
      detail::reduced_shape(x.shape(), axes, KeepDims::no).count_or(1) > 0)
    throw detail::argument_error(name + ": there is nothing to take the norm of in shape " + to_string(x.shape()) +
                                 ": p = " + detail::number_text(p) + " needs an element");
}

Tensor values(const Tensor& input, double p, const AxisNumbers& axes, const Shape& shape) {
  const NoGrad off;
  Tensor y = Raw::uninitialized(shape, input.dtype());
  if (y.size() == 0) return y;
  Tensor x = input;
  Along lines{x.size(), 1, 1};
  if (!axes.empty()) {
    const std::size_t last = axes[axes.size() - 1];
    const bool together = last - axes[0] + 1 == axes.size();
    if (!together) x = transpose(x, detail::brought_to_end(axes, x.rank()));
    const std::size_t first = together ? axes[0] : x.rank() - axes.size();
    lines = detail::along(x.shape(), first, first + axes.size());
  }
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::norm(Raw::data<T>(x), Raw::write<T>(y), p, lines);
  });
  return y;
}

double smallest_normal(DType dtype) {
  return dtype == float32 ? static_cast<double>(std::numeric_limits<float>::min()) : std::numeric_limits<double>::min();
}

// y and g have size 1 at the reduced axes. |x| / y cannot overflow, as y is no less than any |x| for p > 0.
Tensor pull(const Tensor& x, const Tensor& y, const Tensor& g, double p, const AxisNumbers& axes) {
  if (p == 1) return sign(x) * g;
  const Tensor size = abs(x);
  if (std::isinf(p)) {
    const Tensor ties = (size == y) | isnan(x);
    constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
    const Tensor count = sum(ties.to(g.dtype()), Axes(axes), keepdims);
    return where(ties, where(isnan(x), not_a_number, sign(x)) * (g / count), 0);
  }
  const Tensor flat = y == 0, length = where(flat, 1, y), up = where(flat, 0, g);
  if (p == 2) return x / length * up;
  const Tensor flat_here = flat | ((x == 0) & (length == length));  // where y is NaN, so is the gradient
  const Tensor quotient = size / length;
  if (p < 0 || p > 2) return sign(x) * pow(where(flat_here, 1, quotient), p - 1) * up;
  // |x| / y may be subnormal where its power is not: there the power is a quotient of two powers.
  const Tensor apart = (quotient < smallest_normal(x.dtype())) & (x != 0);
  const Tensor near = pow(where(flat_here | apart, 1, quotient), p - 1);
  const Tensor far = pow(where(apart, size, 1), p - 1) / pow(where(apart, length, 1), p - 1);
  return sign(x) * where(apart, far, near) * up;
}

Tensor norm_op(const char* op, Tensor x, double p, const Axes& asked, KeepDims keep, Source at) {
  const detail::Timed timed(op, at);
  detail::require_defined(op, &x, 1);
  const AxisNumbers axes = asked.resolve(op, x.rank());
  check(op, x, p, axes);
  Tensor y = values(x, p, axes, detail::reduced_shape(x.shape(), axes, keep));
  const Shape kept = detail::kept_shape(x.shape(), axes);
  const auto settings = attributes("p", p, "axes", Shape(axes), "keepdims", keep);
  if (p == 0) return record(op, at, std::move(y), {std::move(x)}, settings, zero_gradient);
  return record(op, at, std::move(y), {std::move(x)}, settings,
                from_xy([p, axes, kept](const Tensor& in, const Tensor& out, const Tensor& g) {
                  return pull(in, reshape(out, kept), reshape(g, kept), p, axes);
                }));
}

}  // namespace

Tensor norm(Tensor x, double p, Axes axes, KeepDims keep, Source at) {
  return norm_op("norm", std::move(x), p, axes, keep, at);
}

Tensor vector_norm(Tensor x, double p, Axes axes, KeepDims keep, Source at) {
  return norm_op("vector_norm", std::move(x), p, axes, keep, at);
}

}  // namespace xgrad

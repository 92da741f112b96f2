#include <xgrad/autograd/ops/softmax.hpp>

#include <limits>
#include <string>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/reduction/softmax.hpp>
#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad {
namespace {

using detail::along;
using kernels::Along;

// The op's operand in a floating dtype.
Tensor floating(const char* op, Tensor x, Source at) {
  detail::require_defined(op, &x, 1);
  if (!is_floating(x.dtype())) x = to(std::move(x), float32, at);
  return x;
}

// Runs kernel(x, more..., y) in the dtype of x, y a new tensor of x's shape.
template <class F, class... More>
Tensor mapped(const F& kernel, const Tensor& x, const More&... more) {
  Tensor y = Raw::uninitialized(x.shape(), x.dtype());
  if (x.size() == 0) return y;
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernel(Raw::data<T>(x), Raw::data<T>(more)..., Raw::write<T>(y));
  });
  return y;
}

}  // namespace

Tensor softmax(Tensor input, Dim asked, Source at) {
  const detail::Timed timed("softmax", at);
  input = floating("softmax", std::move(input), at);
  const std::size_t k = resolve_axis_of_any_rank("softmax", asked, input.rank());
  const Along axis = along(input.shape(), k);
  Tensor value = mapped([&](const auto* from, auto* to) { kernels::softmax(from, to, axis); }, input);
  Raw::mark_weak(value, input.weak());
  // dy_i/dx_j = y_i ([i = j] - y_j), so gx = y (g - Σ g y).
  return record(
      "softmax", at, std::move(value), {std::move(input)}, attributes("axis", k), from_y([k, axis](Tensor y, Tensor g) {
        if (grad_enabled()) return y * (g - sum(g * y, k, keepdims));
        const auto kernel = [&](const auto* p, const auto* q, auto* to) { kernels::softmax_backward(p, q, to, axis); };
        return mapped(kernel, y, g);
      }));
}

Tensor softmin(Tensor input, Dim asked, Source at) {
  const detail::Timed timed("softmin", at);
  input = floating("softmin", std::move(input), at);
  const std::size_t k = resolve_axis_of_any_rank("softmin", asked, input.rank());
  return softmax(neg(std::move(input), at), k, at);
}

namespace {

// The value of masked_softmax. The maximum of a line is replaced by 0 where it is -inf: there every power is 0.
Tensor masked_value(const Tensor& x, const Tensor& mask, std::size_t k) {
  if (x.size() == 0) return Raw::uninitialized(x.shape(), x.dtype());
  const NoGrad off;
  constexpr double none = -std::numeric_limits<double>::infinity();
  const Tensor greatest = amax(where(mask, x, none), k, keepdims);
  const Tensor shift = where(greatest == none, 0.0, greatest);
  const Tensor powers = where(mask, exp(where(mask, x, shift) - shift), 0.0);
  const Tensor total = sum(powers, k, keepdims);
  return powers / where(total == 0, 1.0, total);
}

}  // namespace

Tensor masked_softmax(Tensor input, Tensor mask, Dim asked, Source at) {
  const detail::Timed timed("masked_softmax", at);
  const detail::Calling calling("masked_softmax", at);
  const Tensor both[] = {input, mask};
  detail::require_defined("masked_softmax", both, 2);
  input = floating("masked_softmax", std::move(input), at);
  const std::size_t k = resolve_axis_of_any_rank("masked_softmax", asked, input.rank());
  if (mask.dtype() != boolean)
    throw detail::argument_error(std::string("masked_softmax: the mask is ") + name_of(mask.dtype()) +
                                 ": it must be bool: compare it, as in mask != 0");
  if (!broadcasts_to(mask.shape(), input.shape()))
    throw detail::argument_error("masked_softmax: a mask of shape " + to_string(mask.shape()) +
                                 " does not broadcast to the input's shape " + to_string(input.shape()));
  const Along axis = along(input.shape(), k);
  Tensor value = masked_value(input, mask, k);
  Raw::mark_weak(value, input.weak());
  // As for softmax: y is 0 where the mask does not hold, and so is its slope.
  return record("masked_softmax", at, std::move(value), {std::move(input), std::move(mask)}, attributes("axis", k),
                from_y([k, axis](Tensor y, Tensor g) {
                  if (grad_enabled()) return y * (g - sum(g * y, k, keepdims));
                  const auto kernel = [&](const auto* p, const auto* q, auto* to) {
                    kernels::softmax_backward(p, q, to, axis);
                  };
                  return mapped(kernel, y, g);
                }),
                no_gradient);
}

Tensor log_softmax(Tensor input, Dim asked, Source at) {
  const detail::Timed timed("log_softmax", at);
  input = floating("log_softmax", std::move(input), at);
  const std::size_t k = resolve_axis_of_any_rank("log_softmax", asked, input.rank());
  const Along axis = along(input.shape(), k);
  Tensor value = mapped([&](const auto* from, auto* to) { kernels::log_softmax(from, to, axis); }, input);
  Raw::mark_weak(value, input.weak());
  // dy_i/dx_j = [i = j] - e^y_j, so gx = g - e^y Σ g.
  return record("log_softmax", at, std::move(value), {std::move(input)}, attributes("axis", k),
                from_y([k, axis](Tensor y, Tensor g) {
                  if (grad_enabled()) return g - exp(y) * sum(g, k, keepdims);
                  const auto kernel = [&](const auto* p, const auto* q, auto* to) {
                    kernels::log_softmax_backward(p, q, to, axis);
                  };
                  return mapped(kernel, y, g);
                }));
}

namespace {

// The gradient of logsumexp, by recorded ops and by the kernel; `stats` holds the shift and the inverse sum of each
// line.
Tensor pull_formula(const Tensor& x, const Tensor& stats, const Tensor& g, Along axis) {
  const Shape column{axis.outer, 1, axis.inner};
  const Tensor shift = Raw::alias(stats, column);
  const Tensor e = exp(reshape(x, Shape{axis.outer, axis.n, axis.inner}) - shift);
  const Tensor total = where(isinf(shift), 1, sum(e, 1, keepdims));
  return reshape(e / total * reshape(g, column), x.shape());
}

Tensor pull_kernel(const Tensor& x, const Tensor& stats, const Tensor& g, Along axis) {
  const auto kernel = [&](const auto* from, const auto* shift, const auto* up, auto* to) {
    kernels::logsumexp_backward(from, shift, shift + axis.lines(), up, to, axis);
  };
  return mapped(kernel, x, stats, g);
}

// logsumexp over the adjacent axes first .. last-1; y has the shape of x without them.
Tensor logsumexp_run(Tensor input, std::size_t first, std::size_t last, Source at) {
  const Along axis = along(input.shape(), first, last);
  Shape shape = input.shape();
  for (std::size_t k = last; k-- > first;) shape = shape.without(k);
  Tensor value = Raw::uninitialized(shape, input.dtype());
  Raw::mark_weak(value, input.weak());
  // What the gradient needs to form softmax(x): the shift and the inverse sum of every line.
  const std::int64_t lines = axis.lines();
  Tensor kept =
      detail::records(&input, 1) || detail::is_observed() ? Raw::uninitialized({2, lines}, input.dtype()) : Tensor();
  detail::visit_floating(input.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    T* shift = kept.defined() ? Raw::write<T>(kept) : nullptr;
    kernels::logsumexp(Raw::data<T>(input), Raw::write<T>(value), shift, shift == nullptr ? nullptr : shift + lines,
                       axis);
  });
  if (!kept.defined()) return value;
  // dy/dx_j = e^x_j / Σ e^x: from the shifted x, as y is rounded to its own size, and e^(x_j - y) would multiply that.
  Shape axes;
  for (std::size_t k = last; k-- > first;) axes = axes.inserted(0, static_cast<std::int64_t>(k));
  return record("logsumexp", at, std::move(value), {std::move(input), std::move(kept)}, attributes("axes", axes),
                from<0, 1>([axis](Tensor x, Tensor stats, Tensor g) {
                  return grad_enabled() ? pull_formula(x, stats, g, axis) : pull_kernel(x, stats, g, axis);
                }),
                no_gradient);
}

}  // namespace

Tensor logsumexp(Tensor input, Axes asked, KeepDims keep, Source at) {
  const detail::Timed timed("logsumexp", at);
  Tensor x = floating("logsumexp", std::move(input), at);
  const AxisList<std::size_t> axes = asked.resolve("logsumexp", x.rank());
  const Shape kept = detail::kept_shape(x.shape(), axes);
  const std::size_t rank = x.rank(), n = axes.size();
  Tensor y;
  if (n == 0 || axes[n - 1] - axes[0] == n - 1) {
    y = logsumexp_run(std::move(x), n == 0 ? 0 : axes[0], n == 0 ? 0 : axes[0] + n, at);
  } else {
    y = logsumexp_run(transpose(std::move(x), detail::brought_to_end(axes, rank), at), rank - n, rank, at);
  }
  return keep == KeepDims::yes ? reshape(std::move(y), kept, at) : y;
}

}  // namespace xgrad

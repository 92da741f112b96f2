#include <xgrad/autograd/ops/softmax.hpp>

#include <algorithm>
#include <numeric>
#include <vector>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/reduction/softmax.hpp>
#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad {
namespace {

using detail::along;
using kernels::Along;

// The op's operand in a floating dtype.
Tensor floating(const char* op, Tensor x, Source at) {
  const detail::Timed timed(op, at);
  detail::require_defined(op, &x, 1);
  return is_floating(x.dtype()) ? x : to(std::move(x), float32, at);
}

// Runs kernel(x, more..., y) in the dtype of x, y a new tensor of x's shape.
template <class F, class... More>
Tensor mapped(const F& kernel, const Tensor& x, const More&... more) {
  Tensor y = Tensor::uninitialized(x.shape(), x.dtype());
  if (x.size() == 0) return y;
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernel(x.data<T>(), more.template data<T>()..., y.write<T>());
  });
  return y;
}

}  // namespace

Tensor softmax(Tensor input, Dim asked, Source at) {
  input = floating("softmax", std::move(input), at);
  const std::size_t k = resolve_axis_of_any_rank("softmax", asked, input.rank());
  const Along axis = along(input.shape(), k);
  Tensor value = mapped([&](const auto* from, auto* to) { kernels::softmax(from, to, axis); }, input);
  value.mark_weak(input.weak());
  // dy_i/dx_j = y_i ([i = j] - y_j), so gx = y (g - Σ g y).
  return record("softmax", at, std::move(value), {std::move(input)}, from_y([k, axis](Tensor y, Tensor g) {
                  if (grad_enabled()) return y * (g - sum(g * y, k, keepdims));
                  const auto kernel = [&](const auto* p, const auto* q, auto* to) {
                    kernels::softmax_backward(p, q, to, axis);
                  };
                  return mapped(kernel, y, g);
                }));
}

Tensor log_softmax(Tensor input, Dim asked, Source at) {
  input = floating("log_softmax", std::move(input), at);
  const std::size_t k = resolve_axis_of_any_rank("log_softmax", asked, input.rank());
  const Along axis = along(input.shape(), k);
  Tensor value = mapped([&](const auto* from, auto* to) { kernels::log_softmax(from, to, axis); }, input);
  value.mark_weak(input.weak());
  // dy_i/dx_j = [i = j] - e^y_j, so gx = g - e^y Σ g.
  return record("log_softmax", at, std::move(value), {std::move(input)}, from_y([k, axis](Tensor y, Tensor g) {
                  if (grad_enabled()) return g - exp(y) * sum(g, k, keepdims);
                  const auto kernel = [&](const auto* p, const auto* q, auto* to) {
                    kernels::log_softmax_backward(p, q, to, axis);
                  };
                  return mapped(kernel, y, g);
                }));
}

namespace {

// The kernel over neighbouring axes first .. last-1; y has the shape of x without them.
Tensor logsumexp_run(Tensor input, std::size_t first, std::size_t last, Source at) {
  const Along axis = along(input.shape(), first, last);
  Shape shape = input.shape(), kept = shape;
  for (std::size_t k = last; k-- > first;) {
    shape = shape.without(k);
    kept = kept.with(k, 1);
  }
  Tensor value = Tensor::uninitialized(shape, input.dtype());
  value.mark_weak(input.weak());
  detail::visit_floating(input.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::logsumexp(input.data<T>(), value.write<T>(), axis);
  });
  // dy/dx_j = e^x_j / Σ e^x = e^(x_j - y).
  return record("logsumexp", at, std::move(value), {std::move(input)},
                from_xy([axis, kept](Tensor x, Tensor y, Tensor g) {
                  if (grad_enabled()) return exp(x - reshape(y, kept)) * reshape(g, kept);
                  const auto kernel = [&](const auto* p, const auto* q, const auto* r, auto* to) {
                    kernels::logsumexp_backward(p, q, r, to, axis);
                  };
                  return mapped(kernel, x, y, g);
                }));
}

}  // namespace

Tensor logsumexp(Tensor input, Axes asked, KeepDims keep, Source at) {
  Tensor x = floating("logsumexp", std::move(input), at);
  const AxisList<std::size_t> axes = asked.resolve("logsumexp", x.rank());
  Shape kept = x.shape();
  for (std::size_t axis : axes) kept = kept.with(axis, 1);
  const std::size_t rank = x.rank(), n = axes.size();
  Tensor y;
  if (n == 0 || axes[n - 1] - axes[0] == n - 1) {
    y = logsumexp_run(std::move(x), n == 0 ? 0 : axes[0], n == 0 ? 0 : axes[0] + n, at);
  } else {
    // Axes that are apart are brought together at the end.
    std::vector<std::int64_t> order(rank);
    std::iota(order.begin(), order.end(), std::int64_t{0});
    std::stable_partition(order.begin(), order.end(), [&](std::int64_t axis) {
      return !std::binary_search(axes.begin(), axes.end(), static_cast<std::size_t>(axis));
    });
    y = logsumexp_run(transpose(std::move(x), order, at), rank - n, rank, at);
  }
  return keep == KeepDims::yes ? reshape(std::move(y), kept, at) : y;
}

}  // namespace xgrad

#include <xgrad/autograd/ops/prod.hpp>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/reduction/product.hpp>
#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/running_product.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad {
namespace {

using kernels::Along;

Tensor pull_kernel(const Tensor& x, const Tensor& g, Along axis) {
  Tensor gx = Raw::uninitialized(x.shape(), x.dtype());
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::product_backward(Raw::data<T>(x), Raw::data<T>(g), Raw::write<T>(gx), axis);
  });
  return gx;
}

// In double, as the kernel: products of float32 numbers may leave its range on their way.
Tensor pull_formula(const Tensor& x, const Tensor& g, Along axis) {
  const Tensor lines = reshape(to(x, float64), Shape{axis.outer, axis.n, axis.inner});
  const Tensor own = reshape(to(g, float64), Shape{axis.outer, std::int64_t{1}, axis.inner});
  const Tensor slopes = detail::product_among({&lines, &own}, 1, detail::products_of_others(lines, 1), own);
  return to(reshape(slopes, x.shape()), x.dtype());
}

// The product over neighbouring axes, seen as the one in the middle of three.
Tensor product_of_lines(Tensor x, Along axis, const AxisList<std::size_t>& axes, const Shape& shape, Source at) {
  const Shape kept = detail::kept_shape(x.shape(), axes);
  Tensor y = Raw::uninitialized(shape, x.dtype());
  if (y.size() > 0)
    detail::visit(x.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      if constexpr (!std::is_same_v<T, bool>) kernels::product(Raw::data<T>(x), Raw::write<T>(y), axis);
    });
  return record("prod", at, std::move(y), {std::move(x)}, attributes("axes", Shape(axes)),
                from<0>([axis, kept](const Tensor& in, const Tensor& g) {
                  if (in.size() == 0) return in * reshape(g, kept);
                  if (!grad_enabled() && in.dtype() == g.dtype()) return pull_kernel(in, g, axis);
                  return pull_formula(in, g, axis);
                }));
}

}  // namespace

Tensor prod(Tensor x, Axes asked, KeepDims keep, Source at) {
  const detail::Timed timed("prod", at);
  detail::require_defined("prod", &x, 1);
  auto axes = asked.resolve("prod", x.rank());
  if (x.dtype() == boolean) x = detail::converted(x, int64);
  const Shape shape = detail::reduced_shape(x.shape(), axes, keep);
  if (axes.empty()) return product_of_lines(x, {x.size(), 1, 1}, axes, shape, at);
  const std::size_t rank = x.rank();
  const bool together = axes[axes.size() - 1] - axes[0] + 1 == axes.size();
  if (!together) {
    x = transpose(std::move(x), detail::brought_to_end(axes, rank), at);
    for (std::size_t i = 0; i < axes.size(); ++i) axes[i] = rank - axes.size() + i;
  }
  const Along lines = detail::along(x.shape(), axes[0], axes[0] + axes.size());
  return product_of_lines(std::move(x), lines, axes, shape, at);
}

}  // namespace xgrad

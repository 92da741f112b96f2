#include <xgrad/autograd/ops/windows.hpp>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/lost_writes.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/matrix/windows.hpp>
#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/strides.hpp>

namespace xgrad {
namespace {

using kernels::Windows;

Tensor windows_of(Tensor x, std::size_t axis, Windows windows, Source at);

// The windows in the last axis of x added up where they lie in the shape.
Tensor added_up(Tensor x, const Shape& shape, std::size_t axis, Windows windows) {
  Tensor y = Raw::uninitialized(shape, x.dtype());
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::add_windows(Raw::data<T>(x), Raw::write<T>(y), detail::along(detail::with_an_axis(shape), axis), windows);
  });
  return record("fold", Source::here(), std::move(y), {std::move(x)},
                [axis, windows](Tensor g) { return windows_of(std::move(g), axis, windows, Source::here()); });
}

Tensor windows_of(Tensor x, std::size_t axis, Windows windows, Source at) {
  const Shape shape = x.shape();
  const auto dim = static_cast<std::int64_t>(axis);
  Shape result = shape;
  detail::Strides strides = detail::strides_of(shape);
  std::int64_t inner = 1;
  if (shape.rank() > 0) {
    inner = strides[axis];
    result = shape.with(axis, windows.count);
    if (windows.count > 1 && x.size() > 0) strides[axis] = inner * windows.step;
  }
  result = result.inserted(shape.rank(), windows.size);
  strides.push_back(inner);
  Tensor y = detail::strided_copy(x, result, strides);
  y = detail::LostWrites(x).mark(std::move(y));
  return record("unfold", at, std::move(y), {std::move(x)},
                attributes("axis", dim, "size", windows.size, "step", windows.step),
                [shape, axis, windows](Tensor g) { return added_up(std::move(g), shape, axis, windows); });
}

}  // namespace

Tensor unfold(Tensor x, Dim asked, Dim size, Dim step, Source at) {
  const detail::Timed timed("unfold", at);
  detail::require_defined("unfold", &x, 1);
  const std::size_t axis = resolve_axis_of_any_rank("unfold", asked, x.rank());
  const std::int64_t n = detail::with_an_axis(x.shape())[axis];
  const bool fits = size.value() >= 0 && size.value() <= n && step.value() >= 1;
  const std::int64_t more = fits ? (n - size.value()) / step.value() : 0;  // windows after the first
  if (!fits || more == INT64_MAX)
    throw detail::argument_error("unfold: windows of " + std::to_string(size.value()) + " elements with a step of " +
                                 std::to_string(step.value()) + " along axis " + std::to_string(axis) + " of shape " +
                                 to_string(x.shape()) + ": a window has at most the " + std::to_string(n) +
                                 " elements of the axis, and the step is positive");
  return windows_of(std::move(x), axis, {more + 1, size, step}, at);
}

}  // namespace xgrad

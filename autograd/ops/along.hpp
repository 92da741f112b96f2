#pragma once

// For this room's sources only: shapes read as (outer, n, inner) around the axes that an op works along.

#include <algorithm>
#include <cstddef>
#include <vector>

#include <xgrad/autograd/graph/shape.hpp>
#include <xgrad/autograd/kernels/indexing/along.hpp>

namespace xgrad::detail {

/// A shape seen as (outer, n, inner), with the axes first .. last-1 merged into n.
inline kernels::Along along(const Shape& shape, std::size_t first, std::size_t last) {
  kernels::Along axis;
  for (std::size_t k = 0; k < shape.rank(); ++k) {
    std::int64_t& part = k < first ? axis.outer : k < last ? axis.n : axis.inner;
    // A product can overflow only if another size is 0: then there is no element to visit.
    if (__builtin_mul_overflow(part, shape[k], &part)) part = 0;
  }
  return axis;
}

inline kernels::Along along(const Shape& shape, std::size_t axis) { return along(shape, axis, axis + 1); }

/// The shape itself, or (1) for rank 0.
inline Shape with_an_axis(const Shape& shape) { return shape.rank() == 0 ? Shape{1} : shape; }

/// The shape with size 1 at the listed axes. reduced_shape() removes them, unless they are to be kept.
inline Shape kept_shape(const Shape& shape, const AxisList<std::size_t>& axes) {
  Shape result = shape;
  for (std::size_t axis : axes) result = result.with(axis, 1);
  return result;
}

inline Shape reduced_shape(const Shape& shape, const AxisList<std::size_t>& axes, KeepDims keep) {
  if (keep == KeepDims::yes) return kept_shape(shape, axes);
  Shape result = shape;
  for (std::size_t i = axes.size(); i-- > 0;) result = result.without(axes[i]);
  return result;
}

/// The product of the axes' sizes.
inline std::int64_t reduced_count(const Shape& shape, const AxisList<std::size_t>& axes) {
  std::int64_t count = 1;
  for (std::size_t axis : axes)
    if (__builtin_mul_overflow(count, shape[axis], &count)) count = 0;  // overflow: only where another size is 0
  return count;
}

/// The order of all axes that moves the listed ones to the end.
inline std::vector<std::int64_t> brought_to_end(const AxisList<std::size_t>& axes, std::size_t rank) {
  std::vector<std::int64_t> order;
  for (std::size_t k = 0; k < rank; ++k)
    if (!std::binary_search(axes.begin(), axes.end(), k)) order.push_back(static_cast<std::int64_t>(k));
  for (std::size_t axis : axes) order.push_back(static_cast<std::int64_t>(axis));
  return order;
}

/// Groups adjacent axes of the sorted list into runs. Calls f for each run, the innermost first, with the sizes that
/// remain after the runs before it have been reduced.
template <class F>
void for_each_run(const Shape& shape, const AxisList<std::size_t>& axes, F&& f) {
  Shape rest = shape;
  for (std::size_t last = axes.size(); last > 0;) {
    std::size_t first = last - 1;
    while (first > 0 && axes[first - 1] + 1 == axes[first]) --first;
    f(along(rest, axes[first], axes[last - 1] + 1));
    for (std::size_t k = last; k-- > first;) rest = rest.without(axes[k]);
    last = first;
  }
}

}  // namespace xgrad::detail

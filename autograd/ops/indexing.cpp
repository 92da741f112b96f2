#include <xgrad/autograd/ops/indexing.hpp>

#include <stdexcept>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/indexing/gather.hpp>
#include <xgrad/autograd/kernels/indexing/scatter.hpp>
#include <xgrad/autograd/kernels/indexing/scatter_onto.hpp>
#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/slicing.hpp>

namespace xgrad {
namespace {

using detail::along;
using detail::with_an_axis;

void require_both(const char* op, const Tensor& x, const Tensor& indices) {
  const Tensor both[] = {x, indices};
  detail::require_defined(op, both, 2);
}

// The indices, with negative ones replaced by those counted from the front; one out of range is an error. If there are
// none of either, they are used as they are.
Tensor resolved(const char* op, const Tensor& indices, const Shape& shape, std::size_t axis) {
  const std::int64_t size = with_an_axis(shape)[axis];
  if (indices.dtype() != int64)
    throw detail::argument_error(std::string(op) + ": indices must be int64, got " + name_of(indices.dtype()));
  const auto* from = Raw::data<std::int64_t>(indices);
  const std::int64_t n = indices.size();
  std::int64_t signs = 0;  // negative if an index is, or exceeds size - 1
  for (std::int64_t i = 0; i < n; ++i) signs |= from[i] | (size - 1 - from[i]);
  if (signs >= 0) return indices.detach();
  Tensor result = Raw::uninitialized(indices.shape(), int64);
  auto* to = Raw::write<std::int64_t>(result);
  for (std::int64_t i = 0; i < n; ++i) {
    if (from[i] < -size || from[i] >= size)
      throw detail::argument_error(std::string(op) + ": index " + std::to_string(from[i]) +
                                   " is out of range for axis " + std::to_string(axis) + " of shape " +
                                   to_string(shape));
    to[i] = from[i] < 0 ? from[i] + size : from[i];
  }
  return result;
}

Tensor select_rows(Tensor x, std::size_t axis, Tensor rows, Source at);

// Zeros of the given shape, with slice j of x added to the slice rows[j] along the axis. Where `sum` is defined, they
// are added to it instead, in its own memory, so that many small selections from a large leaf cost what they hold.
Tensor add_rows(Tensor x, std::size_t axis, Tensor rows, const Shape& shape, const Tensor& sum) {
  const bool few = 4 * rows.size() < with_an_axis(shape)[axis];  // else it pays to visit the whole
  const bool onto = few && sum.defined() && sum.shape() == shape && sum.dtype() == x.dtype();
  Tensor y = onto ? Raw::alias(sum, shape) : Raw::uninitialized(shape, x.dtype());
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const auto kernel = onto ? &kernels::add_rows_onto<T> : &kernels::add_rows<T>;
    kernel(Raw::data<T>(x), Raw::data<std::int64_t>(rows), rows.size(), Raw::write<T>(y), along(shape, axis));
  });
  const auto back = from<1>([axis](Tensor r, Tensor g) { return select_rows(g, axis, r, Source::here()); });
  const auto settings = attributes("axis", axis);
  if (!onto)
    return record("index_add", Source::here(), std::move(y), {std::move(x), std::move(rows)}, settings, back,
                  no_gradient);
  if (!grad_enabled()) return sum;
  const auto onto_back = from<2>([axis](Tensor r, Tensor g) { return select_rows(g, axis, r, Source::here()); });
  return record("index_add", Source::here(), std::move(y), {Tensor(sum), std::move(x), std::move(rows)}, settings,
                pass_on, onto_back, no_gradient);
}

Tensor select_rows(Tensor x, std::size_t axis, Tensor rows, Source at) {
  const Shape shape = x.shape();
  Tensor y = Raw::uninitialized(shape.rank() == 0 ? shape : shape.with(axis, rows.size()), x.dtype());
  detail::visit(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::take_rows(Raw::data<T>(x), Raw::data<std::int64_t>(rows), rows.size(), Raw::write<T>(y),
                       along(shape, axis));
  });
  return record("index_select", at, std::move(y), {std::move(x), std::move(rows)}, attributes("axis", axis),
                detail::adding_always<1>([axis, shape](Tensor r, Tensor g, const Tensor& sum) {
                  return add_rows(std::move(g), axis, std::move(r), shape, sum);
                }),
                no_gradient);
}

Tensor pick_elements(Tensor x, std::size_t axis, Tensor picks, Source at);

// Zeros of the given shape, with each element of x added at the index that its pick gives along the axis.
Tensor add_elements(Tensor x, std::size_t axis, Tensor picks, const Shape& shape) {
  Tensor y = Raw::uninitialized(shape, x.dtype());
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const std::int64_t count = along(picks.shape(), axis).n;
    kernels::add_picks(Raw::data<T>(x), Raw::data<std::int64_t>(picks), count, Raw::write<T>(y), along(shape, axis));
  });
  return record("scatter_add", Source::here(), std::move(y), {std::move(x), std::move(picks)}, attributes("axis", axis),
                from<1>([axis](Tensor p, Tensor g) { return pick_elements(g, axis, p, Source::here()); }), no_gradient);
}

// The picked elements, or an undefined tensor if an index lies outside of 0 .. n-1.
Tensor picked_values(const Tensor& x, std::size_t axis, const Tensor& picks) {
  Tensor y = Raw::uninitialized(picks.shape(), x.dtype());
  const std::int64_t count = along(picks.shape(), axis).n;
  const bool inside = detail::visit(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    return kernels::take_picks(Raw::data<T>(x), Raw::data<std::int64_t>(picks), count, Raw::write<T>(y),
                               along(x.shape(), axis));
  });
  return inside ? y : Tensor();
}

// Indices that have not been checked are checked where they are read; only if one is negative, or wrong, are all of
// them resolved first.
Tensor pick_elements(Tensor x, std::size_t axis, Tensor picks, Source at) {
  const Shape shape = x.shape();
  Tensor y = picked_values(x, axis, picks);
  if (!y.defined()) {
    picks = resolved("gather", picks, shape, axis);
    y = picked_values(x, axis, picks);
  }
  return record("gather", at, std::move(y), {std::move(x), std::move(picks)}, attributes("axis", axis),
                from<1>([axis, shape](Tensor p, Tensor g) { return add_elements(g, axis, p, shape); }), no_gradient);
}

}  // namespace

Tensor index_select(Tensor x, Dim asked, Tensor indices, Source at) {
  const detail::Timed timed("index_select", at);
  require_both("index_select", x, indices);
  const std::size_t axis = resolve_axis_of_any_rank("index_select", asked, x.rank());
  if (indices.rank() != 1)
    throw detail::argument_error("index_select: indices must have one axis, got shape " + to_string(indices.shape()) +
                                 " for x of shape " + to_string(x.shape()));
  if (x.rank() == 0 && indices.size() != 1)
    throw detail::argument_error("index_select: " + std::to_string(indices.size()) +
                                 " indices for x of shape (): a single element takes one");
  Tensor rows = resolved("index_select", indices, x.shape(), axis);
  const bool copied = Raw::value(x)->copied || !detail::alone(x);
  Tensor y = select_rows(std::move(x), axis, std::move(rows), at);
  Raw::value(y)->copied = copied;
  return y;
}

Tensor gather(Tensor x, Dim asked, Tensor indices, Source at) {
  const detail::Timed timed("gather", at);
  require_both("gather", x, indices);
  const std::size_t axis = resolve_axis_of_any_rank("gather", asked, x.rank());
  const Shape sizes = with_an_axis(x.shape()), picked = with_an_axis(indices.shape());
  bool fits = picked.rank() == sizes.rank();
  for (std::size_t k = 0; fits && k < sizes.rank(); ++k) fits = k == axis || picked[k] <= sizes[k];
  if (!fits)
    throw detail::argument_error(
        "gather: indices of shape " + to_string(indices.shape()) + " do not fit x of shape " + to_string(x.shape()) +
        ": their sizes may be smaller than those of x, and larger only " + "along axis " + std::to_string(axis));
  if (indices.dtype() != int64)
    throw detail::argument_error(std::string("gather: indices must be int64, got ") + name_of(indices.dtype()));
  const bool copied = Raw::value(x)->copied || !detail::alone(x);
  for (std::size_t k = 0; k < x.rank(); ++k)
    if (k != axis && picked[k] < sizes[k]) x = narrow(std::move(x), static_cast<std::int64_t>(k), 0, picked[k], at);
  Tensor y = pick_elements(std::move(x), axis, indices.detach(), at);
  Raw::value(y)->copied = copied;
  return y;
}

Tensor Tensor::operator[](const detail::Rows& given) && {
  const Tensor& rows = given.tensor;
  const Source at = given.at;
  const detail::Calling calling("index_select", at);
  if (!rows.defined() || rows.rank() == 1 || rank() == 0) return index_select(std::move(*this), 0, rows, at);
  Shape shape = rows.shape();
  for (std::size_t k = 1; k < rank(); ++k) shape = shape.inserted(shape.rank(), this->shape()[k]);
  return index_select(std::move(*this), 0, rows.detach().reshape({-1}, at), at).reshape(shape, at);
}

Tensor Tensor::operator[](const detail::Rows& rows) const& { return Tensor(*this)[rows]; }

}  // namespace xgrad

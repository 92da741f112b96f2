#include <xgrad/autograd/ops/indexing.hpp>

#include <algorithm>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/indexing/gather.hpp>
#include <xgrad/autograd/kernels/indexing/scatter.hpp>
#include <xgrad/autograd/kernels/indexing/scatter_onto.hpp>
#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/indices.hpp>
#include <xgrad/autograd/ops/masking.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/slicing.hpp>

namespace xgrad {
namespace {

using detail::along;
using detail::resolved_indices;
using detail::with_an_axis;

void require_both(const char* op, const Tensor& x, const Tensor& indices) {
  const Tensor both[] = {x, indices};
  detail::require_defined(op, both, 2);
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
    picks = resolved_indices("gather", picks, shape, axis);
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
  Tensor rows = resolved_indices("index_select", indices, x.shape(), axis);
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

namespace {

// The rows that the indices, which lie in 0 .. n-1, name: those at `padding`, unless it is -1, get no gradient.
Tensor rows_of_table(Tensor table, const Tensor& indices, std::int64_t padding, Source at) {
  const Shape shape = table.shape();
  Tensor rows = reshape(indices.detach(), {-1});
  Tensor y = Raw::uninitialized({rows.size(), shape[1]}, table.dtype());
  detail::visit(table.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::take_rows(Raw::data<T>(table), Raw::data<std::int64_t>(rows), rows.size(), Raw::write<T>(y),
                       along(shape, 0));
  });
  y = record("embedding", at, std::move(y), {std::move(table), std::move(rows)}, attributes("padding_idx", padding),
             detail::adding_always<1>([shape, padding](Tensor r, Tensor g, const Tensor& sum) {
               if (padding >= 0) g = where(unsqueeze(r != padding, 1), g, 0);
               return add_rows(std::move(g), 0, std::move(r), shape, sum);
             }),
             no_gradient);
  Shape result = indices.shape();
  result = result.inserted(result.rank(), shape[1]);
  return reshape(std::move(y), result, at);
}

void check_embedding(const Tensor& indices, const Tensor& table) {
  const Tensor both[] = {indices, table};
  detail::require_defined("embedding", both, 2);
  if (table.rank() != 2)
    throw detail::argument_error("embedding: the table must be a matrix with a row for each index, got shape " +
                                 to_string(table.shape()));
  if (indices.dtype() != int64)
    throw detail::argument_error(std::string("embedding: indices must be int64, got ") + name_of(indices.dtype()));
  const auto* from = Raw::data<std::int64_t>(indices);
  for (std::int64_t i = 0, n = indices.size(); i < n; ++i)
    if (from[i] < 0 || from[i] >= table.shape()[0])
      throw detail::argument_error("embedding: index " + std::to_string(from[i]) + " is no row of a table of shape " +
                                   to_string(table.shape()));
}

}  // namespace

Tensor embedding(Tensor indices, Tensor table, Source at) {
  const detail::Timed timed("embedding", at);
  check_embedding(indices, table);
  return rows_of_table(std::move(table), indices, -1, at);
}

Tensor embedding(Tensor indices, Tensor table, Dim padding_idx, Source at) {
  const detail::Timed timed("embedding", at);
  check_embedding(indices, table);
  const std::int64_t rows = table.shape()[0], asked = padding_idx;
  if (asked < -rows || asked >= rows)
    throw detail::argument_error("embedding: padding_idx " + std::to_string(asked) + " is no row of a table of shape " +
                                 to_string(table.shape()));
  return rows_of_table(std::move(table), indices, asked < 0 ? asked + rows : asked, at);
}

Tensor one_hot(Tensor labels, Dim classes, Source at) {
  const detail::Timed timed("one_hot", at);
  detail::require_defined("one_hot", &labels, 1);
  if (labels.dtype() != int64)
    throw detail::argument_error(std::string("one_hot: labels must be int64, got ") + name_of(labels.dtype()));
  const std::int64_t count = labels.size();
  const auto* from = Raw::data<std::int64_t>(labels);
  std::int64_t n = classes;
  if (n == -1) {
    if (count == 0)
      throw detail::argument_error("one_hot: no labels in shape " + to_string(labels.shape()) +
                                   ": the number of classes cannot be found, and must be given");
    const std::int64_t last = *std::max_element(from, from + count);
    if (last < 0)
      throw detail::argument_error("one_hot: label " + std::to_string(from[0]) + " in shape " +
                                   to_string(labels.shape()) + ": the least label is 0");
    if (__builtin_add_overflow(last, 1, &n))
      throw detail::argument_error("one_hot: label " + std::to_string(last) + " in shape " + to_string(labels.shape()) +
                                   ": no tensor has so many classes");
  }
  if (n < 0 || (n == 0 && count > 0))
    throw detail::argument_error("one_hot: " + std::to_string(classes.value()) + " classes for labels of shape " +
                                 to_string(labels.shape()) + ": the number must be positive");
  for (std::int64_t i = 0; i < count; ++i)
    if (from[i] < 0 || from[i] >= n)
      throw detail::argument_error("one_hot: label " + std::to_string(from[i]) + " is none of " + std::to_string(n) +
                                   " classes");
  Tensor y = Raw::uninitialized(labels.shape().inserted(labels.rank(), n), int64);
  auto* to = Raw::write<std::int64_t>(y);
  std::fill_n(to, y.size(), std::int64_t{0});
  for (std::int64_t i = 0; i < count; ++i) to[i * n + from[i]] = 1;
  return y;
}

Tensor take(Tensor x, Tensor indices, Source at) {
  const detail::Timed timed("take", at);
  require_both("take", x, indices);
  const bool copied = Raw::value(x)->copied || !detail::alone(x);
  const Shape shape{x.size()};
  Tensor rows = reshape(resolved_indices("take", indices, shape, 0), {-1});
  Tensor y = reshape(select_rows(reshape(std::move(x), shape, at), 0, std::move(rows), at), indices.shape(), at);
  Raw::value(y)->copied = copied;
  return y;
}

Tensor take_along_dim(Tensor x, Tensor indices, Source at) {
  const detail::Timed timed("take_along_dim", at);
  require_both("take_along_dim", x, indices);
  Tensor places = resolved_indices("take_along_dim", indices, {x.size()}, 0);
  return gather(reshape(std::move(x), {-1}, at), 0, reshape(std::move(places), {-1}), at);
}

Tensor take_along_dim(Tensor x, Tensor indices, Dim asked, Source at) {
  const detail::Timed timed("take_along_dim", at);
  require_both("take_along_dim", x, indices);
  const std::size_t axis = resolve_axis_of_any_rank("take_along_dim", asked, x.rank());
  Shape sizes = with_an_axis(x.shape()), picked = with_an_axis(indices.shape());
  bool fits = sizes.rank() == picked.rank();
  const std::int64_t n = sizes[axis], m = fits ? picked[axis] : 0;
  for (std::size_t k = 0; fits && k < sizes.rank(); ++k) {
    if (k == axis) continue;
    fits = sizes[k] == picked[k] || sizes[k] == 1 || picked[k] == 1;
    const std::int64_t both = sizes[k] == 1 ? picked[k] : sizes[k];
    sizes = sizes.with(k, both);
    picked = picked.with(k, both);
  }
  if (!fits)
    throw detail::argument_error("take_along_dim: indices of shape " + to_string(indices.shape()) + " and x of shape " +
                                 to_string(x.shape()) + " do not broadcast outside of axis " + std::to_string(axis));
  sizes = sizes.with(axis, n);
  picked = picked.with(axis, m);
  if (indices.dtype() != int64)
    throw detail::argument_error(std::string("take_along_dim: indices must be int64, got ") + name_of(indices.dtype()));
  indices = broadcast_to(indices.detach(), picked);
  resolved_indices("take_along_dim", indices, x.shape(), axis);
  if (x.rank() > 0) x = broadcast_to(std::move(x), sizes, at);
  return gather(std::move(x), static_cast<std::int64_t>(axis), std::move(indices), at);
}

Tensor Tensor::operator[](const detail::Rows& given) && {
  const Tensor& rows = given.tensor;
  const Source at = given.at;
  const detail::Calling calling("index_select", at);
  if (rows.defined() && rows.dtype() == boolean)
    return rows.rank() > 0 && rows.shape() == shape() ? masked_select(std::move(*this), rows, at)
                                                      : std::move(*this).slice({detail::Slice(rows)}, at);
  if (!rows.defined() || rows.rank() == 1 || rank() == 0) return index_select(std::move(*this), 0, rows, at);
  Shape shape = rows.shape();
  for (std::size_t k = 1; k < rank(); ++k) shape = shape.inserted(shape.rank(), this->shape()[k]);
  return index_select(std::move(*this), 0, rows.detach().reshape({-1}, at), at).reshape(shape, at);
}

Tensor Tensor::operator[](const detail::Rows& rows) const& { return Tensor(*this)[rows]; }

}  // namespace xgrad

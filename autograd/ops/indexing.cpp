#include <xgrad/autograd/ops/indexing.hpp>

#include <algorithm>
#include <stdexcept>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/promotion.hpp>

namespace xgrad {
namespace {

using detail::along;
using kernels::Along;

// The indices as int64 and counted from the front; one out of range is an error.
Tensor resolved(const char* op, const Tensor& indices, const Shape& shape, std::size_t axis) {
  const std::int64_t size = shape[axis];
  if (indices.dtype() != int64)
    throw std::invalid_argument(std::string(op) + ": indices must be int64, got " + name_of(indices.dtype()));
  Tensor result = Tensor::uninitialized(indices.shape(), int64);
  const auto* from = indices.data<std::int64_t>();
  auto* to = result.write<std::int64_t>();
  for (std::int64_t i = 0; i < indices.size(); ++i) {
    if (from[i] < -size || from[i] >= size)
      throw std::invalid_argument(std::string(op) + ": index " + std::to_string(from[i]) +
                                  " is out of range for axis " + std::to_string(axis) + " of shape " +
                                  to_string(shape));
    to[i] = from[i] < 0 ? from[i] + size : from[i];
  }
  return result;
}

Tensor select_rows(Tensor x, std::size_t axis, Tensor indices, Source at);

// Zeros of the given size along the axis, to which the slices of x are added where the indices say.
Tensor add_rows(Tensor x, std::size_t axis, Tensor indices, std::int64_t size) {
  const Shape shape = x.shape().with(axis, size);
  const Along all = along(shape, axis);
  const std::int64_t count = indices.size();
  Tensor y = Tensor::uninitialized(shape, x.dtype());
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    T* to = y.write<T>();
    std::fill_n(to, y.size(), T(0));
    const auto* row = indices.data<std::int64_t>();
    for (std::int64_t o = 0; o < all.outer; ++o)
      for (std::int64_t j = 0; j < count; ++j) {
        const T* from = x.data<T>() + (o * count + j) * all.inner;
        T* into = to + (o * size + row[j]) * all.inner;
        for (std::int64_t i = 0; i < all.inner; ++i) into[i] += from[i];
      }
  });
  return record("index_add", Source::here(), std::move(y), {std::move(x), std::move(indices)},
                from<1>([axis](Tensor rows, Tensor g) { return select_rows(g, axis, rows, Source::here()); }),
                no_gradient);
}

Tensor select_rows(Tensor x, std::size_t axis, Tensor indices, Source at) {
  const Along all = along(x.shape(), axis);
  const std::int64_t size = x.shape()[axis], count = indices.size();
  Tensor y = Tensor::uninitialized(x.shape().with(axis, count), x.dtype());
  detail::visit(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const auto* row = indices.data<std::int64_t>();
    for (std::int64_t o = 0; o < all.outer; ++o)
      for (std::int64_t j = 0; j < count; ++j)
        std::copy_n(x.data<T>() + (o * size + row[j]) * all.inner, all.inner,
                    y.write<T>() + (o * count + j) * all.inner);
  });
  return record("index_select", at, std::move(y), {std::move(x), std::move(indices)},
                from<1>([axis, size](Tensor rows, Tensor g) { return add_rows(g, axis, rows, size); }), no_gradient);
}

// Calls f(place in x, place in indices) for every element of the indices.
template <class F>
void for_each_pick(const Shape& shape, std::size_t axis, const Tensor& indices, F&& f) {
  const Along all = along(shape, axis);
  const std::int64_t size = shape[axis], count = indices.shape()[axis];
  const auto* pick = indices.data<std::int64_t>();
  for (std::int64_t o = 0; o < all.outer; ++o)
    for (std::int64_t j = 0; j < count; ++j)
      for (std::int64_t i = 0; i < all.inner; ++i) {
        const std::int64_t at = (o * count + j) * all.inner + i;
        f((o * size + pick[at]) * all.inner + i, at);
      }
}

Tensor pick_elements(Tensor x, std::size_t axis, Tensor indices, Source at);

Tensor add_elements(Tensor x, std::size_t axis, Tensor indices, std::int64_t size) {
  const Shape shape = x.shape().with(axis, size);
  Tensor y = Tensor::uninitialized(shape, x.dtype());
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    T* to = y.write<T>();
    std::fill_n(to, y.size(), T(0));
    for_each_pick(shape, axis, indices, [&](std::int64_t place, std::int64_t j) { to[place] += x.data<T>()[j]; });
  });
  return record("scatter_add", Source::here(), std::move(y), {std::move(x), std::move(indices)},
                from<1>([axis](Tensor picks, Tensor g) { return pick_elements(g, axis, picks, Source::here()); }),
                no_gradient);
}

Tensor pick_elements(Tensor x, std::size_t axis, Tensor indices, Source at) {
  const std::int64_t size = x.shape()[axis];
  Tensor y = Tensor::uninitialized(indices.shape(), x.dtype());
  detail::visit(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    for_each_pick(x.shape(), axis, indices,
                  [&](std::int64_t place, std::int64_t j) { y.write<T>()[j] = x.data<T>()[place]; });
  });
  return record("gather", at, std::move(y), {std::move(x), std::move(indices)},
                from<1>([axis, size](Tensor picks, Tensor g) { return add_elements(g, axis, picks, size); }),
                no_gradient);
}

}  // namespace

Tensor index_select(Tensor x, Dim asked, Tensor indices, Source at) {
  const Tensor both[] = {x, indices};
  const detail::Timed timed("index_select", at);
  detail::require_defined("index_select", both, 2);
  const std::size_t axis = resolve_axis("index_select", asked, x.rank());
  if (indices.rank() != 1)
    throw std::invalid_argument("index_select: indices must have one axis, got shape " + to_string(indices.shape()) +
                                " for x of shape " + to_string(x.shape()));
  Tensor rows = resolved("index_select", indices, x.shape(), axis);
  return select_rows(std::move(x), axis, std::move(rows), at);
}

Tensor gather(Tensor x, Dim asked, Tensor indices, Source at) {
  const Tensor both[] = {x, indices};
  const detail::Timed timed("gather", at);
  detail::require_defined("gather", both, 2);
  const std::size_t axis = resolve_axis("gather", asked, x.rank());
  if (indices.rank() != x.rank() || indices.shape().with(axis, x.shape()[axis]) != x.shape())
    throw std::invalid_argument("gather: indices of shape " + to_string(indices.shape()) + " do not fit x of shape " +
                                to_string(x.shape()) + ": all sizes but that of axis " + std::to_string(axis) +
                                " must agree");
  Tensor picks = resolved("gather", indices, x.shape(), axis);
  return pick_elements(std::move(x), axis, std::move(picks), at);
}

Tensor Tensor::operator[](const Tensor& rows) const { return index_select(*this, 0, rows); }

}  // namespace xgrad

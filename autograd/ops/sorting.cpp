#include <xgrad/autograd/ops/sorting.hpp>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/profiler.hpp>
#include <xgrad/autograd/kernels/runtime/scratch_vector.hpp>
#include <xgrad/autograd/kernels/sorting/order.hpp>
#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/reordering.hpp>
#include <xgrad/autograd/ops/selected.hpp>

namespace xgrad {
namespace {

using detail::along;

// The indices of the first `count` elements in order, along the axis.
Tensor order_of(const Tensor& x, std::size_t axis, std::int64_t count, bool from_above) {
  const Shape shape = x.rank() == 0 ? x.shape() : x.shape().with(axis, count);
  Tensor indices = Raw::uninitialized(shape, int64);
  if (indices.size() > 0)
    detail::visit(x.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      kernels::sorted_order(Raw::data<T>(x), Raw::write<std::int64_t>(indices), count, along(x.shape(), axis),
                            from_above);
    });
  return indices;
}

Tensor sorted_indices(const char* op, const Tensor& x, Dim asked, Order order) {
  detail::require_defined(op, &x, 1);
  const std::size_t axis = resolve_axis_of_any_rank(op, asked, x.rank());
  return order_of(x, axis, detail::with_an_axis(x.shape())[axis], order == Order::descending);
}

void require_within(const char* op, std::int64_t k, std::int64_t least, const Shape& shape, std::size_t axis) {
  const std::int64_t n = detail::with_an_axis(shape)[axis];
  if (k < least || k > n)
    throw detail::argument_error(std::string(op) + ": k is " + std::to_string(k) + ", but axis " +
                                 std::to_string(axis) + " of shape " + to_string(shape) + " has size " +
                                 std::to_string(n) + ": k must be within " + std::to_string(least) + " .. " +
                                 std::to_string(n));
}

// The places in sorted order where an element differs from the one before it, and what follows from them.
struct Groups {
  detail::ScratchVector<std::int64_t> first;  // the index of the first element of each group
  Tensor inverse, counts;
};

template <class F>
Groups groups_of(const std::int64_t* order, std::int64_t n, const Shape& shape, const F& equal) {
  Groups all;
  all.inverse = Raw::uninitialized(shape, int64);
  detail::ScratchVector<std::int64_t> counts;
  for (std::int64_t r = 0; r < n; ++r) {
    if (r == 0 || !equal(order[r - 1], order[r])) {
      all.first.push_back(order[r]);
      counts.push_back(0);
    }
    ++counts.back();
    Raw::write<std::int64_t>(all.inverse)[order[r]] = static_cast<std::int64_t>(counts.size()) - 1;
  }
  all.counts = Tensor(counts);
  return all;
}

template <class T>
int compare(T a, T b) {
  if (a < b) return -1;
  if (b < a) return 1;
  return int(a != a) - int(b != b);  // NaN is larger than numbers
}

// The groups of equal rows of a matrix.
template <class T>
Groups groups_of_rows(const T* x, std::int64_t rows, std::int64_t columns) {
  detail::ScratchVector<std::int64_t> order(static_cast<std::size_t>(rows));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::sort(order.begin(), order.end(), [&](std::int64_t i, std::int64_t j) {
    for (std::int64_t c = 0; c < columns; ++c)
      if (const int sign = compare(x[i * columns + c], x[j * columns + c]); sign != 0) return sign < 0;
    return i < j;
  });
  return groups_of(order.data(), rows, {rows}, [&](std::int64_t i, std::int64_t j) {
    return std::equal(x + i * columns, x + (i + 1) * columns, x + j * columns);
  });
}

}  // namespace

ValuesIndices sort(Tensor x, Dim axis, Order order, Source at) {
  const detail::Timed timed("sort", at);
  Tensor indices = sorted_indices("sort", x, axis, order);
  return detail::selected(std::move(x), axis, std::move(indices), at);
}

ValuesIndices sort(Tensor x, Order order, Source at) { return sort(std::move(x), -1, order, at); }

Tensor argsort(Tensor x, Dim axis, Order order, Source at) {
  const detail::Timed timed("argsort", at);
  return sorted_indices("argsort", x, axis, order);
}

Tensor argsort(Tensor x, Order order, Source at) { return argsort(std::move(x), -1, order, at); }

ValuesIndices topk(Tensor x, Dim k, Dim asked, Extreme which, Source at) {
  const detail::Timed timed("topk", at);
  detail::require_defined("topk", &x, 1);
  const std::size_t axis = resolve_axis_of_any_rank("topk", asked, x.rank());
  require_within("topk", k, 0, x.shape(), axis);
  const std::int64_t count = x.rank() == 0 ? 1 : k.value();
  Tensor indices = order_of(x, axis, count, which == Extreme::largest);
  return detail::selected(std::move(x), asked, std::move(indices), at);
}

ValuesIndices kthvalue(Tensor x, Dim k, Dim asked, KeepDims keep, Source at) {
  const detail::Timed timed("kthvalue", at);
  detail::require_defined("kthvalue", &x, 1);
  const std::size_t axis = resolve_axis_of_any_rank("kthvalue", asked, x.rank());
  require_within("kthvalue", k, 1, x.shape(), axis);
  Tensor indices = Raw::uninitialized(x.rank() == 0 ? x.shape() : x.shape().with(axis, 1), int64);
  if (indices.size() > 0)
    detail::visit(x.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      kernels::rank_index(Raw::data<T>(x), Raw::write<std::int64_t>(indices), k - 1, along(x.shape(), axis));
    });
  return detail::selected_one(std::move(x), asked, std::move(indices), keep, at);
}

UniqueValues unique(Tensor x, Source at) {
  const detail::Timed timed("unique", at);
  detail::require_defined("unique", &x, 1);
  const Tensor flat = x.detach().reshape({x.size()});
  const Tensor order = order_of(flat, 0, flat.size(), false);
  return detail::visit(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T* from = Raw::data<T>(flat);
    Groups all = groups_of(Raw::data<std::int64_t>(order), flat.size(), x.shape(),
                           [from](std::int64_t i, std::int64_t j) { return from[i] == from[j]; });
    Tensor values = Raw::uninitialized({all.first.size()}, x.dtype());
    std::transform(all.first.begin(), all.first.end(), Raw::write<T>(values),
                   [from](std::int64_t i) { return from[i]; });
    return UniqueValues{std::move(values), std::move(all.inverse), std::move(all.counts)};
  });
}

UniqueValues unique(Tensor x, Dim asked, Source at) {
  const detail::Timed timed("unique", at);
  detail::require_defined("unique", &x, 1);
  const std::size_t axis = resolve_axis_of_any_rank("unique", asked, x.rank());
  const Shape shape = detail::with_an_axis(x.shape());
  for (std::size_t k = 0; k < shape.rank(); ++k)
    if (k != axis && shape[k] == 0)
      throw detail::argument_error("unique: the slices of shape " + to_string(x.shape()) + " along axis " +
                                   std::to_string(axis) + " have no elements: only the axis itself may have size 0");
  const NoGrad off;
  x = x.detach();
  const std::int64_t rows = shape[axis], columns = rows == 0 ? 0 : x.size() / rows;
  const Tensor matrix = axis == 0 ? x : movedim(x, {asked}, {0}, at);
  return detail::visit(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    Groups all = groups_of_rows(Raw::data<T>(matrix), rows, columns);
    Tensor values = index_select(x, asked, Tensor(all.first), at);
    return UniqueValues{std::move(values), std::move(all.inverse), std::move(all.counts)};
  });
}

}  // namespace xgrad

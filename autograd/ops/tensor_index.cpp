#include <xgrad/autograd/ops/tensor_index.hpp>

#include <algorithm>

#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/kernels/runtime/scratch_vector.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/indexing.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad::detail {
namespace {

using Tensors = std::vector<TensorIndex>;

// The axes of a place, of which tensors stand for some: where their own axes go, and which others come before.
struct Order {
  std::vector<std::size_t> before, after;  // axes of the place that no tensor stands for
  std::vector<std::size_t> indexed;
  Shape shape;  // to which the tensors broadcast
  bool neighbours = true;

  Order(const char* op, std::size_t rank, const Tensors& tensors) {
    std::size_t next = 0;
    for (const TensorIndex& one : tensors) {
      neighbours = neighbours && (&one == &tensors.front() || one.axis == next);
      next = one.axis + one.count;
      for (std::size_t k = one.axis; k < next; ++k) indexed.push_back(k);
      shape = &one == &tensors.front() ? one.indices.shape() : broadcast_shapes(op, shape, one.indices.shape());
    }
    for (std::size_t k = 0; k < rank; ++k) {
      if (std::find(indexed.begin(), indexed.end(), k) != indexed.end()) continue;
      (neighbours && !tensors.empty() && k < tensors.front().axis ? before : after).push_back(k);
    }
  }
};

// A shape with the sizes of some axes of another appended.
Shape with_axes(Shape shape, const Shape& from, const std::vector<std::size_t>& axes) {
  for (const std::size_t k : axes) shape = shape.inserted(shape.rank(), from[k]);
  return shape;
}

// Σ indices weight over the tensors, where weight(i) is that of tensor i: one number for each element of their shape.
template <class F>
Tensor weighted(const Order& order, const Tensors& tensors, F&& weight) {
  const NoGrad off;
  Tensor sum;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    Tensor part = tensors[i].indices;
    if (const std::int64_t w = weight(i); w != 1) part = mul(part, w);
    sum = sum.defined() ? add(sum, part) : part;
  }
  return reshape(broadcast_to(sum, order.shape), {-1});
}

}  // namespace

Tensor selected_by(const char* op, Tensor y, const Tensors& tensors, Source at) {
  const Order order(op, y.rank(), tensors);
  if (!order.neighbours) {
    std::vector<std::int64_t> axes(order.indexed.begin(), order.indexed.end());
    axes.insert(axes.end(), order.after.begin(), order.after.end());
    y = transpose(std::move(y), axes, at);
  }
  const std::size_t first = order.before.size(), count = order.indexed.size();
  const Shape shape = y.shape();
  std::vector<std::int64_t> weights(tensors.size(), 1);
  std::int64_t inner = 1;
  for (std::size_t i = tensors.size(), k = first + count; i-- > 0;) {
    weights[i] = inner;
    for (std::size_t c = 0; c < tensors[i].count; ++c)
      if (__builtin_mul_overflow(inner, shape[--k], &inner)) inner = 0;  // only where another size is 0
  }
  const Tensor rows = weighted(order, tensors, [&](std::size_t i) { return weights[i]; });
  Shape merged, result;
  for (std::size_t k = 0; k < first; ++k) merged = merged.inserted(k, shape[k]);
  result = merged;
  merged = merged.inserted(first, inner);
  for (const std::int64_t size : order.shape) result = result.inserted(result.rank(), size);
  for (std::size_t k = first + count; k < shape.rank(); ++k) {
    merged = merged.inserted(merged.rank(), shape[k]);
    result = result.inserted(result.rank(), shape[k]);
  }
  y = index_select(reshape(std::move(y), merged, at), static_cast<std::int64_t>(first), rows, at);
  return reshape(std::move(y), result, at);
}

Shape shape_of(const char* op, const Place& place, const Tensors& tensors) {
  Shape all = place.result();
  if (tensors.empty()) return all;
  const Order order(op, all.rank(), tensors);
  Shape shape = with_axes(Shape(), all, order.before);
  for (const std::int64_t size : order.shape) shape = shape.inserted(shape.rank(), size);
  return with_axes(shape, all, order.after);
}

PlaceRows rows_of(const char* op, const Place& place, const Tensors& tensors) {
  PlaceRows result;
  result.shape = shape_of(op, place, tensors);
  const Shape all = place.result();
  Order order(op, all.rank(), tensors);
  if (tensors.empty()) order.shape = Shape();
  const AxisList<std::int64_t> strides = place.strides();
  const auto listed = [&](std::size_t k) {
    return std::find_if(place.lists.begin(), place.lists.end(), [k](const Place::List& l) { return l.axis == k; });
  };
  // The last axes, as long as they are whole, are the elements of a row.
  std::size_t whole = place.whole.rank();
  while (!order.after.empty() && whole > 0) {
    const std::size_t k = order.after.back(), w = whole - 1;
    if (place.source[k] != w || listed(k) != place.lists.end() || place.count[w] != place.whole[w] ||
        place.step[w] != 1)
      break;
    result.length *= place.whole[w];
    order.after.pop_back();
    --whole;
  }
  // How far from the start the elements along each axis are, then every sum of them.
  std::vector<ScratchVector<std::int64_t>> steps;
  const auto add_axis = [&](std::size_t k) {
    ScratchVector<std::int64_t> step;
    if (const auto list = listed(k); list != place.lists.end()) {
      for (const std::int64_t i : list->indices) step.push_back(i * strides[k]);
    } else {
      for (std::int64_t i = 0; i < all[k]; ++i) step.push_back(i * strides[k]);
    }
    steps.push_back(std::move(step));
  };
  for (const std::size_t k : order.before) add_axis(k);
  if (!tensors.empty()) {
    const Tensor sum =
        weighted(order, tensors, [&](std::size_t i) { return strides[tensors[i].axis + tensors[i].count - 1]; });
    const auto* from = Raw::data<std::int64_t>(sum);
    steps.emplace_back(from, from + sum.size());
  }
  for (const std::size_t k : order.after) add_axis(k);
  ScratchVector<std::int64_t> places{place.offset()};
  for (const ScratchVector<std::int64_t>& step : steps) {
    ScratchVector<std::int64_t> next;
    next.reserve(places.size() * step.size());
    for (const std::int64_t from : places)
      for (const std::int64_t by : step) next.push_back(from + by);
    places = std::move(next);
  }
  if (result.length > 1)
    for (std::int64_t& i : places) i /= result.length;
  result.rows = Tensor(places);
  return result;
}

}  // namespace xgrad::detail

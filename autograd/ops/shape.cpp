#include <xgrad/autograd/ops/shape.hpp>

#include <algorithm>

#include <xgrad/autograd/graph/lost_writes.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/strides.hpp>

namespace xgrad {
namespace {

using Sizes = AxisList<std::int64_t>;
using detail::strided_copy;
using detail::strides_of;

// The axes of x in another order.
Tensor reordered(Tensor x, const Sizes& order, Source at) {
  const std::size_t rank = x.rank();
  if (order.size() != rank)
    throw detail::argument_error("transpose: " + std::to_string(order.size()) + " axes were named for shape " +
                                 to_string(x.shape()));
  const Sizes own = strides_of(x.shape());
  Sizes sizes, strides, inverse = own;
  Shape resolved;
  std::fill(inverse.begin(), inverse.end(), -1);
  for (std::size_t k = 0; k < rank; ++k) {
    const std::size_t axis = resolve_axis("transpose", order[k], rank);
    if (inverse[axis] != -1)
      throw detail::argument_error("transpose: axis " + std::to_string(axis) + " is named twice");
    inverse[axis] = static_cast<std::int64_t>(k);
    resolved = resolved.inserted(k, static_cast<std::int64_t>(axis));
    sizes.push_back(x.shape()[axis]);
    strides.push_back(own[axis]);
  }
  Tensor y = detail::LostWrites(x).mark(strided_copy(x, Shape(sizes), strides));
  return record("transpose", at, std::move(y), {std::move(x)}, attributes("axes", resolved),
                with_push([inverse](Tensor g) { return reordered(std::move(g), inverse, Source::here()); },
                          [order = resolved](Tensor t, std::size_t lead) {
                            Sizes axes;
                            if (lead > 0) axes.push_back(0);
                            for (const std::int64_t axis : order)
                              axes.push_back(axis + static_cast<std::int64_t>(lead));
                            return reordered(std::move(t), axes, Source::here());
                          }));
}

Shape worked_out(const Tensor& x, const Sizes& sizes) {
  Sizes result = sizes;
  std::int64_t unknown = -1;
  const auto text = [&] {
    std::string all = "(";
    for (std::size_t i = 0; i < sizes.size(); ++i) all += (i ? ", " : "") + std::to_string(sizes[i]);
    return "reshape: cannot make " + all + ") of " + to_string(x.shape());
  };
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] < -1) throw detail::argument_error(text() + ": a size is at least 0, or -1 to be worked out");
    if (sizes[i] >= 0) continue;
    if (unknown >= 0) throw detail::argument_error(text() + ": only one size can be -1");
    unknown = static_cast<std::int64_t>(i);
    result[i] = 1;
  }
  if (unknown >= 0) {
    const std::int64_t known = Shape(result).count();
    if (known == 0 || x.size() % known != 0)
      throw detail::argument_error(text() + ": the size of -1 cannot be worked out");
    result[static_cast<std::size_t>(unknown)] = x.size() / known;
  }
  Shape shape(result);
  if (shape.count() != x.size())
    throw detail::argument_error(text() + ": that takes " + std::to_string(shape.count()) + " elements, not " +
                                 std::to_string(x.size()));
  return shape;
}

}  // namespace

Tensor reshape(Tensor x, const NewShape& shape, Source at) {
  const detail::Timed timed("reshape", at);
  detail::require_defined("reshape", &x, 1);
  const Shape from = x.shape(), to = worked_out(x, shape.sizes());
  Tensor y = detail::LostWrites(x).mark(Raw::alias(x, to));
  return record(
      "reshape", at, std::move(y), {std::move(x)}, attributes("shape", to),
      with_push([from](Tensor g) { return reshape(g, from); },
                [to](Tensor t, std::size_t lead) { return reshape(t, lead > 0 ? to.inserted(0, t.shape()[0]) : to); }));
}

Tensor flatten(Tensor x, Dim start, Dim end, Source at) {
  const detail::Timed timed("flatten", at);
  detail::require_defined("flatten", &x, 1);
  const std::size_t first = resolve_axis_of_any_rank("flatten", start, x.rank());
  const std::size_t last = resolve_axis_of_any_rank("flatten", end, x.rank());
  if (first > last)
    throw detail::argument_error("flatten: axis " + std::to_string(first) + " comes after axis " +
                                 std::to_string(last));
  Shape shape = detail::with_an_axis(x.shape());
  const std::int64_t folded = Shape(shape.begin() + first, last - first + 1).count();
  for (std::size_t k = last; k > first; --k) shape = shape.without(k);
  return reshape(std::move(x), shape.with(first, folded), at);
}

Tensor transpose(Tensor x, Source at) {
  const detail::Timed timed("transpose", at);
  detail::require_defined("transpose", &x, 1);
  Sizes axes;
  for (std::size_t k = x.rank(); k-- > 0;) axes.push_back(static_cast<std::int64_t>(k));
  return reordered(std::move(x), axes, at);
}

Tensor transpose(Tensor x, const std::vector<std::int64_t>& order, Source at) {
  const detail::Timed timed("transpose", at);
  detail::require_defined("transpose", &x, 1);
  return reordered(std::move(x), Sizes(order.begin(), order.end()), at);
}

Tensor transpose(Tensor x, std::initializer_list<Dim> order, Source at) {
  return transpose(std::move(x), detail::whole_list(order.begin(), order.end(), "transpose"), at);
}

Tensor swapaxes(Tensor x, Dim a, Dim b, Source at) {
  const detail::Timed timed("swapaxes", at);
  detail::require_defined("swapaxes", &x, 1);
  const std::size_t first = resolve_axis_of_any_rank("swapaxes", a, x.rank());
  const std::size_t second = resolve_axis_of_any_rank("swapaxes", b, x.rank());
  Sizes axes;
  for (std::size_t k = 0; k < x.rank(); ++k)
    axes.push_back(static_cast<std::int64_t>(k == first ? second : k == second ? first : k));
  return reordered(std::move(x), axes, at);
}

Tensor squeeze(Tensor x, Source at) {
  const detail::Timed timed("squeeze", at);
  detail::require_defined("squeeze", &x, 1);
  Shape shape;
  for (const std::int64_t size : x.shape())
    if (size != 1) shape = shape.inserted(shape.rank(), size);
  return reshape(std::move(x), shape, at);
}

Tensor squeeze(Tensor x, Dim asked, Source at) {
  const detail::Timed timed("squeeze", at);
  detail::require_defined("squeeze", &x, 1);
  Shape shape = x.shape();
  for (std::size_t axis : Axes{asked}.resolve("squeeze", x.rank()))
    if (shape[axis] == 1) shape = shape.without(axis);
  return reshape(std::move(x), shape, at);
}

Tensor unsqueeze(Tensor x, Dim asked, Source at) {
  const detail::Timed timed("unsqueeze", at);
  detail::require_defined("unsqueeze", &x, 1);
  const Shape shape = x.shape().inserted(resolve_axis("unsqueeze", asked, x.rank() + 1), 1);
  return reshape(std::move(x), shape, at);
}

Tensor unflatten(Tensor x, Dim asked, const NewShape& sizes, Source at) {
  const detail::Timed timed("unflatten", at);
  detail::require_defined("unflatten", &x, 1);
  const std::size_t axis = resolve_axis("unflatten", asked, x.rank());
  const Sizes& parts = sizes.sizes();
  const std::int64_t whole = x.shape()[axis];
  std::string text;
  std::int64_t known = 1, unknown = 0;
  bool bad = parts.empty();
  for (const std::int64_t part : parts) {
    text += (text.empty() ? "" : ", ") + std::to_string(part);
    bad = bad || part < -1 || (part != -1 && __builtin_mul_overflow(known, part, &known));
    unknown += part == -1;
  }
  if (bad || unknown > 1 || (unknown == 1 ? known == 0 || whole % known != 0 : known != whole))
    throw detail::argument_error("unflatten: cannot cut axis " + std::to_string(axis) + " of shape " +
                                 to_string(x.shape()) + " into (" + text + "): the product of the sizes must be " +
                                 std::to_string(whole));
  Shape shape = x.shape().without(axis);
  for (std::size_t k = 0; k < parts.size(); ++k)
    shape = shape.inserted(axis + k, parts[k] == -1 ? whole / known : parts[k]);
  return reshape(std::move(x), shape, at);
}

namespace {

Tensor with_axes(const char* op, std::size_t rank, Tensor x, Source at) {
  const detail::Timed timed(op, at);
  detail::require_defined(op, &x, 1);
  if (x.rank() >= rank) return x;
  Shape shape = detail::with_an_axis(x.shape());
  if (rank > 1 && shape.rank() == 1) shape = shape.inserted(0, 1);
  if (rank > 2) shape = shape.inserted(2, 1);
  return reshape(std::move(x), shape, at);
}

}  // namespace

Tensor atleast_1d(Tensor x, Source at) { return with_axes("atleast_1d", 1, std::move(x), at); }
Tensor atleast_2d(Tensor x, Source at) { return with_axes("atleast_2d", 2, std::move(x), at); }
Tensor atleast_3d(Tensor x, Source at) { return with_axes("atleast_3d", 3, std::move(x), at); }

Tensor broadcast_to(Tensor x, const Shape& shape, Source at) {
  const detail::Timed timed("broadcast_to", at);
  detail::require_defined("broadcast_to", &x, 1);
  if (x.shape() == shape) return x;
  if (!broadcasts_to(x.shape(), shape))
    throw detail::argument_error("broadcast_to: cannot broadcast " + to_string(x.shape()) + " to " + to_string(shape));
  const Sizes own = strides_of(x.shape());
  Sizes strides(shape.begin(), shape.end());
  std::fill(strides.begin(), strides.end(), 0);
  const std::size_t lead = shape.rank() - x.rank();
  for (std::size_t k = 0; k < x.rank(); ++k)
    if (x.shape()[k] != 1) strides[lead + k] = own[k];
  Tensor y = detail::LostWrites(x).mark(strided_copy(x, shape, strides));
  return record("broadcast_to", at, std::move(y), {std::move(x)}, attributes("shape", shape), pass_on);
}

Tensor expand(Tensor x, const NewShape& asked, Source at) {
  const detail::Timed timed("expand", at);
  detail::require_defined("expand", &x, 1);
  Sizes sizes = asked.sizes();
  for (std::size_t back = 1; back <= sizes.size(); ++back) {
    std::int64_t& size = sizes[sizes.size() - back];
    if (size != -1) continue;
    if (back > x.rank())
      throw detail::argument_error("expand: -1 keeps a size, and shape " + to_string(x.shape()) + " has no such axis");
    size = x.shape()[x.rank() - back];
  }
  const Shape shape(sizes);
  if (!broadcasts_to(x.shape(), shape))
    throw detail::argument_error("expand: cannot broadcast " + to_string(x.shape()) + " to " + to_string(shape));
  return broadcast_to(std::move(x), shape, at);
}

Tensor expand_as(Tensor x, const Tensor& other, Source at) {
  const detail::Timed timed("expand_as", at);
  const Tensor both[] = {x, other};
  detail::require_defined("expand_as", both, 2);
  if (!broadcasts_to(x.shape(), other.shape()))
    throw detail::argument_error("expand_as: cannot broadcast " + to_string(x.shape()) + " to " +
                                 to_string(other.shape()));
  return broadcast_to(std::move(x), other.shape(), at);
}

Tensor reshape_as(Tensor x, const Tensor& other, Source at) {
  const detail::Timed timed("reshape_as", at);
  const Tensor both[] = {x, other};
  detail::require_defined("reshape_as", both, 2);
  if (x.size() != other.size())
    throw detail::argument_error("reshape_as: cannot make " + to_string(other.shape()) + " of " + to_string(x.shape()) +
                                 ": that takes " + std::to_string(other.size()) + " elements, not " +
                                 std::to_string(x.size()));
  return reshape(std::move(x), other.shape(), at);
}

Tensor clone(Tensor x, Source at) {
  const detail::Timed timed("clone", at);
  detail::require_defined("clone", &x, 1);
  Tensor y = strided_copy(x, x.shape(), strides_of(x.shape()));
  return record("clone", at, std::move(y), {std::move(x)}, pass_on);
}

Tensor Tensor::reshape(const NewShape& shape, Source at) const& { return xgrad::reshape(*this, shape, at); }
Tensor Tensor::reshape(const NewShape& shape, Source at) && { return xgrad::reshape(std::move(*this), shape, at); }
Tensor Tensor::transpose(Source at) const& { return xgrad::transpose(*this, at); }
Tensor Tensor::transpose(Source at) && { return xgrad::transpose(std::move(*this), at); }
Tensor Tensor::clone(Source at) const { return xgrad::clone(*this, at); }

}  // namespace xgrad

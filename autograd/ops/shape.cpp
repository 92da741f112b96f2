#include <xgrad/autograd/ops/shape.hpp>

#include <algorithm>
#include <stdexcept>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/indexing/slice.hpp>
#include <xgrad/autograd/kernels/matrix/permute.hpp>
#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/promotion.hpp>

namespace xgrad {
namespace {

using Sizes = AxisList<std::int64_t>;

Tensor permuted(const Tensor& x, const Shape& shape, const Sizes& strides) {
  Tensor y = Raw::uninitialized(shape, x.dtype());
  detail::visit(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::permute(Raw::data<T>(x), Raw::write<T>(y), shape.rank(), shape.data(), strides.begin());
  });
  return y;
}

Sizes strides_of(const Shape& shape) {
  Sizes strides(shape.begin(), shape.end());
  std::int64_t running = 1;
  for (std::size_t k = shape.rank(); k-- > 0;) {
    strides[k] = running;
    running *= shape[k];
  }
  return strides;
}

// The axes of x in another order.
Tensor reordered(Tensor x, const Sizes& order, Source at) {
  const std::size_t rank = x.rank();
  if (order.size() != rank)
    throw std::invalid_argument("transpose: " + std::to_string(order.size()) + " axes were named for shape " +
                                to_string(x.shape()));
  const Sizes own = strides_of(x.shape());
  Sizes sizes, strides, inverse = own;
  Shape resolved;
  std::fill(inverse.begin(), inverse.end(), -1);
  for (std::size_t k = 0; k < rank; ++k) {
    const std::size_t axis = resolve_axis("transpose", order[k], rank);
    if (inverse[axis] != -1) throw std::invalid_argument("transpose: axis " + std::to_string(axis) + " is named twice");
    inverse[axis] = static_cast<std::int64_t>(k);
    resolved = resolved.inserted(k, static_cast<std::int64_t>(axis));
    sizes.push_back(x.shape()[axis]);
    strides.push_back(own[axis]);
  }
  Tensor y = permuted(x, Shape(sizes), strides);
  return record("transpose", at, std::move(y), {std::move(x)}, attributes("axes", resolved),
                [inverse](Tensor g) { return reordered(g, inverse, Source::here()); });
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
    if (sizes[i] < -1) throw std::invalid_argument(text() + ": a size is at least 0, or -1 to be worked out");
    if (sizes[i] >= 0) continue;
    if (unknown >= 0) throw std::invalid_argument(text() + ": only one size can be -1");
    unknown = static_cast<std::int64_t>(i);
    result[i] = 1;
  }
  if (unknown >= 0) {
    const std::int64_t known = Shape(result).count();
    if (known == 0 || x.size() % known != 0)
      throw std::invalid_argument(text() + ": the size of -1 cannot be worked out");
    result[static_cast<std::size_t>(unknown)] = x.size() / known;
  }
  Shape shape(result);
  if (shape.count() != x.size())
    throw std::invalid_argument(text() + ": that takes " + std::to_string(shape.count()) + " elements, not " +
                                std::to_string(x.size()));
  return shape;
}

}  // namespace

Tensor reshape(Tensor x, const NewShape& shape, Source at) {
  const detail::Timed timed("reshape", at);
  detail::require_defined("reshape", &x, 1);
  const Shape from = x.shape(), to = worked_out(x, shape.sizes());
  Tensor y = Raw::alias(x, to);
  return record("reshape", at, std::move(y), {std::move(x)}, attributes("shape", to),
                [from](Tensor g) { return reshape(g, from); });
}

Tensor flatten(Tensor x, Dim start, Dim end, Source at) {
  const detail::Timed timed("flatten", at);
  detail::require_defined("flatten", &x, 1);
  const std::size_t first = resolve_axis_of_any_rank("flatten", start, x.rank());
  const std::size_t last = resolve_axis_of_any_rank("flatten", end, x.rank());
  if (first > last)
    throw std::invalid_argument("flatten: axis " + std::to_string(first) + " comes after axis " + std::to_string(last));
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

Tensor squeeze(Tensor x, Dim asked, Source at) {
  const detail::Timed timed("squeeze", at);
  detail::require_defined("squeeze", &x, 1);
  Shape shape = x.shape();
  for (std::size_t axis : Axes{asked}.resolve("squeeze", x.rank())) {
    if (shape[axis] != 1)
      throw std::invalid_argument("squeeze: axis " + std::to_string(axis) + " of shape " + to_string(shape) +
                                  " is not of size 1");
    shape = shape.without(axis);
  }
  return reshape(std::move(x), shape, at);
}

Tensor unsqueeze(Tensor x, Dim asked, Source at) {
  const detail::Timed timed("unsqueeze", at);
  detail::require_defined("unsqueeze", &x, 1);
  const Shape shape = x.shape().inserted(resolve_axis("unsqueeze", asked, x.rank() + 1), 1);
  return reshape(std::move(x), shape, at);
}

Tensor broadcast_to(Tensor x, const Shape& shape, Source at) {
  const detail::Timed timed("broadcast_to", at);
  detail::require_defined("broadcast_to", &x, 1);
  if (x.shape() == shape) return x;
  if (!broadcasts_to(x.shape(), shape))
    throw std::invalid_argument("broadcast_to: cannot broadcast " + to_string(x.shape()) + " to " + to_string(shape));
  const Sizes own = strides_of(x.shape());
  Sizes strides(shape.begin(), shape.end());
  std::fill(strides.begin(), strides.end(), 0);
  const std::size_t lead = shape.rank() - x.rank();
  for (std::size_t k = 0; k < x.rank(); ++k)
    if (x.shape()[k] != 1) strides[lead + k] = own[k];
  Tensor y = permuted(x, shape, strides);
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
      throw std::invalid_argument("expand: -1 keeps a size, and shape " + to_string(x.shape()) + " has no such axis");
    size = x.shape()[x.rank() - back];
  }
  const Shape shape(sizes);
  if (!broadcasts_to(x.shape(), shape))
    throw std::invalid_argument("expand: cannot broadcast " + to_string(x.shape()) + " to " + to_string(shape));
  return broadcast_to(std::move(x), shape, at);
}

Tensor clone(Tensor x, Source at) {
  const detail::Timed timed("clone", at);
  detail::require_defined("clone", &x, 1);
  Tensor y = permuted(x, x.shape(), strides_of(x.shape()));
  return record("clone", at, std::move(y), {std::move(x)}, pass_on);
}

namespace {

Tensor take(const char* name, Tensor x, std::size_t axis, std::int64_t start, std::int64_t step, std::int64_t count,
            Source at);

// Zeros of the given size along the axis, with g at start, start + step, ...: the adjoint of take(). Where `sum` is
// defined, g is added to it there instead, in its own memory, so that the rows of a large leaf cost what they hold.
Tensor spread(const Tensor& g, std::size_t axis, std::int64_t size, std::int64_t start, std::int64_t step,
              const Tensor& sum) {
  const Shape shape = g.shape().with(axis, size);
  const bool onto = sum.defined() && sum.shape() == shape && sum.dtype() == g.dtype();
  const kernels::Along all = detail::along(shape, axis);
  const std::int64_t count = g.shape()[axis];
  Tensor y = onto ? Raw::alias(sum, shape) : Raw::uninitialized(shape, g.dtype());
  detail::visit_floating(g.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    if (onto) return kernels::add_range(Raw::data<T>(g), Raw::write<T>(y), all, start, step, count);
    std::fill_n(Raw::write<T>(y), y.size(), T(0));
    kernels::put_range(Raw::data<T>(g), Raw::write<T>(y), all, start, step, count);
  });
  const auto back = [=](Tensor u) { return take("spread", u, axis, start, step, count, Source::here()); };
  const auto settings = attributes("axis", axis, "start", start, "step", step, "size", size);
  if (!onto) return record("spread", Source::here(), std::move(y), {Tensor(g)}, settings, back);
  if (!grad_enabled()) return sum;
  return record("spread", Source::here(), std::move(y), {Tensor(sum), Tensor(g)}, settings, pass_on, back);
}

// Elements start, start + step, ... (count of them) along an axis.
Tensor take(const char* name, Tensor x, std::size_t axis, std::int64_t start, std::int64_t step, std::int64_t count,
            Source at) {
  const kernels::Along all = detail::along(x.shape(), axis);
  const Shape shape = x.shape().with(axis, count);
  Tensor y;
  if (axis == 0 && (step == 1 || count <= 1)) {
    y = Raw::alias(x, shape, count == 0 ? 0 : start * all.inner);
  } else {
    y = Raw::uninitialized(shape, x.dtype());
    detail::visit(x.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      kernels::take_range(Raw::data<T>(x), Raw::write<T>(y), all, start, step, count);
    });
  }
  const std::int64_t size = all.n;
  return record(
      name, at, std::move(y), {std::move(x)}, attributes("axis", axis, "start", start, "step", step, "count", count),
      detail::adding_always([=](Tensor g, const Tensor& sum) { return spread(g, axis, size, start, step, sum); }));
}

void check_index(const char* op, std::int64_t index, std::size_t axis, const Shape& shape) {
  if (index < -shape[axis] || index >= shape[axis])
    throw std::invalid_argument(std::string(op) + ": index " + std::to_string(index) + " is out of range for axis " +
                                std::to_string(axis) + " of shape " + to_string(shape));
}

Tensor pick(Tensor x, std::size_t axis, std::int64_t index, Source at) {
  const std::int64_t place = index < 0 ? index + x.shape()[axis] : index;
  return squeeze(take("select", std::move(x), axis, place, 1, 1, at), axis, at);
}

}  // namespace

Tensor select(Tensor x, Dim asked, Dim index, Source at) {
  const detail::Timed timed("select", at);
  detail::require_defined("select", &x, 1);
  const std::size_t axis = resolve_axis("select", asked, x.rank());
  check_index("select", index, axis, x.shape());
  return pick(std::move(x), axis, index, at);
}

namespace {

// A range clamped as Python clamps a slice: where it starts, and how many elements it has.
std::pair<std::int64_t, std::int64_t> clamped(detail::Slice::Bound from, detail::Slice::Bound to, std::int64_t step,
                                              std::int64_t size) {
  const std::int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
  const auto within = [&](std::int64_t i) { return std::clamp(i < 0 ? i + size : i, low, high); };
  const std::int64_t start = from.given ? within(from.value) : (step > 0 ? low : high);
  const std::int64_t stop = to.given ? within(to.value) : (step > 0 ? high : low);
  const std::int64_t span = step > 0 ? stop - start : start - stop;
  const std::int64_t stride = step > 0 ? step : -step;
  return {start, span <= 0 ? 0 : (span + stride - 1) / stride};
}

Tensor range(const char* name, Tensor x, std::size_t axis, detail::Slice::Bound start, detail::Slice::Bound stop,
             std::int64_t step, Source at) {
  if (step == 0) throw std::invalid_argument(std::string(name) + ": the step of a range cannot be 0");
  const std::int64_t size = x.shape()[axis];
  const auto [first, count] = clamped(start, stop, step, size);
  if (count == size && step == 1) return x;
  return take(name, std::move(x), axis, count == 0 ? 0 : first, step, count, at);
}

}  // namespace

Tensor narrow(Tensor x, Dim asked, Dim start, Dim length, Source at) {
  const detail::Timed timed("narrow", at);
  detail::require_defined("narrow", &x, 1);
  const std::size_t axis = resolve_axis("narrow", asked, x.rank());
  const std::int64_t size = x.shape()[axis], first = start.value() < 0 ? start.value() + size : start.value();
  if (first < 0 || length.value() < 0 || first > size || length.value() > size - first)
    throw std::invalid_argument("narrow: " + std::to_string(length.value()) + " elements from " +
                                std::to_string(start.value()) + " on do not lie within axis " + std::to_string(axis) +
                                " of shape " + to_string(x.shape()));
  return range("narrow", std::move(x), axis, first, first + length.value(), 1, at);
}

Tensor Tensor::slice(const std::vector<detail::Slice>& index, Source at) const {
  using Kind = detail::Slice::Kind;
  Tensor x = *this;
  const detail::Timed timed("slice", at);
  detail::require_defined("slice", &x, 1);
  const auto named = static_cast<std::size_t>(std::count_if(index.begin(), index.end(), [](const detail::Slice& s) {
    return s.kind == Kind::index || s.kind == Kind::range;
  }));
  if (named > x.rank())
    throw std::invalid_argument("slice: " + std::to_string(named) + " indices for shape " + to_string(x.shape()));
  if (std::count_if(index.begin(), index.end(), [](const detail::Slice& s) { return s.kind == Kind::ellipsis; }) > 1)
    throw std::invalid_argument("slice: an ellipsis can stand once only");
  std::size_t axis = 0, own_axis = 0;  // in the result so far, and in this tensor
  const std::size_t hidden = x.rank() - named;
  for (const detail::Slice& s : index) {
    switch (s.kind) {
      case Kind::index:
        check_index("slice", s.start.value, own_axis++, shape());
        x = pick(std::move(x), axis, s.start.value, at);
        break;
      case Kind::range:
        x = range("slice", std::move(x), axis++, s.start, s.stop, s.step, at);
        ++own_axis;
        break;
      case Kind::newaxis:
        x = unsqueeze(std::move(x), axis++, at);
        break;
      case Kind::ellipsis:
        axis += hidden;
        own_axis += hidden;
        break;
    }
  }
  return x;
}

Tensor Tensor::reshape(const NewShape& shape, Source at) const { return xgrad::reshape(*this, shape, at); }
Tensor Tensor::transpose(Source at) const { return xgrad::transpose(*this, at); }
Tensor Tensor::clone(Source at) const { return xgrad::clone(*this, at); }
Tensor Tensor::select(Dim axis, Dim index, Source at) const { return xgrad::select(*this, axis, index, at); }

}  // namespace xgrad

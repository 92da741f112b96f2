#include <xgrad/autograd/ops/padding.hpp>

#include <algorithm>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/matrix/spread.hpp>
#include <xgrad/autograd/kernels/matrix/strided.hpp>
#include <xgrad/autograd/ops/place.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/reordering.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/slicing.hpp>
#include <xgrad/autograd/ops/strides.hpp>

namespace xgrad {
namespace {

using detail::Strides;

// How many elements are added before and after each axis.
struct Amounts {
  AxisList<std::int64_t> before, after;
};

std::string text_of(const Dims& amounts) {
  std::string text;
  for (const std::int64_t one : amounts.list()) text += (text.empty() ? "" : ", ") + std::to_string(one);
  return "(" + text + ")";
}

Amounts checked_amounts(const Shape& shape, const Dims& asked) {
  const AxisList<std::int64_t>& list = asked.list();
  if (list.size() % 2 != 0 || list.size() > 2 * shape.rank())
    throw detail::argument_error("pad: the amounts " + text_of(asked) + " do not fit shape " + to_string(shape) +
                                 ": two for each axis, the last axis first");
  Amounts all;
  for (std::size_t k = 0; k < shape.rank(); ++k) {
    const std::size_t i = 2 * (shape.rank() - 1 - k);
    const std::int64_t before = i < list.size() ? list[i] : 0, after = i < list.size() ? list[i + 1] : 0;
    std::int64_t size = 0;
    if (__builtin_add_overflow(shape[k], before, &size) || size < 0 || __builtin_add_overflow(size, after, &size) ||
        size < 0)
      throw detail::argument_error("pad: the amounts " + text_of(asked) + " give axis " + std::to_string(k) +
                                   " of shape " + to_string(shape) + " a size that is negative or exceeds 2^63 - 1");
    all.before.push_back(before);
    all.after.push_back(after);
  }
  return all;
}

Shape padded_shape(Shape shape, const Amounts& amounts) {
  for (std::size_t k = 0; k < shape.rank(); ++k) shape = shape.with(k, shape[k] + amounts.before[k] + amounts.after[k]);
  return shape;
}

// Amounts that remove all of an axis and add to what is left: replicate then repeats the element at the other end.
void keep_an_edge(const Shape& shape, Amounts& amounts) {
  for (std::size_t k = 0; k < shape.rank(); ++k) {
    const std::int64_t n = shape[k], size = n + amounts.before[k] + amounts.after[k];
    if (n == 0 || size == 0) continue;
    if (amounts.before[k] <= -n) {
      amounts.before[k] = 1 - n;
      amounts.after[k] = size - 1;
    } else if (amounts.after[k] <= -n) {
      amounts.before[k] = size - 1;
      amounts.after[k] = 1 - n;
    }
  }
}

// x without what negative amounts remove; the amounts become 0.
Tensor cropped(Tensor x, Amounts& amounts, Source at) {
  const Shape shape = x.shape();
  for (std::size_t k = 0; k < shape.rank(); ++k) {
    const std::int64_t first = std::max<std::int64_t>(0, -amounts.before[k]);
    const std::int64_t past = shape[k] + std::min<std::int64_t>(0, amounts.after[k]);
    amounts.before[k] = std::max<std::int64_t>(0, amounts.before[k]);
    amounts.after[k] = std::max<std::int64_t>(0, amounts.after[k]);
    if (first > 0 || past < shape[k]) x = narrow(std::move(x), static_cast<std::int64_t>(k), first, past - first, at);
  }
  return x;
}

Tensor surrounded(Tensor x, const Amounts& amounts, const Number& value, Source at);

// The middle of x: what surrounded() pads.
Tensor middle(Tensor x, const Amounts& amounts) {
  const Shape shape = x.shape();
  for (std::size_t k = 0; k < shape.rank(); ++k) {
    const std::int64_t rest = shape[k] - amounts.before[k] - amounts.after[k];
    if (rest != shape[k]) x = narrow(std::move(x), static_cast<std::int64_t>(k), amounts.before[k], rest);
  }
  return x;
}

Tensor surrounded(Tensor x, const Amounts& amounts, const Number& value, Source at) {
  const Shape& count = x.shape();
  const Shape size = padded_shape(count, amounts);
  Tensor y = Raw::uninitialized(size, x.dtype());
  Strides ones = amounts.before;
  std::fill(ones.begin(), ones.end(), 1);
  if (size.count() > 0)
    detail::visit(x.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      kernels::spread(Raw::data<T>(x), Raw::write<T>(y),
                      {size.rank(), size.data(), amounts.before.begin(), ones.begin(), count.data()}, value.as<T>());
    });
  Raw::mark_weak(y, x.weak());
  return record("pad", at, std::move(y), {std::move(x)}, attributes("before", amounts.before, "after", amounts.after),
                [amounts](Tensor g) { return middle(std::move(g), amounts); });
}

// Where the elements of a side come from: `count` of them, written from `to` on along the axis, are read from `from` on
// with the given step.
struct Side {
  std::int64_t to, count, from, step;
};

// What is before, in and after an axis of n elements.
void sides_of(PadMode mode, std::int64_t n, std::int64_t before, std::int64_t after, Side (&sides)[3]) {
  sides[1] = {before, n, 0, 1};
  switch (mode) {
    case PadMode::reflect:
      sides[0] = {0, before, before, -1};
      sides[2] = {before + n, after, n - 2, -1};
      break;
    case PadMode::replicate:
      sides[0] = {0, before, 0, 0};
      sides[2] = {before + n, after, n - 1, 0};
      break;
    default:
      sides[0] = {0, before, n - before, 1};
      sides[2] = {before + n, after, 0, 1};
  }
}

// Copies every combination of sides, from axis k on.
template <class T>
struct Sides {
  PadMode mode;
  const Amounts& amounts;
  const Shape& shape;  // of the input
  Strides in, out, size, step;

  void copy(const T* from, T* to, std::size_t k) {
    if (k == shape.rank()) {
      kernels::copy_strided(from, to, {k, size.begin(), step.begin(), out.begin()});
      return;
    }
    Side sides[3];
    sides_of(mode, shape[k], amounts.before[k], amounts.after[k], sides);
    for (const Side& side : sides) {
      if (side.count == 0) continue;
      size[k] = side.count;
      step[k] = side.step * in[k];
      copy(from + side.from * in[k], to + side.to * out[k], k + 1);
    }
  }
};

// x summed over what replicate repeats, and as it is read by the other modes.
Tensor as_read(const Side& side, PadMode mode, std::size_t axis, Tensor g) {
  const auto dim = static_cast<std::int64_t>(axis);
  g = narrow(std::move(g), dim, side.to, side.count);
  if (mode == PadMode::replicate) return sum(std::move(g), dim, keepdims);
  return mode == PadMode::reflect ? flip(std::move(g), Dims(dim)) : g;
}

// The adjoint, axis by axis: the gradients of what was copied are added to those of the middle.
Tensor folded(Tensor g, const Shape& shape, const Amounts& amounts, PadMode mode) {
  for (std::size_t k = 0; k < shape.rank(); ++k) {
    if (amounts.before[k] == 0 && amounts.after[k] == 0) continue;
    Side sides[3];
    sides_of(mode, shape[k], amounts.before[k], amounts.after[k], sides);
    const auto dim = static_cast<std::int64_t>(k);
    Tensor total = clone(narrow(g, dim, amounts.before[k], shape[k]));
    for (const Side& side : {sides[0], sides[2]}) {
      if (side.count == 0) continue;
      Tensor part = as_read(side, mode, k, g);
      const std::int64_t first = side.step < 0 ? side.from - side.count + 1 : side.from;
      total = detail::part_added(total, std::move(part),
                                 detail::place_along(total.shape(), k, first, side.step == 0 ? 1 : side.count, false));
    }
    g = std::move(total);
  }
  return g;
}

Tensor wrapped(Tensor x, const Amounts& amounts, PadMode mode, Source at) {
  const Shape shape = x.shape();
  Tensor y = Raw::uninitialized(padded_shape(shape, amounts), x.dtype());
  if (y.size() > 0)
    detail::visit(x.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      Strides room = amounts.before;
      Sides<T> all{mode, amounts, shape, detail::strides_of(shape), detail::strides_of(y.shape()), room, room};
      all.copy(Raw::data<T>(x), Raw::write<T>(y), 0);
    });
  Raw::mark_weak(y, x.weak());
  return record("pad", at, std::move(y), {std::move(x)}, attributes("before", amounts.before, "after", amounts.after),
                [shape, amounts, mode](Tensor g) { return folded(std::move(g), shape, amounts, mode); });
}

void require_enough(const Shape& shape, const Amounts& amounts, PadMode mode, const Dims& asked) {
  for (std::size_t k = 0; k < shape.rank(); ++k) {
    const std::int64_t n = shape[k], most = std::max(amounts.before[k], amounts.after[k]);
    if (most == 0) continue;
    const char* rule = nullptr;
    if (mode == PadMode::reflect && most >= n) rule = "reflect takes amounts below the size";
    if (mode == PadMode::circular && most > n) rule = "circular takes amounts up to the size";
    if (mode == PadMode::replicate && n == 0) rule = "replicate needs an element to repeat";
    if (rule != nullptr)
      throw detail::argument_error("pad: the amounts " + text_of(asked) + " are too large for axis " +
                                   std::to_string(k) + " with " + std::to_string(n) + " elements of shape " +
                                   to_string(shape) + ": " + rule);
  }
}

}  // namespace

Tensor pad(Tensor x, const Dims& asked, PadMode mode, Number value, Source at) {
  const detail::Timed timed("pad", at);
  detail::require_defined("pad", &x, 1);
  Amounts amounts = checked_amounts(x.shape(), asked);
  if (mode != PadMode::constant && !(value.real() == 0))
    throw detail::argument_error("pad: the value " + value.text() + " for shape " + to_string(x.shape()) +
                                 " is for PadMode::constant only");
  detail::visit(x.dtype(), [&](auto type) { static_cast<void>(value.as<typename decltype(type)::type>()); });
  if (mode == PadMode::replicate) keep_an_edge(x.shape(), amounts);
  x = cropped(std::move(x), amounts, at);
  detail::require_range(value.real(), x.dtype(), "pad");
  if (mode == PadMode::constant) return surrounded(std::move(x), amounts, value, at);
  require_enough(x.shape(), amounts, mode, asked);
  return wrapped(std::move(x), amounts, mode, at);
}

}  // namespace xgrad

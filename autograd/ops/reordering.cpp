#include <xgrad/autograd/ops/reordering.hpp>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/lost_writes.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/matrix/strided.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/strides.hpp>

namespace xgrad {
namespace {

using detail::Strides;
using Numbers = AxisList<std::int64_t>;

std::string text_of(const Numbers& list) {
  std::string text;
  for (const std::int64_t one : list) text += (text.empty() ? "" : ", ") + std::to_string(one);
  return "(" + text + ")";
}

// The axes counted from the front. Rank 0 has the axes 0 and -1 too, which resolve to none.
AxisList<std::size_t> different(const char* op, const Numbers& axes, std::size_t rank) {
  AxisList<std::size_t> result;
  std::uint32_t seen = 0;
  for (const std::int64_t asked : axes) {
    const std::size_t axis = resolve_axis_of_any_rank(op, asked, rank);
    if ((seen >> axis & 1u) != 0)
      throw detail::argument_error(std::string(op) + ": axis " + std::to_string(axis) + " is named twice in " +
                                   text_of(axes));
    seen |= 1u << axis;
    if (rank > 0) result.push_back(axis);
  }
  return result;
}

// The axes of which bit k is set, in reverse order.
Tensor flipped(Tensor x, std::uint32_t axes, Source at) {
  const Shape& shape = x.shape();
  Strides strides = detail::strides_of(shape);
  std::int64_t offset = 0;
  Numbers list;
  for (std::size_t k = 0; k < shape.rank(); ++k) {
    if ((axes >> k & 1u) == 0) continue;
    if (shape.count() > 0) offset += (shape[k] - 1) * strides[k];
    strides[k] = -strides[k];
    list.push_back(static_cast<std::int64_t>(k));
  }
  Tensor y = detail::LostWrites(x).mark(detail::strided_copy(x, shape, strides, offset));
  Raw::mark_weak(y, x.weak());
  return record("flip", at, std::move(y), {std::move(x)}, attributes("axes", list),
                [axes](Tensor g) { return flipped(std::move(g), axes, Source::here()); });
}

Tensor flipped_along(const char* op, Tensor x, const Numbers& axes, Source at) {
  detail::require_defined(op, &x, 1);
  std::uint32_t set = 0;
  for (const std::size_t axis : different(op, axes, x.rank())) set |= 1u << axis;
  return flipped(std::move(x), set, at);
}

// Copies the two parts of each axis, from axis k on, to where they go.
template <class T>
void roll_parts(const T* in, T* out, const Shape& shape, const Strides& strides, const Numbers& shifts, Numbers& size,
                std::size_t k) {
  if (k == shape.rank()) {
    kernels::copy_strided(in, out, {shape.rank(), size.begin(), strides.begin(), strides.begin()});
    return;
  }
  const std::int64_t shift = shifts[k], rest = shape[k] - shift;
  size[k] = rest;
  roll_parts(in, out + shift * strides[k], shape, strides, shifts, size, k + 1);
  if (shift == 0) return;
  size[k] = shift;
  roll_parts(in + rest * strides[k], out, shape, strides, shifts, size, k + 1);
}

// Each axis moved by its shift, which lies in 0 .. n-1.
Tensor rolled(Tensor x, const Numbers& shifts, Source at) {
  const Shape& shape = x.shape();
  Tensor y = Raw::uninitialized(shape, x.dtype());
  if (shape.count() > 0)
    detail::visit(x.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      Numbers size(shape.begin(), shape.end());
      roll_parts(Raw::data<T>(x), Raw::write<T>(y), shape, detail::strides_of(shape), shifts, size, 0);
    });
  Raw::mark_weak(y, x.weak());
  y = detail::LostWrites(x).mark(std::move(y));
  Numbers back = shifts;
  for (std::size_t k = 0; k < shape.rank(); ++k) back[k] = shifts[k] == 0 ? 0 : shape[k] - shifts[k];
  return record("roll", at, std::move(y), {std::move(x)}, attributes("shifts", shifts),
                [back](Tensor g) { return rolled(std::move(g), back, Source::here()); });
}

// a + b modulo n, in 0 .. n-1.
std::int64_t shifted(std::int64_t a, std::int64_t b, std::int64_t n) {
  if (n == 0) return 0;
  b %= n;
  if (b < 0) b += n;
  return a >= n - b ? a - (n - b) : a + b;
}

}  // namespace

Tensor movedim(Tensor x, const Dims& source, const Dims& destination, Source at) {
  const detail::Timed timed("movedim", at);
  detail::require_defined("movedim", &x, 1);
  const Numbers &from = source.list(), &to = destination.list();
  if (from.size() != to.size())
    throw detail::argument_error("movedim: the axes " + text_of(from) + " cannot move to " + text_of(to) +
                                 ": each needs a place of its own");
  const std::size_t rank = x.rank();
  const AxisList<std::size_t> moved = different("movedim", from, rank), places = different("movedim", to, rank);
  std::vector<std::int64_t> order(rank, -1);
  std::uint32_t taken = 0;
  for (std::size_t i = 0; i < moved.size(); ++i) {
    order[places[i]] = static_cast<std::int64_t>(moved[i]);
    taken |= 1u << moved[i];
  }
  std::size_t next = 0;
  for (std::int64_t& axis : order) {
    if (axis >= 0) continue;
    while ((taken >> next & 1u) != 0) ++next;
    axis = static_cast<std::int64_t>(next++);
  }
  return transpose(std::move(x), order, at);
}

Tensor flip(Tensor x, const Dims& axes, Source at) {
  const detail::Timed timed("flip", at);
  return flipped_along("flip", std::move(x), axes.list(), at);
}

Tensor fliplr(Tensor x, Source at) {
  const detail::Timed timed("fliplr", at);
  detail::require_defined("fliplr", &x, 1);
  if (x.rank() < 2)
    throw detail::argument_error("fliplr: shape " + to_string(x.shape()) + " has no second axis to reverse");
  return flipped_along("fliplr", std::move(x), {1}, at);
}

Tensor flipud(Tensor x, Source at) {
  const detail::Timed timed("flipud", at);
  detail::require_defined("flipud", &x, 1);
  if (x.rank() < 1) throw detail::argument_error("flipud: shape () has no axis to reverse");
  return flipped_along("flipud", std::move(x), {0}, at);
}

Tensor roll(Tensor x, Dim shift, Source at) {
  const detail::Timed timed("roll", at);
  detail::require_defined("roll", &x, 1);
  const Shape shape = x.shape();
  const detail::LostWrites lost(x);
  const Numbers shifts{shifted(0, shift, shape.count())};
  if (shape.rank() == 1) return rolled(std::move(x), shifts, at);
  return lost.mark(reshape(rolled(reshape(std::move(x), {-1}, at), shifts, at), shape, at));
}

Tensor roll(Tensor x, const Dims& by, const Dims& along, Source at) {
  const detail::Timed timed("roll", at);
  detail::require_defined("roll", &x, 1);
  const Numbers &shifts = by.list(), &axes = along.list();
  if (shifts.size() != axes.size())
    throw detail::argument_error("roll: the shifts " + text_of(shifts) + " do not match the axes " + text_of(axes) +
                                 ": each axis needs a shift");
  const Shape& shape = x.shape();
  Numbers all(shape.begin(), shape.end());
  for (std::int64_t& shift : all) shift = 0;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = resolve_axis("roll", axes[i], shape.rank());
    all[axis] = shifted(all[axis], shifts[i], shape[axis]);
  }
  return rolled(std::move(x), all, at);
}

Tensor rot90(Tensor x, Dim turns, const Dims& axes, Source at) {
  const detail::Timed timed("rot90", at);
  detail::require_defined("rot90", &x, 1);
  const Numbers& plane = axes.list();
  if (plane.size() != 2)
    throw detail::argument_error("rot90: a rotation is in the plane of two axes, got " + text_of(plane));
  const std::size_t a = resolve_axis("rot90", plane[0], x.rank()), b = resolve_axis("rot90", plane[1], x.rank());
  if (a == b)
    throw detail::argument_error("rot90: axis " + std::to_string(a) + " is named twice in " + text_of(plane) +
                                 ": a rotation is in the plane of two axes");
  const auto first = static_cast<std::int64_t>(a), second = static_cast<std::int64_t>(b);
  switch ((turns.value() % 4 + 4) % 4) {
    case 1:
      return swapaxes(flipped(std::move(x), 1u << b, at), first, second, at);
    case 2:
      return flipped(std::move(x), 1u << a | 1u << b, at);
    case 3:
      return flipped(swapaxes(std::move(x), first, second, at), 1u << b, at);
    default:
      return clone(std::move(x), at);
  }
}

}  // namespace xgrad

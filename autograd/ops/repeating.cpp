#include <xgrad/autograd/ops/repeating.hpp>

#include <algorithm>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/lost_writes.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/indexing.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/strides.hpp>

namespace xgrad {
namespace {

using Numbers = AxisList<std::int64_t>;

std::string text_of(const Numbers& list) {
  std::string text;
  for (const std::int64_t one : list) text += (text.empty() ? "" : ", ") + std::to_string(one);
  return "(" + text + ")";
}

// A size times a count; a product beyond 2^63 - 1 is an error.
std::int64_t times(const char* op, std::int64_t size, std::int64_t count, const Shape& shape) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(size, count, &product))
    throw detail::argument_error(std::string(op) + ": " + std::to_string(count) + " times an axis of size " +
                                 std::to_string(size) + " of shape " + to_string(shape) + " exceeds 2^63 - 1");
  return product;
}

// The shape in which copy number c and element i of a repeated axis are axes of their own: the copies before the
// element where whole axes are laid out again, behind it where elements are.
struct Layout {
  Shape shape;
  detail::Strides strides;
  std::vector<std::int64_t> copies;  // the axes that number them

  void add(std::int64_t size, std::int64_t stride) {
    shape = shape.inserted(shape.rank(), size);
    strides.push_back(stride);
  }
  void add_copies(std::int64_t count) {
    copies.push_back(static_cast<std::int64_t>(shape.rank()));
    add(count, 0);
  }
};

// x as the layout has it, in the shape `result`. The gradients of copies are added.
Tensor laid_out(const char* op, Tensor x, const Layout& layout, const Shape& result, Source at) {
  const Shape from = x.shape(), parts = layout.shape;
  Tensor y = detail::strided_copy(x, parts, layout.strides);
  y = detail::LostWrites(x).mark(Raw::alias(y, result));
  Raw::mark_weak(y, x.weak());
  const Numbers copies(layout.copies.begin(), layout.copies.end());
  return record(op, at, std::move(y), {std::move(x)}, attributes("shape", result), [from, parts, copies](Tensor g) {
    const std::vector<std::int64_t> axes(copies.begin(), copies.end());
    g = reshape(std::move(g), parts);
    return reshape(axes.empty() ? std::move(g) : sum(std::move(g), axes), from);
  });
}

// Where the axes of the shape are laid out again, each as often as its count says. Axes that are not repeated are one
// with the repeated axis before them, so that r repeated axes take at most 2 r + 1.
Layout layout_of(const Shape& shape, const Numbers& counts) {
  Layout layout;
  if (shape.count() == 0) {
    layout.add(0, 1);
    return layout;
  }
  if (std::find(counts.begin(), counts.end(), 0) != counts.end()) {
    layout.add_copies(0);
    layout.add(shape.count(), 1);
    return layout;
  }
  std::int64_t size = 1, inner = shape.count();  // of the axes since the last repeated one, and from this one on
  for (std::size_t k = 0; k < counts.size(); ++k) {
    if (counts[k] != 1) {
      if (size != 1) layout.add(size, inner);
      layout.add_copies(counts[k]);
      size = 1;
    }
    size *= shape[k];
    inner /= shape[k];
  }
  layout.add(size, 1);
  return layout;
}

Tensor repeated(const char* op, Tensor x, const Numbers& counts, Source at) {
  Shape shape = x.shape(), result;
  for (std::size_t lead = counts.size() - shape.rank(); lead > 0; --lead) shape = shape.inserted(0, 1);
  for (std::size_t k = 0; k < counts.size(); ++k) {
    if (counts[k] < 0)
      throw detail::argument_error(std::string(op) + ": the counts " + text_of(counts) + " for shape " +
                                   to_string(x.shape()) + " must not be negative");
    result = result.inserted(k, times(op, shape[k], counts[k], x.shape()));
  }
  // A layout has room for so many repeated axes: those beyond are repeated before.
  std::size_t room = (Shape::max_rank - 1) / 2;
  Numbers now = counts, before = counts;
  bool all = true;
  for (std::size_t k = 0; k < counts.size(); ++k) {
    if (counts[k] == 1) continue;
    (room > 0 ? before : now)[k] = 1;
    if (room > 0)
      --room;
    else
      all = false;
  }
  if (!all && result.count_or(1) > 0) return repeated(op, repeated(op, std::move(x), before, at), now, at);
  const Layout layout = layout_of(shape, counts);
  return laid_out(op, std::move(x), layout, result, at);
}

// The list of slices that repeats of each of the n slices make.
Tensor repeated_indices(const Tensor& repeats, std::int64_t n) {
  const auto* counts = Raw::data<std::int64_t>(repeats);
  std::int64_t total = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    if (counts[i] < 0)
      throw detail::argument_error("repeat_interleave: slice " + std::to_string(i) + " cannot be repeated " +
                                   std::to_string(counts[i]) + " times");
    if (__builtin_add_overflow(total, counts[i], &total))
      throw detail::argument_error("repeat_interleave: the repeats of " + std::to_string(n) +
                                   " slices have a sum beyond 2^63 - 1");
  }
  Tensor indices = Raw::uninitialized({total}, int64);
  auto* to = Raw::write<std::int64_t>(indices);
  for (std::int64_t i = 0; i < n; ++i) to = std::fill_n(to, counts[i], i);
  return indices;
}

Tensor interleaved(Tensor x, const Tensor& repeats, std::size_t axis, Source at) {
  const Shape shape = detail::with_an_axis(x.shape());
  const std::int64_t n = shape[axis];
  if (repeats.size() != 1) {
    if (repeats.size() != n)
      throw detail::argument_error("repeat_interleave: " + std::to_string(repeats.size()) + " repeats for axis " +
                                   std::to_string(axis) + " of shape " + to_string(x.shape()) + " with " +
                                   std::to_string(n) + " slices: give one for each, or one number");
    return index_select(reshape(std::move(x), shape, at), static_cast<std::int64_t>(axis), repeated_indices(repeats, n),
                        at);
  }
  const std::int64_t count = *Raw::data<std::int64_t>(repeats);
  if (count < 0)
    throw detail::argument_error("repeat_interleave: the slices of shape " + to_string(x.shape()) +
                                 " cannot be repeated " + std::to_string(count) + " times");
  const Shape result = shape.with(axis, times("repeat_interleave", n, count, x.shape()));
  const kernels::Along all = detail::along(shape, axis);
  Layout layout;
  if (shape.count() == 0) {
    layout.add(0, 1);
  } else {
    layout.add(all.outer, all.n * all.inner);
    layout.add(all.n, all.inner);
    layout.add_copies(count);
    layout.add(all.inner, 1);
  }
  return laid_out("repeat_interleave", std::move(x), layout, result, at);
}

void require_counts(const Tensor& x, const Tensor& repeats) {
  const Tensor both[] = {x, repeats};
  detail::require_defined("repeat_interleave", both, 2);
  if (repeats.dtype() != int64 || repeats.rank() > 1)
    throw detail::argument_error("repeat_interleave: the repeats must be int64 numbers of at most one axis, got " +
                                 std::string(name_of(repeats.dtype())) + " of shape " + to_string(repeats.shape()));
}

void require_list(const char* op, const std::vector<Tensor>& tensors) {
  if (tensors.empty()) throw detail::argument_error(std::string(op) + ": there are no tensors");
  detail::require_defined(op, tensors.data(), tensors.size());
}

}  // namespace

Tensor repeat(Tensor x, const Dims& counts, Source at) {
  const detail::Timed timed("repeat", at);
  detail::require_defined("repeat", &x, 1);
  if (counts.list().size() < x.rank())
    throw detail::argument_error("repeat: the counts " + text_of(counts.list()) + " are fewer than the axes of shape " +
                                 to_string(x.shape()) + ": give one for each axis, or use tile()");
  return repeated("repeat", std::move(x), counts.list(), at);
}

Tensor tile(Tensor x, const Dims& counts, Source at) {
  const detail::Timed timed("tile", at);
  detail::require_defined("tile", &x, 1);
  Numbers all;
  for (std::size_t lead = counts.list().size(); lead < x.rank(); ++lead) all.push_back(1);
  for (const std::int64_t count : counts.list()) all.push_back(count);
  return repeated("tile", std::move(x), all, at);
}

Tensor repeat_interleave(Tensor x, Tensor repeats, Dim asked, Source at) {
  const detail::Timed timed("repeat_interleave", at);
  require_counts(x, repeats);
  const std::size_t axis = resolve_axis_of_any_rank("repeat_interleave", asked, x.rank());
  return interleaved(std::move(x), repeats, axis, at);
}

Tensor repeat_interleave(Tensor x, Tensor repeats, Source at) {
  const detail::Timed timed("repeat_interleave", at);
  require_counts(x, repeats);
  return interleaved(reshape(std::move(x), {-1}, at), repeats, 0, at);
}

Pieces broadcast_tensors(const std::vector<Tensor>& tensors, Source at) {
  const detail::Timed timed("broadcast_tensors", at);
  require_list("broadcast_tensors", tensors);
  const Shape shape = detail::broadcast_all("broadcast_tensors", tensors.data(), tensors.size());
  Pieces all;
  for (const Tensor& x : tensors) all.push_back(broadcast_to(x, shape, at));
  return all;
}

Pieces meshgrid(std::vector<Tensor> tensors, Indexing indexing, Source at) {
  const detail::Timed timed("meshgrid", at);
  require_list("meshgrid", tensors);
  Shape shape;
  const bool exchanged = indexing == Indexing::xy && tensors.size() > 1;
  for (std::size_t k = 0; k < tensors.size(); ++k) {
    const Tensor& x = tensors[k];
    if (x.rank() > 1)
      throw detail::argument_error("meshgrid: tensor " + std::to_string(k) + " has shape " + to_string(x.shape()) +
                                   ": all need at most one axis");
    if (x.dtype() != tensors[0].dtype())
      throw detail::argument_error("meshgrid: tensor " + std::to_string(k) + " is " + name_of(x.dtype()) +
                                   ", the first is " + name_of(tensors[0].dtype()) + ": all need one dtype");
    shape = shape.inserted(k, x.size());
  }
  if (exchanged) shape = shape.with(0, tensors[1].size()).with(1, tensors[0].size());
  Pieces all;
  for (std::size_t k = 0; k < tensors.size(); ++k) {
    const std::size_t axis = exchanged && k < 2 ? 1 - k : k;
    Shape line = shape;
    for (std::size_t j = 0; j < shape.rank(); ++j) line = line.with(j, j == axis ? tensors[k].size() : 1);
    all.push_back(broadcast_to(reshape(std::move(tensors[k]), line, at), shape, at));
  }
  return all;
}

Tensor cartesian_prod(const std::vector<Tensor>& tensors, Source at) {
  const detail::Timed timed("cartesian_prod", at);
  require_list("cartesian_prod", tensors);
  for (const Tensor& x : tensors)
    if (x.rank() != 1 || x.dtype() != tensors[0].dtype())
      throw detail::argument_error("cartesian_prod: " + std::string(name_of(x.dtype())) + " " + to_string(x.shape()) +
                                   " beside " + name_of(tensors[0].dtype()) + " " + to_string(tensors[0].shape()) +
                                   ": all need one axis, and one dtype");
  if (tensors.size() == 1) return tensors[0];
  std::vector<Tensor> columns;
  for (Tensor& grid : meshgrid(tensors, Indexing::ij, at)) columns.push_back(reshape(std::move(grid), {-1}, at));
  return stack(columns, 1, at);
}

}  // namespace xgrad

#include <xgrad/autograd/ops/joining.hpp>

#include <algorithm>
#include <cstring>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/lost_writes.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/matrix/strided.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>
#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/slicing.hpp>

namespace xgrad {
namespace {

std::string list_shapes(const std::vector<Tensor>& tensors) {
  std::string text;
  for (const Tensor& x : tensors) text += (text.empty() ? "" : ", ") + to_string(x.shape());
  return text;
}

}  // namespace

namespace {

// Rows of `width` elements, one of each tensor in turn.
template <int width, class T>
void join_rows(const T* const* from, std::size_t count, T* to, std::int64_t begin, std::int64_t end) {
  for (std::int64_t o = begin; o < end; ++o)
    for (std::size_t t = 0; t < count; ++t, to += width) std::memcpy(to, from[t] + o * width, width * sizeof(T));
}

// Short rows of equal length of many tensors. False if they are not that.
template <class T>
bool join_short(const std::vector<const T*>& from, std::int64_t width, T* to, std::int64_t begin, std::int64_t end) {
  T* const first = to + begin * width * static_cast<std::int64_t>(from.size());
  switch (width) {
    case 2:
      return join_rows<2>(from.data(), from.size(), first, begin, end), true;
    case 4:
      return join_rows<4>(from.data(), from.size(), first, begin, end), true;
    case 8:
      return join_rows<8>(from.data(), from.size(), first, begin, end), true;
    case 16:
      return join_rows<16>(from.data(), from.size(), first, begin, end), true;
    default:
      return false;
  }
}

constexpr std::int64_t near_elements = 1 << 15;  // a block of the result of this size stays in L2 while it is filled

// Copies tensors, in one dtype, side by side along the axis: each has `sizes[t]` of it, y the sum of all.
void join(const std::vector<Tensor>& tensors, const std::vector<std::int64_t>& starts, const Tensor& y,
          kernels::Along all) {
  if (y.size() == 0) return;  // the other sizes may have products that overflow
  const std::int64_t total = starts.back() * all.inner;
  detail::visit(y.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    std::vector<Tensor> same;
    std::vector<const T*> from;
    for (const Tensor& x : tensors) {
      same.push_back(detail::converted(x, y.dtype()));
      from.push_back(Raw::data<T>(same.back()));
    }
    T* const to = Raw::write<T>(y);
    const std::int64_t grain = std::max<std::int64_t>(1, near_elements / total);
    const auto count = static_cast<std::int64_t>(from.size());
    std::int64_t common = count > 2 ? total / count : 0;  // the width of a row, if all are equal
    for (std::size_t t = 0; t < from.size(); ++t)
      if ((starts[t + 1] - starts[t]) * all.inner != common) common = 0;
    kernels::parallel_ranges(all.outer, grain, [&](std::int64_t begin, std::int64_t end) {
      if (join_short(from, common, to, begin, end)) return;
      for (std::size_t t = 0; t < from.size(); ++t) {
        const std::int64_t width = (starts[t + 1] - starts[t]) * all.inner, size[] = {end - begin, width};
        const std::int64_t in[] = {width, 1}, out[] = {total, 1};
        kernels::copy_strided(from[t] + begin * width, to + begin * total + starts[t] * all.inner, {2, size, in, out});
      }
    });
  });
}

}  // namespace

namespace {

// The distinct ones of tensors that are joined, and for each the numbers of its places: where there is a repeated one,
// its gradient is the sum of several pieces. Empty where there is none.
struct Repeated {
  std::vector<Tensor> distinct;
  std::vector<std::vector<std::size_t>> places;
};
Repeated repeated_of(const std::vector<Tensor>& tensors) {
  Repeated all;
  constexpr std::size_t few = 16;  // more are not searched
  bool any = false;
  for (std::size_t i = 0; i < std::min(few, tensors.size()); ++i)
    for (std::size_t k = 0; k < i; ++k) any = any || Raw::value(tensors[k]) == Raw::value(tensors[i]);
  if (!any || !grad_enabled() || tensors.size() > few) return all;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    std::size_t at = 0;
    while (at < all.distinct.size() && Raw::value(all.distinct[at]) != Raw::value(tensors[i])) ++at;
    if (at == all.distinct.size()) {
      all.distinct.push_back(tensors[i]);
      all.places.emplace_back();
    }
    all.places[at].push_back(i);
  }
  return all;
}

// Two pieces of g, which have `width` elements in each block of `total`, added in one pass.
Tensor sum_of_two(const Tensor& g, const Shape& shape, std::int64_t first, std::int64_t second, std::int64_t width,
                  std::int64_t total) {
  Tensor y = Raw::uninitialized(shape, g.dtype());
  detail::visit_floating(g.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T* const from = Raw::data<T>(g);
    T* const to = Raw::write<T>(y);
    const std::int64_t grain = std::max<std::int64_t>(1, kernels::pointwise_grain / width);
    kernels::parallel_ranges(g.size() / total, grain, [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t o = begin; o < end; ++o) {
        const T* __restrict a = from + o * total + first, * __restrict b = from + o * total + second;
        T* __restrict sum = to + o * width;
        for (std::int64_t i = 0; i < width; ++i) sum[i] = a[i] + b[i];
      }
    });
  });
  return y;
}

// The sum of piece(p, g) over the places p of one tensor, each of `inner` elements in a block of the axis for every
// index that it takes. Where backward is recorded, and where pieces are short or views, it is a sum of tensors.
template <class Piece>
Tensor sum_of_pieces(Tensor g, const std::vector<std::size_t>& places, const std::vector<std::int64_t>& starts,
                     std::size_t axis, const Piece& piece) {
  const kernels::Along all = detail::along(g.shape(), axis);
  const std::int64_t width = g.size() == 0 ? 0 : (starts[places[0] + 1] - starts[places[0]]) * all.inner;
  constexpr std::int64_t short_width = 16;
  if (places.size() == 2 && !grad_enabled() && all.outer > 1 && width >= short_width)
    return sum_of_two(g, piece.shape(g.shape(), places[0]), starts[places[0]] * all.inner,
                      starts[places[1]] * all.inner, width, all.n * all.inner);
  Tensor sum = piece(g, places[0]);
  for (std::size_t k = 1; k < places.size(); ++k) sum = add(std::move(sum), piece(g, places[k]));
  return sum;
}

// Piece number p of a gradient: a range of the axis, or, if `removed`, one index without the axis.
struct PieceOf {
  std::int64_t axis;
  std::vector<std::int64_t> starts;
  bool removed;

  Shape shape(const Shape& whole, std::size_t p) const {
    const auto k = static_cast<std::size_t>(axis);
    return removed ? whole.without(k) : whole.with(k, starts[p + 1] - starts[p]);
  }
  Tensor operator()(Tensor g, std::size_t p) const {
    return removed ? select(std::move(g), axis, starts[p])
                   : narrow(std::move(g), axis, starts[p], starts[p + 1] - starts[p]);
  }
};

// Records a join of tensors some of which are one and the same, with an edge for each distinct one.
Tensor record_repeated(const char* op, Source at, Tensor y, Repeated all, PieceOf piece) {
  const std::int64_t axis = piece.axis;
  return record_each(op, at, std::move(y), all.distinct, attributes("axis", axis),
                     [places = std::move(all.places), piece = std::move(piece)](std::size_t i, Tensor g) {
                       return sum_of_pieces(std::move(g), places[i], piece.starts, static_cast<std::size_t>(piece.axis),
                                            piece);
                     });
}

}  // namespace

Tensor concat(const std::vector<Tensor>& tensors, Dim asked, Source at) {
  if (tensors.empty()) throw detail::argument_error("concat: there is nothing to join");
  const detail::Timed timed("concat", at);
  detail::require_defined("concat", tensors.data(), tensors.size());
  // A tensor of shape (0) beside others of another rank holds nothing, and is left out, as in PyTorch.
  const Shape none{0};
  const Tensor* model = &tensors[0];
  for (const Tensor& x : tensors)
    if (model->shape() == none) model = &x;
  const Shape first = model->shape();
  const std::size_t axis = resolve_axis("concat", asked, first.rank());
  std::vector<std::int64_t> starts{0};
  std::vector<bool> left_out;
  for (const Tensor& x : tensors) {
    left_out.push_back(x.shape() == none && first.rank() != 1);
    if (!left_out.back() && (x.rank() != first.rank() || x.shape().with(axis, first[axis]) != first))
      throw detail::argument_error("concat: shapes " + list_shapes(tensors) + " differ in more than axis " +
                                   std::to_string(axis));
    std::int64_t end = 0;
    if (__builtin_add_overflow(starts.back(), left_out.back() ? 0 : x.shape()[axis], &end))
      throw detail::argument_error("concat: the sizes of shapes " + list_shapes(tensors) + " along axis " +
                                   std::to_string(axis) + " have a sum beyond 2^63 - 1");
    starts.push_back(end);
  }
  const DType dtype = detail::promote(tensors.data(), tensors.size(), false);
  Tensor y = Raw::uninitialized(first.with(axis, starts.back()), dtype);
  join(tensors, starts, y, detail::along(first, axis));
  const auto dim = static_cast<std::int64_t>(axis);
  if (std::find(left_out.begin(), left_out.end(), true) == left_out.end())
    if (Repeated repeated = repeated_of(tensors); !repeated.distinct.empty())
      return record_repeated("concat", at, std::move(y), std::move(repeated), {dim, starts, false});
  return record_each("concat", at, std::move(y), tensors, attributes("axis", dim),
                     [starts, left_out, dim](std::size_t i, Tensor g) {
                       Tensor piece = narrow(std::move(g), dim, starts[i], starts[i + 1] - starts[i]);
                       return left_out[i] ? reshape(std::move(piece), {0}) : piece;
                     });
}

Tensor stack(const std::vector<Tensor>& tensors, Dim asked, Source at) {
  if (tensors.empty()) throw detail::argument_error("stack: there is nothing to join");
  const detail::Timed timed("stack", at);
  detail::require_defined("stack", tensors.data(), tensors.size());
  const std::size_t axis = resolve_axis("stack", asked, tensors[0].rank() + 1);
  std::vector<std::int64_t> starts{0};
  for (const Tensor& x : tensors) {
    if (x.shape() != tensors[0].shape())
      throw detail::argument_error("stack: shapes " + list_shapes(tensors) + " must all be equal");
    starts.push_back(starts.back() + 1);
  }
  const Shape shape = tensors[0].shape().inserted(axis, starts.back());
  Tensor y = Raw::uninitialized(shape, detail::promote(tensors.data(), tensors.size(), false));
  join(tensors, starts, y, detail::along(shape, axis));
  if (Repeated repeated = repeated_of(tensors); !repeated.distinct.empty())
    return record_repeated("stack", at, std::move(y), std::move(repeated),
                           {static_cast<std::int64_t>(axis), starts, true});
  return record_each("stack", at, std::move(y), tensors, attributes("axis", axis), [axis](std::size_t i, Tensor g) {
    return select(std::move(g), static_cast<std::int64_t>(axis), static_cast<std::int64_t>(i));
  });
}

namespace {

// The tensors concatenated after `prepared` has given all of them one rank.
template <class F>
Tensor joined(const char* op, const std::vector<Tensor>& tensors, std::size_t axis, Source at, F&& prepared) {
  if (tensors.empty()) throw detail::argument_error(std::string(op) + ": there is nothing to join");
  const detail::Timed timed(op, at);
  detail::require_defined(op, tensors.data(), tensors.size());
  std::vector<Tensor> all;
  all.reserve(tensors.size());
  for (const Tensor& x : tensors) all.push_back(prepared(x));
  // One of shape (0) beside others of another rank is left out, as in concat().
  const Shape none{0};
  const auto some = std::find_if(all.begin(), all.end(), [&](const Tensor& x) { return x.shape() != none; });
  const Shape model = some == all.end() ? none : some->shape();
  for (const Tensor& x : all)
    if (x.shape() != none &&
        (axis >= model.rank() || x.rank() != model.rank() || x.shape().with(axis, 0) != model.with(axis, 0)))
      throw detail::argument_error(std::string(op) + ": shapes " + list_shapes(tensors) +
                                   " do not fit side by side along axis " + std::to_string(axis));
  return concat(all, static_cast<std::int64_t>(axis), at);
}

// The pieces of x between neighbouring bounds.
Pieces cut(const Tensor& x, std::size_t axis, const std::vector<std::int64_t>& bounds, const detail::LostWrites& lost,
           Source at) {
  Pieces pieces;
  for (std::size_t i = 0; i + 1 < bounds.size(); ++i)
    pieces.push_back(lost.mark(narrow(x, static_cast<std::int64_t>(axis), bounds[i],
                                      std::max<std::int64_t>(0, bounds[i + 1] - bounds[i]), at)));
  return pieces;
}

constexpr std::int64_t most_pieces = std::int64_t{1} << 28;  // whose handles alone take tens of gigabytes

void require_few(const char* op, const Shape& shape, std::size_t axis, std::int64_t pieces) {
  if (pieces > most_pieces)
    throw OutOfMemory(std::string(op) + ": out of memory: shape " + to_string(shape) + " would be cut into " +
                      std::to_string(pieces) + " pieces along axis " + std::to_string(axis));
}

Pieces split_by(const char* op, const Tensor& x, std::size_t axis, std::int64_t most, const detail::LostWrites& lost,
                Source at) {
  const std::int64_t whole = x.shape()[axis];
  require_few(op, x.shape(), axis, whole == 0 ? 1 : (whole - 1) / most + 1);
  std::vector<std::int64_t> bounds{0};
  while (bounds.back() < whole) bounds.push_back(bounds.back() + std::min(most, whole - bounds.back()));
  if (whole == 0) bounds.push_back(0);
  return cut(x, axis, bounds, lost, at);
}

}  // namespace

Tensor hstack(const std::vector<Tensor>& tensors, Source at) {
  const bool rows = !tensors.empty() && tensors[0].defined() && tensors[0].rank() > 1;
  return joined("hstack", tensors, rows ? 1 : 0, at, [&](const Tensor& x) { return atleast_1d(x, at); });
}

Tensor vstack(const std::vector<Tensor>& tensors, Source at) {
  return joined("vstack", tensors, 0, at, [&](const Tensor& x) { return atleast_2d(x, at); });
}

Tensor dstack(const std::vector<Tensor>& tensors, Source at) {
  return joined("dstack", tensors, 2, at, [&](const Tensor& x) { return atleast_3d(x, at); });
}

Tensor column_stack(const std::vector<Tensor>& tensors, Source at) {
  return joined("column_stack", tensors, 1, at, [&](const Tensor& x) {
    return x.rank() > 1 ? x : reshape(x, Shape{x.size(), std::int64_t{1}}, at);
  });
}

Pieces split(Tensor x, const std::vector<std::int64_t>& sizes, Dim asked, Source at) {
  const detail::Timed timed("split", at);
  detail::require_defined("split", &x, 1);
  const detail::LostWrites lost(x);
  const std::size_t axis = resolve_axis("split", asked, x.rank());
  const std::int64_t whole = x.shape()[axis];
  std::vector<std::int64_t> bounds{0};
  bool fits = true;
  for (const std::int64_t size : sizes) {
    fits = fits && size >= 0 && size <= whole - bounds.back();
    bounds.push_back(fits ? bounds.back() + size : 0);
  }
  if (!fits || bounds.back() != whole) {
    std::string text;
    for (const std::int64_t size : sizes) text += (text.empty() ? "" : ", ") + std::to_string(size);
    throw detail::argument_error("split: the sizes (" + text + ") do not add up to " + std::to_string(whole) +
                                 ", the size of axis " + std::to_string(axis) + " of shape " + to_string(x.shape()));
  }
  return cut(x, axis, bounds, lost, at);
}

Pieces tensor_split(Tensor x, std::initializer_list<Dim> indices, Dim axis, Source at) {
  return tensor_split(std::move(x), detail::whole_list(indices.begin(), indices.end(), "tensor_split"), axis, at);
}

Pieces split(Tensor x, std::initializer_list<Dim> sizes, Dim axis, Source at) {
  return split(std::move(x), detail::whole_list(sizes.begin(), sizes.end(), "split"), axis, at);
}

Pieces split(Tensor x, Dim size, Dim asked, Source at) {
  const detail::Timed timed("split", at);
  detail::require_defined("split", &x, 1);
  const detail::LostWrites lost(x);
  const std::size_t axis = resolve_axis("split", asked, x.rank());
  const std::int64_t most = size.value();
  if (most < 1 && !(most == 0 && x.shape()[axis] == 0))
    throw detail::argument_error("split: pieces of size " + std::to_string(most) + " of axis " + std::to_string(axis) +
                                 " of shape " + to_string(x.shape()) + ": the size must be positive");
  return split_by("split", x, axis, most, lost, at);
}

Pieces chunk(Tensor x, Dim count, Dim asked, Source at) {
  const detail::Timed timed("chunk", at);
  detail::require_defined("chunk", &x, 1);
  const detail::LostWrites lost(x);
  const std::size_t axis = resolve_axis("chunk", asked, x.rank());
  if (count.value() < 1)
    throw detail::argument_error("chunk: " + std::to_string(count.value()) + " pieces of shape " +
                                 to_string(x.shape()) + ": the count must be positive");
  const std::int64_t whole = x.shape()[axis];
  if (whole > 0) return split_by("chunk", x, axis, (whole - 1) / count.value() + 1, lost, at);
  require_few("chunk", x.shape(), axis, count);
  return cut(x, axis, std::vector<std::int64_t>(static_cast<std::size_t>(count.value()) + 1, 0), lost, at);
}

Pieces tensor_split(Tensor x, Dim count, Dim asked, Source at) {
  const detail::Timed timed("tensor_split", at);
  detail::require_defined("tensor_split", &x, 1);
  const detail::LostWrites lost(x);
  const std::size_t axis = resolve_axis("tensor_split", asked, x.rank());
  if (count.value() < 1)
    throw detail::argument_error("tensor_split: " + std::to_string(count.value()) + " pieces of shape " +
                                 to_string(x.shape()) + ": the count must be positive");
  require_few("tensor_split", x.shape(), axis, count);
  const std::int64_t whole = x.shape()[axis];
  std::vector<std::int64_t> bounds{0};
  for (std::int64_t i = 0; i < count; ++i)
    bounds.push_back(bounds.back() + whole / count + (i < whole % count.value() ? 1 : 0));
  return cut(x, axis, bounds, lost, at);
}

Pieces tensor_split(Tensor x, const std::vector<std::int64_t>& indices, Dim asked, Source at) {
  const detail::Timed timed("tensor_split", at);
  detail::require_defined("tensor_split", &x, 1);
  const detail::LostWrites lost(x);
  const std::size_t axis = resolve_axis("tensor_split", asked, x.rank());
  const std::int64_t whole = x.shape()[axis];
  std::vector<std::int64_t> bounds{0};
  for (const std::int64_t i : indices) bounds.push_back(std::clamp<std::int64_t>(i < 0 ? i + whole : i, 0, whole));
  bounds.push_back(whole);
  return cut(x, axis, bounds, lost, at);
}

Pieces unbind(Tensor x, Dim asked, Source at) {
  const detail::Timed timed("unbind", at);
  detail::require_defined("unbind", &x, 1);
  const detail::LostWrites lost(x);
  const std::size_t axis = resolve_axis("unbind", asked, x.rank());
  require_few("unbind", x.shape(), axis, x.shape()[axis]);
  Pieces pieces;
  for (std::int64_t i = 0; i < x.shape()[axis]; ++i)
    pieces.push_back(lost.mark(select(x, static_cast<std::int64_t>(axis), i, at)));
  return pieces;
}

}  // namespace xgrad

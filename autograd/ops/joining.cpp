#include <xgrad/autograd/ops/joining.hpp>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/matrix/strided.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>
#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/slicing.hpp>

namespace xgrad {
namespace {

constexpr std::int64_t most_empty_pieces = 1'000'000;

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
  const std::int64_t total = starts.back() * all.inner;
  if (total == 0) return;
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
  return record_each("stack", at, std::move(y), tensors, attributes("axis", axis), [axis](std::size_t i, Tensor g) {
    return select(std::move(g), static_cast<std::int64_t>(axis), static_cast<std::int64_t>(i));
  });
}

std::vector<Tensor> split(Tensor x, const std::vector<std::int64_t>& sizes, Dim asked, Source at) {
  const detail::Timed timed("split", at);
  detail::require_defined("split", &x, 1);
  const std::size_t axis = resolve_axis("split", asked, x.rank());
  const std::int64_t whole = x.shape()[axis];
  std::int64_t rest = whole;
  for (const std::int64_t size : sizes) {
    if (size < 0 || size > rest) rest = -1;
    if (rest < 0) break;
    rest -= size;
  }
  if (rest != 0) {
    std::string text;
    for (const std::int64_t size : sizes) text += (text.empty() ? "" : ", ") + std::to_string(size);
    throw detail::argument_error("split: the sizes (" + text + ") do not add up to " + std::to_string(whole) +
                                 ", the size of axis " + std::to_string(axis) + " of shape " + to_string(x.shape()));
  }
  std::vector<Tensor> pieces;
  std::int64_t start = 0;
  for (const std::int64_t size : sizes) {
    pieces.push_back(narrow(x, static_cast<std::int64_t>(axis), start, size, at));
    start += size;
  }
  return pieces;
}

std::vector<Tensor> split(Tensor x, std::initializer_list<Dim> sizes, Dim axis, Source at) {
  return split(std::move(x), detail::whole_list(sizes.begin(), sizes.end(), "split"), axis, at);
}

std::vector<Tensor> split(Tensor x, Dim size, Dim asked, Source at) {
  const detail::Calling calling("split", at);
  detail::require_defined("split", &x, 1);
  const std::size_t axis = resolve_axis("split", asked, x.rank());
  const std::int64_t whole = x.shape()[axis], most = size.value();
  if (most < 1 && !(most == 0 && whole == 0))
    throw detail::argument_error("split: pieces of size " + std::to_string(most) + " of axis " + std::to_string(axis) +
                                 " of shape " + to_string(x.shape()) + ": the size must be positive");
  constexpr std::int64_t most_pieces = std::int64_t{1} << 28;  // whose handles alone take tens of gigabytes
  if (whole > 0 && (whole - 1) / most >= most_pieces)
    throw OutOfMemory("split: out of memory: shape " + to_string(x.shape()) + " has more than 2^28 pieces of size " +
                      std::to_string(most) + " along axis " + std::to_string(axis));
  std::vector<std::int64_t> sizes;
  for (std::int64_t rest = whole; rest > 0; rest -= sizes.back()) sizes.push_back(std::min(most, rest));
  if (sizes.empty()) sizes.push_back(0);
  return split(std::move(x), sizes, asked, at);
}

std::vector<Tensor> chunk(Tensor x, Dim count, Dim asked, Source at) {
  const detail::Timed timed("chunk", at);
  detail::require_defined("chunk", &x, 1);
  const std::size_t axis = resolve_axis("chunk", asked, x.rank());
  if (count.value() < 1)
    throw detail::argument_error("chunk: " + std::to_string(count.value()) + " pieces of shape " +
                                 to_string(x.shape()) + ": the count must be positive");
  const std::int64_t whole = x.shape()[axis];
  // Of nothing there are as many empty pieces as were asked for, as in PyTorch; more than this many is a mistake.
  if (whole == 0 && count.value() <= most_empty_pieces)
    return split(std::move(x), std::vector<std::int64_t>(static_cast<std::size_t>(count.value()), 0), asked, at);
  if (whole == 0)
    throw std::invalid_argument("chunk: " + std::to_string(count.value()) + " pieces of shape " + to_string(x.shape()) +
                                ": at most " + std::to_string(most_empty_pieces) + " of them may be empty");
  return split(std::move(x), (whole - 1) / count.value() + 1, asked, at);
}

}  // namespace xgrad

#include <xgrad/autograd/ops/joining.hpp>

#include <algorithm>
#include <stdexcept>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad {
namespace {

std::string list_shapes(const std::vector<Tensor>& tensors) {
  std::string text;
  for (const Tensor& x : tensors) text += (text.empty() ? "" : ", ") + to_string(x.shape());
  return text;
}

}  // namespace

Tensor concat(const std::vector<Tensor>& tensors, Dim asked, Source at) {
  if (tensors.empty()) throw std::invalid_argument("concat: there is nothing to join");
  const detail::Timed timed("concat", at);
  detail::require_defined("concat", tensors.data(), tensors.size());
  const Shape& first = tensors[0].shape();
  const std::size_t axis = resolve_axis("concat", asked, first.rank());
  std::vector<std::int64_t> starts;
  std::int64_t total = 0;
  for (const Tensor& x : tensors) {
    if (x.rank() != first.rank() || x.shape().with(axis, first[axis]) != first)
      throw std::invalid_argument("concat: shapes " + list_shapes(tensors) + " differ in more than axis " +
                                  std::to_string(axis));
    starts.push_back(total);
    if (__builtin_add_overflow(total, x.shape()[axis], &total))
      throw std::invalid_argument("concat: the sizes of shapes " + list_shapes(tensors) + " along axis " +
                                  std::to_string(axis) + " have a sum beyond 2^63 - 1");
  }
  const DType dtype = detail::promote(tensors.data(), tensors.size(), false);
  Tensor y = Raw::uninitialized(first.with(axis, total), dtype);
  const kernels::Along all = detail::along(first, axis);
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    const Tensor x = detail::converted(tensors[t], dtype);
    const std::int64_t block = x.shape()[axis] * all.inner;
    detail::visit(dtype, [&](auto type) {
      using T = typename decltype(type)::type;
      for (std::int64_t o = 0; o < all.outer; ++o)
        std::copy_n(Raw::data<T>(x) + o * block, block, Raw::write<T>(y) + (o * total + starts[t]) * all.inner);
    });
  }
  starts.push_back(total);
  const auto dim = static_cast<std::int64_t>(axis);
  return record_each(
      "concat", at, std::move(y), tensors, attributes("axis", dim),
      [starts, dim](std::size_t i, Tensor g) { return narrow(g, dim, starts[i], starts[i + 1] - starts[i]); });
}

Tensor stack(const std::vector<Tensor>& tensors, Dim asked, Source at) {
  if (tensors.empty()) throw std::invalid_argument("stack: there is nothing to join");
  const detail::Timed timed("stack", at);
  detail::require_defined("stack", tensors.data(), tensors.size());
  const std::size_t axis = resolve_axis("stack", asked, tensors[0].rank() + 1);
  const auto dim = static_cast<std::int64_t>(axis);
  std::vector<Tensor> raised;
  for (const Tensor& x : tensors) {
    if (x.shape() != tensors[0].shape())
      throw std::invalid_argument("stack: shapes " + list_shapes(tensors) + " must all be equal");
    raised.push_back(unsqueeze(x, dim, at));
  }
  return concat(raised, dim, at);
}

}  // namespace xgrad

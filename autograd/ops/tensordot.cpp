#include <xgrad/autograd/ops/tensordot.hpp>

#include <algorithm>
#include <string>

#include <xgrad/autograd/graph/profiler.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/matmul.hpp>
#include <xgrad/autograd/ops/products.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad {
namespace {

using Axis = std::vector<std::int64_t>;

Axis resolved(const char* op, const Axis& asked, const Tensor& x, const char* which) {
  Axis axes;
  for (const std::int64_t axis : asked) {
    axes.push_back(static_cast<std::int64_t>(resolve_axis(op, axis, x.rank())));
    if (std::count(axes.begin(), axes.end(), axes.back()) > 1)
      throw detail::argument_error(std::string(op) + ": axis " + std::to_string(axes.back()) + " of the " + which +
                                   " operand is named twice");
  }
  return axes;
}

/// The axes that are not contracted, and their sizes.
Axis others(const Tensor& x, const Axis& contracted, Shape& sizes) {
  Axis rest;
  for (std::size_t k = 0; k < x.rank(); ++k) {
    const auto axis = static_cast<std::int64_t>(k);
    if (std::find(contracted.begin(), contracted.end(), axis) != contracted.end()) continue;
    rest.push_back(axis);
    sizes = sizes.inserted(sizes.rank(), x.shape()[k]);
  }
  return rest;
}

Axis joined(Axis first, const Axis& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

/// Contracts resolved axes, of the same sizes or of size 1 in one operand.
Tensor contracted(const char* op, Tensor a, Tensor b, const Axis& of_a, const Axis& of_b, Source at) {
  Shape inner;
  for (std::size_t i = 0; i < of_a.size(); ++i) {
    const std::int64_t m = a.shape(of_a[i]), n = b.shape(of_b[i]);
    if (m != n && m != 1 && n != 1)
      throw detail::argument_error(std::string(op) + ": cannot contract axis " + std::to_string(of_a[i]) + " of " +
                                   to_string(a.shape()) + " with axis " + std::to_string(of_b[i]) + " of " +
                                   to_string(b.shape()) + ": the sizes must agree");
  }
  for (std::size_t i = 0; i < of_a.size(); ++i) {
    const std::int64_t m = a.shape(of_a[i]), n = b.shape(of_b[i]);
    if (m == 1 && n != 1) b = sum(std::move(b), of_b[i], keepdims, at);
    if (n == 1 && m != 1) a = sum(std::move(a), of_a[i], keepdims, at);
    inner = inner.inserted(i, m == 1 || n == 1 ? 1 : m);
  }
  Shape rows, columns;
  const Axis left = joined(others(a, of_a, rows), of_a);
  const Axis right = joined(of_b, others(b, of_b, columns));
  const std::int64_t m = rows.count(), n = columns.count(), k = inner.count();
  Shape shape = rows;
  for (const std::int64_t size : columns) shape = shape.inserted(shape.rank(), size);
  if (!std::is_sorted(left.begin(), left.end())) a = transpose(std::move(a), left, at);
  if (!std::is_sorted(right.begin(), right.end())) b = transpose(std::move(b), right, at);
  Tensor y =
      detail::product(op, reshape(std::move(a), {m, k}, at), reshape(std::move(b), {k, n}, at), false, false, at, {});
  return reshape(std::move(y), shape, at);
}

void check_operands(const char* op, const Tensor& a, const Tensor& b) {
  const Tensor both[] = {a, b};
  detail::require_defined(op, both, 2);
  detail::require_same_floating(op, a, "the left operand", b, "the right operand");
}

}  // namespace

Tensor tensordot(Tensor a, Tensor b, const std::vector<std::int64_t>& a_axes, const std::vector<std::int64_t>& b_axes,
                 Source at) {
  const char* const op = "tensordot";
  const detail::Timed timed(op, at);
  check_operands(op, a, b);
  if (a_axes.size() != b_axes.size())
    throw detail::argument_error(std::string(op) + ": got " + std::to_string(a_axes.size()) +
                                 " axes of the left operand and " + std::to_string(b_axes.size()) +
                                 " of the right: they are contracted in pairs");
  const Axis of_a = resolved(op, a_axes, a, "left"), of_b = resolved(op, b_axes, b, "right");
  return contracted(op, std::move(a), std::move(b), of_a, of_b, at);
}

Tensor tensordot(Tensor a, Tensor b, std::initializer_list<Dim> a_axes, std::initializer_list<Dim> b_axes, Source at) {
  return tensordot(std::move(a), std::move(b), detail::whole_list(a_axes.begin(), a_axes.end(), "tensordot"),
                   detail::whole_list(b_axes.begin(), b_axes.end(), "tensordot"), at);
}

Tensor tensordot(Tensor a, Tensor b, Dim count, Source at) {
  const char* const op = "tensordot";
  const detail::Timed timed(op, at);
  check_operands(op, a, b);
  const auto rank_a = static_cast<std::int64_t>(a.rank()), rank_b = static_cast<std::int64_t>(b.rank());
  if (count < 0 || count > rank_a || count > rank_b)
    throw detail::argument_error(std::string(op) + ": cannot contract " + std::to_string(count.value()) + " axes of " +
                                 to_string(a.shape()) + " and " + to_string(b.shape()) +
                                 ": the number must be at least 0 and at most that of either's axes");
  Axis of_a, of_b;
  for (std::int64_t i = 0; i < count; ++i) {
    of_a.push_back(rank_a - count + i);
    of_b.push_back(i);
  }
  return contracted(op, std::move(a), std::move(b), of_a, of_b, at);
}

Tensor inner(Tensor a, Tensor b, Source at) {
  const char* const op = "inner";
  const detail::Timed timed(op, at);
  const Tensor both[] = {a, b};
  detail::require_defined(op, both, 2);
  if (a.rank() == 0 || b.rank() == 0) return mul(std::move(a), std::move(b), at);
  check_operands(op, a, b);
  if (a.shape().back() != b.shape().back())
    throw detail::argument_error("inner: cannot contract " + to_string(a.shape()) + " with " + to_string(b.shape()) +
                                 ": the last axes must have the same size");
  const auto last = [](const Tensor& x) { return Axis{static_cast<std::int64_t>(x.rank()) - 1}; };
  const Axis of_a = last(a), of_b = last(b);
  return contracted(op, std::move(a), std::move(b), of_a, of_b, at);
}

}  // namespace xgrad

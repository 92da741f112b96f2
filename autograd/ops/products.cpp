#include <xgrad/autograd/ops/products.hpp>

#include <algorithm>
#include <cmath>
#include <string>

#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/indexing.hpp>
#include <xgrad/autograd/ops/matmul.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad {
namespace {

using detail::product;
using detail::Timed;

/// Checks two factors of given ranks, of which axis -1 of the first meets axis `meets` of the second.
void check_factors(const char* op, const Tensor& a, std::size_t a_rank, const Tensor& b, std::size_t b_rank,
                   std::int64_t meets) {
  const Tensor both[] = {a, b};
  detail::require_defined(op, both, 2);
  detail::require_same_floating(op, a, "the left operand", b, "the right operand");
  const auto text = [&] {
    return std::string(op) + ": cannot multiply " + to_string(a.shape()) + " by " + to_string(b.shape());
  };
  if (a.rank() != a_rank || b.rank() != b_rank)
    throw detail::argument_error(text() + ": the operands must have " + std::to_string(a_rank) + " and " +
                                 std::to_string(b_rank) + " axes: see matmul for others");
  if (a.shape().back() != b.shape().at(meets)) throw detail::argument_error(text() + ": the inner sizes must agree");
  if (a_rank == 3 && a.shape()[0] != b.shape()[0])
    throw detail::argument_error(text() + ": the sizes of axis 0 must agree");
}

Tensor inner_product(const char* op, Tensor a, Tensor b, Source at) {
  const Timed timed(op, at);
  check_factors(op, a, 1, b, 1, -1);
  const std::int64_t n = a.size();
  return reshape(
      product(op, reshape(std::move(a), {1, n}, at), reshape(std::move(b), {n, 1}, at), false, false, at, {}), Shape{},
      at);
}

Tensor matrix_vector(const char* op, Tensor a, Tensor x, Source at) {
  check_factors(op, a, 2, x, 1, -1);
  return squeeze(product(op, std::move(a), unsqueeze(std::move(x), 1, at), false, false, at, {}), 1, at);
}

void check_term(const char* op, const Tensor& c, const Tensor& a, const Shape& shape, const AddOptions& options) {
  detail::require_defined(op, &c, 1);
  detail::require_same_floating(op, c, "the term that is added", a, "the left operand");
  if (!broadcasts_to(c.shape(), shape))
    throw detail::argument_error(std::string(op) + ": the term of shape " + to_string(c.shape()) +
                                 " does not broadcast to " + to_string(shape) + ", the shape of the product");
  if (std::isnan(options.beta()) || std::isnan(options.alpha()))
    throw detail::argument_error(std::string(op) + ": beta or alpha is nan: it must be a number");
}

/// beta c + alpha a b, in which a term with the factor 0 is not read.
Tensor sum_of_terms(const char* op, const Tensor& c, const Tensor& a, const Tensor& b, const Shape& shape,
                    const AddOptions& options) {
  const NoGrad off;
  Tensor y;
  if (options.beta() != 0) y = broadcast_to(options.beta() == 1 ? c : c * options.beta(), shape);
  if (options.alpha() == 0) return y.defined() ? clone(y) : zeros(shape, a.dtype());
  if (options.alpha() == 1 && a.rank() == 2 && y.defined())
    return product(op, a, b, false, false, Source::here(), detail::alone(y) ? y : clone(y));
  const Tensor p = product(op, a, b, false, false, Source::here(), {});
  const Tensor scaled = options.alpha() == 1 ? p : p * options.alpha();
  return y.defined() ? y + scaled : scaled;
}

Tensor added_product(const char* op, Tensor c, Tensor a, Tensor b, const AddOptions& options, Source at) {
  const Shape shape = a.shape().with(a.rank() - 1, b.shape().back());
  check_term(op, c, a, shape, options);
  Tensor y = sum_of_terms(op, c, a, b, shape, options);
  const double beta = options.beta(), alpha = options.alpha();
  return record(
      op, at, std::move(y), {std::move(c), std::move(a), std::move(b)}, attributes("beta", beta, "alpha", alpha),
      [beta](Tensor g) { return g * beta; }, from<2>([alpha](Tensor right, Tensor g) {
        return product("matmul", g, right, false, true, Source::here(), {}) * alpha;
      }),
      from<1>([alpha](Tensor left, Tensor g) {
        return product("matmul", left, g, true, false, Source::here(), {}) * alpha;
      }));
}

}  // namespace

Tensor dot(Tensor a, Tensor b, Source at) { return inner_product("dot", std::move(a), std::move(b), at); }
Tensor vdot(Tensor a, Tensor b, Source at) { return inner_product("vdot", std::move(a), std::move(b), at); }

Tensor mv(Tensor a, Tensor x, Source at) {
  const Timed timed("mv", at);
  return matrix_vector("mv", std::move(a), std::move(x), at);
}

Tensor mm(Tensor a, Tensor b, Source at) {
  const Timed timed("mm", at);
  check_factors("mm", a, 2, b, 2, 0);
  return product("mm", std::move(a), std::move(b), false, false, at, {});
}

Tensor bmm(Tensor a, Tensor b, Source at) {
  const Timed timed("bmm", at);
  check_factors("bmm", a, 3, b, 3, 1);
  return product("bmm", std::move(a), std::move(b), false, false, at, {});
}

Tensor addmm(Tensor c, Tensor a, Tensor b, const AddOptions& options, Source at) {
  const Timed timed("addmm", at);
  check_factors("addmm", a, 2, b, 2, 0);
  return added_product("addmm", std::move(c), std::move(a), std::move(b), options, at);
}

Tensor addmv(Tensor c, Tensor a, Tensor x, const AddOptions& options, Source at) {
  const Timed timed("addmv", at);
  check_factors("addmv", a, 2, x, 1, -1);
  check_term("addmv", c, a, Shape{a.shape()[0]}, options);
  c = unsqueeze(std::move(c), -1, at);
  return squeeze(added_product("addmv", std::move(c), std::move(a), unsqueeze(std::move(x), 1, at), options, at), 1,
                 at);
}

Tensor baddbmm(Tensor c, Tensor a, Tensor b, const AddOptions& options, Source at) {
  const Timed timed("baddbmm", at);
  check_factors("baddbmm", a, 3, b, 3, 1);
  return added_product("baddbmm", std::move(c), std::move(a), std::move(b), options, at);
}

Tensor outer(Tensor a, Tensor b, Source at) {
  const Timed timed("outer", at);
  const Tensor both[] = {a, b};
  detail::require_defined("outer", both, 2);
  if (a.rank() != 1 || b.rank() != 1)
    throw detail::argument_error("outer: the operands have shapes " + to_string(a.shape()) + " and " +
                                 to_string(b.shape()) + ": both must be vectors");
  return mul(unsqueeze(std::move(a), 1, at), std::move(b), at);
}

Tensor kron(Tensor a, Tensor b, Source at) {
  const Timed timed("kron", at);
  const Tensor both[] = {a, b};
  detail::require_defined("kron", both, 2);
  const std::size_t rank = std::max(a.rank(), b.rank());
  if (2 * rank > Shape::max_rank)
    throw detail::argument_error("kron: the operands have shapes " + to_string(a.shape()) + " and " +
                                 to_string(b.shape()) + ": at most 16 axes are supported");
  Shape of_a, of_b, result;
  for (std::size_t k = 0; k < rank; ++k) {
    const auto size = [&](const Tensor& x) { return k + x.rank() < rank ? 1 : x.shape()[k + x.rank() - rank]; };
    std::int64_t both_sizes = 0;
    if (__builtin_mul_overflow(size(a), size(b), &both_sizes))
      throw detail::argument_error("kron: " + to_string(a.shape()) + " and " + to_string(b.shape()) +
                                   " give an axis of more than 2^63 elements: there is no such shape");
    of_a = of_a.inserted(2 * k, size(a)).inserted(2 * k + 1, 1);
    of_b = of_b.inserted(2 * k, 1).inserted(2 * k + 1, size(b));
    result = result.inserted(k, both_sizes);
  }
  return reshape(mul(reshape(std::move(a), of_a, at), reshape(std::move(b), of_b, at), at), result, at);
}

Tensor cross(Tensor a, Tensor b, Dim asked, Source at) {
  const Timed timed("cross", at);
  const Tensor both[] = {a, b};
  detail::require_defined("cross", both, 2);
  const auto text = [&] {
    return "cross: the operands have shapes " + to_string(a.shape()) + " and " + to_string(b.shape());
  };
  if (a.rank() != b.rank() || a.rank() == 0)
    throw detail::argument_error(text() + ": both need the same number of axes, at least one");
  const std::size_t axis = resolve_axis("cross", asked, a.rank());
  if (a.shape()[axis] != 3 || b.shape()[axis] != 3)
    throw detail::argument_error(text() + ": axis " + std::to_string(axis) + " must have size 3 in both");
  broadcast_shapes("cross", a.shape(), b.shape());
  const auto turned = [&](const Tensor& x, const Tensor& order) {
    return index_select(x, static_cast<std::int64_t>(axis), order, at);
  };
  const Tensor left{1, 2, 0}, right{2, 0, 1};
  return sub(mul(turned(a, left), turned(b, right), at), mul(turned(a, right), turned(b, left), at), at);
}

}  // namespace xgrad

#include <xgrad/autograd/ops/matmul.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/matrix/gemm.hpp>
#include <xgrad/autograd/kernels/pointwise/broadcast.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad {
namespace {

Shape leading(const Shape& shape) { return Shape(shape.data(), shape.rank() - 2); }

// The number of rows of all matrices together, as a product of sizes: dividing the number of elements by the row length
// would fail for rows of length 0. -1 where the product exceeds the range of sizes, as is possible only for
// tensors without elements.
std::int64_t rows_of(const Shape& shape) { return Shape(shape.data(), shape.rank() - 1).count_or(-1); }

struct Sizes {
  std::int64_t m, n, k;

  Shape of_product() const {
    const std::int64_t both[] = {m, n};
    return Shape(both, 2);
  }
};

Sizes inner_sizes(const char* name, const Tensor& a, const Tensor& b, bool ta, bool tb) {
  const std::int64_t *last_of_a = a.shape().end() - 2, *last_of_b = b.shape().end() - 2;  // two sizes each
  const std::int64_t m = last_of_a[ta], ka = last_of_a[!ta], kb = last_of_b[tb], n = last_of_b[!tb];
  if (ka != kb)
    throw detail::argument_error(std::string(name) + ": cannot multiply " + to_string(a.shape()) +
                                 (ta ? " transposed" : "") + " by " + to_string(b.shape()) + (tb ? " transposed" : "") +
                                 ": the inner sizes must agree");
  return {m, n, ka};
}

Shape batch_shape(const char* name, const Shape& a, const Shape& b) {
  try {
    return broadcast_shapes(name, leading(a), leading(b));
  } catch (const std::invalid_argument&) {
    throw detail::argument_error(std::string(name) + ": cannot multiply " + to_string(a) + " by " + to_string(b) +
                                 ": the axes before the last two must broadcast");
  }
}

// C = A B, accumulated into `sum` if that is defined and has the right shape and dtype.
Tensor matrix_product(const Tensor& a, const Tensor& b, bool ta, bool tb, Sizes s, const Tensor& sum) {
  const bool adds =
      sum.defined() && sum.dtype() == a.dtype() && sum.rank() == 2 && sum.shape()[0] == s.m && sum.shape()[1] == s.n;
  Tensor y = adds ? sum : detail::result_room(a, b, s.of_product(), a.dtype());
  detail::visit_floating(y.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const kernels::Onto<T> onto = adds ? kernels::Onto<T>{Raw::data<T>(y), s.n} : kernels::Onto<T>{};
    kernels::gemm(ta, tb, s.m, s.n, s.k, Raw::data<T>(a), Raw::data<T>(b), Raw::write<T>(y), onto);
  });
  return y;
}

template <class T>
void multiply(const Tensor& a, const Tensor& b, bool ta, bool tb, const Tensor& y, const Shape& batch, Sizes s) {
  if (y.size() == 0) return;  // the size of the batch is not bounded then
  const Shape la = leading(a.shape()), lb = leading(b.shape());
  const kernels::Plan<2> plan(batch.data(), batch.rank(), {la.data(), lb.data()}, {la.rank(), lb.rank()});
  const std::int64_t step_a = s.m * s.k, step_b = s.k * s.n, step_y = s.m * s.n;
  plan.run([&](std::int64_t to, const std::array<std::int64_t, 2>& from, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i)
      kernels::gemm(ta, tb, s.m, s.n, s.k, Raw::data<T>(a) + (from[0] + i * plan.step[0]) * step_a,
                    Raw::data<T>(b) + (from[1] + i * plan.step[1]) * step_b, Raw::write<T>(y) + (to + i) * step_y);
  });
}

Tensor batched_product(const char* name, const Tensor& a, const Tensor& b, bool ta, bool tb, Sizes s) {
  const Shape batch = batch_shape(name, a.shape(), b.shape());
  Tensor y = detail::result_room(a, b, batch.inserted(batch.rank(), s.m).inserted(batch.rank() + 1, s.n), a.dtype());
  detail::visit_floating(y.dtype(),
                         [&](auto type) { multiply<typename decltype(type)::type>(a, b, ta, tb, y, batch, s); });
  return y;
}

// The product of a gradient with a saved value. Where nothing is recorded, it borrows both.
Tensor pulled(const Tensor& a, const Tensor& b, bool ta, bool tb, const Tensor& into) {
  if (!grad_enabled() && a.rank() == 2 && b.rank() == 2)
    return matrix_product(a, b, ta, tb, inner_sizes("matmul", a, b, ta, tb), into);
  return detail::product("matmul", a, b, ta, tb, Source::here(), into);
}

// The product of tangents with the other operand, whose rank may exceed theirs without the leading axis of many.
Tensor pushed(const Tensor& a, const Tensor& b, bool ta, bool tb, std::size_t lead, bool of_left) {
  Tensor t = of_left ? a : b;
  const std::size_t other = of_left ? b.rank() : a.rank();
  if (lead > 0 && t.rank() - 1 < other) {
    Shape aligned = t.shape();
    while (aligned.rank() - 1 < other) aligned = aligned.inserted(1, 1);
    t = reshape(std::move(t), aligned);
  }
  return of_left ? detail::product("matmul", t, b, ta, tb, Source::here(), {})
                 : detail::product("matmul", a, t, ta, tb, Source::here(), {});
}

}  // namespace

namespace detail {

void require_same_floating(const char* op, const Tensor& a, const char* a_name, const Tensor& b, const char* b_name) {
  for (const Tensor* x : {&a, &b})
    if (!is_floating(x->dtype()))
      throw detail::argument_error(std::string(op) + ": " + (x == &a ? a_name : b_name) + " is " + name_of(x->dtype()) +
                                   ": only float32 and float64 are multiplied: convert it with to()");
  if (a.dtype() != b.dtype())
    throw detail::argument_error(std::string(op) + ": " + a_name + " is " + name_of(a.dtype()) + ", " + b_name +
                                 " is " + name_of(b.dtype()) + ": write 1.0f, x.to(float32) or model.to(float64)");
}

// Let a' and b' be the operands after the transpositions asked for. For y = a' b', da' = g b'ᵀ and db' = a'ᵀ g. The
// gradient of a transposed operand is the transpose of that, which the same product gives with its factors exchanged.
Tensor product(const char* name, Tensor left, Tensor right, bool ta, bool tb, Source at, const Tensor& sum) {
  const Sizes sizes = inner_sizes(name, left, right, ta, tb);
  if (left.rank() > 2 && right.rank() == 2 && !ta && rows_of(left.shape()) >= 0) {
    // One product for the rows of all matrices.
    Shape shape = left.shape();
    Tensor flat = reshape(std::move(left), {rows_of(shape), sizes.k}, at);
    return reshape(product(name, std::move(flat), std::move(right), ta, tb, at, {}),
                   shape.with(shape.rank() - 1, sizes.n), at);
  }
  Tensor y = left.rank() == 2 && right.rank() == 2 ? matrix_product(left, right, ta, tb, sizes, sum)
                                                   : batched_product(name, left, right, ta, tb, sizes);
  return record(
      name, at, std::move(y), {std::move(left), std::move(right)}, attributes("transpose_a", ta, "transpose_b", tb),
      with_push(adding<1>([=](const Tensor& b, const Tensor& g, const Tensor& into) {
                  return ta ? pulled(b, g, tb, true, into) : pulled(g, b, false, !tb, into);
                }),
                [=](const Tensor& b, const Tensor& t, std::size_t lead) { return pushed(t, b, ta, tb, lead, true); }),
      with_push(adding<0>([=](const Tensor& a, const Tensor& g, const Tensor& into) {
                  return tb ? pulled(g, a, true, ta, into) : pulled(a, g, !ta, false, into);
                }),
                [=](const Tensor& a, const Tensor& t, std::size_t lead) { return pushed(a, t, ta, tb, lead, false); }));
}

}  // namespace detail

namespace {

void check_linear(const char* op, const Tensor& input, const Tensor& weight, const Tensor& bias) {
  if (!input.defined() || !weight.defined()) detail::refuse_undefined(op, input.defined() ? 1 : 0);
  if (weight.rank() != 2 || input.rank() == 0)
    throw detail::argument_error(std::string(op) +
                                 ": the weight must be a matrix and the input have an axis, got weight " +
                                 to_string(weight.shape()) + " and input " + to_string(input.shape()));
  if (input.shape().back() != weight.shape()[1])
    throw detail::argument_error(std::string(op) + ": cannot multiply input " + to_string(input.shape()) +
                                 " by the transpose of weight " + to_string(weight.shape()) +
                                 ": the last axes must agree");
  detail::require_same_floating(op, input, "input", weight, "weight");
  if (bias.defined()) {
    detail::require_same_floating(op, input, "input", bias, "bias");
    if (bias.rank() != 1 || bias.size() != weight.shape()[0])
      throw detail::argument_error(std::string(op) + ": the bias must have shape " +
                                   to_string(Shape{weight.shape()[0]}) + ", got " + to_string(bias.shape()));
  }
}

// y = x Wᵀ + b: the product is accumulated onto rows that already hold b.
Tensor affine(Tensor x, Tensor weight, Tensor bias, Source at) {
  const Sizes s = inner_sizes("linear", x, weight, false, true);
  if (x.rank() > 2) {
    const Shape shape = x.shape().with(x.rank() - 1, s.n);
    if (rows_of(shape) < 0) {
      Tensor y = detail::product("linear", std::move(x), std::move(weight), false, true, at, {});
      return bias.defined() ? add(std::move(y), std::move(bias), at) : y;
    }
    Tensor flat = reshape(std::move(x), {rows_of(shape), s.k}, at);
    return reshape(affine(std::move(flat), std::move(weight), std::move(bias), at), shape, at);
  }
  Tensor y = detail::result_room(x, weight, s.of_product(), x.dtype());
  detail::visit_floating(y.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::gemm(false, true, s.m, s.n, s.k, Raw::data<T>(x), Raw::data<T>(weight), Raw::write<T>(y),
                  {Raw::data<T>(bias), 0});
  });
  return record("linear", at, std::move(y), {std::move(x), std::move(weight), std::move(bias)},
                with_push(adding<1>([](const Tensor& w, const Tensor& g, const Tensor& into) {
                            return pulled(g, w, false, false, into);
                          }),
                          [](const Tensor& w, const Tensor& t, std::size_t lead) {
                            return pushed(t, w, false, true, lead, true);
                          }),
                with_push(adding<0>([](const Tensor& x_in, const Tensor& g, const Tensor& into) {
                            return pulled(g, x_in, true, false, into);
                          }),
                          [](const Tensor& x_in, const Tensor& t, std::size_t lead) {
                            return pushed(x_in, t, false, true, lead, false);
                          }),
                pass_on);
}

}  // namespace

Tensor matmul(Tensor left, Tensor right, Source at) {
  const Tensor both[] = {left, right};
  const detail::Timed timed("matmul", at);
  detail::require_defined("matmul", both, 2);
  if (left.rank() == 0 || right.rank() == 0)
    throw detail::argument_error("matmul: cannot multiply " + to_string(left.shape()) + " by " +
                                 to_string(right.shape()) + ": both need at least one axis: use * for a scalar");
  detail::require_same_floating("matmul", left, "the left operand", right, "the right operand");
  const bool row = left.rank() == 1, column = right.rank() == 1;
  const std::int64_t inner_right = right.shape().at(column ? -1 : -2);
  if (left.shape().back() != inner_right)
    throw detail::argument_error("matmul: cannot multiply " + to_string(left.shape()) + " by " +
                                 to_string(right.shape()) + ": the inner sizes must agree");
  if (row) left = unsqueeze(std::move(left), 0, at);
  if (column) right = unsqueeze(std::move(right), 1, at);
  Tensor y = detail::product("matmul", std::move(left), std::move(right), false, false, at, {});
  if (column) y = squeeze(std::move(y), -1, at);
  if (row) y = squeeze(std::move(y), column ? -1 : -2, at);
  return y;
}

Tensor linear(Tensor input, Tensor weight, Tensor bias, Source at) {
  const detail::Timed timed("linear", at);
  check_linear("linear", input, weight, bias);
  const bool row = input.rank() == 1;
  if (row) input = unsqueeze(std::move(input), 0, at);
  Tensor y = bias.defined() ? affine(std::move(input), std::move(weight), std::move(bias), at)
                            : detail::product("linear", std::move(input), std::move(weight), false, true, at, {});
  return row ? squeeze(std::move(y), 0, at) : y;
}

Tensor Tensor::matmul(const Tensor& other, Source at) const { return xgrad::matmul(*this, other, at); }

}  // namespace xgrad

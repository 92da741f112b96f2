#include <xgrad/autograd/ops/scan.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/pointwise/arithmetic_functions.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>
#include <xgrad/autograd/kernels/scan/running.hpp>
#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/counting.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/pointwise.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/running_product.hpp>
#include <xgrad/autograd/ops/selected.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/slicing.hpp>

namespace xgrad {
namespace {

using detail::along;
using kernels::Direction;

Tensor as_number(const Tensor& x) { return x.dtype() == boolean ? detail::converted(x, int64) : x; }

std::int64_t length(const Tensor& x, std::size_t axis) { return detail::with_an_axis(x.shape())[axis]; }

Tensor part(const Tensor& x, std::size_t axis, std::int64_t start, std::int64_t count) {
  return narrow(x, static_cast<std::int64_t>(axis), start, count);
}

Tensor joined(const Tensor& a, const Tensor& b, std::size_t axis) {
  return concat({a, b}, static_cast<std::int64_t>(axis));
}

// The element before each (forward) or after each (backward), and `end` where there is none.
Tensor neighbours(const Tensor& x, std::size_t axis, Direction direction, double end) {
  const std::int64_t n = length(x, axis);
  const Tensor filled = full(x.shape().with(axis, 1), end, x.dtype());
  return direction == Direction::forward ? joined(filled, part(x, axis, 0, n - 1), axis)
                                         : joined(part(x, axis, 1, n - 1), filled, axis);
}

Tensor running_sum(Tensor x, std::size_t axis, Direction direction, Source at) {
  Tensor y = Raw::uninitialized(x.shape(), x.dtype());
  if (y.size() > 0)
    detail::visit(x.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      if constexpr (!std::is_same_v<T, bool>)
        kernels::running_sum(Raw::data<T>(x), Raw::write<T>(y), along(x.shape(), axis), direction);
    });
  return record("cumsum", at, std::move(y), {std::move(x)},
                attributes("axis", axis, "backward", direction == Direction::backward), [axis, direction](Tensor g) {
                  return running_sum(std::move(g), axis, opposite(direction), Source::here());
                });
}

// r_0 = b_0 and r_k = b_k + a_k r_{k-1}, of which no product is NaN where a 0 meets what has overflowed. Its adjoint is
// a recurrence in the opposite direction: gb_k = g_k + a_{k+1} gb_{k+1}, and ga_k = gb_k r_{k-1}.
Tensor linear_recurrence(Tensor a, Tensor b, std::size_t axis, Direction direction) {
  if (a.dtype() != b.dtype()) {
    a = to(std::move(a), float64);
    b = to(std::move(b), float64);
  }
  Tensor r = Raw::uninitialized(b.shape(), b.dtype());
  if (r.size() > 0)
    detail::visit_floating(b.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      kernels::linear_recurrence(Raw::data<T>(a), Raw::data<T>(b), Raw::write<T>(r), along(b.shape(), axis), direction);
    });
  const auto adjoint = [axis, direction](const Tensor& factors, const Tensor& g) {
    const Direction back = opposite(direction);
    return linear_recurrence(neighbours(factors, axis, back, 0), g, axis, back);
  };
  return record("linear_recurrence", Source::here(), std::move(r), {std::move(a), std::move(b)},
                attributes("axis", axis, "backward", direction == Direction::backward),
                from_xy([=](const Tensor& factors, const Tensor& terms, const Tensor& y, const Tensor& g) {
                  return detail::product_among({&factors, &terms, &g}, axis, adjoint(factors, g),
                                               neighbours(y, axis, direction, 0));
                }),
                from<0>([=](const Tensor& factors, const Tensor& g) { return adjoint(factors, g); }));
}

// The product of x_0 .. x_k without x_j is that of x_0 .. x_{j-1} = y_{j-1} times that of x_{j+1} .. x_k. So
// gx_j = y_{j-1} s_j, where s_j = g_j + x_{j+1} s_{j+1}.
Tensor product_rule(const Tensor& x, const Tensor& y, const Tensor& g, std::size_t axis, Direction direction) {
  if (length(x, axis) <= 1 || x.size() == 0) return g;
  const Direction back = opposite(direction);
  return detail::product_among({&x, &g}, axis, neighbours(y, axis, direction, 1),
                               linear_recurrence(neighbours(x, axis, back, 0), g, axis, back));
}

Tensor logsumexp_rule(const Tensor& x, const Tensor& g, std::size_t axis);

// logcumsumexp in two parts in float64: y_k = shift_k + logs_k. The shift is a constant, so the gradient of the
// logarithms is that of the whole.
struct LogSums {
  Tensor shift, logs;
};

LogSums log_sums(const Tensor& x, std::size_t axis) {
  LogSums y{Raw::uninitialized(x.shape(), float64), Raw::uninitialized(x.shape(), float64)};
  if (x.size() > 0)
    detail::visit_floating(x.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      kernels::running_logsumexp_parts(static_cast<const T*>(Raw::operand(x)), Raw::write<double>(y.shift),
                                       Raw::write<double>(y.logs), along(x.shape(), axis));
    });
  y.logs = record("logcumsumexp", Source::here(), std::move(y.logs), {x}, attributes("axis", axis),
                  from<0>([axis](const Tensor& in, const Tensor& g) { return logsumexp_rule(in, g, axis); }));
  return y;
}

// With d_k = e^(y_k - y_{k+1}), which is at most 1, gx_j = Σ_{k >= j} g_k e^(x_j - y_k) = e^(x_j - y_j) s_j, where
// s_j = g_j + d_j s_{j+1}. The differences are formed from the parts of y, since y is rounded to its own size. Where y
// is infinite, only elements that are as large have slopes other than 0, which are NaN.
Tensor logsumexp_rule(const Tensor& x, const Tensor& g, std::size_t axis) {
  const std::int64_t n = length(x, axis);
  if (x.size() == 0 || x.rank() == 0) return g;
  const LogSums y = log_sums(x, axis);
  const Tensor beyond = isinf(y.shift), wide = to(x, float64);
  Tensor sums = to(g, float64);
  if (n > 1) {
    const auto step = [&](const Tensor& each) { return part(each, axis, 0, n - 1) - part(each, axis, 1, n - 1); };
    const Tensor here = part(y.shift, axis, 0, n - 1), next = part(y.shift, axis, 1, n - 1);
    const Tensor decay = exp(where((here == next) & isinf(next), 0, step(y.shift) + step(y.logs)));
    const Tensor last = zeros(x.shape().with(axis, 1), float64);
    sums = linear_recurrence(joined(decay, last, axis), sums, axis, Direction::backward);
  }
  const Tensor share = exp(where(beyond, 0, (wide - y.shift) - y.logs));
  const Tensor infinite = where((wide == y.shift) & (sums != 0), std::numeric_limits<double>::quiet_NaN(), 0.0);
  return to(where(beyond, infinite, share * sums), x.dtype());
}

ValuesIndices running_extreme(const char* op, Tensor x, Dim asked, bool largest, Source at) {
  const detail::Timed timed(op, at);
  detail::require_defined(op, &x, 1);
  const std::size_t axis = resolve_axis_of_any_rank(op, asked, x.rank());
  Tensor indices = Raw::uninitialized(x.shape(), int64);
  const Tensor numbers = as_number(x);
  if (x.size() > 0)
    detail::visit(numbers.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      if constexpr (!std::is_same_v<T, bool>)
        kernels::running_extreme(Raw::data<T>(numbers), Raw::write<std::int64_t>(indices), along(x.shape(), axis),
                                 largest);
    });
  return detail::selected(std::move(x), asked, std::move(indices), at);
}

}  // namespace

namespace detail {
namespace {

bool all_finite(const Tensor& x) {
  std::atomic<bool> result{true};
  visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T* const from = static_cast<const T*>(Raw::operand(x));
    kernels::parallel_ranges(x.size(), kernels::pointwise_grain, [&](std::int64_t begin, std::int64_t end) {
      int beyond = 0;  // without an early exit the loop is vectorized
      for (std::int64_t i = begin; i < end; ++i) beyond |= std::isfinite(from[i]) ? 0 : 1;
      if (beyond != 0) result.store(false, std::memory_order_relaxed);
    });
  });
  return result.load(std::memory_order_relaxed);
}

}  // namespace

Tensor running_product(Tensor x, std::size_t axis, Direction direction, Source at) {
  Tensor y = Raw::uninitialized(x.shape(), x.dtype());
  if (y.size() > 0)
    visit(x.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      if constexpr (!std::is_same_v<T, bool>)
        kernels::running_product(Raw::data<T>(x), Raw::write<T>(y), along(x.shape(), axis), direction);
    });
  const auto settings = attributes("axis", axis, "backward", direction == Direction::backward);
  if (x.dtype() == float32)  // in double: a product may leave the range of float32 before other factors bring it back
    return record("cumprod", at, std::move(y), {std::move(x)}, settings,
                  from<0>([axis, direction](const Tensor& in, const Tensor& g) {
                    const Tensor wide = to(in, float64);
                    const Tensor products = running_product(wide, axis, direction, Source::here());
                    return to(product_rule(wide, products, to(g, float64), axis, direction), float32);
                  }));
  return record("cumprod", at, std::move(y), {std::move(x)}, settings,
                from_xy([axis, direction](const Tensor& in, const Tensor& out, const Tensor& g) {
                  return product_rule(in, out, g, axis, direction);
                }));
}

Tensor products_of_others(const Tensor& x, std::size_t axis) {
  const Tensor before = running_product(x, axis, Direction::forward, Source::here());
  const Tensor after = running_product(x, axis, Direction::backward, Source::here());
  return product_among({&x}, axis, neighbours(before, axis, Direction::forward, 1),
                       neighbours(after, axis, Direction::backward, 1));
}

Tensor product_among(std::initializer_list<const Tensor*> made_of, std::size_t axis, Tensor a, Tensor b) {
  const auto guarded = [](Tensor one, Tensor other) {
    const GuardScope guard;
    return binary(kernels::fn::GuardedProduct(), Source(), std::move(one), std::move(other));
  };
  if (std::all_of(made_of.begin(), made_of.end(), [](const Tensor* each) { return all_finite(*each); }))
    return guarded(std::move(a), std::move(b));
  Tensor safe(true);
  for (const Tensor* each : made_of) safe = safe & all(isfinite(*each), static_cast<std::int64_t>(axis), keepdims);
  const Tensor plain = where(safe, 0, a) * where(safe, 0, b);
  return where(safe, guarded(where(safe, std::move(a), 0), where(safe, std::move(b), 0)), plain);
}

}  // namespace detail

Tensor cumsum(Tensor x, Dim asked, Source at) {
  const detail::Timed timed("cumsum", at);
  detail::require_defined("cumsum", &x, 1);
  const std::size_t axis = resolve_axis_of_any_rank("cumsum", asked, x.rank());
  if (x.dtype() == boolean) x = as_number(x);
  return running_sum(std::move(x), axis, Direction::forward, at);
}

Tensor cumprod(Tensor x, Dim asked, Source at) {
  const detail::Timed timed("cumprod", at);
  detail::require_defined("cumprod", &x, 1);
  const std::size_t axis = resolve_axis_of_any_rank("cumprod", asked, x.rank());
  if (x.dtype() == boolean) x = as_number(x);
  return detail::running_product(std::move(x), axis, Direction::forward, at);
}

ValuesIndices cummax(Tensor x, Dim axis, Source at) { return running_extreme("cummax", std::move(x), axis, true, at); }
ValuesIndices cummin(Tensor x, Dim axis, Source at) { return running_extreme("cummin", std::move(x), axis, false, at); }

Tensor logcumsumexp(Tensor x, Dim asked, Source at) {
  const detail::Timed timed("logcumsumexp", at);
  detail::require_defined("logcumsumexp", &x, 1);
  const std::size_t axis = resolve_axis_of_any_rank("logcumsumexp", asked, x.rank());
  if (!is_floating(x.dtype())) x = to(std::move(x), float32, at);
  Tensor y = Raw::uninitialized(x.shape(), x.dtype());
  if (y.size() > 0)
    detail::visit_floating(x.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      kernels::running_logsumexp(Raw::data<T>(x), Raw::write<T>(y), along(x.shape(), axis));
    });
  return record("logcumsumexp", at, std::move(y), {std::move(x)}, attributes("axis", axis),
                from<0>([axis](const Tensor& in, const Tensor& g) { return logsumexp_rule(in, g, axis); }));
}

}  // namespace xgrad

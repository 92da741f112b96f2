#include <xgrad/autograd/ops/order_statistics.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/kernels/sorting/order.hpp>
#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/selected.hpp>
#include <xgrad/autograd/ops/selection.hpp>

namespace xgrad {
namespace {

using detail::along;

enum class Missing : bool { count, skip };  // NaN makes the result NaN, or is left out

void require_elements(const char* op, const Tensor& x, std::size_t axis) {
  if (detail::with_an_axis(x.shape())[axis] > 0) return;
  throw detail::argument_error(std::string(op) + ": there is nothing to choose from along axis " +
                               std::to_string(axis) + " of shape " + to_string(x.shape()));
}

// The median of all elements: those equal to it share the gradient, as of max().
Tensor median_of_all(const char* op, Tensor x, Missing missing, Source at) {
  const detail::Timed timed(op, at);
  detail::require_defined(op, &x, 1);
  if (x.size() == 0) {
    if (!is_floating(x.dtype()))
      throw detail::argument_error(std::string(op) + ": shape " + to_string(x.shape()) +
                                   " has no elements: only a floating-point median of nothing is NaN");
    const DType dtype = x.dtype();
    return record(op, at, full({}, std::nan(""), dtype), {std::move(x)}, zero_gradient);
  }
  Tensor y = Raw::uninitialized({}, x.dtype());
  detail::visit(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    std::int64_t index = 0;
    kernels::median_index(Raw::data<T>(x), &index, {1, x.size(), 1}, missing == Missing::skip);
    *Raw::write<T>(y) = Raw::data<T>(x)[index];
  });
  return record(op, at, std::move(y), {std::move(x)}, from_xy([](const Tensor& in, const Tensor& out, const Tensor& g) {
                  const Tensor ties = (in == out) | (isnan(in) & isnan(out));
                  return where(ties, g / sum(ties.to(g.dtype())), 0);
                }));
}

template <class F>
ValuesIndices one_of_each_line(const char* op, Tensor x, Dim asked, KeepDims keep, Source at, const F& choose) {
  const detail::Timed timed(op, at);
  detail::require_defined(op, &x, 1);
  const std::size_t axis = resolve_axis_of_any_rank(op, asked, x.rank());
  Tensor indices = Raw::uninitialized(x.rank() == 0 ? x.shape() : x.shape().with(axis, 1), int64);
  if (indices.size() > 0) {
    require_elements(op, x, axis);
    detail::visit(x.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      choose(Raw::data<T>(x), Raw::write<std::int64_t>(indices), along(x.shape(), axis));
    });
  }
  return detail::selected_one(std::move(x), asked, std::move(indices), keep, at);
}

ValuesIndices median_along(const char* op, Tensor x, Dim axis, KeepDims keep, Missing missing, Source at) {
  return one_of_each_line(op, std::move(x), axis, keep, at, [missing](const auto* from, std::int64_t* to, auto lines) {
    kernels::median_index(from, to, lines, missing == Missing::skip);
  });
}

// For each q and each line, where its neighbours below and above stand, the place of the quantile between them, and the
// slope of that place in q. The tensors have the shape of x but for the axis, along which the q lie.
struct Neighbours {
  Tensor lower, upper, between, last;
};

// Ranks are counted in double: float32 has no odd ones beyond 2^24, and no halves beyond 2^23. Where the place is a
// whole number but for the rounding of q to T, as that of 0.1f among 11 elements, it is that number.
template <class T>
double place_of(T q, std::int64_t last) {
  const double place = static_cast<double>(q) * static_cast<double>(last), whole = std::nearbyint(place);
  const double error = place * static_cast<double>(std::numeric_limits<T>::epsilon()) / 2;
  return std::abs(place - whole) <= std::min(error, 0x1p-10) ? whole : place;
}

template <class T>
void find_neighbours(const Tensor& x, const Tensor& order, const Tensor& q, std::size_t axis, Missing missing,
                     Interpolation how, const Neighbours& out) {
  const kernels::Along lines = along(x.shape(), axis);
  const std::int64_t n = lines.n, inner = lines.inner, count = q.size();
  const auto* sorted = Raw::data<std::int64_t>(order);
  auto *lower = Raw::write<std::int64_t>(out.lower), *upper = Raw::write<std::int64_t>(out.upper);
  for (std::int64_t line = 0; line < lines.lines(); ++line) {
    const std::int64_t from = line / inner * n * inner + line % inner;
    const std::int64_t to = line / inner * count * inner + line % inner;
    const auto is_nan = [&](std::int64_t rank) {
      return std::isnan(Raw::data<T>(x)[from + sorted[from + rank * inner] * inner]);
    };
    std::int64_t valid = n;  // NaNs stand at the end
    while (valid > 0 && is_nan(valid - 1)) --valid;
    const bool none = valid == 0 || (valid < n && missing == Missing::count);
    for (std::int64_t k = 0; k < count; ++k) {
      const std::int64_t last = none ? 0 : valid - 1;
      double place = place_of(Raw::data<T>(q)[k], last);
      if (how == Interpolation::nearest) place = std::nearbyint(place);
      const auto rank = [&](double at) { return none ? n - 1 : std::min(static_cast<std::int64_t>(at), last); };
      lower[to + k * inner] = sorted[from + rank(std::floor(place)) * inner];
      upper[to + k * inner] = sorted[from + rank(std::ceil(place)) * inner];
      constexpr T below_one = 1 - std::numeric_limits<T>::epsilon() / 2;
      Raw::write<T>(out.between)[to + k * inner] = std::min(static_cast<T>(place - std::floor(place)), below_one);
      Raw::write<T>(out.last)[to + k * inner] = static_cast<T>(last);
    }
  }
}

Neighbours neighbours_of(const Tensor& x, const Tensor& q, std::size_t axis, Missing missing, Interpolation how) {
  const Tensor order = Raw::uninitialized(x.shape(), int64);
  const Shape shape = x.shape().with(axis, q.size());
  Neighbours found{Raw::uninitialized(shape, int64), Raw::uninitialized(shape, int64),
                   Raw::uninitialized(shape, x.dtype()), Raw::uninitialized(shape, x.dtype())};
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::sorted_order(Raw::data<T>(x), Raw::write<std::int64_t>(order), x.shape()[axis], along(x.shape(), axis),
                          false);
    find_neighbours<T>(x, order, q, axis, missing, how, found);
  });
  return found;
}

// a + t (b - a) from the nearer end, so that both ends are exact. Where b - a is not finite, as between -3e38f and
// 3e38f, of which the mean is 0, or between equal infinities, it is a sum of shares.
Tensor between(const Tensor& a, const Tensor& b, const Tensor& t) {
  const auto narrow = [&](const Tensor& from, const Tensor& to) {
    const Tensor step = to - from;
    return where(t < 0.5, from + t * step, to - (1 - t) * step);
  };
  const Tensor start = a.detach(), end = b.detach();
  const Tensor plain = isfinite(end - start);
  const bool* const each = Raw::data<bool>(plain);
  if (std::all_of(each, each + plain.size(), [](bool one) { return one; })) return narrow(a, b);
  const Tensor one = start == end, apart = ~(plain | one);
  const Tensor shares = where(apart, a, 0) * (1 - t) + where(apart, b, 0) * t;
  return where(plain, narrow(where(plain, a, 0), where(plain, b, 0)), where(one, a, shares));
}

// The quantiles along an axis; the q take its place.
Tensor interpolated(const Tensor& x, const Tensor& q, std::size_t axis, Missing missing, Interpolation how, Source at) {
  const Neighbours found = neighbours_of(x, q, axis, missing, how);
  const auto line = static_cast<std::int64_t>(axis);
  if (how == Interpolation::higher) return gather(x, line, found.upper, at);
  Tensor a = gather(x, line, found.lower, at);
  if (how == Interpolation::lower || how == Interpolation::nearest) return a;
  const Tensor b = gather(x, line, found.upper, at);
  if (how == Interpolation::midpoint) return between(a, b, full(a.shape(), 0.5, a.dtype()));
  if (!q.requires_grad()) return between(a, b, found.between);
  const Shape across(std::vector<std::int64_t>(x.rank(), 1));
  const Tensor change = reshape(q - q.detach(), across.with(axis, q.size()));  // 0, with the slope 1
  return between(a, b, found.between + change * found.last);
}

void require_fractions(const char* op, const Tensor& q) {
  if (q.rank() > 1)
    throw detail::argument_error(std::string(op) + ": q must be a number or have one axis, got shape " +
                                 to_string(q.shape()));
  detail::visit_floating(q.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    for (std::int64_t i = 0; i < q.size(); ++i)
      if (const T one = Raw::data<T>(q)[i]; !(one >= 0 && one <= 1))
        throw detail::argument_error(std::string(op) + ": q must be within [0, 1], got " +
                                     detail::number_text(static_cast<double>(one)));
  });
}

// With `asked` null, of all elements.
Tensor quantile_op(const char* op, Tensor x, Tensor q, const Dim* asked, KeepDims keep, Missing missing,
                   Interpolation how, Source at) {
  const detail::Timed timed(op, at);
  const Tensor both[] = {x, q};
  detail::require_defined(op, both, 2);
  std::size_t axis = asked ? resolve_axis_of_any_rank(op, *asked, x.rank()) : 0;
  if (!is_floating(x.dtype()))
    throw detail::argument_error(std::string(op) + ": x must be float32 or float64, got " + name_of(x.dtype()) +
                                 ": convert it with to()");
  if (x.size() == 0)
    throw detail::argument_error(std::string(op) + ": shape " + to_string(x.shape()) + " has no elements");
  if (q.dtype() != x.dtype()) q = to(std::move(q), x.dtype(), at);
  require_fractions(op, q);
  Shape rest;  // the shape of the results of one q
  if (asked && x.rank() > 0) rest = keep == KeepDims::yes ? x.shape().with(axis, 1) : x.shape().without(axis);
  if (!asked || x.rank() == 0) {
    const std::int64_t count = x.size();
    x = reshape(std::move(x), {count}, at);
  }
  Tensor y = interpolated(x, q, axis, missing, how, at);
  Shape shape = rest;
  if (q.rank() == 1) {
    std::vector<std::int64_t> order{static_cast<std::int64_t>(axis)};
    for (std::size_t k = 0; k < y.rank(); ++k)
      if (k != axis) order.push_back(static_cast<std::int64_t>(k));
    if (axis > 0) y = transpose(std::move(y), order, at);
    shape = rest.inserted(0, q.size());
  }
  return reshape(std::move(y), shape, at);
}

}  // namespace

Tensor median(Tensor x, Source at) { return median_of_all("median", std::move(x), Missing::count, at); }
Tensor nanmedian(Tensor x, Source at) { return median_of_all("nanmedian", std::move(x), Missing::skip, at); }
ValuesIndices median(Tensor x, Dim axis, KeepDims keep, Source at) {
  return median_along("median", std::move(x), axis, keep, Missing::count, at);
}
ValuesIndices nanmedian(Tensor x, Dim axis, KeepDims keep, Source at) {
  return median_along("nanmedian", std::move(x), axis, keep, Missing::skip, at);
}

ValuesIndices mode(Tensor x, Dim axis, KeepDims keep, Source at) {
  return one_of_each_line("mode", std::move(x), axis, keep, at,
                          [](const auto* from, std::int64_t* to, auto lines) { kernels::mode_index(from, to, lines); });
}

Tensor quantile(Tensor x, Tensor q, Interpolation how, Source at) {
  return quantile_op("quantile", std::move(x), std::move(q), nullptr, KeepDims::no, Missing::count, how, at);
}
Tensor quantile(Tensor x, Tensor q, Dim axis, KeepDims keep, Interpolation how, Source at) {
  return quantile_op("quantile", std::move(x), std::move(q), &axis, keep, Missing::count, how, at);
}
Tensor nanquantile(Tensor x, Tensor q, Interpolation how, Source at) {
  return quantile_op("nanquantile", std::move(x), std::move(q), nullptr, KeepDims::no, Missing::skip, how, at);
}
Tensor nanquantile(Tensor x, Tensor q, Dim axis, KeepDims keep, Interpolation how, Source at) {
  return quantile_op("nanquantile", std::move(x), std::move(q), &axis, keep, Missing::skip, how, at);
}

}  // namespace xgrad

#include <xgrad/autograd/ops/selection.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/pointwise.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad {

using detail::Operands;
namespace fn = kernels::fn;

#define XGRAD_BINARY_PREDICATE(name, F)                                                  \
  template Tensor detail::predicate(const fn::F&, Source, const Tensor&, const Tensor&); \
  Tensor name(Tensor a, Tensor b, Source at) { return detail::predicate(fn::F(), at, a, b); }
XGRAD_COMPARISONS(XGRAD_BINARY_PREDICATE)
XGRAD_LOGICAL_BINARY(XGRAD_BINARY_PREDICATE)
#undef XGRAD_BINARY_PREDICATE

#define XGRAD_UNARY_PREDICATE(name, F)                                    \
  template Tensor detail::predicate(const fn::F&, Source, const Tensor&); \
  Tensor name(Tensor x, Source at) { return detail::predicate(fn::F(), at, x); }
XGRAD_EACH_UNARY_PREDICATE(XGRAD_UNARY_PREDICATE)
#undef XGRAD_UNARY_PREDICATE

#define XGRAD_BINARY_OP(name, F)                                            \
  template Tensor detail::binary(const fn::F&, Source, const Operands<2>&); \
  Tensor name(Tensor a, Tensor b, Source at) { return detail::binary(fn::F(), at, std::move(a), std::move(b)); }
XGRAD_SELECTION_BINARY(XGRAD_BINARY_OP)
#undef XGRAD_BINARY_OP

Tensor operator<(Operand a, Operand b) { return less(a.take(), b.take(), a.at); }
Tensor operator<=(Operand a, Operand b) { return less_equal(a.take(), b.take(), a.at); }
Tensor operator>(Operand a, Operand b) { return greater(a.take(), b.take(), a.at); }
Tensor operator>=(Operand a, Operand b) { return greater_equal(a.take(), b.take(), a.at); }
Tensor operator==(Operand a, Operand b) { return equal(a.take(), b.take(), a.at); }
Tensor operator!=(Operand a, Operand b) { return not_equal(a.take(), b.take(), a.at); }
Tensor operator&(Operand a, Operand b) { return logical_and(a.take(), b.take(), a.at); }
Tensor operator|(Operand a, Operand b) { return logical_or(a.take(), b.take(), a.at); }
Tensor operator~(Operand x) { return logical_not(x.take(), x.at); }
Tensor operator&&(Operand a, Operand b) { return logical_and(a.take(), b.take(), a.at); }
Tensor operator||(Operand a, Operand b) { return logical_or(a.take(), b.take(), a.at); }
Tensor operator!(Operand x) { return logical_not(x.take(), x.at); }

Tensor where(Tensor condition, Tensor a, Tensor b, Source at) {
  const detail::Timed timed("where", at);
  const Tensor all[] = {condition, a, b};
  detail::require_defined("where", all, 3);
  // The condition is converted to the dtype of the branches, so that all three are vectors of one type; it takes no
  // part in promotion.
  const DType dtype = detail::promote(all + 1, 2, false);
  Tensor chosen = detail::converted(condition.dtype() == boolean ? condition : condition != 0, dtype);
  Raw::mark_weak(chosen, a.weak() && b.weak());
  return detail::pointwise<kernels::Domain::truth>(
      "where", at, Operands<3>(std::move(chosen), std::move(a), std::move(b)),
      [](const auto& c, const auto& x, const auto& y) { return where(c != 0, x, y); }, attributes(), no_gradient,
      detail::fused<0>([](const auto& g, const auto& c) { return where(c != 0, g, std::decay_t<decltype(g)>(0.0)); }),
      detail::fused<0>([](const auto& g, const auto& c) { return where(c != 0, std::decay_t<decltype(g)>(0.0), g); }));
}

template Tensor detail::unary(const fn::Clamp&, Source, Tensor);
template Tensor detail::unary(const fn::NanToNum&, Source, Tensor);
template Tensor detail::predicate(const fn::IsClose&, Source, const Tensor&, const Tensor&);

Tensor nan_to_num(Tensor x, double nan, std::optional<double> posinf, std::optional<double> neginf, Source at) {
  return detail::unary(fn::NanToNum(nan, posinf, neginf), at, std::move(x));
}

namespace {

// What a tensor is compared in with one of floating dtype.
Tensor comparable(const Tensor& x) { return is_floating(x.dtype()) ? x : detail::converted(x, float64); }

// Whether |a - b| <= atol + rtol |b|, element by element, with the exact differences of integers.
Tensor close_integers(const Tensor& a, const Tensor& b, const Shape& shape, double rtol, double atol, Source at) {
  const NoGrad off;
  const Tensor left = broadcast_to(detail::converted(a, int64), shape, at);
  const Tensor right = broadcast_to(detail::converted(b, int64), shape, at);
  Tensor y = Raw::uninitialized(shape, boolean);
  const auto *const x = Raw::data<std::int64_t>(left), *const z = Raw::data<std::int64_t>(right);
  bool* const to = Raw::write<bool>(y);
  for (std::int64_t i = 0; i < y.size(); ++i) {
    const auto more = static_cast<std::uint64_t>(std::max(x[i], z[i])),
               less = static_cast<std::uint64_t>(std::min(x[i], z[i]));
    to[i] = more == less || static_cast<double>(more - less) <= atol + rtol * std::abs(static_cast<double>(z[i]));
  }
  return y;
}

Tensor close(const char* op, const Tensor& a, const Tensor& b, double rtol, double atol, EqualNan nan, Source at) {
  const Tensor both[] = {a, b};
  detail::require_defined(op, both, 2);
  if (!(rtol >= 0) || !(atol >= 0))
    throw detail::argument_error(std::string(op) + ": the tolerances are rtol = " + detail::number_text(rtol) +
                                 " and atol = " + detail::number_text(atol) + ": neither can be negative or nan");
  const Shape shape = detail::broadcast_all(op, both, 2);
  if (!is_floating(a.dtype()) && !is_floating(b.dtype())) return close_integers(a, b, shape, rtol, atol, at);
  return detail::predicate(fn::IsClose(rtol, atol, nan == EqualNan::yes), at, comparable(a), comparable(b));
}

}  // namespace

Tensor isclose(Tensor a, Tensor b, double rtol, double atol, EqualNan nan, Source at) {
  return close("isclose", a, b, rtol, atol, nan, at);
}

bool allclose(Tensor a, Tensor b, double rtol, double atol, EqualNan nan, Source at) {
  const detail::Calling calling("allclose", at);
  const Tensor found = close("allclose", a, b, rtol, atol, nan, at);
  const bool* from = Raw::data<bool>(found);
  return std::all_of(from, from + found.size(), [](bool each) { return each; });
}

namespace detail {
namespace {

// x kept within bounds of any dtype and shape. NaN in any of the three gives NaN, which the last comparison keeps.
Tensor clamp_between(Tensor x, Tensor low, Tensor high, Source at) {
  return pointwise<kernels::Domain::whole>(
      "clamp", at, Operands<3>(std::move(x), std::move(low), std::move(high)),
      [](const auto& v, const auto& l, const auto& h) { return minimum(maximum(v, l), h); }, attributes(),
      fused<0, 1, 2>([](const auto& g, const auto& v, const auto& l, const auto& h) {
        return where((v >= l) & (v <= h), g, std::decay_t<decltype(g)>(0.0));
      }),
      fused<0, 1, 2>([](const auto& g, const auto& v, const auto& l, const auto& h) {
        return where((v < l) & (l < h), g, std::decay_t<decltype(g)>(0.0));
      }),
      fused<0, 1, 2>([](const auto& g, const auto& v, const auto& l, const auto& h) {
        return where((v > h) | (h < l), g, std::decay_t<decltype(g)>(0.0));
      }));
}

}  // namespace

Tensor clamp(Tensor x, std::optional<Number> low, std::optional<Number> high, Source at) {
  const Timed timed("clamp", at);
  require_defined("clamp", &x, 1);
  if (!low && !high)
    throw detail::argument_error("clamp: neither bound is given: pass a number for the least or the greatest value");
  const fn::Clamp bounds(low ? low->real() : -HUGE_VAL, high ? high->real() : HUGE_VAL);
  if (is_floating(x.dtype())) return unary(bounds, at, std::move(x));
  if ((low && !low->is_whole()) || (high && !high->is_whole())) return unary(bounds, at, to(std::move(x), float32, at));
  // Bounds of any size are exact as integers; a double rounds them from 2^53 on.
  if (x.dtype() == boolean) x = to(std::move(x), int64, at);
  if (low) x = maximum(std::move(x), low->as<std::int64_t>(), at);
  return high ? minimum(std::move(x), high->as<std::int64_t>(), at) : x;
}

}  // namespace detail

Tensor clamp(Tensor x, Tensor low, Tensor high, Source at) {
  return detail::clamp_between(std::move(x), std::move(low), std::move(high), at);
}

namespace {

/// Whether a value may not fall below its bound, or not exceed it.
enum class Bound : bool { least, greatest };

template <Bound side>
Tensor clamp_one_side(const char* name, Tensor x, Tensor bound, Source at) {
  const auto inside = [](const auto& v, const auto& b) {
    if constexpr (side == Bound::least)
      return v >= b;
    else
      return v <= b;
  };
  return detail::pointwise<kernels::Domain::truth>(
      name, at, Operands<2>(std::move(x), std::move(bound)),
      [](const auto& v, const auto& b) {
        if constexpr (side == Bound::least)
          return maximum(v, b);
        else
          return minimum(v, b);
      },
      attributes(), detail::fused<0, 1>([inside](const auto& g, const auto& v, const auto& b) {
        return where(inside(v, b), g, std::decay_t<decltype(g)>(0.0));
      }),
      detail::fused<0, 1>([](const auto& g, const auto& v, const auto& b) {
        const std::decay_t<decltype(g)> zero(0.0);
        if constexpr (side == Bound::least)
          return where(v < b, g, zero);
        else
          return where(v > b, g, zero);
      }));
}

}  // namespace

Tensor clamp_min(Tensor x, Tensor low, Source at) {
  return clamp_one_side<Bound::least>("clamp_min", std::move(x), std::move(low), at);
}
Tensor clamp_max(Tensor x, Tensor high, Source at) {
  return clamp_one_side<Bound::greatest>("clamp_max", std::move(x), std::move(high), at);
}

}  // namespace xgrad

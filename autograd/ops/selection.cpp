#include <xgrad/autograd/ops/selection.hpp>

#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/pointwise.hpp>

namespace xgrad {

using detail::Numbers;
using detail::pointwise;
using detail::predicate;

Tensor less(Tensor left, Tensor right, Source) {
  return predicate("less", {left, right}, [](auto a, auto b) { return a < b; });
}
Tensor less_equal(Tensor left, Tensor right, Source) {
  return predicate("less_equal", {left, right}, [](auto a, auto b) { return a <= b; });
}
Tensor greater(Tensor left, Tensor right, Source) {
  return predicate("greater", {left, right}, [](auto a, auto b) { return a > b; });
}
Tensor greater_equal(Tensor left, Tensor right, Source) {
  return predicate("greater_equal", {left, right}, [](auto a, auto b) { return a >= b; });
}
Tensor equal(Tensor left, Tensor right, Source) {
  return predicate("equal", {left, right}, [](auto a, auto b) { return a == b; });
}
Tensor not_equal(Tensor left, Tensor right, Source) {
  return predicate("not_equal", {left, right}, [](auto a, auto b) { return a != b; });
}
Tensor isnan(Tensor input, Source) {
  return predicate("isnan", {input}, [](auto x) { return x != x; });
}
Tensor logical_and(Tensor left, Tensor right, Source) {
  return predicate("logical_and", {left, right}, [](auto a, auto b) { return (a != 0) & (b != 0); });
}
Tensor logical_or(Tensor left, Tensor right, Source) {
  return predicate("logical_or", {left, right}, [](auto a, auto b) { return (a != 0) | (b != 0); });
}
Tensor logical_not(Tensor input, Source) {
  return predicate("logical_not", {input}, [](auto x) { return x == 0; });
}

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

Tensor where(Tensor condition, Tensor left, Tensor right, Source at) {
  const detail::Timed timed("where", at);
  detail::require_defined("where", &condition, 1);
  const Tensor branches[] = {left, right};
  detail::require_defined("where", branches, 2);
  // The condition takes the dtype of the branches, so that all three are lanes of one kind, and joins no promotion.
  const DType dtype = detail::promote(branches, 2, false);
  Tensor chosen =
      detail::converted(condition.dtype() == boolean ? condition : condition != 0, dtype == boolean ? int64 : dtype);
  chosen.mark_weak(left.weak() && right.weak());
  return pointwise<Numbers::all>(
      "where", at, {std::move(chosen), std::move(left), std::move(right)},
      [](auto c, auto a, auto b) { return where(c != 0, a, b); }, no_gradient,
      from<0>([](auto c, auto g) { return where(c != 0, g, 0); }),
      from<0>([](auto c, auto g) { return where(c != 0, 0, g); }));
}

namespace {

// The gradient of the winner of a comparison: all of it, half at a tie, and the side that is NaN wins.
constexpr auto winner = [](auto wins, auto own, auto other, auto g) {
  return where(wins, g, where(own == other, 0.5 * g, where(own != own, where(other != other, 0.5 * g, g), 0)));
};

}  // namespace

Tensor maximum(Tensor left, Tensor right, Source at) {
  return pointwise<Numbers::all>(
      "maximum", at, {std::move(left), std::move(right)}, [](auto a, auto b) { return maximum(a, b); },
      from_x([](auto a, auto b, auto g) { return winner(a > b, a, b, g); }),
      from_x([](auto a, auto b, auto g) { return winner(b > a, b, a, g); }));
}

Tensor minimum(Tensor left, Tensor right, Source at) {
  return pointwise<Numbers::all>(
      "minimum", at, {std::move(left), std::move(right)}, [](auto a, auto b) { return minimum(a, b); },
      from_x([](auto a, auto b, auto g) { return winner(a < b, a, b, g); }),
      from_x([](auto a, auto b, auto g) { return winner(b < a, b, a, g); }));
}

Tensor clamp(Tensor input, double low, double high, Source at) {
  if (!(low <= high))
    throw std::invalid_argument("clamp: low must not be above high, got " + std::to_string(low) + " and " +
                                std::to_string(high));
  return pointwise<Numbers::floating>(
      "clamp", at, {std::move(input)}, [=](auto x) { return where(x < low, low, where(x > high, high, x)); },
      from_x([=](auto x, auto g) { return where((x >= low) & (x <= high), g, 0); }));
}

}  // namespace xgrad

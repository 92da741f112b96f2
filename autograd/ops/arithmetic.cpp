#include <xgrad/autograd/ops/arithmetic.hpp>

#include <limits>

#include <xgrad/autograd/ops/pointwise.hpp>
#include <xgrad/autograd/ops/selection.hpp>

namespace xgrad {

namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();
}  // namespace

using detail::binary;
using detail::Handles;
using detail::Numbers;
using detail::pointwise;
using detail::unary;

namespace {

// What functions and operators share: the former own their operands, the latter may only look at them.

Tensor sum_of(const Handles<2>& x, Source at) {
  return pointwise<Numbers::all>(
      "add", at, x, [](auto a, auto b) { return a + b; }, pass_on, pass_on);
}

Tensor difference_of(const Handles<2>& x, Source at) {
  return pointwise<Numbers::all>(
      "sub", at, x, [](auto a, auto b) { return a - b; }, pass_on, [](auto g) { return -g; });
}

Tensor product_of(const Handles<2>& x, Source at) {
  return pointwise<Numbers::all>(
      "mul", at, x, [](auto a, auto b) { return a * b; }, from<1>([](auto b, auto g) { return g * b; }),
      from<0>([](auto a, auto g) { return g * a; }));
}

Tensor quotient_of(const Handles<2>& x, Source at) {
  return pointwise<Numbers::floating>(
      "div", at, x, [](auto a, auto b) { return a / b; }, from<1>([](auto b, auto g) { return g / b; }),
      from_x([](auto a, auto b, auto g) { return -g * a / (b * b); }));
}

}  // namespace

Tensor add(Tensor a, Tensor b, Source at) { return sum_of(Handles<2>(std::move(a), std::move(b)), at); }
Tensor sub(Tensor a, Tensor b, Source at) { return difference_of(Handles<2>(std::move(a), std::move(b)), at); }
Tensor mul(Tensor a, Tensor b, Source at) { return product_of(Handles<2>(std::move(a), std::move(b)), at); }
Tensor div(Tensor a, Tensor b, Source at) { return quotient_of(Handles<2>(std::move(a), std::move(b)), at); }

Tensor operator+(Operand a, Operand b) { return sum_of(Handles<2>(a, b), a.at); }
Tensor operator-(Operand a, Operand b) { return difference_of(Handles<2>(a, b), a.at); }
Tensor operator*(Operand a, Operand b) { return product_of(Handles<2>(a, b), a.at); }
Tensor operator/(Operand a, Operand b) { return quotient_of(Handles<2>(a, b), a.at); }
Tensor operator-(Operand x) { return neg(x.take(), x.at); }

Tensor pow(Tensor left, Tensor right, Source at) {
  return binary(
      "pow", at, std::move(left), std::move(right), [](auto a, auto b) { return pow(a, b); },
      from_x([](auto a, auto b, auto g) { return where(b == 0, 0, g * b * pow(a, b - 1)); }),
      // a^b ln a. At a = 0 it is the limit 0 for b >= 0; the logarithm is kept away from 0, so that its own slope
      // stays finite when this rule is differentiated.
      from_xy([](auto a, auto b, auto y, auto g) {
        return g * where(a == 0, where(b >= 0, decltype(a)(0), decltype(a)(-infinity)), y * log(where(a == 0, 1, a)));
      }));
}

Tensor neg(Tensor input, Source at) {
  return pointwise<Numbers::all>(
      "neg", at, {std::move(input)}, [](auto x) { return -x; }, [](auto g) { return -g; });
}

Tensor square(Tensor input, Source at) {
  return pointwise<Numbers::all>(
      "square", at, {std::move(input)}, [](auto x) { return x * x; },
      from_x([](auto x, auto g) { return g * (2 * x); }));
}

Tensor reciprocal(Tensor input, Source at) {
  return unary(
      "reciprocal", at, std::move(input), [](auto x) { return 1 / x; },
      from_y([](auto y, auto g) { return -g * (y * y); }));
}

Tensor sqrt(Tensor input, Source at) {
  return unary(
      "sqrt", at, std::move(input), [](auto x) { return sqrt(x); }, from_y([](auto y, auto g) { return g / (2 * y); }));
}

Tensor exp(Tensor input, Source at) {
  return unary(
      "exp", at, std::move(input), [](auto x) { return exp(x); }, from_y([](auto y, auto g) { return g * y; }));
}

Tensor expm1(Tensor input, Source at) {
  return unary(
      "expm1", at, std::move(input), [](auto x) { return expm1(x); },
      from_y([](auto y, auto g) { return g * (y + 1); }));
}

Tensor log(Tensor input, Source at) {
  return unary(
      "log", at, std::move(input), [](auto x) { return log(x); }, from_x([](auto x, auto g) { return g / x; }));
}

Tensor log1p(Tensor input, Source at) {
  return unary(
      "log1p", at, std::move(input), [](auto x) { return log1p(x); },
      from_x([](auto x, auto g) { return g / (1 + x); }));
}

Tensor sin(Tensor input, Source at) {
  return unary(
      "sin", at, std::move(input), [](auto x) { return sin(x); }, from_x([](auto x, auto g) { return g * cos(x); }));
}

Tensor cos(Tensor input, Source at) {
  return unary(
      "cos", at, std::move(input), [](auto x) { return cos(x); }, from_x([](auto x, auto g) { return -g * sin(x); }));
}

Tensor abs(Tensor input, Source at) {
  return pointwise<Numbers::all>(
      "abs", at, {std::move(input)}, [](auto x) { return abs(x); },
      from_x([](auto x, auto g) { return where(x > 0, g, where(x < 0, -g, 0)); }));
}

Tensor sign(Tensor input, Source at) {
  return pointwise<Numbers::all>(
      "sign", at, {std::move(input)},
      [](auto x) { return where(x > 0, decltype(x)(1), where(x < 0, decltype(x)(-1), decltype(x)(0))); },
      [](auto g) { return 0 * g; });
}

Tensor erf(Tensor input, Source at) {
  return unary(
      "erf", at, std::move(input), [](auto x) { return erf(x); },
      from_x([](auto x, auto g) { return g * (1.1283791670955126 * exp(-(x * x))); }));
}

Tensor to(Tensor x, DType dtype, Source at) {
  const detail::Timed timed("to", at);
  detail::require_defined("to", &x, 1);
  if (x.dtype() == dtype && !x.weak()) return x;
  Tensor y = detail::converted(x, dtype);
  if (!is_floating(dtype)) return y;
  return record("to", at, std::move(y), {std::move(x)}, pass_on);
}

Tensor Tensor::to(DType dtype, Source at) const { return xgrad::to(*this, dtype, at); }
Tensor Tensor::exp(Source at) const { return xgrad::exp(*this, at); }
Tensor Tensor::log(Source at) const { return xgrad::log(*this, at); }

}  // namespace xgrad

#include <xgrad/autograd/ops/arithmetic.hpp>

#include <string>

#include <xgrad/autograd/kernels/pointwise/arithmetic_functions.hpp>
#include <xgrad/autograd/ops/pointwise.hpp>
#include <xgrad/autograd/ops/selection.hpp>

namespace xgrad {

using detail::Operands;
namespace fn = kernels::fn;

#define XGRAD_UNARY_OP(name, F)                                \
  template Tensor detail::unary(const fn::F&, Source, Tensor); \
  Tensor name(Tensor x, Source at) { return detail::unary(fn::F(), at, std::move(x)); }
XGRAD_ARITHMETIC_UNARY(XGRAD_UNARY_OP)
#undef XGRAD_UNARY_OP

#define XGRAD_BINARY_OP(name, F) template Tensor detail::binary(const fn::F&, Source, const Operands<2>&);
XGRAD_ARITHMETIC_BINARY(XGRAD_BINARY_OP)
#undef XGRAD_BINARY_OP
template Tensor detail::unary(const fn::Power&, Source, Tensor);
template Tensor detail::binary(const fn::GuardedProduct&, Source, const Operands<2>&);

Tensor add(Tensor a, Tensor b, Source at) { return detail::binary(fn::Add(), at, std::move(a), std::move(b)); }
Tensor sub(Tensor a, Tensor b, Source at) { return detail::binary(fn::Sub(), at, std::move(a), std::move(b)); }
Tensor mul(Tensor a, Tensor b, Source at) { return detail::binary(fn::Mul(), at, std::move(a), std::move(b)); }
Tensor div(Tensor a, Tensor b, Source at) { return detail::binary(fn::Div(), at, std::move(a), std::move(b)); }

// Operators borrow named operands, which outlive the expression; functions take ownership.
Tensor operator+(Operand a, Operand b) { return detail::binary(fn::Add(), a.at, Operands<2>(a, b)); }
Tensor operator-(Operand a, Operand b) { return detail::binary(fn::Sub(), a.at, Operands<2>(a, b)); }
Tensor operator*(Operand a, Operand b) { return detail::binary(fn::Mul(), a.at, Operands<2>(a, b)); }
Tensor operator/(Operand a, Operand b) { return detail::binary(fn::Div(), a.at, Operands<2>(a, b)); }
Tensor operator-(Operand x) { return neg(x.take(), x.at); }

namespace {

// An integer raised to a negative integer power has no result in int64, except for 1 and -1.
void require_whole_powers(const Tensor& a, const Tensor& b) {
  if (is_floating(a.dtype()) || b.dtype() != int64) return;
  const auto* exponents = Raw::data<std::int64_t>(b);
  for (std::int64_t i = 0; i < b.size(); ++i)
    if (exponents[i] < 0)
      throw detail::argument_error("pow: an integer cannot be raised to the power " + std::to_string(exponents[i]) +
                                   ": convert the base with to(float32)");
}

// x^n with a C++ number as its exponent.
Tensor power(Tensor x, double n, Source at) {
  if (n != 0) return detail::unary(fn::Power(n), at, std::move(x));
  // x^0 is the constant 1 with slope 0, also where x is 0 or NaN.
  return detail::pointwise<fn::Power::domain>(
      "pow", at, Operands<1>(std::move(x)), [](const auto& v) { return std::decay_t<decltype(v)>(1.0); },
      attributes("exponent", 0.0), zero_gradient);
}

}  // namespace

Tensor pow(Tensor a, Tensor b, Source at) {
  const Tensor both[] = {a, b};
  detail::require_defined("pow", both, 2);
  require_whole_powers(a, b);
  const bool number = b.weak() && b.rank() == 0 && Raw::node(b) == nullptr && !a.weak();
  if (!number) return detail::binary(fn::Pow(), at, std::move(a), std::move(b));
  if (!is_floating(a.dtype()) && is_floating(b.dtype())) a = to(std::move(a), float32, at);
  if (a.dtype() == boolean) a = to(std::move(a), int64, at);
  constexpr std::int64_t exact = std::int64_t{1} << 53;  // from which on a double rounds exponents
  if (a.dtype() == int64 && b.dtype() == int64 && b.item<std::int64_t>() > exact)
    return detail::binary(fn::Pow(), at, std::move(a), std::move(b));
  return power(std::move(a), b.item(), at);
}

Tensor to(Tensor x, DType dtype, Source at) {
  const detail::Timed timed("to", at);
  detail::require_defined("to", &x, 1);
  if (x.dtype() == dtype && !x.weak()) return x;
  Tensor y = x.dtype() == dtype ? Raw::alias(x, x.shape()) : detail::converted(x, dtype);
  Raw::mark_weak(y, false);
  if (!is_floating(dtype)) return y;
  return record("to", at, std::move(y), {std::move(x)}, attributes("dtype", dtype), pass_on);
}

Tensor Tensor::to(DType dtype, Source at) const { return xgrad::to(*this, dtype, at); }
Tensor Tensor::exp(Source at) const { return xgrad::exp(*this, at); }
Tensor Tensor::log(Source at) const { return xgrad::log(*this, at); }

}  // namespace xgrad

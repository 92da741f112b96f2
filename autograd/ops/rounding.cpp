#include <xgrad/autograd/ops/rounding.hpp>

#include <algorithm>
#include <string>

#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/pointwise.hpp>
#include <xgrad/autograd/ops/selection.hpp>

namespace xgrad {

namespace fn = kernels::fn;

#define XGRAD_UNARY_OP(name, F)                                \
  template Tensor detail::unary(const fn::F&, Source, Tensor); \
  Tensor name(Tensor x, Source at) { return detail::unary(fn::F(), at, std::move(x)); }
XGRAD_ROUNDING_UNARY(XGRAD_UNARY_OP)
#undef XGRAD_UNARY_OP
template Tensor detail::unary(const fn::RoundDecimals&, Source, Tensor);

#define XGRAD_BINARY_OP(name, F) template Tensor detail::binary(const fn::F&, Source, const Operands<2>&);
XGRAD_ROUNDING_BINARY(XGRAD_BINARY_OP)
#undef XGRAD_BINARY_OP
template Tensor detail::binary(const fn::TruncDivide&, Source, const Operands<2>&);

namespace {

// The quotient of integers by 0 is no number. Where there is no element there is no quotient either.
void require_divisor(const char* op, const Tensor& a, const Tensor& b) {
  const Tensor both[] = {a, b};
  detail::require_defined(op, both, 2);
  if (is_floating(a.dtype()) || is_floating(b.dtype()) || a.size() == 0 || b.size() == 0) return;
  const Tensor divisor = detail::converted(b, int64);
  const auto* from = Raw::data<std::int64_t>(divisor);
  if (std::find(from, from + divisor.size(), 0) == from + divisor.size()) return;
  detail::broadcast_all(op, both, 2);  // whose error is the more useful one
  throw detail::argument_error(std::string(op) +
                               ": an integer is divided by 0: convert to(float32), which has inf and nan");
}

template <class F>
Tensor divided(const F& f, Tensor a, Tensor b, Source at) {
  require_divisor(F::name, a, b);
  return detail::binary(f, at, std::move(a), std::move(b));
}

struct NamedDiv : fn::FloorDivide {
  static constexpr const char* name = "div";
};

}  // namespace

Tensor round(Tensor x, int decimals, Source at) {
  detail::require_defined("round", &x, 1);
  if (is_floating(x.dtype())) return detail::unary(fn::RoundDecimals(decimals), at, std::move(x));
  if (decimals < 0)
    throw detail::argument_error(std::string("round: ") + name_of(x.dtype()) + " cannot be rounded to " +
                                 std::to_string(decimals) + " decimals: convert it with to(float64)");
  return round(std::move(x), at);
}

Tensor fmod(Tensor a, Tensor b, Source at) { return divided(fn::Fmod(), std::move(a), std::move(b), at); }
Tensor remainder(Tensor a, Tensor b, Source at) { return divided(fn::Remainder(), std::move(a), std::move(b), at); }
Tensor floor_divide(Tensor a, Tensor b, Source at) {
  return divided(fn::FloorDivide(), std::move(a), std::move(b), at);
}

Tensor div(Tensor a, Tensor b, Rounding rounding, Source at) {
  if (rounding == Rounding::trunc) return divided(fn::TruncDivide(), std::move(a), std::move(b), at);
  return divided(NamedDiv(), std::move(a), std::move(b), at);
}

Tensor operator%(Operand a, Operand b) { return remainder(a.take(), b.take(), a.at); }

}  // namespace xgrad

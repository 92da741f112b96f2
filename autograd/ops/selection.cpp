#include <xgrad/autograd/ops/selection.hpp>

#include <cstdint>
#include <stdexcept>

#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/pointwise.hpp>

namespace xgrad {

using detail::Operands;
namespace fn = kernels::fn;

#define XGRAD_BINARY_PREDICATE(name, F)                                                  \
  template Tensor detail::predicate(const fn::F&, Source, const Tensor&, const Tensor&); \
  Tensor name(Tensor a, Tensor b, Source at) { return detail::predicate(fn::F(), at, a, b); }
XGRAD_EACH_BINARY_PREDICATE(XGRAD_BINARY_PREDICATE)
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

namespace detail {

Tensor clamp(Tensor x, Number low, Number high, Source at) {
  const Timed timed("clamp", at);
  const fn::Clamp bounds(low.real(), high.real());
  require_defined("clamp", &x, 1);
  if (is_floating(x.dtype())) return unary(bounds, at, std::move(x));
  if (!low.is_whole() || !high.is_whole()) return unary(bounds, at, to(std::move(x), float32, at));
  // Bounds of any size are exact as integers; a double rounds them from 2^53 on.
  const auto least = low.as<std::int64_t>(), most = high.as<std::int64_t>();
  return minimum(maximum(std::move(x), least, at), most, at);
}

}  // namespace detail
}  // namespace xgrad

#include <xgrad/autograd/ops/ternary.hpp>

#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/pointwise.hpp>
#include <xgrad/autograd/ops/selection.hpp>

namespace xgrad {

using detail::fused;
using detail::Operands;
using kernels::Domain;

Tensor lerp(Tensor a, Tensor b, Tensor weight, Source at) {
  return detail::pointwise<Domain::real>(
      "lerp", at, Operands<3>(std::move(a), std::move(b), std::move(weight)),
      [](const auto& from, const auto& to, const auto& w) { return kernels::fn::between(from, to, w); }, attributes(),
      fused<2>([](const auto& g, const auto& w) { return g * (1.0 - w); }),
      fused<2>([](const auto& g, const auto& w) { return g * w; }),
      fused<0, 1>([](const auto& g, const auto& from, const auto& to) { return g * (to - from); }));
}

namespace {

Tensor addcmul_real(Tensor x, Tensor a, Tensor b, double value, Source at) {
  return detail::pointwise<Domain::real>(
      "addcmul", at, Operands<3>(std::move(x), std::move(a), std::move(b)),
      [value](const auto& u, const auto& v, const auto& w) { return u + value * v * w; }, attributes("value", value),
      pass_on, fused<2>([value](const auto& g, const auto& w) { return g * (value * w); }),
      fused<1>([value](const auto& g, const auto& v) { return g * (value * v); }));
}

Tensor addcmul_whole(Tensor x, Tensor a, Tensor b, std::int64_t value, Source at) {
  return detail::pointwise<Domain::no_bool>(
      "addcmul", at, Operands<3>(std::move(x), std::move(a), std::move(b)),
      [value](const auto& u, const auto& v, const auto& w) { return u + value * v * w; }, attributes("value", value),
      no_gradient, no_gradient, no_gradient);
}

}  // namespace

Tensor addcmul(Tensor x, Tensor a, Tensor b, Number value, Source at) {
  const Tensor all[] = {x, a, b};
  detail::require_defined("addcmul", all, 3);
  const bool whole = value.is_whole() && !is_floating(detail::promote(all, 3, false));
  if (whole) return addcmul_whole(std::move(x), std::move(a), std::move(b), value.as<std::int64_t>(), at);
  return addcmul_real(std::move(x), std::move(a), std::move(b), value.real(), at);
}

Tensor addcdiv(Tensor x, Tensor a, Tensor b, Number number, Source at) {
  const double value = number.real();
  // The slope in b is -value a / b², computed from the quotient: b² may overflow or underflow where the slope does not.
  return detail::pointwise<Domain::real>(
      "addcdiv", at, Operands<3>(std::move(x), std::move(a), std::move(b)),
      [value](const auto& u, const auto& v, const auto& w) { return u + value * (v / w); }, attributes("value", value),
      pass_on, fused<2>([value](const auto& g, const auto& w) { return value * (g / w); }),
      fused<1, 2>([value](const auto& g, const auto& v, const auto& w) { return -g * (value * (v / w) / w); }));
}

}  // namespace xgrad

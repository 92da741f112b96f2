#include <xgrad/autograd/ops/bitwise.hpp>
#include <xgrad/autograd/ops/exponential.hpp>
#include <xgrad/autograd/ops/rounding.hpp>
#include <xgrad/autograd/ops/special.hpp>
#include <xgrad/autograd/ops/ternary.hpp>
#include <xgrad/autograd/ops/trigonometric.hpp>

#include "call.hpp"

using namespace xgrad;

namespace golden {

namespace {

/// The factor of addcmul and addcdiv with its kind: an integer leaves integers integers.
Number factor(const Call& c) {
  if (!c.has("value")) return 1;
  const Tensor x = c["value"];
  return is_floating(x.dtype()) ? Number(x.item()) : Number(x.item<std::int64_t>());
}

}  // namespace

Registry mathematics_calls() {
  return {
      {"rsqrt", unary(rsqrt)},
      {"cbrt", unary(cbrt)},
      {"exp2", unary(exp2)},
      {"log2", unary(log2)},
      {"log10", unary(log10)},
      {"logit", [](const Call& c) { return c.has("eps") ? logit(c["input"], c.number("eps")) : logit(c["input"]); }},
      {"logaddexp", binary(logaddexp)},
      {"logaddexp2", binary(logaddexp2)},
      {"xlogy", binary(xlogy)},
      {"tan", unary(tan)},
      {"asin", unary(asin)},
      {"acos", unary(acos)},
      {"atan", unary(atan)},
      {"atan2", binary(atan2)},
      {"sinh", unary(sinh)},
      {"cosh", unary(cosh)},
      {"asinh", unary(asinh)},
      {"acosh", unary(acosh)},
      {"atanh", unary(atanh)},
      {"hypot", binary(hypot)},
      {"deg2rad", unary(deg2rad)},
      {"rad2deg", unary(rad2deg)},
      {"sinc", unary(sinc)},
      {"erfc", unary(erfc)},
      {"erfinv", unary(erfinv)},
      {"lgamma", unary(lgamma)},
      {"digamma", unary(digamma)},
      {"polygamma", [](const Call& c) { return polygamma(c.integer("n"), c["input"]); }},
      {"floor", unary(floor)},
      {"ceil", unary(ceil)},
      {"trunc", unary(trunc)},
      {"round",
       [](const Call& c) {
         const auto decimals = static_cast<int>(c.integer("decimals"));
         return decimals == 0 ? round(c["input"]) : round(c["input"], decimals);
       }},
      {"frac", unary(frac)},
      {"fmod", binary(fmod)},
      {"remainder", binary(remainder)},
      {"floor_divide", binary(floor_divide)},
      {"lerp", [](const Call& c) { return lerp(c["input"], c["end"], c["weight"]); }},
      {"addcmul", [](const Call& c) { return addcmul(c["input"], c["tensor1"], c["tensor2"], factor(c)); }},
      {"addcdiv", [](const Call& c) { return addcdiv(c["input"], c["tensor1"], c["tensor2"], c.number("value", 1)); }},
      {"bitwise_and", binary(bitwise_and)},
      {"bitwise_or", binary(bitwise_or)},
      {"bitwise_xor", binary(bitwise_xor)},
      {"bitwise_not", unary(bitwise_not)},
      {"bitwise_left_shift", binary(bitwise_left_shift)},
      {"bitwise_right_shift", binary(bitwise_right_shift)},
  };
}

}  // namespace golden

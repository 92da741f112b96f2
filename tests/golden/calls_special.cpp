#include <xgrad/autograd/ops/exponential.hpp>
#include <xgrad/autograd/ops/special.hpp>
#include <xgrad/autograd/ops/trigonometric.hpp>

#include "call.hpp"

using namespace xgrad;

namespace golden {

Registry special_calls() {
  return {
      {"tan", unary(tan)},
      {"asin", unary(asin)},
      {"acos", unary(acos)},
      {"atan", unary(atan)},
      {"sinh", unary(sinh)},
      {"cosh", unary(cosh)},
      {"asinh", unary(asinh)},
      {"acosh", unary(acosh)},
      {"atanh", unary(atanh)},
      {"deg2rad", unary(deg2rad)},
      {"rad2deg", unary(rad2deg)},
      {"rsqrt", unary(rsqrt)},
      {"cbrt", unary(cbrt)},
      {"exp2", unary(exp2)},
      {"log2", unary(log2)},
      {"log10", unary(log10)},
      {"sinc", unary(sinc)},
      {"erfc", unary(erfc)},
      {"erfinv", unary(erfinv)},
      {"lgamma", unary(lgamma)},
      {"digamma", unary(digamma)},
      {"atan2", binary(atan2)},
      {"hypot", binary(hypot)},
      {"logaddexp", binary(logaddexp)},
      {"logaddexp2", binary(logaddexp2)},
      {"xlogy", binary(xlogy)},
      {"logit", [](const Call& c) { return c.has("eps") ? logit(c["input"], c.number("eps")) : logit(c["input"]); }},
      {"polygamma", [](const Call& c) { return polygamma(c.integer("n"), c["input"]); }},
  };
}

}  // namespace golden

#include <stdexcept>

#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/selection.hpp>

#include "call.hpp"

using namespace xgrad;

namespace golden {

namespace {

Tensor clamped(const Call& c) {
  const Tensor x = c["input"], low = c["min"], high = c["max"];
  if (!low.defined() || !high.defined() || low.requires_grad() || !low.weak())
    throw std::invalid_argument("a call: clamp takes two numbers");
  if (is_floating(low.dtype()) || is_floating(high.dtype())) return clamp(x, low.item(), high.item());
  return clamp(x, low.item<std::int64_t>(), high.item<std::int64_t>());
}

}  // namespace

Registry pointwise_calls() {
  return {
      {"add", binary(add)},
      {"sub", binary(sub)},
      {"mul", binary(mul)},
      {"div", binary(div)},
      {"pow", binary(pow)},
      {"neg", unary(neg)},
      {"square", unary(square)},
      {"reciprocal", unary(reciprocal)},
      {"sqrt", unary(sqrt)},
      {"exp", unary(exp)},
      {"expm1", unary(expm1)},
      {"log", unary(log)},
      {"log1p", unary(log1p)},
      {"sin", unary(sin)},
      {"cos", unary(cos)},
      {"abs", unary(abs)},
      {"sign", unary(sign)},
      {"erf", unary(erf)},
      {"to", [](const Call& c) { return to(c["input"], c.dtype()); }},
      {"less", binary(less)},
      {"less_equal", binary(less_equal)},
      {"greater", binary(greater)},
      {"greater_equal", binary(greater_equal)},
      {"equal", binary(equal)},
      {"not_equal", binary(not_equal)},
      {"isnan", unary(isnan)},
      {"logical_and", binary(logical_and)},
      {"logical_or", binary(logical_or)},
      {"logical_not", unary(logical_not)},
      {"maximum", binary(maximum)},
      {"minimum", binary(minimum)},
      {"clamp", clamped},
      {"where", [](const Call& c) { return where(c["condition"], c["input"], c["other"]); }},
  };
}

}  // namespace golden

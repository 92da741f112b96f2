#include <optional>

#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/rounding.hpp>
#include <xgrad/autograd/ops/selection.hpp>

#include "call.hpp"

using namespace xgrad;

namespace golden {

namespace {

/// A bound of clamp that is a number.
std::optional<Number> bound(const Tensor& x) {
  if (!x.defined()) return std::nullopt;
  return is_floating(x.dtype()) ? Number(x.item()) : Number(x.item<std::int64_t>());
}

Tensor clamped(const Call& c) {
  const Tensor low = c["min"], high = c["max"];
  const auto number = [](const Tensor& x) { return !x.defined() || (x.rank() == 0 && x.weak()); };
  if (number(low) && number(high)) return detail::clamp(c["input"], bound(low), bound(high), Source::here());
  if (!low.defined()) return clamp_max(c["input"], high);
  return high.defined() ? clamp(c["input"], low, high) : clamp_min(c["input"], low);
}

Tensor without_nan(const Call& c) {
  const auto number = [&](const char* name) {
    return c.has(name) ? std::optional<double>(c.number(name)) : std::nullopt;
  };
  return nan_to_num(c["input"], c.number("nan"), number("posinf"), number("neginf"));
}

Tensor divided(const Call& c) {
  const std::string mode = c.word("rounding_mode");
  if (mode.empty()) return div(c["input"], c["other"]);
  return div(c["input"], c["other"], mode == "floor" ? Rounding::floor : Rounding::trunc);
}

}  // namespace

Registry pointwise_calls() {
  return {
      {"add", binary(add)},
      {"sub", binary(sub)},
      {"mul", binary(mul)},
      {"div", divided},
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
      {"isfinite", unary(isfinite)},
      {"isinf", unary(isinf)},
      {"isposinf", unary(isposinf)},
      {"isneginf", unary(isneginf)},
      {"logical_xor", binary(logical_xor)},
      {"fmax", binary(fmax)},
      {"fmin", binary(fmin)},
      {"copysign", binary(copysign)},
      {"heaviside", binary(heaviside)},
      {"nan_to_num", without_nan},
      {"isclose",
       [](const Call& c) {
         return isclose(c["input"], c["other"], c.number("rtol", 1e-5), c.number("atol", 1e-8),
                        c.flag("equal_nan") ? EqualNan::yes : EqualNan::no);
       }},
      {"allclose",
       [](const Call& c) {
         return Tensor(allclose(c["input"], c["other"], c.number("rtol", 1e-5), c.number("atol", 1e-8),
                                c.flag("equal_nan") ? EqualNan::yes : EqualNan::no));
       }},
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

#include <optional>
#include <string>

#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/bitwise.hpp>
#include <xgrad/autograd/ops/rounding.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/ternary.hpp>

#include "call.hpp"

using namespace xgrad;

namespace golden {

namespace {

std::optional<Number> bound(const Tensor& x) {
  if (!x.defined()) return std::nullopt;
  return is_floating(x.dtype()) ? Number(x.item()) : Number(x.item<std::int64_t>());
}

Tensor clamped(const Call& c) {
  const Tensor x = c["input"], low = c["min"], high = c["max"];
  const auto is_number = [](const Tensor& each) { return !each.defined() || each.weak(); };
  if (is_number(low) && is_number(high)) return detail::clamp(x, bound(low), bound(high), Source::here());
  if (!low.defined()) return clamp_max(x, high);
  return high.defined() ? clamp(x, low, high) : clamp_min(x, low);
}

Tensor quotient(const Call& c) {
  const std::string mode = c.word("rounding_mode");
  if (mode.empty()) return div(c["input"], c["other"]);
  return div(c["input"], c["other"], mode == "floor" ? Rounding::floor : Rounding::trunc);
}

std::optional<double> number_or_none(const Call& c, const char* name) {
  return c.has(name) ? std::optional<double>(c.number(name)) : std::nullopt;
}

Number value(const Call& c) {
  const Tensor x = c["value"];
  return x.defined() ? *bound(x) : Number(1);
}

}  // namespace

Registry pointwise_calls() {
  return {
      {"add", binary(add)},
      {"sub", binary(sub)},
      {"mul", binary(mul)},
      {"div", quotient},
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
      {"clamp_min", [](const Call& c) { return clamp_min(c["input"], c["min"]); }},
      {"clamp_max", [](const Call& c) { return clamp_max(c["input"], c["max"]); }},
      {"isfinite", unary(isfinite)},
      {"isposinf", unary(isposinf)},
      {"isneginf", unary(isneginf)},
      {"isinf", unary(isinf)},
      {"logical_xor", binary(logical_xor)},
      {"fmin", binary(fmin)},
      {"fmax", binary(fmax)},
      {"copysign", binary(copysign)},
      {"heaviside", binary(heaviside)},
      {"nan_to_num",
       [](const Call& c) {
         return nan_to_num(c["input"], c.number("nan"), number_or_none(c, "posinf"), number_or_none(c, "neginf"));
       }},
      {"isclose",
       [](const Call& c) {
         return isclose(c["input"], c["other"], c.number("rtol", 1e-5), c.number("atol", 1e-8),
                        c.flag("equal_nan") ? EqualNan::yes : EqualNan::no);
       }},
      {"lerp", [](const Call& c) { return lerp(c["input"], c["end"], c["weight"]); }},
      {"addcmul", [](const Call& c) { return addcmul(c["input"], c["tensor1"], c["tensor2"], value(c)); }},
      {"addcdiv", [](const Call& c) { return addcdiv(c["input"], c["tensor1"], c["tensor2"], value(c)); }},
      {"floor", unary(floor)},
      {"ceil", unary(ceil)},
      {"trunc", unary(trunc)},
      {"frac", unary(frac)},
      {"round",
       [](const Call& c) {
         return c.has("decimals") ? round(c["input"], static_cast<int>(c.integer("decimals"))) : round(c["input"]);
       }},
      {"fmod", binary(fmod)},
      {"remainder", binary(remainder)},
      {"floor_divide", binary(floor_divide)},
      {"bitwise_left_shift", binary(bitwise_left_shift)},
      {"bitwise_right_shift", binary(bitwise_right_shift)},
      {"bitwise_and", binary(bitwise_and)},
      {"bitwise_or", binary(bitwise_or)},
      {"bitwise_xor", binary(bitwise_xor)},
      {"bitwise_not", unary(bitwise_not)},
      {"where", [](const Call& c) { return where(c["condition"], c["input"], c["other"]); }},
  };
}

}  // namespace golden

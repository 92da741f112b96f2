#include <xgrad/autograd/engine/anomaly_cause.hpp>

#include <algorithm>
#include <cmath>
#include <map>

namespace xgrad::detail {
namespace {

/// Whether the operand's range leaves the domain of the function, or reaches a pole.
using Test = bool (*)(const Range& x);

bool holds_zero(const Range& x) { return x.zeros > 0; }
bool below_zero(const Range& x) { return x.min < 0; }
bool up_to_zero(const Range& x) { return x.min <= 0; }
bool beyond_one(const Range& x) { return x.min < -1 || x.max > 1; }
bool from_one(const Range& x) { return x.min <= -1 || x.max >= 1; }
bool outside_unit(const Range& x) { return x.min <= 0 || x.max >= 1; }
bool below_one(const Range& x) { return x.min < 1; }
bool up_to_one(const Range& x) { return x.min <= 1; }
bool up_to_minus_one(const Range& x) { return x.min <= -1; }
bool large(const Range& x) { return std::max(x.max, -x.min) > 80; }
bool any(const Range&) { return true; }

struct Cause {
  Test applies;
  const char* text;
};

constexpr const char* of_log =
    "the logarithm is -inf at 0 and nan below it; a probability that underflowed is the usual cause: work with "
    "log_softmax or logsigmoid, or keep the operand away from 0 with clamp";
constexpr const char* of_exp =
    "exp overflows from 88.7 (float32) or 709.8 (float64) on: subtract the maximum first, or use logsumexp, softmax or "
    "a "
    "loss that takes logits";
constexpr const char* of_pow =
    "0 to a negative power is inf, a negative base to a power that is not whole nan, and large powers overflow";

const std::map<std::string, std::vector<Cause>>& forward_causes() {
  static const std::map<std::string, std::vector<Cause>> all = {
      {"log", {{up_to_zero, of_log}}},
      {"log2", {{up_to_zero, of_log}}},
      {"log10", {{up_to_zero, of_log}}},
      {"log1p", {{up_to_minus_one, "log1p is -inf at -1 and nan below it"}}},
      {"sqrt", {{below_zero, "the square root of a negative number is nan: clamp at 0 before"}}},
      {"rsqrt", {{up_to_zero, "1 / sqrt(x) is inf at 0 and nan below it: add a small number before"}}},
      {"reciprocal", {{holds_zero, "1 / 0 is inf"}}},
      {"exp", {{large, of_exp}}},
      {"exp2", {{large, "exp2 overflows from 128 (float32) or 1024 (float64) on"}}},
      {"expm1", {{large, of_exp}}},
      {"sinh", {{large, of_exp}}},
      {"cosh", {{large, of_exp}}},
      {"pow", {{any, of_pow}}},
      {"asin", {{beyond_one, "asin is defined in [-1, 1]: rounding may leave it: clamp before"}}},
      {"acos", {{beyond_one, "acos is defined in [-1, 1]: rounding may leave it: clamp before"}}},
      {"acosh", {{below_one, "acosh is defined from 1 on"}}},
      {"atanh", {{from_one, "atanh is infinite at -1 and 1, and nan beyond"}}},
      {"erfinv", {{from_one, "erfinv is infinite at -1 and 1, and nan beyond"}}},
      {"logit", {{outside_unit, "logit is infinite at 0 and 1, and nan beyond: pass eps, or work with logits"}}},
      {"lgamma", {{up_to_zero, "lgamma is infinite at 0 and the negative integers"}}},
      {"digamma", {{up_to_zero, "digamma has poles at 0 and the negative integers"}}},
      {"slogdet", {{any, "the determinant is 0, and its logarithm -inf: the matrix is singular"}}},
      {"logdet", {{any, "the logarithm is -inf where the determinant is 0, and nan where it is negative"}}},
      {"xlogy", {{any, "x log(y) is infinite or nan where y is 0 or less and x is not 0"}}}};
  return all;
}

constexpr const char* at_sqrt =
    "the slope of the square root is inf at 0: add a small number inside, sqrt(x + 1e-12), or use norm, whose slope at "
    "0 "
    "is 0";

const std::map<std::string, std::vector<Cause>>& backward_causes() {
  static const std::map<std::string, std::vector<Cause>> all = {
      {"sqrt", {{holds_zero, at_sqrt}}},
      {"rsqrt", {{up_to_zero, "the slope of 1 / sqrt(x) is infinite at 0"}}},
      {"cbrt", {{holds_zero, "the slope of the cube root is inf at 0"}}},
      {"log",
       {{holds_zero, "the slope of the logarithm, 1 / x, is inf at 0: keep the operand away from 0 with clamp"}}},
      {"log2", {{holds_zero, "the slope of the logarithm is inf at 0: keep the operand away from 0 with clamp"}}},
      {"log10", {{holds_zero, "the slope of the logarithm is inf at 0: keep the operand away from 0 with clamp"}}},
      {"log1p", {{up_to_minus_one, "the slope of log1p, 1 / (1 + x), is inf at -1"}}},
      {"pow",
       {{any,
         "the slope of pow is infinite at a base of 0 with an exponent below 1, and nan for a negative base "
         "with respect to the exponent"}}},
      {"div", {{holds_zero, "the slope of a division is infinite at a divisor of 0"}}},
      {"reciprocal", {{any, "the slope of 1 / x is infinite at 0"}}},
      {"asin", {{from_one, "the slope of asin is infinite at -1 and 1"}}},
      {"acos", {{from_one, "the slope of acos is infinite at -1 and 1"}}},
      {"acosh", {{up_to_one, "the slope of acosh is infinite at 1"}}},
      {"atanh", {{from_one, "the slope of atanh is infinite at -1 and 1"}}},
      {"erfinv", {{from_one, "the slope of erfinv is infinite at -1 and 1"}}},
      {"logit", {{outside_unit, "the slope of logit is infinite at 0 and 1"}}},
      {"xlogy", {{holds_zero, "the slope of x log(y) is infinite at y = 0"}}}};
  return all;
}

std::string found_in(const std::vector<Cause>& causes, const std::vector<Range>& values) {
  for (const Cause& cause : causes)
    for (const Range& x : values)
      if (x.has_finite() && cause.applies(x)) return cause.text;
  return "";
}

std::string overflow_of(DType dtype) {
  return dtype == float32 ? "the result is beyond 3.4e38, the largest float32: scale the operands, or use float64"
                          : "the result is beyond 1.8e308, the largest float64: scale the operands";
}

constexpr const char* without_elements = "of no elements there is no mean: 0 / 0 is nan";

std::string cause_of_division(const std::vector<Range>& operands, const Range& result, DType dtype) {
  if (operands.size() < 2 || operands[1].zeros == 0) return overflow_of(dtype);
  if (result.nans == 0) return "a division by 0 is infinite: add a small number to the divisor, or mask it";
  return "0 / 0 is nan: add a small number to the divisor, or mask it, as in where(b == 0, 1, b)";
}

}  // namespace

std::string forward_cause(const std::string& name, const std::vector<Range>& operands, const Range& result,
                          DType dtype) {
  if (name == "div" || name == "fmod" || name == "remainder") return cause_of_division(operands, result, dtype);
  const bool empty = !operands.empty() && operands[0].size == 0;
  if (name == "mean" || name == "var" || name == "std" || name == "nanmean") {
    if (empty) return without_elements;
    if (result.nans > 0) return "over one element the unbiased variance is 0 / 0: pass a correction of 0";
  }
  if (empty && !result.finite()) return "the neutral element of no elements is not finite: the operand is empty";
  if (const auto known = forward_causes().find(name); known != forward_causes().end())
    if (std::string text = found_in(known->second, operands); !text.empty()) return text;
  if (result.infs > 0) return overflow_of(dtype);
  if (name == "elementwise")
    return "a step inside the lambda is undefined there: a logarithm or root of a negative number, 0 / 0, or "
           "infinities "
           "that cancel";
  return "an undefined operation, such as 0 / 0, or infinities that cancel inside the op";
}

std::string infinite_cause(const std::string& name) {
  if (name == "softmax" || name == "log_softmax" || name.find("attention") != std::string::npos)
    return "a row of scores is -inf throughout, as a mask leaves it that excludes every element of the row, or holds "
           "inf: leave one element in each row, or use masked_softmax, whose rows of nothing are 0";
  return "of infinities, inf - inf, 0 * inf and inf / inf are nan: look for where the infinity comes from, which a "
         "mask or a setting of inf may have brought in";
}

std::string backward_cause(const std::string& name, const Range& g, const std::vector<Range>& inputs,
                           const Range& output, const Range& gradient, DType dtype) {
  std::vector<Range> saved = inputs;
  saved.push_back(output);
  std::string text;
  if (const auto known = backward_causes().find(name); known != backward_causes().end())
    text = found_in(known->second, saved);
  if (gradient.nans > 0 && g.zeros > 0 && !text.empty())
    return text +
           "; an upstream gradient of 0 times that is nan, as where() gives it to the branch that it does not take: "
           "change the operand before the op, as in sqrt(where(mask, x, 1)), or put the whole formula into one "
           "elementwise lambda";
  if (!text.empty()) return text;
  if (gradient.infs > 0)
    return "the slope is infinite there, or the product with it overflows " + std::string(name_of(dtype));
  return "the slope is undefined or infinite there, and 0 times an infinite slope is nan";
}

}  // namespace xgrad::detail

// Bad calls of ops that work element by element.

#include <xgrad/autograd/kernels/pointwise/functions.hpp>

#include "bad_calls.hpp"

namespace bad_calls {
namespace {

// Every function of the table is called, so that a new one needs no line here.

void functions_of_one(Catalogue& all) {
#define XGRAD_BAD(name, F) \
  probe(                   \
      all, #name, [](auto x) { return name(x); }, matrix());
  XGRAD_PLAIN_UNARY(XGRAD_BAD)
  XGRAD_EACH_UNARY_PREDICATE(XGRAD_BAD)
#undef XGRAD_BAD
}

void functions_of_two(Catalogue& all) {
#define XGRAD_BAD(name, F) \
  probe(                   \
      all, #name, [](auto a, auto b) { return name(a, b); }, matrix(), matrix() + 1);
  XGRAD_ARITHMETIC_BINARY(XGRAD_BAD)
  XGRAD_SELECTION_BINARY(XGRAD_BAD)
  XGRAD_TRIGONOMETRIC_BINARY(XGRAD_BAD)
  XGRAD_EXPONENTIAL_BINARY(XGRAD_BAD)
  XGRAD_ROUNDING_BINARY(XGRAD_BAD)
  XGRAD_EACH_BINARY_PREDICATE(XGRAD_BAD)
#undef XGRAD_BAD
}

void functions_of_bits(Catalogue& all) {
  const Tensor x = Tensor{{1, 2, 3}, {4, 5, 6}};
#define XGRAD_BAD(name) \
  probe(                \
      all, #name, [](auto a, auto b) { return name(a, b); }, x, x)
  XGRAD_BAD(bitwise_and);
  XGRAD_BAD(bitwise_or);
  XGRAD_BAD(bitwise_xor);
  XGRAD_BAD(bitwise_left_shift);
  XGRAD_BAD(bitwise_right_shift);
#undef XGRAD_BAD
  probe(
      all, "bitwise_not", [](auto a) { return bitwise_not(a); }, x);
}

#define XGRAD_BAD(symbol, name) \
  probe_as(                     \
      all, "operator" #symbol, #name, [](const auto& a, const auto& b) { return a symbol b; }, matrix(), matrix() + 1)
#define XGRAD_BAD_WRITE(symbol, name)   \
  probe_as(                             \
      all, "operator" #symbol, #name,   \
      [](auto a, auto b) {              \
        if (a.defined()) a = a.clone(); \
        return Tensor(a symbol b);      \
      },                                \
      matrix(), matrix() + 1)

void operators(Catalogue& all) {
  XGRAD_BAD(+, add);
  XGRAD_BAD(-, sub);
  XGRAD_BAD(*, mul);
  XGRAD_BAD(/, div);
  XGRAD_BAD(%, remainder);
  XGRAD_BAD(<, less);
  XGRAD_BAD(<=, less_equal);
  XGRAD_BAD(>, greater);
  XGRAD_BAD(>=, greater_equal);
  XGRAD_BAD(==, equal);
  XGRAD_BAD(!=, not_equal);
  XGRAD_BAD(&, logical_and);
  XGRAD_BAD(|, logical_or);
  XGRAD_BAD(&&, logical_and);
  XGRAD_BAD(||, logical_or);
  XGRAD_BAD_WRITE(+=, add);
  XGRAD_BAD_WRITE(-=, sub);
  XGRAD_BAD_WRITE(*=, mul);
  XGRAD_BAD_WRITE(/=, div);
  probe_as(
      all, "operator~", "logical_not", [](auto x) { return ~x; }, matrix());
  probe_as(
      all, "operator!", "logical_not", [](auto x) { return !x; }, matrix());
  probe_as(
      all, "operator-", "neg", [](auto x) { return -x; }, matrix());
}
#undef XGRAD_BAD
#undef XGRAD_BAD_WRITE

void functions_with_settings(Catalogue& all) {
  probe(
      all, "leaky_relu", [](auto x, auto a) { return leaky_relu(x, a); }, matrix(), Setting{.1});
  probe(
      all, "elu", [](auto x, auto a) { return elu(x, a); }, matrix(), Setting{1});
  probe(
      all, "softplus", [](auto x, auto b, auto t) { return softplus(x, b, t); }, matrix(), Setting{1}, Setting{20});
  probe(
      all, "gelu", [](auto x) { return gelu(x, Gelu::tanh); }, matrix());
  probe(
      all, "celu", [](auto x, auto a) { return celu(x, a); }, matrix(), Setting{1});
  probe(
      all, "hardtanh", [](auto x, auto a, auto b) { return hardtanh(x, a, b); }, matrix(), Setting{-1}, Setting{1});
  probe(
      all, "hardshrink", [](auto x, auto a) { return hardshrink(x, a); }, matrix(), Setting{.5});
  probe(
      all, "softshrink", [](auto x, auto a) { return softshrink(x, a); }, matrix(), Setting{.5});
  probe(
      all, "threshold", [](auto x, auto a, auto v) { return threshold(x, a, v); }, matrix(), Setting{.5}, Setting{1});
  probe(
      all, "rrelu", [](auto x, auto a, auto b) { return rrelu(x, a, b, true); }, matrix(), Setting{.1}, Setting{.3});
  probe(
      all, "prelu", [](auto x, auto w) { return prelu(x, w); }, matrix(), ones({3}));
  probe(
      all, "glu", [](auto x, auto a) { return glu(x, a); }, ones({2, 4}), Axis{1});
  probe(
      all, "logit", [](auto x, auto e) { return logit(x, e); }, matrix(), Setting{.1});
  probe(
      all, "polygamma", [](auto n, auto x) { return polygamma(n, x); }, Index{2}, matrix());
  probe(
      all, "round", [](auto x) { return round(x, -2); }, matrix());
  probe(
      all, "div", [](auto a, auto b) { return div(a, b, Rounding::floor); }, matrix(), matrix() + 1);
  probe(
      all, "div", [](auto a, auto b) { return div(a, b, Rounding::trunc); }, matrix(), matrix() + 1);
  for (const auto& [name, f] : {std::pair(
                                    "remainder",
                                    +[] {
                                      return remainder(Tensor{1, 2}, Tensor{1, 0});
                                    }),
                                std::pair(
                                    "fmod",
                                    +[] {
                                      return fmod(Tensor{1, 2}, Tensor{1, 0});
                                    }),
                                std::pair(
                                    "floor_divide",
                                    +[] {
                                      return floor_divide(Tensor{1, 2}, Tensor{true, false});
                                    }),
                                std::pair(
                                    "div", +[] {
                                      return div(Tensor{1, 2}, 0, Rounding::trunc);
                                    })})
    refused(all, name, "an integer divisor of 0", f);
  probe(
      all, "nan_to_num", [](auto x, auto a, auto b, auto c) { return nan_to_num(x, a, b.value, c.value); }, matrix(),
      Amount{0}, Amount{1}, Amount{-1});
  probe(
      all, "isclose", [](auto a, auto b, auto r, auto t) { return isclose(a, b, r, t); }, matrix(), matrix(),
      Setting{1e-5}, Setting{1e-8});
  probe(
      all, "allclose", [](auto a, auto b, auto r, auto t) { return allclose(a, b, r, t); }, matrix(), matrix(),
      Setting{1e-5}, Setting{1e-8});
  probe(
      all, "clamp", [](auto x, auto a, auto b) { return clamp(x, a, b); }, matrix(), matrix(), matrix() + 1);
  probe(
      all, "clamp", [](auto x, auto a) { return clamp(x, a.value, std::nullopt); }, matrix(), Setting{-1});
  refused(all, "clamp", "no bounds", [] { static_cast<void>(clamp(Tensor{1.0}, std::nullopt, std::nullopt)); });
  probe(
      all, "clamp_min", [](auto x, auto a) { return clamp_min(x, a); }, matrix(), matrix());
  probe(
      all, "clamp_max", [](auto x, auto a) { return clamp_max(x, a); }, matrix(), matrix());
  probe(
      all, "lerp", [](auto a, auto b, auto w) { return lerp(a, b, w); }, matrix(), matrix(), matrix());
  probe(
      all, "addcmul", [](auto x, auto a, auto b, auto v) { return addcmul(x, a, b, v); }, matrix(), matrix(), matrix(),
      Amount{2});
  probe(
      all, "addcdiv", [](auto x, auto a, auto b, auto v) { return addcdiv(x, a, b, v); }, matrix(), matrix(), matrix(),
      Amount{2});
  probe(
      all, "softmin", [](auto x, auto a) { return softmin(x, a); }, matrix(), Axis{1});
  probe(
      all, "masked_softmax", [](auto x, auto m, auto a) { return masked_softmax(x, m, a); }, matrix(), matrix() > .3,
      Axis{1});
  probe(
      all, "to", [](auto x, auto d) { return to(x, d); }, matrix(), float64);
  probe(
      all, "where", [](auto c, auto a, auto b) { return where(c, a, b); }, matrix() > .5, matrix(), matrix());
  probe(
      all, "clamp", [](auto x, auto a, auto b) { return clamp(x, a.value, b.value); }, matrix(), Setting{-1},
      Setting{1});
  probe(
      all, "pow", [](auto x, auto n) { return pow(x, n.value); }, matrix(), Amount{2});
  probe(
      all, "elementwise", [](auto x, auto y) { return elementwise([](auto a, auto b) { return a * b; }, x, y); },
      matrix(), matrix());
  refused(all, "to", "1e300 for int64", [] { static_cast<void>(Tensor({1e300}).to(int64)); });
  refused(all, "mul", "2.5 into int64", [] {
    Tensor x = {1, 2};
    x *= 2.5;
  });
}

}  // namespace

void pointwise_calls(Catalogue& all) {
  functions_of_one(all);
  functions_of_two(all);
  functions_of_bits(all);
  operators(all);
  functions_with_settings(all);
}

}  // namespace bad_calls

// Named ops and elementwise() lambdas have the same functions: those of the table.

#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <type_traits>

#include <xgrad/autograd/kernels/pointwise/functions.hpp>
#include <xgrad/autograd/ops/elementwise.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "catch2.hpp"
#include "compare.hpp"

using namespace xgrad;

namespace {

/// The names in the table, from which lane.hpp makes the functions of lambdas.
std::set<std::string> table() {
  std::set<std::string> names;
#define XGRAD_NAME(name, F) names.insert(#name);
  XGRAD_EACH_UNARY(XGRAD_NAME)
  XGRAD_EACH_BINARY(XGRAD_NAME)
  XGRAD_EACH_UNARY_PREDICATE(XGRAD_NAME)
  XGRAD_EACH_BINARY_PREDICATE(XGRAD_NAME)
#undef XGRAD_NAME
  names.erase("guarded_product");  // only for rules
  return names;
}

/// The ops that a header declares.
std::set<std::string> declared(const std::string& header) {
  static const std::regex pattern("^(?:\\[\\[nodiscard\\]\\] )?Tensor (\\w+)\\(.*$");
  std::set<std::string> names;
  std::ifstream file(std::string(XGRAD_SOURCE_DIR) + "/autograd/ops/" + header + ".hpp");
  REQUIRE(file);
  std::smatch match;
  for (std::string line; std::getline(file, line);)
    if (std::regex_match(line, match, pattern)) names.insert(match[1]);
  return names;
}

using TileLane = Lane<kernels::Tile>;

}  // namespace

TEST_CASE("every pointwise op is in the table, and every function of the table is an op", "[vocabulary]") {
  std::set<std::string> ops;
  for (const char* header : {"arithmetic", "activation", "piecewise_activation", "selection", "trigonometric",
                             "exponential", "special", "rounding", "ternary"}) {
    const std::set<std::string> names = declared(header);
    CHECK(names.size() > 2);  // otherwise the pattern no longer finds declarations
    ops.insert(names.begin(), names.end());
  }
  const std::set<std::string> known = table();
  for (const std::string& name : ops) {
    // Ops that are not functions of numbers, and those that lane.hpp makes of others: they are called below.
    static const std::set<std::string> others = {"to",      "glu",     "where",     "lerp",
                                                 "addcmul", "addcdiv", "clamp_min", "clamp_max"};
    if (others.count(name) == 1) continue;
    INFO("an op that elementwise() lambdas do not know: " << name);
    CHECK(known.count(name) == 1);
  }
  for (const std::string& name : known) {
    INFO("a function of lambdas that is no op on tensors: " << name);
    CHECK(ops.count(name) == 1);
  }
}

TEST_CASE("a lambda may call each function of the table by its name", "[vocabulary]"){
#define XGRAD_CALL(name, F)                                                \
  {                                                                        \
    const auto call = [](auto x) -> decltype(name(x)) { return name(x); }; \
    INFO(#name);                                                           \
    CHECK(std::is_invocable_v<decltype(call), TileLane>);                  \
  }
    XGRAD_PLAIN_UNARY(XGRAD_CALL) XGRAD_UNARY_WITH_SETTINGS(XGRAD_CALL) XGRAD_CLASSIFICATION(XGRAD_CALL)
        XGRAD_CALL(gelu, Gelu)
#undef XGRAD_CALL
#define XGRAD_CALL(name, F)                                                              \
  {                                                                                      \
    const auto call = [](auto a, auto b) -> decltype(name(a, b)) { return name(a, b); }; \
    INFO(#name);                                                                         \
    CHECK(std::is_invocable_v<decltype(call), TileLane, TileLane>);                      \
    CHECK(std::is_invocable_v<decltype(call), TileLane, double>);                        \
    CHECK(std::is_invocable_v<decltype(call), int, TileLane>);                           \
  }
            XGRAD_PLAIN_BINARY(XGRAD_CALL) XGRAD_COMPARISONS(XGRAD_CALL) XGRAD_CALL(isclose, IsClose)
#undef XGRAD_CALL
}

TEST_CASE("a function with settings takes them in a lambda as in an op", "[vocabulary]") {
  const Tensor x = {-30., -1.5, 0., 0.5, 4., 30.};
  CHECK(difference(elementwise([](auto v) { return leaky_relu(v, 0.3); }, x), leaky_relu(x, 0.3)) == "");
  CHECK(difference(elementwise([](auto v) { return elu(v, 2); }, x), elu(x, 2)) == "");
  CHECK(difference(elementwise([](auto v) { return clamp(v, -1, 2); }, x), clamp(x, -1, 2)) == "");
  CHECK(difference(elementwise([](auto v) { return softsign(v); }, x), softsign(x)) == "");
  CHECK(difference(elementwise([](auto v) { return celu(v, 2); }, x), celu(x, 2)) == "");
  CHECK(difference(elementwise([](auto v) { return hardtanh(v, -1, 2); }, x), hardtanh(x, -1, 2)) == "");
  CHECK(difference(elementwise([](auto v) { return threshold(v, 0.25, 7); }, x), threshold(x, 0.25, 7)) == "");
  CHECK(difference(elementwise([](auto v) { return logit(v, 0.25); }, x), logit(x, 0.25)) == "");
  CHECK(difference(elementwise([](auto v) { return nan_to_num(v / v, 3); }, x), nan_to_num(x / x, 3)) == "");
  CHECK(difference(elementwise([](auto v) { return polygamma(1, v); }, x), polygamma(1, x)) == "");
  CHECK(difference(elementwise([](auto v) { return round(v / 7, 2); }, x), round(x / 7, 2)) == "");
}

TEST_CASE("a lambda may call the ops of two and three operands that are made of others", "[vocabulary]") {
  const Tensor x = {-30., -1.5, 0., 0.5, 4., 30.}, a = {1., 2., 3., -4., -5., 6.}, b = {3., 0.1, 0.7, -2., 9., 5.};
  const auto agree = [&](const Tensor& lambda, const Tensor& op) { CHECK(difference(lambda, op, 1e-15) == ""); };
  agree(elementwise([](auto u, auto v, auto w) { return lerp(u, v, w); }, x, a, b), lerp(x, a, b));
  agree(elementwise([](auto u) { return lerp(u, 2, 0.3); }, x), lerp(x, 2, 0.3));
  agree(elementwise([](auto u, auto v, auto w) { return addcmul(u, v, w, 2); }, x, a, b), addcmul(x, a, b, 2));
  agree(elementwise([](auto u, auto v, auto w) { return addcdiv(u, v, w, 2); }, x, a, b), addcdiv(x, a, b, 2));
  agree(elementwise([](auto u, auto v, auto w) { return clamp(u, v, w); }, x, a, b), clamp(x, a, b));
  agree(elementwise([](auto u, auto v) { return clamp(u, -1, v); }, x, a), clamp(x, -1, a));
  agree(elementwise([](auto u) { return clamp_min(u, 1) + clamp_max(u, 2); }, x), clamp_min(x, 1) + clamp_max(x, 2));
  agree(elementwise([](auto u, auto v) { return div(u, v, Rounding::floor) + u % v; }, x, a),
        div(x, a, Rounding::floor) + x % a);
  agree(elementwise([](auto u, auto v) { return div(u, v, Rounding::trunc); }, x, a), div(x, a, Rounding::trunc));
  agree(elementwise([](auto u, auto v) { return where(isclose(u, v, 0.5), u, v); }, x, a),
        where(isclose(x, a, 0.5), x, a));
}

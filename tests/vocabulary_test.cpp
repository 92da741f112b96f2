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
  for (const char* header : {"arithmetic", "activation", "selection"}) {
    const std::set<std::string> names = declared(header);
    CHECK(names.size() > 8);  // otherwise the pattern no longer finds declarations
    ops.insert(names.begin(), names.end());
  }
  const std::set<std::string> known = table();
  for (const std::string& name : ops) {
    // Ops that are not functions of numbers, and where(), whose operand is a mask and which lane.hpp defines itself.
    if (name == "to" || name == "where" || name == "softmax" || name == "log_softmax") continue;
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
    XGRAD_ARITHMETIC_UNARY(XGRAD_CALL) XGRAD_ACTIVATION_UNARY(XGRAD_CALL) XGRAD_ACTIVATION_WITH_SETTINGS(XGRAD_CALL)
        XGRAD_CALL(gelu, Gelu) XGRAD_CALL(isnan, IsNan)
#undef XGRAD_CALL
#define XGRAD_CALL(name, F)                                                              \
  {                                                                                      \
    const auto call = [](auto a, auto b) -> decltype(name(a, b)) { return name(a, b); }; \
    INFO(#name);                                                                         \
    CHECK(std::is_invocable_v<decltype(call), TileLane, TileLane>);                      \
    CHECK(std::is_invocable_v<decltype(call), TileLane, double>);                        \
    CHECK(std::is_invocable_v<decltype(call), int, TileLane>);                           \
  }
            XGRAD_ARITHMETIC_BINARY(XGRAD_CALL) XGRAD_SELECTION_BINARY(XGRAD_CALL) XGRAD_COMPARISONS(XGRAD_CALL)
#undef XGRAD_CALL
}

TEST_CASE("a function with settings takes them in a lambda as in an op", "[vocabulary]") {
  const Tensor x = {-30., -1.5, 0., 0.5, 4., 30.};
  CHECK(difference(elementwise([](auto v) { return leaky_relu(v, 0.3); }, x), leaky_relu(x, 0.3)) == "");
  CHECK(difference(elementwise([](auto v) { return elu(v, 2); }, x), elu(x, 2)) == "");
  CHECK(difference(elementwise([](auto v) { return clamp(v, -1, 2); }, x), clamp(x, -1, 2)) == "");
  CHECK(difference(elementwise([](auto v) { return softsign(v); }, x), softsign(x)) == "");
}

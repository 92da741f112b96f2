// The matchers of testing/ under the Catch2 of this machine.

#include <cmath>

#include "catch2.hpp"

#include <xgrad/testing/catch2.hpp>
#include <xgrad/xgrad.hpp>

#include "matchers_expected.hpp"

using namespace xgrad;

TEST_CASE("the matchers read as sentences in REQUIRE_THAT") {
  const Tensor x = {0.3, 1.2, -0.7}, y = {1.0, 2.0, 3.0};
  REQUIRE_THAT([](const Tensor& t) { return sum(exp(t) * sin(t)); }, HasRightGradientAt(x));
  REQUIRE_THAT([](Tensor a, Tensor b) { return a * b; }, HasRightGradientAt(x, y));
  REQUIRE_THAT([](const std::vector<Tensor>& in) { return tanh(in[0]) * in[1]; },
               HasRightGradientAt(std::vector<Tensor>{x, y}));
  REQUIRE_THAT([](const Tensor& t) { return pow(t, 3.0); }, HasRightSecondGradientAt(x));
  REQUIRE_THAT([](const std::vector<Tensor>& in) { return in[0] * square(in[1]); },
               HasRightSecondGradientAt(std::vector<Tensor>{x, y}));
  REQUIRE_THAT(x * 2.0, IsCloseTo(x + x));
  REQUIRE_THAT(x, IsCloseTo(x + 1e-9, 0, 1e-8));
  REQUIRE_THAT(x, !IsCloseTo(x + 1e-3));
  REQUIRE_THAT(sum(y), IsCloseTo(6.0) && !IsCloseTo(7.0));
  REQUIRE_THAT(sum(y.to(float32)), IsCloseTo(6));
}

TEST_CASE("what a matcher says names shape, worst index and both values") {
  CHECK(fault_in_messages() == "");
  const auto matcher = IsCloseTo(Tensor{1., 2.});
  CHECK_FALSE(matcher.match(Tensor{1., 3.}));
  CHECK_THAT(matcher.toString(), Catch::Contains("is close to shape (2) float64 within 1e-08 + 1e-05 |expected|") &&
                                     Catch::Contains("the worst at (1): got 3, expected 2"));
  const auto wrong = HasRightGradientAt(Tensor{0.5});
  CHECK_FALSE(wrong.match(slightly_wrong));
  CHECK_THAT(wrong.toString(),
             Catch::Contains("has the right gradient at inputs of shape (1)") && Catch::Contains("backward gives"));
}

TEST_CASE("whole numbers are compared to the last bit, and a tolerance is a number") {
  const Tensor large = {std::int64_t{9007199254740993}}, before = {std::int64_t{9007199254740992}};
  CHECK_THAT(large, IsCloseTo(large, 0, 0));
  CHECK_THAT(large, !IsCloseTo(before, 0, 0));
  CHECK_THAT(large, IsCloseTo(before, 0, 1));
  const auto matcher = IsCloseTo(before, 0, 0);
  CHECK_FALSE(matcher.match(large));
  CHECK_THAT(matcher.toString(), Catch::Contains("got 9007199254740993, expected 9007199254740992, which differ by 1"));
  CHECK_THROWS_AS(IsCloseTo(before, std::nan(""), 0), std::invalid_argument);
  CHECK_THROWS_AS(IsCloseTo(before, 0, -1), std::invalid_argument);
  CHECK_THAT(Tensor{5.}, !IsCloseTo(Tensor{0.}, HUGE_VAL));  // |expected| is 0
  CHECK_THAT(Tensor{5.}, IsCloseTo(Tensor{1.}, HUGE_VAL));
}

// The matchers of testing/ under GoogleTest.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <xgrad/testing/googletest.hpp>
#include <xgrad/xgrad.hpp>

#include "matchers_expected.hpp"

using namespace xgrad;

TEST(Matchers, ReadAsSentences) {
  const Tensor x = {0.3, 1.2, -0.7}, y = {1.0, 2.0, 3.0};
  EXPECT_THAT([](const Tensor& t) { return sum(exp(t) * sin(t)); }, HasRightGradientAt(x));
  EXPECT_THAT([](const Tensor& a, const Tensor& b) { return a * b; }, HasRightGradientAt(x, y));
  EXPECT_THAT([](const Tensor& t) { return pow(t, 3.0); }, HasRightSecondGradientAt(x));
  EXPECT_THAT(x * 2.0, IsCloseTo(x + x));
  EXPECT_THAT(x, ::testing::Not(IsCloseTo(x + 1e-3)));
}

TEST(Matchers, SayWhatDiffers) {
  EXPECT_EQ(fault_in_messages(), "");
  ::testing::StringMatchResultListener listener;
  const Tensor a = {1., 2.};
  EXPECT_FALSE(::testing::ExplainMatchResult(IsCloseTo(Tensor{1., 3.}), a, &listener));
  EXPECT_THAT(listener.str(), ::testing::HasSubstr("the worst at (1): got 2, expected 3"));
  EXPECT_FALSE(::testing::ExplainMatchResult(HasRightGradientAt(a), slightly_wrong, &listener));
  EXPECT_THAT(listener.str(), ::testing::HasSubstr("backward gives"));
}

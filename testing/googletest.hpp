#pragma once

// Matchers of tensors and gradients for GoogleTest, with its matchers of gmock:
//
//   EXPECT_THAT(f, HasRightGradientAt(x));
//   EXPECT_THAT(a, IsCloseTo(b, rtol, atol));

#include <ostream>

#include <gmock/gmock.h>

#include <xgrad/testing/matching.hpp>

namespace xgrad {
namespace matching {

/// A comparison as a polymorphic matcher of gmock.
template <class Comparison>
class GoogleMatcher {
 public:
  explicit GoogleMatcher(Comparison comparison) : comparison_(std::move(comparison)) {}

  template <class T>
  bool MatchAndExplain(const T& value, ::testing::MatchResultListener* listener) const {
    const Outcome outcome = comparison_.of(value);
    if (!outcome.matches) *listener << outcome.reason;
    return outcome.matches;
  }
  void DescribeTo(std::ostream* out) const { *out << comparison_.description(); }
  void DescribeNegationTo(std::ostream* out) const { *out << "not: " << comparison_.description(); }

 private:
  Comparison comparison_;
};

template <class Comparison>
auto google_matcher(Comparison comparison) {
  return ::testing::MakePolymorphicMatcher(GoogleMatcher<Comparison>(std::move(comparison)));
}

}  // namespace matching

XGRAD_MATCHERS(matching::google_matcher)

}  // namespace xgrad

#undef XGRAD_MATCHERS

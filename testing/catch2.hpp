#pragma once

// Matchers of tensors and gradients for Catch2, version 2 or 3:
//
//   REQUIRE_THAT(f, HasRightGradientAt(x));
//   REQUIRE_THAT(a, IsCloseTo(b, rtol, atol));

#if __has_include(<catch2/matchers/catch_matchers_templated.hpp>)
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_templated.hpp>
#define XGRAD_CATCH2_VERSION 3
#else
#include <catch2/catch.hpp>
#define XGRAD_CATCH2_VERSION 2
#endif

#include <xgrad/testing/matching.hpp>

namespace xgrad {
namespace matching {

#if XGRAD_CATCH2_VERSION == 3
using CatchBase = Catch::Matchers::MatcherGenericBase;
#else
using CatchBase = Catch::Matchers::Impl::MatcherUntypedBase;
#endif

/// A comparison as a matcher of Catch2, of values of any type that the comparison takes.
template <class Comparison, class Base = CatchBase>
class CatchMatcher : public Base {
 public:
  explicit CatchMatcher(Comparison comparison) : comparison_(std::move(comparison)) {}
  CatchMatcher(const CatchMatcher&) = default;
  CatchMatcher(CatchMatcher&&) = default;

  template <class T>
  bool match(const T& value) const {
    outcome_ = comparison_.of(value);
    return outcome_.matches;
  }

  // Catch2 asks for the text after the match, so that it can say what was found.
  std::string describe() const override {
    return comparison_.description() + (outcome_.reason.empty() ? "" : "\n" + outcome_.reason);
  }

 private:
  Comparison comparison_;
  mutable Outcome outcome_;
};

template <class Comparison>
auto catch_matcher(Comparison comparison) {
  return CatchMatcher<Comparison>(std::move(comparison));
}

#if XGRAD_CATCH2_VERSION == 2
/// In version 2 only a matcher of one type can be negated and combined.
class CatchTensorMatcher : public CatchMatcher<Closeness, Catch::MatcherBase<Tensor>> {
 public:
  using CatchMatcher::CatchMatcher;
  bool match(const Tensor& value) const override { return CatchMatcher::match<Tensor>(value); }
};

inline auto catch_matcher(Closeness comparison) { return CatchTensorMatcher(std::move(comparison)); }
#endif

}  // namespace matching

XGRAD_MATCHERS(matching::catch_matcher)

}  // namespace xgrad

#undef XGRAD_MATCHERS
#undef XGRAD_CATCH2_VERSION

#pragma once

// A stand-in for the part of Catch2 3 that testing/catch2.hpp uses, where that version is not installed: the bases of
// its matchers, and a CHECK_THAT that evaluates them as Catch2 3 does.

#include <cstdio>
#include <string>
#include <type_traits>
#include <utility>

namespace Catch::Matchers {

class MatcherUntypedBase {
 public:
  MatcherUntypedBase() = default;
  MatcherUntypedBase(const MatcherUntypedBase&) = default;
  MatcherUntypedBase(MatcherUntypedBase&&) = default;
  MatcherUntypedBase& operator=(const MatcherUntypedBase&) = delete;
  MatcherUntypedBase& operator=(MatcherUntypedBase&&) = delete;
  std::string toString() const {
    if (text_.empty()) text_ = describe();
    return text_;
  }

 protected:
  virtual ~MatcherUntypedBase() = default;
  virtual std::string describe() const = 0;

 private:
  mutable std::string text_;
};

}  // namespace Catch::Matchers

namespace stand_in {

inline int failures = 0;

template <class Arg, class Matcher>
void check_that(Arg&& arg, const Matcher& matcher, bool expected, const char* text, int line) {
  const bool matched = matcher.match(arg);
  if (matched == expected) return;
  ++failures;
  std::printf("line %d: %s\n%s\n", line, text, matcher.toString().c_str());
}

}  // namespace stand_in

#define CHECK_THAT(arg, matcher) stand_in::check_that(arg, matcher, true, #arg ", " #matcher, __LINE__)
#define CHECK_NOT(arg, matcher) stand_in::check_that(arg, matcher, false, #arg ", " #matcher, __LINE__)

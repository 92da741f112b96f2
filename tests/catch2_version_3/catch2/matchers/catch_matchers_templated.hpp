#pragma once

#include <catch2/matchers/catch_matchers.hpp>

namespace Catch::Matchers {

class MatcherGenericBase : public MatcherUntypedBase {
 public:
  MatcherGenericBase() = default;
  ~MatcherGenericBase() override = default;
  MatcherGenericBase(const MatcherGenericBase&) = default;
  MatcherGenericBase(MatcherGenericBase&&) = default;
};

}  // namespace Catch::Matchers

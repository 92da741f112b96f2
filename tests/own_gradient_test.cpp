// A test of one's own op, as docs/diagnosis.md shows it.

#include "catch2.hpp"

#include <xgrad/testing/catch2.hpp>
#include <xgrad/xgrad.hpp>

using namespace xgrad;

TEST_CASE("swish has the right gradient") {
  const auto swish = [](const Tensor& x) { return x * sigmoid(x); };
  const Tensor x = {-1.0, 0.5, 2.0};
  REQUIRE_THAT(swish, HasRightGradientAt(x));
  REQUIRE_THAT(swish(x), IsCloseTo(silu(x), 1e-12, 0));
}

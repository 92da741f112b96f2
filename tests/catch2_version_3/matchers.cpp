// The matchers of testing/ under Catch2 3, or under what stands in for it.

#include <xgrad/testing/catch2.hpp>
#include <xgrad/xgrad.hpp>

#include "../matchers_expected.hpp"

using namespace xgrad;

int main() {
  const Tensor x = {0.3, 1.2, -0.7}, y = {1.0, 2.0, 3.0};
  CHECK_THAT([](const Tensor& t) { return sum(exp(t) * sin(t)); }, HasRightGradientAt(x));
  CHECK_THAT([](const Tensor& a, const Tensor& b) { return a * b; }, HasRightGradientAt(x, y));
  CHECK_THAT([](const Tensor& t) { return pow(t, 3.0); }, HasRightSecondGradientAt(x));
  CHECK_THAT(x * 2.0, IsCloseTo(x + x));
  CHECK_NOT(x, IsCloseTo(x + 1e-3));
  CHECK_NOT(slightly_wrong, HasRightGradientAt(x));
  const auto matcher = IsCloseTo(y);
  if (matcher.match(x) || matcher.toString().find("the worst at (2): got -0.7, expected 3") == std::string::npos) {
    std::printf("%s\n", matcher.toString().c_str());
    return 1;
  }
  const std::string fault = fault_in_messages();
  if (!fault.empty()) std::printf("%s\n", fault.c_str());
  return stand_in::failures == 0 && fault.empty() ? 0 : 1;
}

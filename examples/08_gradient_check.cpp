// Is this gradient right? gradcheck compares it with finite differences.

#include <iostream>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

// The cube, with the rule that `slope` gives.
Tensor cube(const Tensor& input, double slope) {
  Tensor y;
  {
    NoGrad off;
    y = input * input * input;
  }
  return record("cube", Source::here(), y, {input},
                from<0>([=](Tensor x, Tensor g) { return g * (slope * square(x)); }));
}

int main() {
  Tensor x = Tensor({0.5, -1.0, 2.0}).requires_grad_();

  auto right = [](const std::vector<Tensor>& in) { return cube(in[0], 3); };
  std::cout << std::boolalpha << "3 x²: " << gradcheck(right, {x}).passed << '\n';

  // A slope that is wrong by one part in 10^5 is found, and the sentence says where.
  auto wrong = [](const std::vector<Tensor>& in) { return cube(in[0], 3 * 1.00001); };
  const GradcheckResult result = gradcheck(wrong, {x});
  std::cout << "3.00003 x²: " << result.passed << '\n'
            << result.message.substr(0, result.message.find(": backward")) << '\n';

  // A check in which all slopes are zero shows nothing, and says so.
  auto nothing = [](const std::vector<Tensor>& in) { return cube(0 * in[0], 3); };
  std::cout << gradcheck(nothing, {x}).message << '\n';
}

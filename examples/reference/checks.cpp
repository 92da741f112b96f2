// The examples of docs/reference/checks.md.

#include "example.hpp"

int main() {
  example("gradcheck", "TensorFunction");
  {
    const TensorFunction f = [](const std::vector<Tensor>& in) { return sum(sin(in[0]) * in[1]); };
    const Tensor a = Tensor{0.5, 1.0}.requires_grad_(), b = Tensor{2.0, -1.0}.requires_grad_();
    std::cout << std::boolalpha << gradcheck(f, {a, b}).passed << '\n';
  }
  example("GradcheckResult", "GradcheckOptions");
  {
    const auto f = [](const std::vector<Tensor>& in) { return sum(in[0] * in[0].detach()); };  // loses a half
    const Tensor x = Tensor{0.5, 1.0}.requires_grad_();
    const GradcheckResult result = gradcheck(f, {x}, GradcheckOptions().rtol(1e-6).atol(1e-8));
    std::cout << std::boolalpha << result.passed << '\n' << result.message << '\n';
  }
  example("gradgradcheck");
  {
    auto f = [](const std::vector<Tensor>& in) { return sum(sin(in[0]) * in[1]); };
    const Tensor a = Tensor{0.5, 1.0}.requires_grad_(), b = Tensor{2.0, -1.0}.requires_grad_();
    std::cout << std::boolalpha << gradgradcheck(f, {a, b}).passed << '\n';
  }
  example("numerical_gradient");
  {
    auto f = [](const Tensor& x) { return sum(x * x); };
    std::cout << numerical_gradient(f, Tensor{1.0, 2.0, 3.0}) << '\n';
  }
  return 0;
}

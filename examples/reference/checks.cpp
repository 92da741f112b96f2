// The examples of docs/reference/checks.md.

#include "example.hpp"

int main() {
  example("gradcheck");
  {
    auto f = [](const std::vector<Tensor>& in) { return sum(sin(in[0]) * in[1]); };
    const Tensor a = Tensor{0.5, 1.0}.requires_grad_(), b = Tensor{2.0, -1.0}.requires_grad_();
    std::cout << std::boolalpha << gradcheck(f, {a, b}).passed << '\n';
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

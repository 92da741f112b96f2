// The examples of docs/reference/gradients.md.

#include "example.hpp"

int main() {
  example("backward");
  {
    const Tensor w = Tensor{1.0, 2.0}.requires_grad_();
    const Tensor a = sum(w * w), b = sum(3.0 * w);
    backward({a, b});
    std::cout << w.grad() << '\n';
  }
  example("grad");
  {
    const Tensor x = Tensor{1.0, 2.0, 3.0}.requires_grad_();
    const Tensor y = x * x * x;
    const Tensor slope = grad(sum(y), x, create_graph);
    std::cout << slope << '\n' << grad(sum(slope), x) << '\n';
  }
  example("grad_enabled");
  {
    std::cout << std::boolalpha << grad_enabled() << '\n';
    const NoGrad off;
    std::cout << grad_enabled() << '\n';
  }
  return 0;
}

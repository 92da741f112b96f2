// The examples of docs/reference/elementwise.md.

#include "example.hpp"

int main() {
  example("elementwise");
  {
    auto safe_root = [](auto x) { return where(x > 0, sqrt(x), 0.0); };
    const Tensor x = Tensor{-1.0, 0.0, 4.0}.requires_grad_();
    const Tensor y = elementwise(safe_root, x);
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
  }
  return 0;
}

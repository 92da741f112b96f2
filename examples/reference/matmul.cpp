// The examples of docs/reference/matmul.md.

#include "example.hpp"

int main() {
  example("matmul");
  {
    const Tensor a = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}, v = {1.0, 0.0, -1.0};
    std::cout << matmul(a, a.t()) << '\n' << matmul(a, v) << '\n' << matmul(v, v) << '\n';
  }
  example("linear");
  {
    const Tensor x = {{1.0, 2.0}}, weight = {{1.0, 0.0}, {0.0, 1.0}, {1.0, 1.0}}, bias = {0.5, 0.5, 0.5};
    std::cout << linear(x, weight, bias) << '\n';
  }
  return 0;
}

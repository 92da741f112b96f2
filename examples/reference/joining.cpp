// The examples of docs/reference/joining.md.

#include "example.hpp"

int main() {
  example("concat");
  {
    const Tensor a = {{1.0, 2.0}}, b = {{3.0, 4.0}, {5.0, 6.0}};
    std::cout << concat({a, b}) << '\n';
  }
  example("stack");
  {
    const Tensor a = {1.0, 2.0}, b = {3.0, 4.0};
    std::cout << stack({a, b}) << '\n' << stack({a, b}, 1) << '\n';
  }
  example("split");
  {
    for (const Tensor& part : split(arange(5), 2)) std::cout << part << '\n';
    for (const Tensor& part : split(arange(5), {1, 4})) std::cout << part << '\n';
  }
  example("chunk");
  for (const Tensor& part : chunk(arange(5), 3)) std::cout << part << '\n';
  return 0;
}

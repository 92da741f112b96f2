// The examples of docs/reference/torch-names.md.

#include "example.hpp"

int main() {
  example("cat");
  {
    const Tensor a = {1.0, 2.0}, b = {3.0, 4.0};
    std::cout << cat({a, b}) << '\n';
  }
  example("permute");
  std::cout << permute(zeros({2, 3, 4}), {2, 0, 1}).shape() << '\n';
  example("transpose");
  std::cout << transpose(zeros({2, 3, 4}), 0, 1).shape() << '\n';
  example("t");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << t(x) << '\n';
  }
  example("clip");
  {
    const Tensor x = {-3.0, 0.5, 3.0};
    std::cout << clip(x, -1.0, 1.0) << '\n';
  }
  example("size");
  std::cout << size(zeros({2, 3}), -1) << '\n';
  example("dim");
  std::cout << dim(zeros({2, 3})) << '\n';
  example("numel");
  std::cout << numel(zeros({2, 3})) << '\n';
  example("swapdims");
  std::cout << swapdims(zeros({2, 3, 4}), 0, -1).shape() << '\n';
  example("moveaxis");
  std::cout << moveaxis(zeros({2, 3, 4}), 0, -1).shape() << '\n';
  example("view_as");
  std::cout << view_as(zeros({4}), zeros({2, 2})).shape() << '\n';
  return 0;
}

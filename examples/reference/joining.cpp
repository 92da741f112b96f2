// The examples of docs/reference/joining.md.

#include "example.hpp"

namespace {

void from_stacks() {
  example("hstack");
  std::cout << hstack({Tensor{1.0, 2.0}, Tensor{3.0}}) << '\n';
  example("vstack");
  std::cout << vstack({Tensor{1.0, 2.0}, Tensor{3.0, 4.0}}) << '\n';
  example("dstack");
  std::cout << dstack({Tensor{1.0, 2.0}, Tensor{3.0, 4.0}}) << '\n';
  example("column_stack");
  std::cout << column_stack({Tensor{1.0, 2.0}, Tensor{3.0, 4.0}}) << '\n';
  example("tensor_split");
  for (const Tensor& part : tensor_split(arange(5), 3)) std::cout << part << '\n';
  example("unbind");
  for (const Tensor& row : unbind(Tensor{{1.0, 2.0}, {3.0, 4.0}})) std::cout << row << '\n';
}

}  // namespace

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
  from_stacks();
  return 0;
}

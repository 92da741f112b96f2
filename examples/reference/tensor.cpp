// The examples of docs/reference/tensor.md.

#include "example.hpp"

int main() {
  example("Tensor");
  {
    Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << x(1, xt::range(0, 2)) << '\n' << x.sum(0) << '\n' << x.shape() << ' ' << x.dtype() << '\n';
  }
  example("is_floating");
  std::cout << std::boolalpha << is_floating(float32) << ' ' << is_floating(int64) << '\n';
  example("size_of");
  std::cout << size_of(float32) << " bytes" << '\n';
  example("name_of");
  std::cout << name_of(Tensor(2).dtype()) << '\n';
  example("to_string");
  std::cout << to_string(zeros({2, 3}).shape()) << '\n';
  example("broadcast_shapes");
  std::cout << broadcast_shapes("a pair", {4, 1, 2}, {3, 1}) << '\n';
  return 0;
}

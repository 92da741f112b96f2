// The examples of docs/reference/shape.md.

#include "example.hpp"

namespace {

void from_reshape() {
  example("reshape");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << reshape(x, {3, -1}) << '\n';
  }
  example("flatten");
  std::cout << flatten(zeros({2, 3, 4}), 1).shape() << '\n';
  example("transpose");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << transpose(x) << '\n' << transpose(zeros({2, 3, 4}), {2, 0, 1}).shape() << '\n';
  }
  example("swapaxes");
  std::cout << swapaxes(zeros({2, 3, 4}), 0, -1).shape() << '\n';
  example("squeeze");
  std::cout << squeeze(zeros({1, 3, 1})).shape() << ' ' << squeeze(zeros({1, 3, 1}), 0).shape() << '\n';
  example("unsqueeze");
  std::cout << unsqueeze(zeros({3}), 1).shape() << '\n';
  example("broadcast_to");
  {
    const Tensor x = Tensor{1.0, 2.0}.requires_grad_();
    const Tensor y = broadcast_to(x, {3, 2});
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
  }
  example("expand");
  {
    const Tensor x = {{1.0}, {2.0}};
    std::cout << expand(x, {-1, 3}) << '\n';
  }
}

void from_clone() {
  example("clone");
  {
    const Tensor x = {1.0, 2.0};
    const Tensor y = clone(x);
    y.fill_(7.0);
    std::cout << x << '\n' << y << '\n';
  }
}

}  // namespace

int main() {
  from_reshape();
  from_clone();
  return 0;
}

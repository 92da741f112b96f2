// The examples of docs/reference/indexing.md.

#include "example.hpp"

int main() {
  example("index_select");
  {
    const Tensor x = Tensor{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}.requires_grad_();
    const Tensor y = index_select(x, 1, Tensor{0, 0, 2});
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
  }
  example("gather");
  {
    const Tensor x = Tensor{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}.requires_grad_();
    const Tensor y = gather(x, 1, Tensor({{2}, {0}}));
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
  }
  example("select");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << select(x, 1, -1) << '\n';
  }
  example("narrow");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << narrow(x, 1, 1, 2) << '\n';
  }
  example("put");
  {
    const Tensor x = Tensor{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}.requires_grad_();
    const Tensor y = put(x, {xt::all(), 1}, 0.0);
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
  }
  return 0;
}

// The examples of docs/reference/inspect.md.

#include <xgrad/inspect.hpp>

#include "example.hpp"

int main() {
  example("explain");
  {
    const KeepValues keep;
    const Tensor w = Tensor(2.0).requires_grad_();
    const Tensor y = sin(w * w);
    std::cout << explain(y, TensorNames{{"w", w}}).dot().substr(0, 7) << '\n';
  }
  example("paths");
  {
    const KeepValues keep;
    const Tensor w = Tensor(3.0).requires_grad_();
    const Tensor y = w * w;
    std::cout << paths(y, w, {{"w", w}, {"y", y}}).value() << '\n';
  }
  return 0;
}

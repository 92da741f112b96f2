// The examples of docs/reference/inspect.md.

#include <xgrad/inspect.hpp>
#include <xgrad/lint.hpp>

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
  example("to_string");
  {
    const Lint lint([](const LintMessage& message) { std::cout << to_string(message).substr(0, 21) << '\n'; });
    const Tensor x = Tensor({1e-9, 2.0}).requires_grad_();
    const Tensor y = log(x + 1e-8);
  }
  return 0;
}

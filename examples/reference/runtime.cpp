// The examples of docs/reference/runtime.md.

#include "example.hpp"

int main() {
  example("live_nodes");
  {
    const std::int64_t before = live_nodes();
    const Tensor x = Tensor{1.0, 2.0}.requires_grad_();
    const Tensor y = exp(x) + 1.0;
    std::cout << live_nodes() - before << " nodes\n";
  }
  example("num_threads");
  std::cout << std::boolalpha << (num_threads() >= 1) << '\n';
  example("set_num_threads");
  {
    set_num_threads(1);
    std::cout << num_threads() << '\n';
  }
  example("instruction_set");
  std::cout << (instruction_set() != nullptr ? "the kernels' instruction set has a name" : "") << '\n';
  return 0;
}

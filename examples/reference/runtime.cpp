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
  example("cached_memory");
  {
    { const Tensor x = ones({1000}); }
    std::cout << cached_memory() / (1024 * 1024) << " MiB\n";
  }
  example("release_cached_memory");
  {
    release_cached_memory();
    std::cout << cached_memory() << '\n';
  }
  example("memory_budget");
  std::cout << memory_budget() / (1024 * 1024) << " MiB\n";
  example("set_memory_budget");
  {
    set_memory_budget(64 << 20);
    std::cout << memory_budget() / (1024 * 1024) << " MiB\n";
  }
  example("Profiler");
  {
    Profiler profiler;
    const Tensor x = ones({100, 100}).requires_grad_();
    sum(exp(x)).backward();
    profiler.stop();
    for (const Profiler::Row& row : profiler.rows())
      if (row.name == "exp") std::cout << row.forward_calls << " forward, " << row.backward_calls << " backward\n";
  }
  example("OutOfMemory");
  {
    try {
      const Tensor x = ones({1'000'000, 1'000'000, 1'000'000});
    } catch (const OutOfMemory& error) {
      std::cout << error.what() << '\n';
    }
  }
  return 0;
}

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

// How a program queries and configures the library at run time.

namespace xgrad {

std::int64_t live_nodes() noexcept { return Node::live(); }
int num_threads() noexcept { return kernels::threads(); }
void set_num_threads(int count) { kernels::set_threads(count); }

const char* instruction_set() noexcept {
#if defined(__AVX512DQ__)
  return "AVX-512";
#elif defined(__AVX2__)
  return "AVX2";
#else
  return "SSE2";
#endif
}

}  // namespace xgrad

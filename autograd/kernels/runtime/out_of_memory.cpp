#include <xgrad/autograd/kernels/runtime/out_of_memory.hpp>

#include <new>

#include <xgrad/autograd/kernels/runtime/memory.hpp>

namespace xgrad::detail {

std::atomic<void (*)(double bytes)> when_out_of_memory{nullptr};

void* take_scratch(std::size_t count, std::size_t size) {
  std::size_t bytes = 0;
  if (!__builtin_mul_overflow(count, size, &bytes)) {
    try {
      return take_memory(bytes);
    } catch (const std::bad_alloc&) {  // reported below
    }
  }
  if (const auto report = when_out_of_memory.load()) report(static_cast<double>(count) * static_cast<double>(size));
  throw std::bad_alloc();
}

}  // namespace xgrad::detail

#include <xgrad/autograd/graph/out_of_memory.hpp>

#include <cstdint>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/autograd/kernels/runtime/out_of_memory.hpp>

namespace xgrad::detail {
namespace {

// A process addresses 2^47 bytes on x86-64 and 2^48 on AArch64, and its program and stacks take some of them.
constexpr std::size_t most_bytes = std::size_t{1} << 47;

std::string whole_text(double number) {
  return number < 1e15 ? std::to_string(static_cast<std::int64_t>(number)) : number_text(number);
}

[[noreturn]] void refuse(const std::string& what, double bytes) {
  const Calling* calling = thread_state.calling;
  const bool known = calling != nullptr && calling->at().file != nullptr;
  throw OutOfMemory(std::string(caller_or("tensor")) + ": out of memory" +
                    (known ? " at " + to_string(calling->at()) : "") + ": " + what + whole_text(bytes) + " bytes");
}

[[noreturn]] void refuse_scratch(double bytes) { refuse("the computation needs ", bytes); }

[[maybe_unused]] const bool installed = (when_out_of_memory = refuse_scratch, true);

}  // namespace

std::size_t bytes_of_many(const Shape& shape, DType dtype) {
  const std::int64_t count = shape.count_or(-1);
  if (count < 0 || static_cast<std::size_t>(count) > most_bytes / size_of(dtype)) refuse_memory(shape, dtype);
  return static_cast<std::size_t>(count) * size_of(dtype);
}

void refuse_memory(const Shape& shape, DType dtype, const std::string& of) {
  double bytes = static_cast<double>(size_of(dtype));
  for (std::int64_t size : shape) bytes *= static_cast<double>(size);
  refuse(of + to_string(shape) + " " + name_of(dtype) + (of.empty() ? " takes " : ", which takes "), bytes);
}

void refuse_memory(double length, DType dtype) {
  refuse("(" + whole_text(length) + ") " + name_of(dtype) + " takes ", length * static_cast<double>(size_of(dtype)));
}

}  // namespace xgrad::detail

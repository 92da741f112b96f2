#pragma once

#include <atomic>
#include <cstddef>

namespace xgrad::detail {

/// Throws the error of a kernel that got no memory, `bytes` of it; null stands for std::bad_alloc. The graph sets it to
/// one that names the op.
extern std::atomic<void (*)(double bytes)> when_out_of_memory;

/// Memory for `count` objects of `size` bytes, from take_memory(); products that overflow are out of memory too.
void* take_scratch(std::size_t count, std::size_t size);

}  // namespace xgrad::detail

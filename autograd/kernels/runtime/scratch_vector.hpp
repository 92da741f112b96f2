#pragma once

#include <cstddef>
#include <vector>

#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/out_of_memory.hpp>

namespace xgrad::detail {

/// Allocates as Scratch does: without memory the error names the op.
template <class T>
struct ScratchAllocator {
  using value_type = T;

  ScratchAllocator() = default;
  template <class U>
  ScratchAllocator(const ScratchAllocator<U>&) noexcept {}

  T* allocate(std::size_t count) { return static_cast<T*>(take_scratch(count, sizeof(T))); }
  void deallocate(T* at, std::size_t count) noexcept { give_memory(at, count * sizeof(T)); }

  friend bool operator==(const ScratchAllocator&, const ScratchAllocator&) noexcept { return true; }
  friend bool operator!=(const ScratchAllocator&, const ScratchAllocator&) noexcept { return false; }
};

/// Numbers that a kernel needs for itself, initialised and copied as those of a vector are.
template <class T>
using ScratchVector = std::vector<T, ScratchAllocator<T>>;

}  // namespace xgrad::detail

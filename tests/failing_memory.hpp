#pragma once

// Replaces operator new of the program that includes this, in one source: its allocations are counted, and fail when a
// test asks for it.

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

#include <xgrad/autograd/kernels/runtime/memory.hpp>

namespace {

std::atomic<std::int64_t> allocations{0};  // in use or kept for reuse
std::atomic<std::int64_t> requests{0};     // made so far
thread_local std::int64_t granted = -1;    // how many more allocations of this thread succeed; -1 for any number

[[maybe_unused]] void* take(std::size_t bytes, std::size_t alignment) {
  if (granted == 0) throw std::bad_alloc();
  if (granted > 0) --granted;
  void* memory = std::aligned_alloc(alignment, (bytes + alignment) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  allocations.fetch_add(1, std::memory_order_relaxed);
  requests.fetch_add(1, std::memory_order_relaxed);
  return memory;
}

[[maybe_unused]] void give_back(void* memory) noexcept {
  if (memory != nullptr) allocations.fetch_sub(1, std::memory_order_relaxed);
  std::free(memory);
}

}  // namespace

// The thread sanitizer replaces operator new itself.
#if defined(__SANITIZE_THREAD__)
#define XGRAD_OWN_OPERATORS 0
#elif defined(__has_feature)
#define XGRAD_OWN_OPERATORS !__has_feature(thread_sanitizer)
#else
#define XGRAD_OWN_OPERATORS 1
#endif

#if XGRAD_OWN_OPERATORS
void* operator new(std::size_t bytes) { return take(bytes, 16); }
void* operator new[](std::size_t bytes) { return take(bytes, 16); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return take(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return take(bytes, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return granted == 0 ? nullptr : take(bytes, 16);
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  return granted == 0 ? nullptr : take(bytes, 16);
}
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete[](void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { give_back(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { give_back(memory); }
#endif

namespace {

/// How many of the first allocations of `step` had to be allowed until it succeeded; `after(finished)` is called after
/// each attempt, with memory available again.
template <class Step, class After>
int until_it_succeeds(const Step& step, const After& after) {
  for (int position = 0;; ++position) {
    xgrad::release_cached_memory();
    granted = position;
    bool finished = false;
    try {
      step();
      finished = true;
    } catch (const std::bad_alloc&) {
    }
    granted = -1;
    after(finished);
    if (finished) return position;
  }
}

}  // namespace

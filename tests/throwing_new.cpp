// Beside the address sanitizer, whose operator new ends the process where memory is missing: one that throws
// std::bad_alloc, as it does everywhere else. More than 16 GB are missing always.

#include <cstddef>
#include <cstdlib>
#include <new>

extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1:max_allocation_size_mb=16384"; }

namespace {

void* taken_or_null(std::size_t bytes, std::size_t alignment = sizeof(void*)) noexcept {
  void* block = nullptr;
  return posix_memalign(&block, alignment, bytes) == 0 ? block : nullptr;
}

void* taken(std::size_t bytes, std::size_t alignment = sizeof(void*)) {
  if (void* block = taken_or_null(bytes, alignment)) return block;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t bytes) { return taken(bytes); }
void* operator new[](std::size_t bytes) { return taken(bytes); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return taken(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return taken(bytes, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return taken_or_null(bytes); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return taken_or_null(bytes); }
void operator delete(void* block) noexcept { std::free(block); }
void operator delete[](void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
void operator delete[](void* block, std::size_t) noexcept { std::free(block); }
void operator delete(void* block, std::align_val_t) noexcept { std::free(block); }
void operator delete[](void* block, std::align_val_t) noexcept { std::free(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { std::free(block); }
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept { std::free(block); }

// Loaded into a side by LD_PRELOAD: counts the side's heap allocations, pages that it maps itself included.

#include <malloc.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>

extern "C" {

void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);

namespace {

std::atomic<std::uint64_t> allocations{0};
std::atomic<std::int64_t> live{0};

void* taken(void* p) {
  if (p != nullptr) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    live.fetch_add(static_cast<std::int64_t>(malloc_usable_size(p)), std::memory_order_relaxed);
  }
  return p;
}

void given_back(void* p) {
  if (p != nullptr) live.fetch_sub(static_cast<std::int64_t>(malloc_usable_size(p)), std::memory_order_relaxed);
}

}  // namespace

void xgrad_bench_heap(std::uint64_t* count, std::int64_t* bytes) {
  *count = allocations.load();
  *bytes = live.load();
}

// The C library's own calls of mmap, for large blocks of malloc, do not come here. No bytes are counted: not every
// mapping is memory.
void* mmap(void* at, std::size_t size, int protection, int flags, int file, off_t offset) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return reinterpret_cast<void*>(syscall(SYS_mmap, at, size, protection, flags, file, offset));
}
void* mmap64(void* at, std::size_t size, int protection, int flags, int file, off64_t offset) {
  return mmap(at, size, protection, flags, file, offset);
}

void* malloc(std::size_t size) { return taken(__libc_malloc(size)); }
void* calloc(std::size_t n, std::size_t size) { return taken(__libc_calloc(n, size)); }
void* realloc(void* old, std::size_t size) {
  given_back(old);
  return taken(__libc_realloc(old, size));
}
void free(void* p) {
  given_back(p);
  __libc_free(p);
}
void* memalign(std::size_t alignment, std::size_t size) { return taken(__libc_memalign(alignment, size)); }
void* aligned_alloc(std::size_t alignment, std::size_t size) { return taken(__libc_memalign(alignment, size)); }
int posix_memalign(void** to, std::size_t alignment, std::size_t size) {
  *to = taken(__libc_memalign(alignment, size));
  return *to == nullptr ? ENOMEM : 0;
}
}

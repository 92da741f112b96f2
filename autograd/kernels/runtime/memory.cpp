#include <xgrad/autograd/kernels/runtime/memory.hpp>

#include <sys/mman.h>

#include <cstdlib>
#include <new>

namespace xgrad {
namespace {

using detail::FreeBlock;
using detail::FreeLists;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool caching = false;  // so that the sanitizer sees uses after free
#elif defined(__has_feature)
constexpr bool caching = !__has_feature(address_sanitizer);
#else
constexpr bool caching = true;
#endif

constexpr std::size_t limit = std::size_t{512} << 20;
constexpr std::size_t huge_page = std::size_t{2} << 20;

// Sizes above FreeLists::largest, 2^9, are rounded up to 9/8, 10/8, ... 16/8 of a power of two.
constexpr std::size_t first_power = 9, large_classes = 8 * 55;

struct SizeClass {
  std::size_t index;
  std::size_t bytes;
};

SizeClass size_class(std::size_t bytes) {
  const auto power = static_cast<std::size_t>(63 - __builtin_clzll(bytes - 1));  // 2^power < bytes <= 2^(power + 1)
  const std::size_t step = std::size_t{1} << (power - 3);
  const std::size_t eighths = (bytes - (std::size_t{1} << power) + step - 1) / step;  // 1 to 8
  return {(power - first_power) * 8 + eighths - 1, (std::size_t{1} << power) + eighths * step};
}

std::size_t bytes_of(std::size_t index) {
  const std::size_t power = first_power + index / 8, eighths = index % 8 + 1;
  return (std::size_t{1} << power) + (eighths << (power - 3));
}

std::size_t rounded(std::size_t bytes) {
  if (bytes > FreeLists::largest) return size_class(bytes).bytes;
  return bytes == 0 ? FreeLists::grain : (bytes + FreeLists::grain - 1) / FreeLists::grain * FreeLists::grain;
}

std::align_val_t alignment(std::size_t bytes) { return std::align_val_t(bytes >= 2 * huge_page ? huge_page : 64); }

void return_to_system(void* block, std::size_t bytes) noexcept {
  if (bytes >= 256)
    ::operator delete(block, alignment(bytes));
  else
    ::operator delete(block);
}

// On the heap, and only a pointer to it is thread-local: all libraries that a process loads with dlopen() share a few
// hundred bytes for thread-local variables of the initial-exec model.
struct Cache : FreeLists {
  FreeBlock* large[large_classes];
};

Cache* cache() noexcept { return static_cast<Cache*>(detail::free_lists); }

void empty_list(FreeBlock*& list, std::size_t bytes) noexcept {
  while (list != nullptr) {
    FreeBlock* block = list;
    list = block->next;
    return_to_system(block, bytes);
  }
}

void empty_cache() noexcept {
  for (std::size_t i = 0; i < FreeLists::largest / FreeLists::grain; ++i)
    empty_list(cache()->small[i], (i + 1) * FreeLists::grain);
  for (std::size_t i = 0; i < large_classes; ++i) empty_list(cache()->large[i], bytes_of(i));
  cache()->room = static_cast<std::int64_t>(limit);
}

thread_local bool thread_ends = false;  // its thread-local objects are being destroyed

struct CacheOwner {
  CacheOwner() noexcept {
    auto* made = static_cast<Cache*>(std::calloc(1, sizeof(Cache)));
    if (made == nullptr) return;
    made->room = static_cast<std::int64_t>(limit);
    detail::free_lists = made;
  }
  ~CacheOwner() {
    thread_ends = true;
    if (cache() == nullptr) return;
    empty_cache();
    std::free(cache());
    detail::free_lists = nullptr;
  }
};

// Whether the thread may keep blocks: makes its cache at the first call, and is false once the thread ends.
bool keeps_blocks() noexcept {
  if (!caching || thread_ends) return false;
  thread_local const CacheOwner owner;
  static_cast<void>(owner);
  return cache() != nullptr;
}

}  // namespace

namespace detail {

__thread FreeLists* free_lists = nullptr;

[[gnu::noinline]] void* take_from_system(std::size_t bytes) {
  if (bytes < 256) return ::operator new(bytes);
  void* block = ::operator new(bytes, alignment(bytes));
  // Huge pages mean fewer TLB misses, above all where rows of a matrix are crossed. If the system has none, this does
  // nothing.
  if (bytes >= 2 * huge_page) madvise(block, bytes, MADV_HUGEPAGE);
  return block;
}

void* take_large(std::size_t bytes) {
  if (bytes > SIZE_MAX / 4) throw std::bad_alloc();
  const SizeClass size = size_class(bytes);
  if (free_lists == nullptr) return take_from_system(size.bytes);
  FreeBlock*& list = cache()->large[size.index];
  if (list == nullptr) return take_from_system(size.bytes);
  FreeBlock* block = list;
  list = block->next;
  free_lists->room += static_cast<std::int64_t>(size.bytes);
  return block;
}

// The slow path: large blocks, and threads that have no cache yet, or no longer, or whose cache is full.
[[gnu::noinline]] void give_memory_slow(void* memory, std::size_t bytes) noexcept {
  const std::size_t size = rounded(bytes);
  if (size > limit / 4 || !keeps_blocks()) return return_to_system(memory, size);
  // A full cache is emptied as a whole: otherwise sizes that are not asked for again would fill it for ever.
  if (free_lists->room < static_cast<std::int64_t>(size)) empty_cache();
  if (bytes <= FreeLists::largest) return give_memory(memory, bytes);
  FreeBlock*& list = cache()->large[size_class(bytes).index];
  auto* block = static_cast<FreeBlock*>(memory);
  block->next = list;
  list = block;
  free_lists->room -= static_cast<std::int64_t>(size);
}

}  // namespace detail

std::size_t cached_memory() noexcept {
  return cache() != nullptr ? limit - static_cast<std::size_t>(cache()->room) : 0;
}
void release_cached_memory() noexcept {
  if (cache() != nullptr) empty_cache();
}

}  // namespace xgrad

#include <xgrad/autograd/kernels/runtime/memory.hpp>

#include <sys/mman.h>

#include <cstdlib>
#include <new>

namespace xgrad {
namespace {

using detail::KeptBlock;
using detail::KeptMemory;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool caching = false;  // so that a use after the end is found
#elif defined(__has_feature)
constexpr bool caching = !__has_feature(address_sanitizer);
#else
constexpr bool caching = true;
#endif

constexpr std::size_t limit = std::size_t{512} << 20;
constexpr std::size_t huge_page = std::size_t{2} << 20;

// Sizes above KeptMemory::largest, 2^9, are rounded up to an eighth of a power of two.
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
  if (bytes > KeptMemory::largest) return size_class(bytes).bytes;
  return bytes == 0 ? KeptMemory::grain : (bytes + KeptMemory::grain - 1) / KeptMemory::grain * KeptMemory::grain;
}

std::align_val_t alignment(std::size_t bytes) { return std::align_val_t(bytes >= 2 * huge_page ? huge_page : 64); }

void to_system(void* block, std::size_t bytes) noexcept {
  if (bytes >= 256)
    ::operator delete(block, alignment(bytes));
  else
    ::operator delete(block);
}

// Not thread_local itself: what is reached without a call has its place in a block of a few hundred bytes, which all
// libraries of a process share that are loaded while it runs.
struct Cache : KeptMemory {
  KeptBlock* large[large_classes];
};

Cache* cache() noexcept { return static_cast<Cache*>(detail::kept_memory); }

void empty_list(KeptBlock*& list, std::size_t bytes) noexcept {
  while (list != nullptr) {
    KeptBlock* block = list;
    list = block->next;
    to_system(block, bytes);
  }
}

void empty_cache() noexcept {
  for (std::size_t i = 0; i < KeptMemory::largest / KeptMemory::grain; ++i)
    empty_list(cache()->small[i], (i + 1) * KeptMemory::grain);
  for (std::size_t i = 0; i < large_classes; ++i) empty_list(cache()->large[i], bytes_of(i));
  cache()->room = static_cast<std::int64_t>(limit);
}

thread_local bool closed = false;  // the thread is ending

struct Janitor {
  Janitor() noexcept {
    auto* made = static_cast<Cache*>(std::calloc(1, sizeof(Cache)));
    if (made == nullptr) return;
    made->room = static_cast<std::int64_t>(limit);
    detail::kept_memory = made;
  }
  ~Janitor() {
    closed = true;
    if (cache() == nullptr) return;
    empty_cache();
    std::free(cache());
    detail::kept_memory = nullptr;
  }
};

// Whether the thread keeps memory: from its first block on, until it ends.
bool keeping() noexcept {
  if (!caching || closed) return false;
  thread_local const Janitor janitor;
  static_cast<void>(janitor);
  return cache() != nullptr;
}

}  // namespace

namespace detail {

__thread KeptMemory* kept_memory = nullptr;

[[gnu::noinline]] void* take_from_system(std::size_t bytes) {
  if (bytes < 256) return ::operator new(bytes);
  void* block = ::operator new(bytes, alignment(bytes));
  // Fewer pages are fewer misses of the processor's page cache, above all for those who walk across rows. Where the
  // system has no huge pages, nothing happens.
  if (bytes >= 2 * huge_page) madvise(block, bytes, MADV_HUGEPAGE);
  return block;
}

void* take_large(std::size_t bytes) {
  if (bytes > SIZE_MAX / 4) throw std::bad_alloc();
  const SizeClass size = size_class(bytes);
  if (kept_memory == nullptr) return take_from_system(size.bytes);
  KeptBlock*& list = cache()->large[size.index];
  if (list == nullptr) return take_from_system(size.bytes);
  KeptBlock* block = list;
  list = block->next;
  kept_memory->room += static_cast<std::int64_t>(size.bytes);
  return block;
}

// Large blocks, and whatever the calling thread has not yet, no longer or no more room for.
[[gnu::noinline]] void give_elsewhere(void* memory, std::size_t bytes) noexcept {
  const std::size_t size = rounded(bytes);
  if (size > limit / 4 || !keeping()) return to_system(memory, size);
  // Sizes that nobody asks for any more would stay for ever.
  if (kept_memory->room < static_cast<std::int64_t>(size)) empty_cache();
  if (bytes <= KeptMemory::largest) return give_memory(memory, bytes);
  KeptBlock*& list = cache()->large[size_class(bytes).index];
  auto* block = static_cast<KeptBlock*>(memory);
  block->next = list;
  list = block;
  kept_memory->room -= static_cast<std::int64_t>(size);
}

}  // namespace detail

std::size_t cached_memory() noexcept {
  return cache() != nullptr ? limit - static_cast<std::size_t>(cache()->room) : 0;
}
void release_cached_memory() noexcept {
  if (cache() != nullptr) empty_cache();
}

}  // namespace xgrad

#include <xgrad/autograd/kernels/memory.hpp>

#include <cstdint>
#include <new>

namespace xgrad {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool caching = false;  // so that a use after the end is found
#elif defined(__has_feature)
constexpr bool caching = !__has_feature(address_sanitizer);
#else
constexpr bool caching = true;
#endif

constexpr std::size_t small = 512;              // below, sizes are rounded to 16 bytes; above, to an eighth of a power of two
constexpr std::size_t small_limit = 1u << 20;   // bytes kept of one small size
constexpr std::size_t limit = std::size_t{512} << 20;
constexpr std::size_t classes = small / 16 + 8 * 55;

struct SizeClass {
  std::size_t index;
  std::size_t bytes;
};

SizeClass size_class(std::size_t bytes) {
  if (bytes <= small) {
    const std::size_t index = bytes == 0 ? 0 : (bytes - 1) / 16;
    return {index, (index + 1) * 16};
  }
  const auto power = static_cast<std::size_t>(63 - __builtin_clzll(bytes - 1));  // 2^power < bytes <= 2^(power + 1), power >= 9
  const std::size_t step = std::size_t{1} << (power - 3);
  const std::size_t eighths = (bytes - (std::size_t{1} << power) + step - 1) / step;  // 1 to 8
  return {small / 16 + (power - 9) * 8 + eighths - 1, (std::size_t{1} << power) + eighths * step};
}

std::size_t bytes_of(std::size_t index) {
  if (index < small / 16) return (index + 1) * 16;
  const std::size_t power = 9 + (index - small / 16) / 8, eighths = (index - small / 16) % 8 + 1;
  return (std::size_t{1} << power) + (eighths << (power - 3));
}

constexpr std::align_val_t wide{64};

[[gnu::noinline]] void* from_system(std::size_t bytes) {
  return bytes >= 256 ? ::operator new(bytes, wide) : ::operator new(bytes);
}

void to_system(void* block, std::size_t bytes) noexcept {
  if (bytes >= 256) ::operator delete(block, wide);
  else ::operator delete(block);
}

struct Block {
  Block* next;
};

// Of plain data, so that it can be used at any time in a thread's life; what empties it is an object of its own.
struct Cache {
  Block* free[classes];
  std::size_t kept[small / 16];  // bytes of each small size
  std::size_t bytes;
  bool attended;                 // a Janitor will empty it
  bool closed;                   // the thread is ending
};

thread_local Cache cache;

void empty_cache() noexcept {
  for (Block*& list : cache.free)
    while (list != nullptr) {
      Block* block = list;
      list = block->next;
      to_system(block, bytes_of(static_cast<std::size_t>(&list - cache.free)));
    }
  for (std::size_t& kept : cache.kept) kept = 0;
  cache.bytes = 0;
}

struct Janitor {
  Janitor() { cache.attended = true; }
  ~Janitor() {
    cache.closed = true;
    empty_cache();
  }
};

void attend() {
  thread_local const Janitor janitor;
  static_cast<void>(janitor);
}

}  // namespace

namespace detail {

void* take_memory(std::size_t bytes) {
  if (bytes > SIZE_MAX / 4) throw std::bad_alloc();
  const SizeClass size = size_class(bytes);
  if (!caching) return from_system(size.bytes);
  Block*& list = cache.free[size.index];
  if (list == nullptr) return from_system(size.bytes);
  Block* block = list;
  list = block->next;
  cache.bytes -= size.bytes;
  if (size.bytes <= small) cache.kept[size.index] -= size.bytes;
  return block;
}

void give_memory(void* memory, std::size_t bytes) noexcept {
  const SizeClass size = size_class(bytes);
  const bool full = size.bytes <= small ? cache.kept[size.index] >= small_limit : size.bytes > limit / 4;
  if (!caching || full || cache.closed) {
    to_system(memory, size.bytes);
    return;
  }
  if (!cache.attended) attend();
  if (cache.bytes + size.bytes > limit) empty_cache();  // sizes that nobody asks for any more would stay for ever
  auto* block = static_cast<Block*>(memory);
  block->next = cache.free[size.index];
  cache.free[size.index] = block;
  cache.bytes += size.bytes;
  if (size.bytes <= small) cache.kept[size.index] += size.bytes;
}

}  // namespace detail

std::size_t cached_memory() noexcept { return cache.bytes; }
void release_cached_memory() noexcept { empty_cache(); }

}  // namespace xgrad

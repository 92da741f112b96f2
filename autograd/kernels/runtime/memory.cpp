#include <xgrad/autograd/kernels/runtime/memory.hpp>

#include <linux/membarrier.h>
#include <malloc.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

#include <xgrad/autograd/kernels/runtime/ending.hpp>
#include <xgrad/autograd/kernels/runtime/page_heap.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

// Blocks up to 512 bytes are small, up to 64 KiB medium; larger ones come from the page heap. A thread keeps small and
// medium ones up to fixed bounds. What exceeds these goes to a store of the process, small ones as full lists.

namespace xgrad {
namespace {

using detail::AtThreadEnd;
using detail::FreeBlock;
using detail::FreeLists;
using detail::ThreadLists;
namespace page_heap = detail::page_heap;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool caching = false;  // so that the sanitizer sees uses after free
#elif defined(__has_feature)
constexpr bool caching = !__has_feature(address_sanitizer);
#else
constexpr bool caching = true;
#endif

constexpr std::size_t small_sizes = FreeLists::largest / FreeLists::grain;
constexpr std::size_t largest_medium = std::size_t{64} << 10;
constexpr std::int64_t medium_room = std::int64_t{256} << 10;  // what a thread keeps of medium blocks

// Medium sizes are rounded up to 9/8, 10/8, ... 16/8 of a power of two.
constexpr std::size_t first_power = 9, medium_classes = 8 * 7;

struct SizeClass {
  std::size_t index;
  std::size_t bytes;
};

SizeClass medium_class(std::size_t bytes) {
  const auto power = static_cast<std::size_t>(63 - __builtin_clzll(bytes - 1));  // 2^power < bytes <= 2^(power + 1)
  const std::size_t step = std::size_t{1} << (power - 3);
  const std::size_t eighths = (bytes - (std::size_t{1} << power) + step - 1) / step;  // 1 to 8
  return {(power - first_power) * 8 + eighths - 1, (std::size_t{1} << power) + eighths * step};
}

std::size_t medium_bytes(std::size_t index) {
  const std::size_t power = first_power + index / 8, eighths = index % 8 + 1;
  return (std::size_t{1} << power) + (eighths << (power - 3));
}

std::size_t small_index(std::size_t bytes) { return (bytes - (bytes != 0)) / FreeLists::grain; }
std::size_t small_bytes(std::size_t index) { return (index + 1) * FreeLists::grain; }
std::uint32_t small_most(std::size_t index) {  // 16 KiB, or fewer of the smallest blocks
  return static_cast<std::uint32_t>(std::min<std::size_t>(256, (16 << 10) / small_bytes(index)));
}

// ---- the system's allocator

// Where memory runs out, what is kept for reuse is given back before the second attempt.
template <class F>
void* try_twice(const F& take) {
  try {
    return take();
  } catch (const std::bad_alloc&) {
    release_cached_memory();
    return take();
  }
}

void* take_from_system(std::size_t bytes) {
  return try_twice(
      [bytes] { return bytes < 256 ? ::operator new(bytes) : ::operator new(bytes, std::align_val_t(64)); });
}

void return_to_system(void* block, std::size_t bytes) noexcept {
  if (bytes >= 256)
    ::operator delete(block, std::align_val_t(64));
  else
    ::operator delete(block);
}

void return_list(FreeBlock* list, std::size_t bytes) noexcept {
  while (list != nullptr) return_to_system(std::exchange(list, list->next), bytes);
}

// ---- the store of the process

// A full list of small blocks in the store. Its first block holds the link to the next list.
struct FullList {
  FreeBlock* next;
  FullList* next_list;
};
static_assert(sizeof(FullList) <= FreeLists::grain);

struct Store {
  FullList* small[small_sizes] = {};
  FreeBlock* medium[medium_classes] = {};
};
std::mutex store_mutex;  // of the store
Store store;
std::atomic<std::size_t> stored{0};  // bytes

void empty_store() noexcept {
  Store all;
  {
    const std::lock_guard<std::mutex> lock(store_mutex);
    std::swap(all, store);
    stored = 0;
  }
  for (std::size_t i = 0; i < small_sizes; ++i)
    while (all.small[i] != nullptr) {
      FullList* const list = std::exchange(all.small[i], all.small[i]->next_list);
      return_list(reinterpret_cast<FreeBlock*>(list), small_bytes(i));
    }
  for (std::size_t i = 0; i < medium_classes; ++i) return_list(all.medium[i], medium_bytes(i));
  malloc_trim(0);  // or the C library would keep it, above all where other threads have allocated it
}

FreeBlock* take_full_list(std::size_t index) noexcept {
  const std::lock_guard<std::mutex> lock(store_mutex);
  FullList* const list = store.small[index];
  if (list == nullptr) return nullptr;
  store.small[index] = list->next_list;
  stored -= small_most(index) * small_bytes(index);
  return reinterpret_cast<FreeBlock*>(list);
}

void store_full_list(FreeBlock* first, std::size_t index) noexcept {
  const std::lock_guard<std::mutex> lock(store_mutex);
  auto* const list = reinterpret_cast<FullList*>(first);
  list->next_list = std::exchange(store.small[index], list);
  stored += small_most(index) * small_bytes(index);
}

void* take_stored_medium(SizeClass size) noexcept {
  const std::lock_guard<std::mutex> lock(store_mutex);
  FreeBlock* const block = store.medium[size.index];
  if (block == nullptr) return nullptr;
  store.medium[size.index] = block->next;
  stored -= size.bytes;
  return block;
}

void store_medium(FreeBlock* list, std::size_t index) noexcept {
  const std::lock_guard<std::mutex> lock(store_mutex);
  while (list != nullptr) {
    FreeBlock* const block = std::exchange(list, list->next);
    block->next = std::exchange(store.medium[index], block);
    stored += medium_bytes(index);
  }
}

// ---- what threads keep

struct ThreadCache {
  FreeLists lists;
  FreeBlock* medium[medium_classes];
  std::int64_t room;  // for medium blocks
  ThreadLists* home;  // of the thread that owns it
  ThreadCache *next, *previous;
  bool computes;  // its thread is not one of the pool's
};

std::mutex caches_mutex;  // of the list of caches
ThreadCache* caches = nullptr;
std::atomic<std::size_t> computing{0};  // how many of them are of threads that compute
std::atomic<std::size_t> budget{std::size_t{512} << 20};

thread_local ThreadCache* mine = nullptr;
thread_local bool keeps_nothing = !caching;  // also when the thread has ended

std::size_t kept_limit() noexcept {
  const std::size_t all = budget.load(std::memory_order_relaxed);
  return std::max(all / std::max<std::size_t>(1, computing.load(std::memory_order_relaxed)), all / 6);
}

// Returns memory to the system, first of the kind of which more is kept.
void keep_within_limit() noexcept {
  const std::size_t limit = kept_limit();
  std::size_t blocks = stored.load(std::memory_order_relaxed);
  if (blocks + page_heap::free_bytes() <= limit) return;
  if (blocks > page_heap::free_bytes()) {
    empty_store();
    blocks = 0;
  }
  page_heap::shrink(limit > blocks ? limit - blocks : 0);
}

void empty_small(FreeLists& lists) noexcept {
  for (std::size_t i = 0; i < small_sizes; ++i) {
    FreeLists::List& list = lists.small[i];
    return_list(std::exchange(list.first, nullptr), small_bytes(i));
    return_list(list.full, small_bytes(i));
    __atomic_store_n(&list.full, nullptr, __ATOMIC_RELAXED);
    __atomic_store_n(&list.count, 0, __ATOMIC_RELAXED);
  }
}

void empty(ThreadCache& cache) noexcept {
  empty_small(cache.lists);
  for (std::size_t i = 0; i < medium_classes; ++i)
    return_list(std::exchange(cache.medium[i], nullptr), medium_bytes(i));
  __atomic_store_n(&cache.room, medium_room, __ATOMIC_RELAXED);
}

void unlink(ThreadCache& cache) noexcept {
  (cache.previous != nullptr ? cache.previous->next : caches) = cache.next;
  if (cache.next != nullptr) cache.next->previous = cache.previous;
  if (cache.computes) --computing;
}

// What the thread keeps goes to the store, so that a program that starts many short threads does not pay for it.
void end_cache() noexcept {
  keeps_nothing = true;
  if (mine == nullptr) return;
  {
    const std::lock_guard<std::mutex> lock(caches_mutex);
    unlink(*mine);
    detail::thread_lists.lists = nullptr;
  }
  for (std::size_t i = 0; i < small_sizes; ++i)
    if (FreeBlock* const full = std::exchange(mine->lists.small[i].full, nullptr)) store_full_list(full, i);
  for (std::size_t i = 0; i < medium_classes; ++i) store_medium(std::exchange(mine->medium[i], nullptr), i);
  empty(*mine);
  std::free(std::exchange(mine, nullptr));
  keep_within_limit();
}
thread_local AtThreadEnd at_end{end_cache, nullptr};

// Makes the thread's cache when it first gives a block.
[[gnu::noinline]] void make_cache() noexcept {
  auto* made = static_cast<ThreadCache*>(std::calloc(1, sizeof(ThreadCache)));
  if (made == nullptr) return;
  if (!detail::at_thread_end(at_end)) {
    keeps_nothing = true;
    return std::free(made);
  }
  for (std::size_t i = 0; i < small_sizes; ++i) made->lists.small[i].most = small_most(i);
  made->room = medium_room;
  made->home = &detail::thread_lists;
  made->computes = !kernels::in_worker();
  mine = made;
  {
    const std::lock_guard<std::mutex> lock(caches_mutex);
    made->next = std::exchange(caches, made);
    if (made->next != nullptr) made->next->previous = made;
    if (made->computes) ++computing;
    __atomic_store_n(&detail::thread_lists.lists, &made->lists, __ATOMIC_RELEASE);
  }
  keep_within_limit();
}

// Whether order_other_threads() works: some systems and sandboxes refuse membarrier.
bool can_order_other_threads() noexcept {
  return detail::ordered_lists || syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}
// Makes every other thread that is running execute a memory barrier.
void order_other_threads() noexcept {
  if (!detail::ordered_lists) syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

// Empties the lists of all threads, or of this one alone where others cannot be made to see that theirs are hidden. A
// thread whose lists are hidden from it meanwhile takes and gives memory without them.
void empty_caches() noexcept {
  const std::lock_guard<std::mutex> lock(caches_mutex);
  const bool others = caches != nullptr && (caches != mine || caches->next != nullptr);
  const bool all = !others || can_order_other_threads();
  const auto concerned = [all](const ThreadCache* cache) { return all || cache == mine; };
  for (ThreadCache* each = caches; each != nullptr; each = each->next)
    if (concerned(each)) __atomic_store_n(&each->home->lists, nullptr, __ATOMIC_SEQ_CST);
  if (others && all) order_other_threads();
  for (ThreadCache* each = caches; each != nullptr; each = each->next) {
    if (!concerned(each)) continue;
    if (each != mine)
      while (__atomic_load_n(&each->home->busy, __ATOMIC_SEQ_CST) != 0) std::this_thread::yield();
    empty(*each);
    __atomic_store_n(&each->home->lists, &each->lists, __ATOMIC_RELEASE);
  }
}

// In a forked child the other threads are gone, and what they kept cannot be trusted to be whole.
struct AfterFork {
  AfterFork() noexcept {
    detail::hold_across_fork(caches_mutex);
    detail::hold_across_fork(store_mutex);
    detail::around_fork(nullptr, nullptr, []() noexcept {
      caches = mine;
      computing = mine != nullptr && mine->computes;
      if (mine != nullptr) mine->next = mine->previous = nullptr;
    });
  }
};
const AfterFork after_fork;

}  // namespace

namespace detail {

__thread ThreadLists thread_lists = {};

namespace {

void* take_small(std::size_t index) {
  if (FreeLists* lists = enter_lists()) {
    FreeLists::List& list = lists->small[index];
    if (FreeBlock* const block = list.full) {
      list.first = block->next;
      __atomic_store_n(&list.full, nullptr, __ATOMIC_RELAXED);
      __atomic_store_n(&list.count, list.most - 1, __ATOMIC_RELAXED);
      leave_lists();
      return block;
    }
  }
  leave_lists();
  if (mine == nullptr) return take_from_system(small_bytes(index));
  FreeBlock* const block = take_full_list(index);
  if (block == nullptr) return take_from_system(small_bytes(index));
  FreeLists* lists = enter_lists();
  if (lists != nullptr) {
    lists->small[index].first = block->next;
    __atomic_store_n(&lists->small[index].count, lists->small[index].most - 1, __ATOMIC_RELAXED);
  }
  leave_lists();
  if (lists == nullptr) return_list(block->next, small_bytes(index));
  return block;
}

void* take_medium(std::size_t bytes) {
  const SizeClass size = medium_class(bytes);
  void* found = nullptr;
  if (enter_lists() != nullptr) {
    if (FreeBlock* const block = mine->medium[size.index]) {
      mine->medium[size.index] = block->next;
      __atomic_store_n(&mine->room, mine->room + static_cast<std::int64_t>(size.bytes), __ATOMIC_RELAXED);
      found = block;
    }
  }
  leave_lists();
  if (found == nullptr && stored.load(std::memory_order_relaxed) > 0) found = take_stored_medium(size);
  return found != nullptr ? found : take_from_system(size.bytes);
}

void give_small(FreeBlock* block, std::size_t index) noexcept {
  FreeLists* lists = enter_lists();
  FreeBlock* surplus = nullptr;
  if (lists != nullptr) {
    FreeLists::List& list = lists->small[index];
    if (list.count == list.most) {
      surplus = list.full;
      __atomic_store_n(&list.full, list.first, __ATOMIC_RELAXED);
      list.first = nullptr;
      __atomic_store_n(&list.count, 0, __ATOMIC_RELAXED);
    }
    block->next = list.first;
    list.first = block;
    __atomic_store_n(&list.count, list.count + 1, __ATOMIC_RELAXED);
  }
  leave_lists();
  if (lists == nullptr) return return_to_system(block, small_bytes(index));
  if (surplus == nullptr) return;
  store_full_list(surplus, index);
  keep_within_limit();
}

// A thread that has no room left gives all its medium blocks to the store: otherwise sizes that are not asked for again
// would fill the room for ever.
void give_medium(FreeBlock* block, std::size_t bytes) noexcept {
  const SizeClass size = medium_class(bytes);
  FreeBlock* surplus[medium_classes];
  bool full = false;
  FreeLists* const lists = enter_lists();
  if (lists != nullptr) {
    full = mine->room < static_cast<std::int64_t>(size.bytes);
    if (full) {
      std::copy_n(mine->medium, medium_classes, surplus);
      std::fill_n(mine->medium, medium_classes, nullptr);
    }
    block->next = mine->medium[size.index];
    mine->medium[size.index] = block;
    const std::int64_t room = full ? medium_room : mine->room;
    __atomic_store_n(&mine->room, room - static_cast<std::int64_t>(size.bytes), __ATOMIC_RELAXED);
  }
  leave_lists();
  if (lists == nullptr) return return_to_system(block, size.bytes);
  if (!full) return;
  for (std::size_t i = 0; i < medium_classes; ++i)
    if (surplus[i] != nullptr) store_medium(surplus[i], i);
  keep_within_limit();
}

}  // namespace

[[gnu::noinline]] void* take_slow(std::size_t bytes) {
  if (bytes > largest_medium)
    return caching ? try_twice([bytes] { return page_heap::take(bytes); }) : take_from_system(bytes);
  return bytes <= FreeLists::largest ? take_small(small_index(bytes)) : take_medium(bytes);
}

[[gnu::noinline]] void give_memory_slow(void* memory, std::size_t bytes) noexcept {
  if (mine == nullptr && !keeps_nothing) make_cache();
  auto* const block = static_cast<FreeBlock*>(memory);
  if (bytes <= FreeLists::largest) return give_small(block, small_index(bytes));
  if (bytes <= largest_medium) return give_medium(block, bytes);
  if (!caching) return return_to_system(memory, bytes);
  page_heap::give(memory, bytes);
  keep_within_limit();
}

}  // namespace detail

std::size_t cached_memory() noexcept {
  std::size_t all = stored.load() + page_heap::free_bytes();
  const std::lock_guard<std::mutex> lock(caches_mutex);
  for (ThreadCache* each = caches; each != nullptr; each = each->next) {
    for (std::size_t i = 0; i < small_sizes; ++i) {
      FreeLists::List& list = each->lists.small[i];
      const std::size_t full = __atomic_load_n(&list.full, __ATOMIC_RELAXED) != nullptr ? list.most : 0;
      all += (__atomic_load_n(&list.count, __ATOMIC_RELAXED) + full) * small_bytes(i);
    }
    all += static_cast<std::size_t>(medium_room - __atomic_load_n(&each->room, __ATOMIC_RELAXED));
  }
  return all;
}

void release_cached_memory() noexcept {
  empty_caches();
  empty_store();
  page_heap::shrink(0);
}

std::size_t memory_budget() noexcept { return budget.load(); }
void set_memory_budget(std::size_t bytes) noexcept {
  budget.store(bytes);
  keep_within_limit();
}

}  // namespace xgrad

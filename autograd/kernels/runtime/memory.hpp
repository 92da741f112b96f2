#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/kernels/runtime/out_of_memory.hpp>

namespace xgrad {

namespace detail {

/// A block that is kept for reuse, in a linked list of blocks of one size.
struct FreeBlock {
  FreeBlock* next;
};

/// The small blocks that a thread keeps for reuse: for each size, a multiple of 16 bytes, the list that it is filling
/// and at most one full list. A further full list goes to the store of the process.
struct FreeLists {
  static constexpr std::size_t grain = 16, largest = 512;
  struct List {
    FreeBlock* first;
    FreeBlock* full;
    std::uint32_t count;  // of the blocks in `first`
    std::uint32_t most;
  };

  List small[largest / grain];
};

/// The lists of the calling thread: null before it first keeps a block and after its destructors have run, and also
/// while another thread empties them. That thread waits until `busy` is 0, which the owner sets before it reads
/// `lists`. It uses the initial-exec TLS model, which needs no call of __tls_get_addr in a shared library: every op
/// allocates and frees a node and a value.
struct ThreadLists {
  FreeLists* lists;
  std::uint32_t busy;
};
extern __thread ThreadLists thread_lists __attribute__((tls_model("initial-exec")));

#if defined(__SANITIZE_THREAD__)
inline constexpr bool ordered_lists = true;
#elif defined(__has_feature)
inline constexpr bool ordered_lists = __has_feature(thread_sanitizer);
#else
inline constexpr bool ordered_lists = false;
#endif

/// The calling thread's lists, or null; it must call leave_lists() when it is done with them. The compiler keeps the
/// order of the store and the load; for the order in which the processor makes them visible, a thread that empties the
/// lists of others uses membarrier(), which the thread sanitizer does not know.
inline FreeLists* enter_lists() noexcept {
  if (ordered_lists) {
    __atomic_exchange_n(&thread_lists.busy, 1, __ATOMIC_SEQ_CST);
  } else {
    __atomic_store_n(&thread_lists.busy, 1, __ATOMIC_RELAXED);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
  }
  return __atomic_load_n(&thread_lists.lists, __ATOMIC_ACQUIRE);
}
inline void leave_lists() noexcept { __atomic_store_n(&thread_lists.busy, 0, __ATOMIC_RELEASE); }

void* take_slow(std::size_t bytes);
void give_memory_slow(void* block, std::size_t bytes) noexcept;

/// Allocates memory for values and nodes, aligned to 64 bytes from 256 bytes on, else to 16. A training step asks for
/// the same sizes as the one before. So what is freed is kept, within limits, and taken again, which needs no call of
/// the system's allocator and finds the memory still in the processor's cache.
inline void* take_memory(std::size_t bytes) {
  if (bytes <= FreeLists::largest) {
    if (FreeLists* lists = enter_lists()) {
      FreeLists::List& list = lists->small[(bytes - (bytes != 0)) / FreeLists::grain];
      if (FreeBlock* block = list.first) {
        list.first = block->next;
        __atomic_store_n(&list.count, list.count - 1, __ATOMIC_RELAXED);
        leave_lists();
        return block;
      }
    }
    leave_lists();
  }
  return take_slow(bytes);
}

/// Frees a block; `bytes` is the size that was asked for. A thread may free what another has allocated.
inline void give_memory(void* memory, std::size_t bytes) noexcept {
  if (bytes <= FreeLists::largest) {
    if (FreeLists* lists = enter_lists()) {
      FreeLists::List& list = lists->small[(bytes - (bytes != 0)) / FreeLists::grain];
      if (list.count != list.most) {
        auto* block = static_cast<FreeBlock*>(memory);
        block->next = list.first;
        list.first = block;
        __atomic_store_n(&list.count, list.count + 1, __ATOMIC_RELAXED);
        return leave_lists();
      }
    }
    leave_lists();
  }
  give_memory_slow(memory, bytes);
}

/// Uninitialised memory for `count` numbers, for the duration of a scope.
template <class T>
class Scratch {
 public:
  explicit Scratch(std::size_t count)
      : bytes_(count * sizeof(T)), at_(static_cast<T*>(take_scratch(count, sizeof(T)))) {}
  explicit Scratch(std::int64_t count) : Scratch(static_cast<std::size_t>(count)) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { give_memory(at_, bytes_); }

  T* data() const noexcept { return at_; }
  void swap(Scratch& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(at_, other.at_);
  }

 private:
  std::size_t bytes_;
  T* at_;
};

}  // namespace detail

/// How many bytes of freed memory the process keeps for reuse, with what its threads keep: about memory_budget() at
/// most, less where many threads compute.
std::size_t cached_memory() noexcept;
/// Returns them to the system, those of all threads.
void release_cached_memory() noexcept;

/// How many bytes of freed memory the process may keep: at first 512 MiB. Where n threads compute, it keeps the n-th
/// part of it, but at least a sixth, so that what idle threads have used goes back to the system. Besides, each thread
/// keeps some small blocks, at most a MiB.
std::size_t memory_budget() noexcept;
void set_memory_budget(std::size_t bytes) noexcept;
/// The same for any integer type; a negative number is an error.
template <class I, std::enable_if_t<std::is_integral_v<I> && std::is_signed_v<I>, int> = 0>
void set_memory_budget(I bytes) {
  if (bytes < 0)
    throw std::invalid_argument("set_memory_budget: the budget is " + std::to_string(bytes) +
                                " bytes: it cannot be negative: 0 keeps nothing");
  set_memory_budget(static_cast<std::size_t>(bytes));
}

}  // namespace xgrad

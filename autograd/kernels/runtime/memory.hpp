#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <xgrad/autograd/kernels/runtime/out_of_memory.hpp>

namespace xgrad {

namespace detail {

/// A block that is kept for reuse, in a linked list of blocks of one size.
struct FreeBlock {
  FreeBlock* next;
};

/// The blocks that a thread keeps for reuse: lists of the small sizes, which are rounded up to multiples of 16 bytes,
/// and how many bytes of any size it may still keep.
struct FreeLists {
  static constexpr std::size_t grain = 16, largest = 512;

  FreeBlock* small[largest / grain];
  std::int64_t room;
};

/// Those of the calling thread; null before it first keeps a block, and after the thread's destructors have run. It
/// uses the initial-exec TLS model, which needs no call of __tls_get_addr in a shared library: every op allocates and
/// frees a node and a value.
extern __thread FreeLists* free_lists __attribute__((tls_model("initial-exec")));

void* take_from_system(std::size_t bytes);
void* take_large(std::size_t bytes);
void give_memory_slow(void* block, std::size_t bytes) noexcept;

/// Allocates memory for values and nodes, aligned to 64 bytes from 256 bytes on, else to 16. A training step asks for
/// the same sizes as the one before. So each thread keeps what it frees, up to a limit, and takes it again, which needs
/// no call of the system's allocator and finds the memory still in the processor's cache.
inline void* take_memory(std::size_t bytes) {
  if (bytes > FreeLists::largest) return take_large(bytes);
  const std::size_t index = (bytes - (bytes != 0)) / FreeLists::grain, size = (index + 1) * FreeLists::grain;
  FreeLists* lists = free_lists;
  if (lists == nullptr || lists->small[index] == nullptr) return take_from_system(size);
  FreeBlock* block = lists->small[index];
  lists->small[index] = block->next;
  lists->room += static_cast<std::int64_t>(size);
  return block;
}

/// Frees a block; `bytes` is the size that was asked for. A thread may free what another has allocated.
inline void give_memory(void* memory, std::size_t bytes) noexcept {
  const std::size_t index = (bytes - (bytes != 0)) / FreeLists::grain;
  const auto size = static_cast<std::int64_t>((index + 1) * FreeLists::grain);
  FreeLists* lists = free_lists;
  if (bytes > FreeLists::largest || lists == nullptr || lists->room < size) return give_memory_slow(memory, bytes);
  auto* block = static_cast<FreeBlock*>(memory);
  block->next = lists->small[index];
  lists->small[index] = block;
  lists->room -= size;
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

/// How many bytes of freed memory the calling thread keeps for reuse: at most 512 MiB.
std::size_t cached_memory() noexcept;
/// Returns them to the system.
void release_cached_memory() noexcept;

}  // namespace xgrad

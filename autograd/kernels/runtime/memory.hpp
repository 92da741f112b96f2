#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace xgrad {

namespace detail {

/// A piece of memory that is kept for reuse, in a list of its size.
struct KeptBlock {
  KeptBlock* next;
};

/// What a thread keeps of small sizes, which are rounded up to 16 bytes, and how many bytes of all sizes it may still
/// keep.
struct KeptMemory {
  static constexpr std::size_t grain = 16, largest = 512;

  KeptBlock* small[largest / grain];
  std::int64_t room;
};

/// The calling thread's, once it has kept anything and until it ends; else null. Reached without a call, also in a
/// shared library: a node and a value are taken and given back in every op.
extern __thread KeptMemory* kept_memory __attribute__((tls_model("initial-exec")));

void* take_from_system(std::size_t bytes);
void* take_large(std::size_t bytes);
void give_elsewhere(void* block, std::size_t bytes) noexcept;

/// Memory for values and nodes: on a multiple of 64 bytes where there are 256 or more of them, else of 16. A training
/// step asks for the same sizes as the one before, so each thread keeps what it lets go of, up to a limit, and takes
/// that again: no call of the system's allocator, and memory that is still in the cache.
inline void* take_memory(std::size_t bytes) {
  if (bytes > KeptMemory::largest) return take_large(bytes);
  const std::size_t index = (bytes - (bytes != 0)) / KeptMemory::grain, size = (index + 1) * KeptMemory::grain;
  KeptMemory* kept = kept_memory;
  if (kept == nullptr || kept->small[index] == nullptr) return take_from_system(size);
  KeptBlock* block = kept->small[index];
  kept->small[index] = block->next;
  kept->room += static_cast<std::int64_t>(size);
  return block;
}

/// `bytes` as it was asked for. Any thread may give back what another took.
inline void give_memory(void* memory, std::size_t bytes) noexcept {
  const std::size_t index = (bytes - (bytes != 0)) / KeptMemory::grain;
  const auto size = static_cast<std::int64_t>((index + 1) * KeptMemory::grain);
  KeptMemory* kept = kept_memory;
  if (bytes > KeptMemory::largest || kept == nullptr || kept->room < size) return give_elsewhere(memory, bytes);
  auto* block = static_cast<KeptBlock*>(memory);
  block->next = kept->small[index];
  kept->small[index] = block;
  kept->room -= size;
}

/// `count` numbers for the time of a scope, not initialised.
template <class T>
class Scratch {
 public:
  explicit Scratch(std::size_t count) : bytes_(count * sizeof(T)), at_(static_cast<T*>(take_memory(bytes_))) {}
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

/// How many bytes the calling thread keeps for reuse: at most 512 MiB.
std::size_t cached_memory() noexcept;
/// Gives them to the system.
void release_cached_memory() noexcept;

}  // namespace xgrad

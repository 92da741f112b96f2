#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <xgrad/autograd/graph/ref.hpp>
#include <xgrad/autograd/graph/source.hpp>

namespace xgrad {

/// A block of memory that tensors share, with a version number that every write in place raises. A block allocated here
/// is aligned to 64 bytes if it is large enough for that to matter, and is cached for reuse when it is freed.
class Storage {
 public:
  /// Uninitialised memory.
  static Ref<Storage> allocate(std::size_t bytes);
  /// Memory allocated elsewhere, which `owner` keeps alive.
  static Ref<Storage> adopt(void* data, std::size_t bytes, std::shared_ptr<void> owner);

  void* data() const noexcept { return data_; }
  std::size_t bytes() const noexcept { return bytes_; }
  std::uint32_t version() const noexcept { return version_.load(std::memory_order_relaxed); }
  /// The line of the last write in place.
  Source last_write() const noexcept { return last_write_; }
  /// Notes a write in place at the given line. Concurrent writers must be synchronised by the caller.
  void wrote(Source at) noexcept {
    last_write_ = at;
    version_.store(version_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  std::uint32_t use_count() const noexcept { return count_.load(std::memory_order_acquire); }

  friend void retain(const Storage* storage) noexcept { storage->count_.fetch_add(1, std::memory_order_relaxed); }
  friend void release(const Storage* storage) noexcept {
    if (detail::was_last(storage->count_)) destroy(storage);
  }

 private:
  Storage() = default;
  ~Storage() = default;
  static void destroy(const Storage* storage) noexcept;

  mutable std::atomic<std::uint32_t> count_{1};
  std::atomic<std::uint32_t> version_{0};
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
  std::size_t taken_ = 0;  // bytes allocated for this object and the memory that follows it
  Source last_write_;
  std::shared_ptr<void> owner_;
};

}  // namespace xgrad

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace xgrad {

namespace detail {

/// Takes one from a count of references; true if it was the last. A count of one is the caller's own, which nobody else
/// can raise, so the costly atomic step is left out.
inline bool was_last(std::atomic<std::uint32_t>& count) noexcept {
  return count.load(std::memory_order_acquire) == 1 || count.fetch_sub(1, std::memory_order_acq_rel) == 1;
}

}  // namespace detail

/// An intrusive, thread-safe counting pointer: T has retain(const T*) and release(const T*) beside it.
template <class T>
class Ref {
 public:
  Ref() noexcept = default;
  Ref(std::nullptr_t) noexcept {}
  explicit Ref(T* object) noexcept : object_(object) {
    if (object_) retain(object_);
  }
  Ref(const Ref& other) noexcept : Ref(other.object_) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_) release(object_);
  }

  /// Takes over a count that the caller already holds.
  static Ref adopt(T* object) noexcept {
    Ref result;
    result.object_ = object;
    return result;
  }

  /// Leaves the count to the caller.
  T* give_up() noexcept { return std::exchange(object_, nullptr); }

  T* get() const noexcept { return object_; }
  T* operator->() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }
  friend bool operator==(const Ref& a, const Ref& b) noexcept { return a.object_ == b.object_; }
  friend bool operator!=(const Ref& a, const Ref& b) noexcept { return a.object_ != b.object_; }

 private:
  T* object_ = nullptr;
};

}  // namespace xgrad

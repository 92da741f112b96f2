#pragma once

#include <cstddef>
#include <initializer_list>

namespace xgrad {

/// Throws std::invalid_argument: more axes than a shape can have.
[[noreturn]] void refuse_more_axes();

/// One number per axis, for at most 32 axes, stored inline without heap allocation.
template <class T>
class AxisList {
 public:
  static constexpr std::size_t capacity = 32;
  using value_type = T;
  using const_iterator = const T*;

  AxisList() noexcept {}
  template <class It>
  AxisList(It first, It last) {
    for (; first != last; ++first) push_back(static_cast<T>(*first));
  }
  AxisList(std::initializer_list<T> items) : AxisList(items.begin(), items.end()) {}
  AxisList(const AxisList& other) noexcept { copy(other); }
  AxisList& operator=(const AxisList& other) noexcept {
    copy(other);
    return *this;
  }
  ~AxisList() = default;

  void push_back(T value) {
    if (size_ == capacity) refuse_more_axes();
    items_[size_++] = value;
  }

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  T* begin() noexcept { return items_; }
  T* end() noexcept { return items_ + size_; }
  const T* begin() const noexcept { return items_; }
  const T* end() const noexcept { return items_ + size_; }
  T& operator[](std::size_t i) noexcept { return items_[i]; }
  T operator[](std::size_t i) const noexcept { return items_[i]; }

 private:
  void copy(const AxisList& other) noexcept {
    for (std::size_t i = 0; i < other.size_; ++i) items_[i] = other.items_[i];
    size_ = other.size_;
  }

  T items_[capacity];
  std::size_t size_ = 0;
};

}  // namespace xgrad

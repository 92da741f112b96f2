#pragma once

#include <atomic>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::detail {

/// Takes the mark of a copy (LostWrites) from a result that is handed out as a new tensor.
inline void forget_copy(const Tensor& y) noexcept {
  Value* value = Raw::value(y);
  if (value->copied && value->count.load(std::memory_order_acquire) == 1) value->copied = false;
}

/// What an op that returns a part of x, or a view of it, has to know of x before it moves it away: whether a write to
/// the result would be lost as soon as it is the write to a temporary.
class LostWrites {
 public:
  explicit LostWrites(const Tensor& x) noexcept
      : storage_(Raw::storage(x).get()),
        value_(Raw::value(x)),
        copied_(value_->copied),
        alone_(alone(x)),
        temporary_(value_->count.load(std::memory_order_acquire) == 1) {}

  /// Marks the op's result. A copy of a tensor that somebody else sees loses writes; a view does if x is a temporary
  /// that does.
  Tensor mark(Tensor y) const noexcept {
    Value* value = Raw::value(y);
    if (value == value_) return y;
    value->copied = value->storage.get() == storage_ ? copied_ && temporary_ : copied_ || !alone_;
    return y;
  }

 private:
  const Storage* storage_;
  const Value* value_;
  bool copied_, alone_, temporary_;
};

}  // namespace xgrad::detail

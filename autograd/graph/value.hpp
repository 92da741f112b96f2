#pragma once

// The second half of tensor.hpp: what stands behind a handle, and the accessors that every op calls many times.

#include <atomic>
#include <cstdint>
#include <utility>

#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/autograd/kernels/runtime/memory.hpp>

namespace xgrad {

namespace detail {

/// What the handles of one tensor share.
struct Value {
  Value(const Shape& shape_in, DType dtype_in, Ref<Storage> storage_in, std::int64_t offset_in)
      : dtype(dtype_in), shape(shape_in), storage(std::move(storage_in)), offset(offset_in) {}
  ~Value() {
    if (node && keeps_grad) disown_gradient();
    drop_twin();
  }
  static void* operator new(std::size_t bytes) { return take_memory(bytes); }
  static void operator delete(void* block, std::size_t bytes) noexcept { give_memory(block, bytes); }

  void own_gradient();
  void disown_gradient() noexcept;
  /// The same values as a handle of the graph's own, which nobody will give other data or make a leaf. All nodes that
  /// save this value share it.
  Ref<Value> constant();
  void drop_twin() noexcept {
    if (twin.load(std::memory_order_relaxed) != nullptr) release(twin.exchange(nullptr, std::memory_order_acq_rel));
  }

  mutable std::atomic<std::uint32_t> count{1};
  DType dtype;
  bool weak = false;
  bool keeps_grad = false;
  Shape shape;
  Ref<Storage> storage;
  std::int64_t offset;  // in elements
  Ref<Node> node;
  Tensor grad;
  std::atomic<Value*> twin{nullptr};              // what constant() made
  mutable std::atomic<std::uint32_t> read_by{0};  // the RuleWatch whose rule has read the raw numbers
};

inline void retain(const Value* value) noexcept { value->count.fetch_add(1, std::memory_order_relaxed); }
void destroy(const Value* value) noexcept;
void note_raw_read(const Value& value) noexcept;
inline void release(const Value* value) noexcept {
  if (was_last(value->count)) destroy(value);
}

/// Whether this handle is the only one that can see the tensor's memory, so that it may be written again.
inline bool alone(const Tensor& x) noexcept {
  const Value* value = x.value();
  return value->count.load(std::memory_order_acquire) == 1 && value->storage->use_count() == 1;
}

}  // namespace detail

inline detail::Value& Tensor::get() const {
  if (!value_) detail::refuse_empty();
  return *value_;
}
inline const Shape& Tensor::shape() const { return get().shape; }
inline std::int64_t Tensor::size() const { return get().shape.count(); }
inline DType Tensor::dtype() const { return get().dtype; }
inline bool Tensor::weak() const { return get().weak; }
inline void Tensor::mark_weak(bool weak) const { get().weak = weak; }
inline const Ref<Storage>& Tensor::storage() const { return get().storage; }
inline Node* Tensor::node() const noexcept { return value_ ? value_->node.get() : nullptr; }
inline const void* Tensor::raw() const {
  const detail::Value& value = get();
  return static_cast<const char*>(value.storage->data()) +
         static_cast<std::size_t>(value.offset) * size_of(value.dtype);
}
inline const void* Tensor::read() const {
  if (detail::thread_state.watch != 0) detail::note_raw_read(get());
  return raw();
}
inline void* Tensor::raw_write() const { return const_cast<void*>(raw()); }

}  // namespace xgrad

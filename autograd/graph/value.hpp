#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include <xgrad/autograd/graph/dtype.hpp>
#include <xgrad/autograd/graph/ref.hpp>
#include <xgrad/autograd/graph/shape.hpp>
#include <xgrad/autograd/graph/storage.hpp>
#include <xgrad/autograd/kernels/runtime/memory.hpp>

namespace xgrad {

class Node;
void retain(const Node* node) noexcept;
void release(const Node* node) noexcept;

namespace detail {

struct Value;
inline void retain(const Value* value) noexcept;
inline void release(const Value* value) noexcept;

/// The state of a tensor, which all its handles share.
struct Value {
  Value(const Shape& shape_in, DType dtype_in, Ref<Storage> storage_in, std::int64_t offset_in)
      : dtype(dtype_in), shape(shape_in), storage(std::move(storage_in)), offset(offset_in) {}
  ~Value() { drop_twin(); }
  static void* operator new(std::size_t bytes) { return take_memory(bytes); }
  static void operator delete(void* block, std::size_t bytes) noexcept { give_memory(block, bytes); }

  /// Becomes the tensor in which backward leaves the gradient of the node, unless another is.
  void own_gradient();
  void disown_gradient() noexcept;
  /// Ends a substitution (graph/substitution.hpp). If `borrower` became the owner of a node's gradient meanwhile, then
  /// `lender` owns it from now on, or nobody if it has another node.
  void end_borrowing(const Value& borrower, Value& lender) noexcept;
  /// The end of a value that keeps_grad: false if another thread has got a handle from the node (Node::owner) since the
  /// count was looked at, which then ends it.
  bool end_ownership() noexcept;
  /// Tells the nodes that were this tensor's leaves before that it is gone (graph/leaf.hpp).
  void disown_former_leaves() noexcept;
  /// The same values as a separate Value owned by the graph, which nobody can give other data or make a leaf. It is
  /// created once and shared by all nodes that save this value.
  Ref<Value> constant();
  void drop_twin() noexcept {
    if (twin.load(std::memory_order_relaxed) != nullptr) release(twin.exchange(nullptr, std::memory_order_acq_rel));
  }

  mutable std::atomic<std::uint32_t> count{1};
  DType dtype;
  bool weak = false;
  bool keeps_grad = false;
  bool had_leaf = false;  // a leaf of this tensor was replaced while a graph referred to it
  bool copied = false;    // a copy of a part of a tensor that others see: a write to it, as a temporary, would be lost
  Shape shape;
  Ref<Storage> storage;
  std::int64_t offset;  // in elements
  Ref<Node> node;
  Ref<Value> grad;
  std::atomic<Value*> twin{nullptr};              // the Value that constant() made, if any
  mutable std::atomic<std::uint32_t> read_by{0};  // number of the RuleWatch whose rule has read the raw numbers, or 0
};

inline void retain(const Value* value) noexcept { value->count.fetch_add(1, std::memory_order_relaxed); }
void destroy(const Value* value) noexcept;
/// Called where the raw numbers of a value are read while a rule is watched (graph/watch.hpp).
void note_raw_read(const Value& value) noexcept;
inline void release(const Value* value) noexcept {
  if (was_last(value->count)) destroy(value);
}

}  // namespace detail
}  // namespace xgrad

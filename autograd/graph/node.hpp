#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/attribute.hpp>
#include <xgrad/autograd/graph/ref.hpp>
#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

namespace detail {

/// The numbers of a tensor, as a kernel reads them. Keeps nothing alive.
struct Reading {
  const void* data;
  const Shape* shape;
  DType dtype;
};

/// A value that a rule will read, held so that it keeps no node alive that the graph would not keep anyway: the storage
/// of a value with a place in the graph, the tensor itself where it has none.
class Saved {
 public:
  Saved() = default;
  Saved(Saved&& other) noexcept : held_(other.held_), version_(other.version_), offset_(other.offset_) {
    other.held_ = 0;
  }
  Saved& operator=(Saved&& other) noexcept {
    std::swap(held_, other.held_);
    std::swap(version_, other.version_);
    std::swap(offset_, other.offset_);
    return *this;
  }
  ~Saved() { clear(); }
  /// `lasting` says that x is a handle of the caller's own, which nobody else will give other data.
  static Saved input(const Tensor& x, bool lasting);
  static Saved output(const Tensor& y);

  bool defined() const noexcept { return held_ != 0; }
  bool stale() const noexcept { return storage()->version() != version_; }
  Source last_write() const noexcept { return storage()->last_write(); }
  /// The value again; with its place in the graph when the walk itself is recorded.
  Tensor restore(const Node* node, const Shape& shape, DType dtype) const;
  /// The same for a kernel.
  Reading read(const Shape& shape, DType dtype) const noexcept;
  void clear() noexcept {
    if (held_ != 0) let_go();
  }

 private:
  // The low bits of held_: it points to a Value and not to a Storage; the numbers are weak.
  static constexpr std::uintptr_t whole = 1, weak = 2, flags = whole | weak;

  const Value* constant() const noexcept {
    return held_ & whole ? reinterpret_cast<const Value*>(held_ & ~flags) : nullptr;
  }
  const Storage* storage() const noexcept;
  void let_go() noexcept;

  std::uintptr_t held_ = 0;
  std::uint32_t version_ = 0;
  std::uint32_t offset_ = 0;  // in elements; a value further in is held whole
};

/// An arrow from a node back to one of its inputs.
struct Edge {
  Ref<Node> node;  // null where the input needs no gradient
  Saved saved;     // empty where no rule reads the input
};

void let_others_run() noexcept;

/// Locks what backward in several threads may touch at once: a node's owner and that owner's gradient.
class NodeLock {
 public:
  explicit NodeLock(std::atomic<std::uint32_t>& lock) noexcept : lock_(lock) {
    while (lock_.exchange(1, std::memory_order_acquire) != 0) let_others_run();
  }
  ~NodeLock() { lock_.store(0, std::memory_order_release); }
  NodeLock(const NodeLock&) = delete;
  NodeLock& operator=(const NodeLock&) = delete;

 private:
  std::atomic<std::uint32_t>& lock_;
};

// What a rule reads: bit i of the first 16 stands for input i.
inline constexpr std::size_t most_read = 16;
inline constexpr std::uint32_t reads_every_x = (1u << most_read) - 1;
inline constexpr std::uint32_t reads_y = 1u << 16;

/// How the gradient of a pointwise function in one operand is computed, from the function's own data f, what it reads,
/// in order, and g.
struct FusedPull {
  static constexpr std::size_t most_reads = 3;

  std::uint32_t reads;
  /// All of the dtype of g. `last` says that g is not needed again, so that its memory may be reused.
  Tensor (*kernel)(const void* f, const Reading* read, const Tensor& g, bool last);
  /// As recorded ops.
  Tensor (*recorded)(const void* f, const Tensor* read, const Tensor& g, bool guarded);
  /// For a guarded node (Node::guarded).
  Tensor (*guarded)(const void* f, const Tensor* read, const Tensor& g);
};

/// What only few nodes have.
struct NodeExtras {
  std::vector<Hook> hooks;
};

}  // namespace detail

/// What a gradient function of several inputs is asked for: whether input i wants its gradient.
class Needs {
 public:
  explicit Needs(std::uint64_t bits) : bits_(bits) {}
  bool operator[](std::size_t i) const { return i >= 64 || (bits_ >> i & 1u) != 0; }

 private:
  std::uint64_t bits_;
};

/// A step of the recorded computation: a name, its inputs, and a local rule. The gradients of its inputs come from
/// pull(); all bookkeeping is the engine's.
class Node {
 public:
  Node(const char* name, Source at, const Tensor& y, detail::Edge* edges, std::size_t count);
  virtual ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  static void* operator new(std::size_t bytes) { return detail::take_memory(bytes); }
  static void operator delete(void* block, std::size_t bytes) noexcept { detail::give_memory(block, bytes); }

  const char* name() const noexcept { return name_; }
  Source at() const noexcept { return Source{file_, line_}; }
  /// Greater than the number of every input: the order of creation.
  std::uint64_t number() const noexcept { return number_; }
  const Shape& shape() const noexcept { return shape_; }
  DType dtype() const noexcept { return dtype_; }
  bool is_leaf() const noexcept { return leaf_; }
  bool released() const noexcept { return released_; }

  detail::Edge* edges() noexcept { return edges_; }
  const detail::Edge* edges() const noexcept { return edges_; }
  std::size_t edge_count() const noexcept { return edge_count_; }
  const detail::Saved& saved_output() const noexcept { return y_; }

  /// The local rule: puts the gradient of input i into out[i], for every i whose edge has a node. Of a node that adds,
  /// out[i] may hold a sum before; where it still does afterwards, the gradient has been added to it.
  virtual void pull(const Tensor& g, Tensor* out) = 0;
  bool adds() const noexcept { return adds_; }
  /// The settings of the op, such as its axis.
  virtual std::vector<Attribute> attributes() const { return {}; }
  /// Whether the node was made while the rule of a pointwise op was recorded: it takes an upstream gradient of 0, and a
  /// slope of 0, for a path along which nothing flows, so that its gradient is 0 there even where the other factor is
  /// infinite or NaN.
  bool guarded() const noexcept { return guarded_; }

  /// Lets go of inputs and saved values; backward through this node is an error from then on.
  void let_go() noexcept;

  detail::NodeExtras& extras();
  const detail::NodeExtras* find_extras() const noexcept { return extras_.get(); }

  /// Calls f while no other thread touches this node's owner or its gradient.
  template <class F>
  decltype(auto) locked(F&& f) const {
    detail::NodeLock lock(lock_);
    return f();
  }

  /// How many nodes exist in this process.
  static std::int64_t live() noexcept;

 protected:
  Tensor input(std::size_t i) const;
  Tensor output() const;
  detail::Reading read_input(std::size_t i) const noexcept {
    const Node* from = edges_[i].node.get();
    return from ? edges_[i].saved.read(from->shape_, from->dtype_) : edges_[i].saved.read(shape_, dtype_);
  }
  detail::Reading read_output() const noexcept { return y_.read(shape_, dtype_); }
  /// Keeps input i, which a rule reads; `lasting` is Saved's.
  void keep_input(std::size_t i, const Tensor& x, bool lasting) {
    if (edges_[i].node || Raw::node(x) == nullptr)
      edges_[i].saved = detail::Saved::input(x, lasting);
    else  // a value with a place in the graph that this op does not go through
      edges_[i].saved = detail::Saved::input(x.detach(), true);
  }
  void keep_output(const Tensor& y) { y_ = detail::Saved::output(y); }
  /// To be called when the edges are in place.
  void number_after_inputs() noexcept;
  /// The gradient of a pointwise function in one operand: recorded if backward is, else by a kernel.
  Tensor pull_fused(const detail::FusedPull& how, const void* f, const Tensor& g, bool last) const;
  void takes_sums() noexcept { adds_ = true; }
  Needs needs() const noexcept;
  struct Leaf {};
  Node(Leaf, const Shape& shape, DType dtype);
  /// Called by let_go for what a derived node keeps beside its edges.
  virtual void clear_kept() noexcept {}

 private:
  friend void retain(const Node* node) noexcept;
  friend void release(const Node* node) noexcept;
  friend struct detail::Value;
  friend class Engine;

  mutable std::atomic<std::uint32_t> count_{1};
  mutable std::atomic<std::uint32_t> lock_{0};
  std::atomic<std::uint32_t> run_{0};  // the backward that uses `pending_` now
  int line_ = 0;
  const char* file_ = nullptr;
  const char* name_;
  union {
    std::uint64_t number_ = 0;
    Node* next_dead_;  // of nodes that await deletion
  };
  std::uint32_t edge_count_ = 0;
  DType dtype_;
  bool leaf_ = false;
  bool released_ = false;
  bool adds_ = false;
  bool guarded_;
  detail::Edge* edges_ = nullptr;
  Shape shape_;
  detail::Saved y_;
  Tensor pending_;  // the sum of the gradients that have arrived in that run
  std::atomic<detail::Value*> owner_{
      nullptr};  // the tensor whose grad() this node fills; null when that tensor has died
  std::unique_ptr<detail::NodeExtras> extras_;
};

/// "file:line", with the folders left out.
std::string to_string(Source at);
/// "mul (model.cpp:12)"
std::string to_string(const Node& node);

}  // namespace xgrad

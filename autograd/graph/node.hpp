#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <xgrad/autograd/graph/attribute.hpp>
#include <xgrad/autograd/graph/owned.hpp>
#include <xgrad/autograd/graph/ref.hpp>
#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/autograd/kernels/runtime/generation.hpp>

namespace xgrad {

namespace detail {

/// A view of the elements of a defined tensor, as a kernel reads them. It owns nothing.
struct Reading {
  const void* data;
  const Shape* shape;
  DType dtype;
};
inline Reading reading(const Tensor& x) {
  const Value& value = *Raw::value(x);
  const std::int64_t bytes = value.offset * static_cast<std::int64_t>(size_of(value.dtype));
  return {static_cast<const char*>(value.storage->data()) + bytes, &value.shape, value.dtype};
}

/// A value that a rule reads in backward. It keeps no node alive that the graph itself does not: of a recorded value it
/// holds the storage only, of a constant the whole Value.
class Saved {
 public:
  Saved() = default;
  Saved(const Saved&) = delete;
  Saved& operator=(const Saved&) = delete;
  ~Saved() { clear(); }
  /// Saves a value where there is none yet. `owned` says that x is a handle of the op, not one borrowed from its
  /// caller, so that nobody else can give it other data.
  void keep_input(const Tensor& x, bool owned);
  void keep_output(const Tensor& y);

  bool defined() const noexcept { return held_ != 0; }
  bool stale() const noexcept { return storage()->version() != version_; }
  Source last_write() const noexcept { return storage()->last_write(); }
  /// The saved value as a tensor, attached to `node` if backward itself is recorded.
  Tensor restore(const Node* node, const Shape& shape, DType dtype) const;
  /// The saved value as a view for a kernel.
  Reading read(const Shape& shape, DType dtype) const noexcept;
  void clear() noexcept {
    if (held_ != 0) drop();
  }

 private:
  // Flags in the low bits of the pointer held_: `whole`, it points to a Value and not to a Storage; `weak`, the dtype
  // of the value is weak.
  static constexpr std::uintptr_t whole = 1, weak = 2, flags = whole | weak;

  const Value* constant() const noexcept {
    return held_ & whole ? reinterpret_cast<const Value*>(held_ & ~flags) : nullptr;
  }
  const Storage* storage() const noexcept;
  void hold_alias(const Tensor& y);
  void drop() noexcept;

  std::uintptr_t held_ = 0;
  std::uint32_t version_ = 0;
  std::uint32_t offset_ = 0;  // in elements; a value at a larger offset is saved as a whole Value
};

/// An edge of the graph, from a node to one of its inputs.
struct Edge {
  Ref<Node> node;  // null where the input needs no gradient
  Saved saved;     // empty where no rule reads the input
};

void let_others_run() noexcept;

/// A spin lock over what several threads' backward runs may touch at once: a node's owner and the owner's gradient. It
/// holds the generation of the process of its holder: in a forked child, a lock that another thread held is free.
class NodeLock {
 public:
  explicit NodeLock(std::atomic<std::uint32_t>& lock) noexcept : lock_(lock) {
    const std::uint32_t here = process_generation.load(std::memory_order_relaxed);
    while (lock_.exchange(here, std::memory_order_acquire) == here) let_others_run();
  }
  ~NodeLock() { lock_.store(0, std::memory_order_release); }
  NodeLock(const NodeLock&) = delete;
  NodeLock& operator=(const NodeLock&) = delete;

 private:
  std::atomic<std::uint32_t>& lock_;
};

// What a rule reads, as bits: bit i of the first 16 stands for input i, the next for the output.
inline constexpr std::size_t most_read = 16;
inline constexpr std::uint32_t reads_every_x = (1u << most_read) - 1;
inline constexpr std::uint32_t reads_y = 1u << 16;

/// How the gradient of a pointwise function with respect to one operand is computed, from the function object f, the
/// values that it reads, in order, and the upstream gradient g.
struct FusedPull {
  static constexpr std::size_t most_reads = 3;

  std::uint32_t reads;
  /// By a kernel, from g as read[0], followed by the values, all in the dtype of g. `last` says that g is not needed
  /// again, so that its memory may be reused.
  Tensor (*kernel)(const void* f, const Reading* read, const Tensor& g, bool last);
  /// By recorded ops.
  Tensor (*recorded)(const void* f, const Tensor* read, const Tensor& g, bool guarded);
  /// For a guarded node (Node::guarded).
  Tensor (*guarded)(const void* f, const Tensor* read, const Tensor& g);
  /// The function object, where it has no settings and is the same in every node.
  const void* shared = nullptr;
};
/// The rule of such a function: nodes of all of them are of one class.
struct SharedPull {
  const FusedPull* how;
};

/// Rarely used fields of a node, allocated on demand.
struct NodeExtras {
  std::vector<std::shared_ptr<Hook>> hooks;  // one that was removed is empty
  std::vector<std::uint64_t> checksums;      // of what the node has saved, if it was made under DetectWrites
  // Copies of the result and of the inputs that need no gradient, and the module that was called, under KeepValues.
  Tensor value;
  std::vector<Tensor> constants;
  std::string module;
};

}  // namespace detail

/// Tells a joint rule which gradients are needed: needs[i] for input i.
class Needs {
 public:
  explicit Needs(std::uint64_t bits) : bits_(bits) {}
  static Needs all() { return Needs(~std::uint64_t{0}); }
  bool operator[](std::size_t i) const { return i >= 64 || (bits_ >> i & 1u) != 0; }
  friend Needs operator&(Needs a, Needs b) { return Needs(a.bits_ & b.bits_); }

 private:
  std::uint64_t bits_;
};

/// How a tangent of an input reaches the output of a node in forward mode (engine/forward.hpp).
enum class Push : std::uint8_t {
  none,        ///< not at all: the output does not depend on that input, or is flat in it
  transposed,  ///< by transposing pull(), which is linear in g
  pass,        ///< as it is, broadcast to the output
  pointwise,   ///< by the rule itself, since a slope multiplies element by element in both directions
  direct,      ///< by a function beside the rule
  batched,     ///< by such a function that takes many tangents at once, along a leading axis
};

/// A recorded op: a name, its inputs, and a local rule. pull() computes the gradients of the inputs; all bookkeeping is
/// done by the engine.
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
  /// Greater than the number of every input: the order of creation in one thread, but not among threads, and not
  /// unique. See detail::NewerNodes.
  std::uint64_t number() const noexcept { return number_; }
  const Shape& shape() const noexcept { return shape_; }
  DType dtype() const noexcept { return dtype_; }
  bool is_leaf() const noexcept { return leaf_; }
  bool released() const noexcept { return released_; }
  /// Whether this was the leaf of a tensor that has another one, or none, now (graph/leaf.hpp).
  bool replaced() const noexcept { return replaced_; }
  void mark_replaced() noexcept { replaced_ = true; }
  /// Whether anything but one tensor refers to this node.
  bool shared() const noexcept { return count_.load(std::memory_order_acquire) > 1; }

  detail::Edge* edges() noexcept { return edges_; }
  const detail::Edge* edges() const noexcept { return edges_; }
  std::size_t edge_count() const noexcept { return edge_count_; }
  const detail::Saved& saved_output() const noexcept { return y_; }

  /// The local rule: stores the gradient of input i in out[i], for every i that has a node and is needed. If it adds(),
  /// out[i] may hold a partial sum on entry; if it holds the same tensor on return, the gradient has been added to that
  /// sum in place.
  virtual void pull(const Tensor& g, Needs needs, Tensor* out) = 0;
  /// The part of the output's tangent that the tangent t of input i makes, stored in *out; where t is null, only the
  /// answer how. `lead` is 1 if t has a leading axis of many tangents, else 0. For Push::pointwise, t has the shape to
  /// which the operands broadcast, and so has *out; for Push::transposed and pass, it is the caller that computes.
  virtual Push push(std::size_t i, const Tensor* t, std::size_t lead, Tensor* out);
  bool adds() const noexcept { return adds_; }
  /// Whether it does so while backward is recorded: then out[i] may hold another tensor over the memory of the sum.
  bool adds_always() const noexcept { return adds_always_; }
  /// The settings of the op, such as its axis.
  virtual std::vector<Attribute> attributes() const;
  /// Whether the node was created while the rule of a pointwise op was recorded. In such a node a 0 in g, or in a
  /// slope, marks a path without influence: the gradient along it is exactly 0, even where the other factor is infinite
  /// or NaN.
  bool guarded() const noexcept { return guarded_; }

  /// Releases inputs and saved values; backward through this node is an error from then on.
  void let_go() noexcept;

  /// Checksums of the saved inputs and of the saved output; 0 where nothing is saved.
  std::vector<std::uint64_t> checksums() const;

  /// The tensor whose grad() this node fills; undefined where there is none, or it is gone.
  Tensor owner() const;
  detail::NodeExtras& extras();
  const detail::NodeExtras* find_extras() const noexcept { return extras_.get(); }

  /// Calls f under this node's lock, which protects its owner and the owner's gradient.
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
  void keep_output(const Tensor& y) {
    if (!y_.defined()) y_.keep_output(y);
  }
  /// Numbers the node; to be called after its edges are set.
  void number_after_inputs() noexcept;
  /// The gradient of a pointwise function with respect to one operand: by a kernel where the saved values can be read
  /// as they are, else over tensors. `last` as in FusedPull.
  Tensor pull_fused(const detail::FusedPull& how, const void* f, const Tensor& g, bool last) const;
  void takes_sums(bool always) noexcept {
    adds_ = true;
    adds_always_ = always;
  }
  Needs needs() const noexcept;
  struct Leaf {};
  Node(Leaf, const Shape& shape, DType dtype);
  /// Called by let_go to release what a derived node holds besides its edges.
  virtual void clear_kept() noexcept {}

 private:
  /// From tensors of the saved values: by recorded ops if backward is recorded, else by a kernel.
  Tensor pull_restored(const detail::FusedPull& how, const void* f, const Tensor& g) const;

  friend void retain(const Node* node) noexcept;
  friend void release(const Node* node) noexcept;
  friend struct detail::Value;
  friend class Engine;

  mutable std::atomic<std::uint32_t> count_{1};
  mutable std::atomic<std::uint32_t> lock_{0};
  std::atomic<std::uint32_t> run_{0};  // id of the backward run that uses pending_ now; 0 if none does
  int line_ = 0;
  const char* file_ = nullptr;
  const char* name_;
  union {
    std::uint64_t number_ = 0;
    Node* next_pending_;  // link in the list of nodes that wait to be deleted
  };
  std::uint32_t edge_count_ = 0;
  DType dtype_;
  bool leaf_ = false;
  bool released_ = false;
  bool adds_ = false;
  bool adds_always_ = false;
  bool guarded_;
  bool replaced_ = false;
  Shape shape_;  // placed so that its sizes, which are copied with vector instructions, are aligned to 16 bytes
  detail::Edge* edges_ = nullptr;
  detail::Saved y_;
  Tensor pending_;  // the sum of the gradients that have arrived in that run
  std::atomic<detail::Value*> owner_{
      nullptr};  // the tensor whose grad() this node fills; null once that tensor is destroyed
  detail::Owned<detail::NodeExtras> extras_;
};

namespace detail {

/// Nodes that this thread makes after the construction of an object have greater numbers than all that were made before
/// it, in any thread. It tells what a function has made from what it was given or has captured. How far numbers jump
/// depends on what the process has done before. They do not go back, so that those of one thread stay in the order of
/// creation, and a graph that one thread makes is walked in the same order each time. How the nodes of several threads
/// are ordered among each other may depend on such a jump.
class NewerNodes {
 public:
  [[nodiscard]] NewerNodes() noexcept;
  NewerNodes(const NewerNodes&) = delete;
  NewerNodes& operator=(const NewerNodes&) = delete;

  /// Nodes made before have numbers up to this one.
  std::uint64_t floor() const noexcept { return floor_; }

 private:
  std::uint64_t floor_;
};

}  // namespace detail

/// "file:line", with the folders left out.
std::string to_string(Source at);
/// "mul (model.cpp:12)"
std::string to_string(const Node& node);

}  // namespace xgrad

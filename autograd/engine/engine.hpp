#pragma once

// For this room's sources only: one run of backward.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/paths.hpp>
#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/autograd/graph/observe.hpp>
#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// One backward run over a graph, from its roots to its leaves. Nodes that have received a gradient wait in a heap
/// ordered by their numbers. A node's number exceeds those of its inputs, so the node with the greatest number has
/// received all of its gradient. Leaves have no inputs to pass a gradient on to: they wait in a list until the heap is
/// empty, and then have their turn in the same order. The gradient of a waiting node is summed in the node itself
/// (pending_), unless another run, of another thread or enclosing this one, is using that field; then it is kept in a
/// map of this run (elsewhere_).
class Engine {
 public:
  /// `floor`: nodes up to that number are not visited (engine/segment.hpp), and those up to `hook_floor` get no call of
  /// their hooks.
  Engine(Graph graph, const std::vector<Tensor>* targets, std::uint64_t floor = 0, std::uint64_t hook_floor = 0);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  ~Engine();

  void run(const Tensor* roots, const Tensor* seeds, std::size_t count);

  std::vector<Tensor>& found() { return found_; }
  /// Calls f at the end of the run whose rules and hooks this thread is in; outside of one, at once.
  static void at_end(std::function<void()> f);
  static std::uint32_t current_id() noexcept;

 private:
  struct Waiting {
    Waiting(std::uint64_t of, Node* given) noexcept : number(of), node(given) {}
    std::uint64_t number;
    Node* node;  // holds a reference
    bool operator<(const Waiting& other) const { return number < other.number; }
  };
  struct Result {
    Ref<Node> node;
    Tensor gradient;
    Tensor before = {};  // the leaf's gradient when `sum` was computed; used in recorded runs only
    Tensor sum = {};
  };

  // Where in found_ the gradient of a node goes.
  struct Place {
    const Node* node;
    std::size_t index;
    bool operator<(const Place& other) const { return std::less<>()(node, other.node); }
  };

  struct Work {
    std::vector<Waiting> heap, leaves;
    std::vector<Result> results;
    bool busy = false;
  };
  struct Lease {
    ~Lease() { work.busy = false; }
    Work& work;
  };

  static Ref<Node> last_of(std::vector<Waiting>& list) {
    auto node = Ref<Node>::adopt(list.back().node);
    list.pop_back();
    return node;
  }

  // The lists of this thread, kept empty between runs so that the next run need not allocate them. A run nested in
  // another has its own, and so has one for which nothing can be kept, as its thread is ending.
  Work& work();

  // An id that no other run in progress has; 0 stands for none. Each thread takes ids in blocks.
  static std::uint32_t next_id();

  // Where this run sums the node's gradient; `first` is set if nothing has arrived there yet. A sum that was begun in
  // the map stays there, even if the node's own field has become free since.
  Tensor& pending(Node* node, bool& first) {
    if (node->run_.load(std::memory_order_relaxed) == id_) return node->pending_;
    std::uint32_t nobody = 0;
    if (elsewhere_ || !node->run_.compare_exchange_strong(nobody, id_, std::memory_order_acquire))
      return pending_elsewhere(node, first);
    first = true;
    return node->pending_;
  }
  Tensor& pending_elsewhere(Node* node, bool& first);

  Tensor take_pending(Node* node) {
    if (node->run_.load(std::memory_order_relaxed) != id_) return take_elsewhere(node);
    Tensor gradient = std::move(node->pending_);
    node->run_.store(0, std::memory_order_release);
    return gradient;
  }
  Tensor take_elsewhere(Node* node);

  // Gives up the nodes that a run left waiting, as it was ended by an exception.
  [[gnu::noinline, gnu::cold]] void drop_waiting() noexcept;

  // The gradient of a value that is used several times is the sum over its uses.
  void arrive(Ref<Node> node, Tensor gradient);

  [[gnu::noinline, gnu::cold]] void add_observed(const Node& node, Tensor& sum, const Tensor& gradient) const;

  // Tells every observer, the innermost first.
  template <class F>
  [[gnu::noinline, gnu::cold]] void tell(const F& f) const {
    for (detail::Observer* each = observer_; each != nullptr; each = each->outer()) f(*each);
  }

  void visit(Ref<Node> node);

  Tensor hooked(const Node& node, const detail::NodeExtras& extras, Tensor g) const;

  [[gnu::noinline]] void refuse_lost(const Node& node, const Node& leaf) const;
  [[gnu::noinline]] void refuse_lost(const Node& leaf) const;

  void pull(Node& node, const Tensor& g);

  // Which gradients of a node's inputs grad() needs: those that lead to the tensors that it was asked for.
  Needs needed(Node& node) const;
  bool is_target(const Node& node) const;

  // Where somebody observes, no rule may write its gradient into the memory of g.
  [[gnu::noinline, gnu::cold]] void keep(const Tensor& g) { kept_ = g; }

  static std::string in_backward_of(const Node& node, const std::exception& error) {
    return "backward of " + to_string(node) + ": " + error.what();
  }

  bool is_waiting(const Node& node) const {
    return node.run_.load(std::memory_order_relaxed) == id_ && node.pending_.defined();
  }

  // Offers the partial sums of its inputs to the rule of a node that adds(), so that it can add to them in place. Only
  // sums that nothing else shares are offered. Bit i of the result is set if that of input i was.
  std::uint64_t offer_sums(Node& node, Tensor* out) const;

  // Whether a rule has added its gradient to the sum that it was offered. Where backward is recorded, the result is
  // another tensor over the same memory.
  bool added_in_place(const Tensor& result, const Tensor& sum) const {
    return graph_ == Graph::create ? Raw::storage(result) == Raw::storage(sum) : Raw::value(result) == Raw::value(sum);
  }

  // Sums a gradient over broadcast axes and converts it to its input's shape and dtype.
  static Tensor fold(const Node& node, const Node& input, Tensor g);

  // Everything that can fail happens before the first leaf is changed. A gradient that is given out shares memory with
  // no other one that is given out, and with no seed.
  void prepare_results(const Tensor* seeds, std::size_t count);

  void keep_from_writes(const std::vector<Result*>& added);

  void prepare_recorded_results(const Tensor* seeds, std::size_t count);

  void hand_over();

  [[gnu::noinline, gnu::cold]] void tell_of(const Result& result) const;

  // Adds a gradient to its leaf's grad(); false if another thread has changed that in between, so that the recorded sum
  // must be computed anew.
  bool settle(Result& result);

  static Tensor grad_of(const Node& node);
  static detail::Value* owner_of(const Node& node) { return node.owner_.load(std::memory_order_relaxed); }

  static __thread Engine* current __attribute__((tls_model("initial-exec")));  // the innermost run of this thread
  struct Running {
    explicit Running(Engine& engine) noexcept : run(engine), outer(std::exchange(current, &engine)) {}
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() {
      current = outer;
      for (const std::function<void()>& f : run.at_end_) f();
    }
    Engine& run;
    Engine* outer;
  };

  Graph graph_;
  std::vector<std::function<void()>> at_end_;
  detail::Observer* observer_ = nullptr;  // that of the thread, which is not told of the engine's own ops
  Tensor kept_;
  std::uint32_t id_;
  const std::vector<Tensor>* targets_;
  std::uint64_t lowest_ = 0;
  std::uint64_t floor_, hook_floor_;
  std::unique_ptr<Work> own_work_;
  const Lease lease_{work()};
  std::vector<Waiting>& heap_ = lease_.work.heap;
  std::vector<Waiting>& leaves_ = lease_.work.leaves;
  std::vector<Result>& results_ = lease_.work.results;
  std::vector<Tensor> found_;
  std::vector<Place> places_;             // sorted
  std::unique_ptr<detail::Paths> paths_;  // where there are targets
  using Sums = std::unordered_map<Node*, Tensor>;
  std::unique_ptr<Sums> elsewhere_;
};

}  // namespace xgrad

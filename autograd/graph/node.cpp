#include <xgrad/autograd/graph/node.hpp>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <stdexcept>

#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/record.hpp>

namespace xgrad {
namespace {

thread_local bool recording = true;
thread_local std::uint64_t counter = 0;
thread_local Source source_for_all;

// Nodes made less nodes deleted, each thread counting its own: an atomic step that all threads share would cost more than
// the rest of a small node.
struct LiveCounters {
  std::mutex mutex;
  std::vector<const std::atomic<std::int64_t>*> of_threads;
  std::int64_t of_ended_threads = 0;
};

LiveCounters& live_counters() {
  static auto* counters = new LiveCounters;  // threads may end after static objects are gone
  return *counters;
}

thread_local std::atomic<std::int64_t> live_here{0};
thread_local bool counted = false;
thread_local bool ended = false;

struct Registration {
  Registration() {
    LiveCounters& counters = live_counters();
    const std::lock_guard<std::mutex> lock(counters.mutex);
    counters.of_threads.push_back(&live_here);
    counted = true;
  }
  ~Registration() {
    LiveCounters& counters = live_counters();
    const std::lock_guard<std::mutex> lock(counters.mutex);
    counters.of_ended_threads += live_here.load(std::memory_order_relaxed);
    counters.of_threads.erase(std::find(counters.of_threads.begin(), counters.of_threads.end(), &live_here));
    ended = true;
  }
};

[[gnu::noinline]] void count_elsewhere(std::int64_t change) {
  LiveCounters& counters = live_counters();
  if (!ended) {
    thread_local const Registration registration;
    static_cast<void>(registration);
    live_here.store(live_here.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
    return;
  }
  const std::lock_guard<std::mutex> lock(counters.mutex);
  counters.of_ended_threads += change;
}

void count_live(std::int64_t change) {
  if (counted && !ended) live_here.store(live_here.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
  else count_elsewhere(change);
}

// Nodes of this thread that await deletion. Deleting one may release its inputs; they join the list instead of
// being deleted inside, so the depth of the stack does not grow with that of the graph.
thread_local Node* dead_nodes = nullptr;
thread_local bool burying = false;

}  // namespace

bool grad_enabled() noexcept { return recording; }

namespace detail {

ModeScope::ModeScope(bool enabled) noexcept : before_(recording) { recording = enabled; }
ModeScope::~ModeScope() { recording = before_; }

SourceScope::SourceScope(Source at) noexcept : before_(source_for_all) { source_for_all = at; }
SourceScope::~SourceScope() { source_for_all = before_; }

Saved Saved::output(const Tensor& y) {
  const Value& value = *y.value();
  Saved saved;
  saved.storage_ = value.storage;
  saved.version_ = value.storage->version();
  saved.offset_ = value.offset;
  saved.weak_ = value.weak;
  return saved;
}

// A constant that others hold too is kept as a handle of the graph's own: theirs may be given other data, or become a
// leaf whose recorded gradient leads back here, a circle that would never be freed.
Saved Saved::input(const Tensor& x) {
  Saved saved = output(x);
  if (x.value()->node) return saved;
  const bool shared = x.value()->count.load(std::memory_order_acquire) > 1;
  saved.constant_ = shared ? x.value()->constant() : Ref<Value>(x.value());
  return saved;
}

Tensor Saved::restore(const Node* node, const Shape& shape, DType dtype) const {
  if (constant_) return Tensor(constant_);
  auto value = Ref<Value>::adopt(new Value(shape, dtype, storage_, offset_));
  value->weak = weak_;
  if (node != nullptr && recording) value->node = Ref<Node>(const_cast<Node*>(node));
  return Tensor(std::move(value));
}

Ref<Value> Value::constant() {
  Value* made = twin.load(std::memory_order_acquire);
  if (made == nullptr) {
    auto mine = Ref<Value>::adopt(new Value(shape, dtype, storage, offset));
    mine->weak = weak;
    if (!twin.compare_exchange_strong(made, mine.get(), std::memory_order_acq_rel)) return Ref<Value>(made);
    retain(mine.get());
    return mine;
  }
  return Ref<Value>(made);
}

void Value::own_gradient() {
  NodeLock lock(node->lock_);
  keeps_grad = true;
  node->owner_ = this;
}

void Value::disown_gradient() noexcept {
  if (!node || !keeps_grad) return;
  NodeLock lock(node->lock_);
  keeps_grad = false;
  if (node->owner_ == this) node->owner_ = nullptr;
}

}  // namespace detail

void retain(const Node* node) noexcept { node->count_.fetch_add(1, std::memory_order_relaxed); }

void release(const Node* node) noexcept {
  if (!detail::was_last(node->count_)) return;
  auto* dead = const_cast<Node*>(node);
  dead->next_dead_ = dead_nodes;
  dead_nodes = dead;
  if (burying) return;
  burying = true;
  while (dead_nodes != nullptr) {
    Node* next = dead_nodes;
    dead_nodes = next->next_dead_;
    delete next;
  }
  burying = false;
}

Node::Node(const char* name, Source at, const Tensor& y, detail::Edge* edges, std::size_t count)
    : dtype_(y.dtype()),
      name_(name),
      shape_(y.shape()),
      edges_(edges),
      edge_count_(static_cast<std::uint32_t>(count)) {
  if (source_for_all.file != nullptr) at = source_for_all;
  file_ = at.file;
  line_ = at.line;
  count_live(1);
}

Node::Node(Leaf, const Shape& shape, DType dtype)
    : dtype_(dtype), leaf_(true), name_("leaf"), number_(++counter), shape_(shape) {
  count_live(1);
}

Node::~Node() { count_live(-1); }

std::int64_t Node::live() noexcept {
  LiveCounters& counters = live_counters();
  const std::lock_guard<std::mutex> lock(counters.mutex);
  std::int64_t sum = counters.of_ended_threads;
  for (const auto* one : counters.of_threads) sum += one->load(std::memory_order_relaxed);
  return sum;
}

void Node::number_after_inputs() noexcept {
  std::uint64_t number = counter;
  for (std::size_t i = 0; i < edge_count_; ++i)
    if (edges_[i].node && edges_[i].node->number_ > number) number = edges_[i].node->number_;
  counter = number_ = number + 1;
}

Tensor Node::input(std::size_t i) const {
  const detail::Edge& edge = edges_[i];
  const Node* from = edge.node.get();
  return edge.saved.restore(from, from ? from->shape_ : shape_, from ? from->dtype_ : dtype_);
}

Tensor Node::output() const { return y_.restore(this, shape_, dtype_); }

void Node::keep_output(const Tensor& y) { y_ = detail::Saved::output(y); }

Needs Node::needs() const noexcept {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < edge_count_ && i < 64; ++i)
    if (edges_[i].node) bits |= std::uint64_t{1} << i;
  return Needs(bits);
}

void Node::let_go() noexcept {
  released_ = true;
  y_.clear();
  for (std::size_t i = 0; i < edge_count_; ++i) edges_[i] = detail::Edge();
  if (extras_) extras_->hooks.clear();  // a hook may hold the tensor it is registered on
  clear_kept();
}

detail::NodeExtras& Node::extras() {
  if (!extras_) extras_ = std::make_unique<detail::NodeExtras>();
  return *extras_;
}

namespace detail {

Tensor attach(Tensor y, Ref<Node> node) {
  if (y.node() != nullptr || !is_floating(y.dtype()))
    throw std::logic_error(std::string("internal error: ") + node->name() + " recorded a value that cannot be its own");
  y.value()->node = std::move(node);
  return y;
}

}  // namespace detail

std::string to_string(Source at) {
  if (at.file == nullptr) return "an unknown line";
  const char* slash = std::strrchr(at.file, '/');
  return std::string(slash ? slash + 1 : at.file) + ":" + std::to_string(at.line);
}

std::string to_string(const Node& node) { return std::string(node.name()) + " (" + to_string(node.at()) + ")"; }

}  // namespace xgrad

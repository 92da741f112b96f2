#include <xgrad/autograd/graph/node.hpp>

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/runtime/checksum.hpp>
#include <xgrad/autograd/kernels/runtime/ending.hpp>

namespace xgrad {
namespace {

// Live nodes are counted as created minus deleted nodes. Each thread has its own counter: incrementing one atomic
// counter that all threads share would cost more than the rest of creating a small node. The counters of threads are a
// linked list, so that deleting a node, which may be the first thing that a thread does, takes no memory.
struct LiveCounter {
  std::atomic<std::int64_t> count;
  LiveCounter* next;
  LiveCounter* previous;
};

std::mutex live_mutex;  // of what follows
LiveCounter* live_counters = nullptr;
std::int64_t live_elsewhere = 0;  // what threads without a counter have counted

thread_local LiveCounter live_here{};
thread_local bool ended = false;

void unlink_counter() noexcept {
  live_elsewhere += live_here.count.load(std::memory_order_relaxed);
  (live_here.previous != nullptr ? live_here.previous->next : live_counters) = live_here.next;
  if (live_here.next != nullptr) live_here.next->previous = live_here.previous;
}

thread_local detail::AtThreadEnd at_end{[]() noexcept {
                                          const std::lock_guard<std::mutex> lock(live_mutex);
                                          unlink_counter();
                                          detail::thread_state.live = nullptr;
                                          ended = true;
                                        },
                                        nullptr};

// The slow path of count_live: registers the thread's counter at its first node; once the thread ends, counts under the
// lock.
[[gnu::noinline]] void count_live_slow(std::int64_t change) noexcept {
  if (!ended && !detail::at_thread_end(at_end)) ended = true;
  const std::lock_guard<std::mutex> lock(live_mutex);
  if (ended) {
    live_elsewhere += change;
    return;
  }
  live_here.count.store(change, std::memory_order_relaxed);
  live_here.previous = nullptr;
  live_here.next = live_counters;
  if (live_counters != nullptr) live_counters->previous = &live_here;
  live_counters = &live_here;
  detail::thread_state.live = &live_here.count;
}

// In a forked child the other threads and their counters are gone.
struct LiveInChild {
  LiveInChild() noexcept {
    detail::hold_across_fork(live_mutex);
    detail::around_fork(nullptr, nullptr, []() noexcept {
      const bool mine = detail::thread_state.live != nullptr;
      for (LiveCounter* each = live_counters; each != nullptr; each = each->next)
        if (each != &live_here) live_elsewhere += each->count.load(std::memory_order_relaxed);
      live_counters = mine ? &live_here : nullptr;
      live_here.next = live_here.previous = nullptr;
    });
  }
};
const LiveInChild live_in_child;

// No node of the process has a greater number. Threads raise it by many at a time, and so seldom touch it.
std::atomic<std::uint64_t> number_bound{0};

[[gnu::noinline]] void raise_number_bound(std::uint64_t number) noexcept {
  constexpr std::uint64_t many = 4096;
  const std::uint64_t wanted = number + many;
  std::uint64_t bound = number_bound.load(std::memory_order_relaxed);
  while (bound < wanted && !number_bound.compare_exchange_weak(bound, wanted, std::memory_order_relaxed)) continue;
  detail::thread_state.counter_bound = wanted;
}

// Gives out the number, or the next one after it that this thread has not given out.
std::uint64_t numbered(std::uint64_t least) noexcept {
  detail::ThreadState& state = detail::thread_state;
  const std::uint64_t number = std::max(least, state.counter + 1);
  if (number > state.counter_bound) raise_number_bound(number);
  return state.counter = number;
}

void count_live(std::int64_t change) noexcept {
  std::atomic<std::int64_t>* live = detail::thread_state.live;
  if (live != nullptr)
    live->store(live->load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
  else
    count_live_slow(change);
}

}  // namespace

namespace detail {

__thread ThreadState thread_state = {};

void let_others_run() noexcept { std::this_thread::yield(); }

void Saved::hold_alias(const Tensor& y) {
  const Tensor same = Raw::alias(y, y.shape());
  retain(Raw::value(same));
  held_ = reinterpret_cast<std::uintptr_t>(Raw::value(same)) | whole;
}

void Saved::keep_output(const Tensor& y) {
  const Value& value = *Raw::value(y);
  version_ = value.storage->version();
  if (value.offset > UINT32_MAX) return hold_alias(y);
  retain(value.storage.get());
  held_ = reinterpret_cast<std::uintptr_t>(value.storage.get()) | (value.weak ? weak : 0);
  offset_ = static_cast<std::uint32_t>(value.offset);
}

// A constant that other handles share is saved as a separate Value owned by the graph. Their Value may be given other
// data, or become a leaf whose recorded gradient leads back here: a reference cycle that would never be freed.
void Saved::keep_input(const Tensor& x, bool owned) {
  if (!x.defined()) throw std::invalid_argument("record: a rule reads an input that is an empty tensor");
  Value& value = *Raw::value(x);
  if (value.node) return keep_output(x);
  version_ = value.storage->version();
  const bool shared = !owned || value.count.load(std::memory_order_acquire) > 1;
  Value* const kept = shared ? value.constant().give_up() : &value;
  if (!shared) retain(kept);
  held_ = reinterpret_cast<std::uintptr_t>(kept) | whole;
}

const Storage* Saved::storage() const noexcept {
  const Value* constant = this->constant();
  return constant ? constant->storage.get() : reinterpret_cast<const Storage*>(held_ & ~flags);
}

void Saved::drop() noexcept {
  if (const Value* constant = this->constant())
    release(constant);
  else
    release(storage());
  held_ = 0;
}

Tensor Saved::restore(const Node* node, const Shape& shape, DType dtype) const {
  const bool joins = node != nullptr && grad_enabled() && !thread_state.saved_apart;
  const Value* constant = this->constant();
  if (constant && !joins) return Raw::handle(Ref<Value>(const_cast<Value*>(constant)));
  Ref<Storage> same(const_cast<Storage*>(storage()));
  auto value = Ref<Value>::adopt(new Value(shape, dtype, std::move(same), constant ? constant->offset : offset_));
  value->weak = constant ? constant->weak : (held_ & weak) != 0;
  if (joins) value->node = Ref<Node>(const_cast<Node*>(node));
  return Raw::handle(std::move(value));
}

Reading Saved::read(const Shape& shape, DType dtype) const noexcept {
  const Value* constant = this->constant();
  const DType own = constant ? constant->dtype : dtype;
  const auto offset = constant ? static_cast<std::size_t>(constant->offset) : offset_;
  return {static_cast<const char*>(storage()->data()) + offset * size_of(own), constant ? &constant->shape : &shape,
          own};
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
  if (node->owner_ != nullptr) return;
  keeps_grad = true;
  node->owner_ = this;
}

void Value::end_borrowing(const Value& borrower, Value& lender) noexcept {
  if (!node || !keeps_grad) return;
  NodeLock lock(node->lock_);
  keeps_grad = false;
  if (node->owner_ != &borrower) return;
  const bool same = lender.node == node;
  if (same) lender.keeps_grad = true;
  node->owner_ = same ? &lender : nullptr;
}

void Value::disown_gradient() noexcept {
  if (!node || !keeps_grad) return;
  NodeLock lock(node->lock_);
  keeps_grad = false;
  if (node->owner_ == this) node->owner_ = nullptr;
}

bool Value::end_ownership() noexcept {
  NodeLock lock(node->lock_);
  if (count.load(std::memory_order_acquire) != 0 && count.fetch_sub(1, std::memory_order_acq_rel) != 1) return false;
  if (node->owner_ == this) node->owner_ = nullptr;
  return true;
}

}  // namespace detail

void retain(const Node* node) noexcept { node->count_.fetch_add(1, std::memory_order_relaxed); }

// Deleting a node releases its inputs, which may have to be deleted in turn. They are queued, and the outermost call
// deletes them in a loop, so the stack depth does not grow with the depth of the graph.
void release(const Node* node) noexcept {
  if (!detail::was_last(node->count_)) return;
  detail::ThreadState& state = detail::thread_state;
  auto* unused = const_cast<Node*>(node);
  unused->next_pending_ = state.pending_deletion;
  state.pending_deletion = unused;
  if (state.deleting) return;
  state.deleting = true;
  while (state.pending_deletion != nullptr) {
    Node* next = state.pending_deletion;
    state.pending_deletion = next->next_pending_;
    delete next;
  }
  state.deleting = false;
}

Node::Node(const char* name, Source at, const Tensor& y, detail::Edge* edges, std::size_t count)
    : name_(name),
      edge_count_(static_cast<std::uint32_t>(count)),
      dtype_(y.dtype()),
      guarded_(detail::thread_state.guarding),
      shape_(y.shape()),
      edges_(edges) {
  if (detail::thread_state.line_for_all.file != nullptr) at = detail::thread_state.line_for_all;
  file_ = at.file;
  line_ = at.line;
  count_live(1);
}

Node::Node(Leaf, const Shape& shape, DType dtype)
    : name_("leaf"), number_(numbered(0)), dtype_(dtype), leaf_(true), guarded_(false), shape_(shape) {
  count_live(1);
}

Node::~Node() { count_live(-1); }

std::int64_t Node::live() noexcept {
  const std::lock_guard<std::mutex> lock(live_mutex);
  std::int64_t sum = live_elsewhere;
  for (const LiveCounter* each = live_counters; each != nullptr; each = each->next)
    sum += each->count.load(std::memory_order_relaxed);
  return sum;
}

void Node::number_after_inputs() noexcept {
  std::uint64_t least = 0;
  for (std::size_t i = 0; i < edge_count_; ++i)
    if (edges_[i].node && edges_[i].node->number_ >= least) least = edges_[i].node->number_ + 1;
  number_ = numbered(least);
}

// Relaxed order is enough: what made a node visible to this thread also made visible the raise of the bound before it.
detail::NewerNodes::NewerNodes() noexcept : floor_(number_bound.load(std::memory_order_relaxed)) {
  thread_state.counter = floor_;
}

Tensor Node::input(std::size_t i) const {
  const detail::Edge& edge = edges_[i];
  const Node* from = edge.node.get();
  return edge.saved.restore(from, from ? from->shape_ : shape_, from ? from->dtype_ : dtype_);
}

Tensor Node::output() const { return y_.restore(this, shape_, dtype_); }

Tensor Node::pull_fused(const detail::FusedPull& how, const void* f, const Tensor& g, bool last) const {
  if (!grad_enabled() && !guarded_) {
    detail::Reading read[detail::FusedPull::most_reads + 1];
    read[0] = detail::reading(g);
    std::size_t count = 1;
    bool same = true;
    const auto add = [&](const detail::Reading& one) {
      same = same && one.dtype == read[0].dtype;
      read[count++] = one;
    };
    for (std::uint32_t left = how.reads & ~detail::reads_y, i = 0; left != 0; left >>= 1u, ++i)
      if ((left & 1u) != 0) add(read_input(i));
    if ((how.reads & detail::reads_y) != 0) add(read_output());
    if (same) return how.kernel(f, read, g, last);
  }
  return pull_restored(how, f, g);
}

Tensor Node::pull_restored(const detail::FusedPull& how, const void* f, const Tensor& g) const {
  constexpr std::size_t most = detail::FusedPull::most_reads;
  Tensor read[most];
  std::size_t count = 0;
  for (std::size_t i = 0; i < edge_count_; ++i)
    if ((how.reads >> i & 1u) != 0) read[count++] = input(i);
  if ((how.reads & detail::reads_y) != 0) read[count++] = output();
  if (grad_enabled()) {
    const detail::GuardScope guard;
    return how.recorded(f, read, g, guarded_);
  }
  for (std::size_t i = 0; i < count; ++i)
    if (read[i].dtype() != g.dtype()) read[i] = detail::converted(read[i], g.dtype());
  if (guarded_) return how.guarded(f, read, g);
  detail::Reading readings[most + 1] = {detail::reading(g)};
  for (std::size_t i = 0; i < count; ++i) readings[i + 1] = detail::reading(read[i]);
  return how.kernel(f, readings, g, false);
}

Push Node::push(std::size_t, const Tensor*, std::size_t, Tensor*) { return Push::transposed; }

Needs Node::needs() const noexcept {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < edge_count_ && i < 64; ++i)
    if (edges_[i].node) bits |= std::uint64_t{1} << i;
  return Needs(bits);
}

void Node::let_go() noexcept {
  released_ = true;
  y_.clear();
  for (std::size_t i = 0; i < edge_count_; ++i) {
    edges_[i].saved.clear();
    edges_[i].node = nullptr;
  }
  if (extras_) {
    extras_->hooks.clear();  // a hook may capture the tensor it is registered on: a reference cycle
    extras_->value = Tensor();
    extras_->constants.clear();
  }
  clear_kept();
}

namespace {

std::uint64_t checksum(const detail::Reading& values) {
  return kernels::checksum(values.data, static_cast<std::size_t>(values.shape->count()) * size_of(values.dtype));
}

}  // namespace

std::vector<std::uint64_t> Node::checksums() const {
  std::vector<std::uint64_t> sums(edge_count_ + 1);
  for (std::size_t i = 0; i < edge_count_; ++i)
    if (edges_[i].saved.defined()) sums[i] = checksum(read_input(i));
  if (y_.defined()) sums[edge_count_] = checksum(read_output());
  return sums;
}

Tensor Node::owner() const {
  return locked([&]() -> Tensor {
    detail::Value* value = owner_.load(std::memory_order_relaxed);
    if (value == nullptr) return {};
    // A tensor that another thread is destroying has a count of 0, and stays dead; or 1, until that thread has this
    // lock.
    std::uint32_t count = value->count.load(std::memory_order_relaxed);
    while (count != 0 && !value->count.compare_exchange_weak(count, count + 1)) continue;
    return count == 0 ? Tensor() : Raw::handle(Ref<detail::Value>::adopt(value));
  });
}

std::vector<Attribute> Node::attributes() const { return {}; }

detail::NodeExtras& Node::extras() {
  if (!extras_) extras_ = detail::Owned<detail::NodeExtras>(new detail::NodeExtras);
  return *extras_;
}

namespace detail {

Tensor attach(Tensor y, Ref<Node> node) {
  if (Raw::node(y) != nullptr || !is_floating(y.dtype()))
    throw std::logic_error(std::string("internal error: ") + node->name() + " recorded a value that cannot be its own");
  if (thread_state.checking_writes) node->extras().checksums = node->checksums();
  Raw::value(y)->node = std::move(node);
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

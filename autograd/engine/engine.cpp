#include <xgrad/autograd/engine/engine.hpp>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>

#include <xgrad/autograd/engine/memory_of_own.hpp>
#include <xgrad/autograd/engine/rethrow.hpp>
#include <xgrad/autograd/engine/run_end.hpp>
#include <xgrad/autograd/engine/saved_checks.hpp>
#include <xgrad/autograd/graph/leaf.hpp>
#include <xgrad/autograd/graph/lost_writes.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/profiler.hpp>
#include <xgrad/autograd/kernels/runtime/ending.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/inplace.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad {

Engine::Engine(Graph graph, const std::vector<Tensor>* targets, std::uint64_t floor, std::uint64_t hook_floor)
    : graph_(graph), id_(next_id()), targets_(targets), floor_(floor), hook_floor_(hook_floor) {
  if (targets_) {
    lowest_ = UINT64_MAX;
    found_.resize(targets_->size());
    for (std::size_t i = 0; i < targets_->size(); ++i) {
      const Tensor& target = (*targets_)[i];
      const Node* node = Raw::node(target);
      // A former leaf of a target is older than the target's present one, and must be found to be refused.
      lowest_ = Raw::value(target)->had_leaf ? 0 : std::min(lowest_, node->number());
      places_.push_back({node, i});
    }
    std::sort(places_.begin(), places_.end());
  }
}

__thread Engine* Engine::current = nullptr;

std::uint32_t Engine::current_id() noexcept { return current == nullptr ? 0 : current->id_; }

void Engine::at_end(std::function<void()> f) {
  if (current == nullptr) return f();
  current->at_end_.push_back(std::move(f));
}

Engine::~Engine() {
  if (!heap_.empty() || !leaves_.empty()) drop_waiting();
  results_.clear();
}

void Engine::drop_waiting() noexcept {
  for (std::vector<Waiting>* list : {&heap_, &leaves_}) {
    for (const Waiting& waiting : *list) {
      take_pending(waiting.node);
      release(waiting.node);
    }
    list->clear();
  }
}

void Engine::run(const Tensor* roots, const Tensor* seeds, std::size_t count) {
  const Running running(*this);
  const detail::Unobserved own;
  observer_ = own.before();
  if (observer_ != nullptr) tell([&](detail::Observer& each) { each.begins_backward(roots, count); });
  {
    detail::ModeScope mode(graph_ == Graph::create);
    if (targets_) {
      paths_ = std::make_unique<detail::Paths>();
      paths_->find(
          roots, count, std::max(lowest_, floor_), [this](const Node& node) { return is_target(node); },
          [this](const Node& node) { return !detail::lost_leaf(node, targets_).empty(); });
    }
    for (std::size_t i = 0; i < count; ++i)
      if (!targets_ || paths_->leads(*Raw::node(roots[i]))) arrive(Ref<Node>(Raw::node(roots[i])), seeds[i]);
    while (!heap_.empty()) {
      std::pop_heap(heap_.begin(), heap_.end());
      visit(last_of(heap_));
    }
    std::sort(leaves_.begin(), leaves_.end());
    while (!leaves_.empty()) visit(last_of(leaves_));
    prepare_results(seeds, count);
  }
  hand_over();
}

Engine::Work& Engine::work() {
  thread_local Work* kept = nullptr;
  thread_local bool tried = false;
  thread_local detail::AtThreadEnd at_end{[]() noexcept { delete std::exchange(kept, nullptr); }, nullptr};
  if (!tried) {
    kept = new Work;
    tried = true;
    if (!detail::at_thread_end(at_end)) delete std::exchange(kept, nullptr);
  }
  if (kept == nullptr || kept->busy) {
    own_work_ = std::make_unique<Work>();
    return *own_work_;
  }
  kept->busy = true;
  return *kept;
}

std::uint32_t Engine::next_id() {
  constexpr std::uint32_t many = 1024;
  static std::atomic<std::uint32_t> drawn{0};
  thread_local std::uint32_t next = 0;
  if (next % many == 0) next = drawn.fetch_add(many, std::memory_order_relaxed) + 1;
  return next++;
}

Tensor& Engine::pending_elsewhere(Node* node, bool& first) {
  if (elsewhere_)
    if (const auto entry = elsewhere_->find(node); entry != elsewhere_->end()) return entry->second;
  std::uint32_t nobody = 0;
  if (node->run_.compare_exchange_strong(nobody, id_, std::memory_order_acquire)) {
    first = true;
    return node->pending_;
  }
  if (!elsewhere_) elsewhere_ = std::make_unique<Sums>();
  const auto [entry, added] = elsewhere_->try_emplace(node);
  first = added;
  return entry->second;
}

Tensor Engine::take_elsewhere(Node* node) {
  Tensor gradient;
  if (!elsewhere_) return gradient;
  if (const auto entry = elsewhere_->find(node); entry != elsewhere_->end()) {
    gradient = std::move(entry->second);
    elsewhere_->erase(entry);
  }
  return gradient;
}

void Engine::arrive(Ref<Node> node, Tensor gradient) {
  bool first = false;
  std::vector<Waiting>& list = node->is_leaf() ? leaves_ : heap_;
  // Space is reserved first: if the push threw after pending_ was claimed, the claim would never be released.
  if (list.size() == list.capacity()) list.reserve(std::max<std::size_t>(64, 2 * list.size()));
  Tensor& sum = pending(node.get(), first);
  if (first) {
    sum = std::move(gradient);
    detail::forget_copy(sum);
    const std::uint64_t number = node->number();
    list.emplace_back(number,
                      node.give_up());  // in place: copying the pair right after its halves were stored would stall
    if (&list == &heap_ && heap_.size() > 1) std::push_heap(heap_.begin(), heap_.end());
  } else if (observer_ != nullptr) {
    add_observed(*node, sum, gradient);
  } else if (graph_ != Graph::create && detail::alone(sum)) {
    detail::accumulate(sum, gradient, node->at());
  } else {
    sum = add(sum, gradient, node->at());
  }
}

void Engine::add_observed(const Node& node, Tensor& sum, const Tensor& gradient) const {
  const Tensor both[] = {std::exchange(sum, Tensor()), gradient};
  const Tensor total = sum = add(both[0], both[1], node.at());
  tell([&](detail::Observer& each) { each.changed(node, "the sum over its uses", both, 2, total); });
}

void Engine::visit(Ref<Node> node) {
  Tensor g = take_pending(node.get());
  // A hook of a node below that floor is called with the complete gradient, by the run that the segment belongs to.
  if (const detail::NodeExtras* extras = node->find_extras(); extras != nullptr && node->number() > hook_floor_)
    g = hooked(*node, *extras, std::move(g));
  if (targets_) {
    const Place wanted{node.get(), 0};
    auto place = std::lower_bound(places_.begin(), places_.end(), wanted);
    for (; place != places_.end() && place->node == node.get(); ++place) found_[place->index] = g;
    if (!paths_->leads_further(*node)) return;
  } else if (node->owner_.load(std::memory_order_relaxed) != nullptr) {
    if (node->is_leaf()) {
      results_.push_back({std::move(node), std::move(g)});
      return;
    }
    results_.push_back({node, g});
  }
  if (node->is_leaf()) return node->replaced() ? refuse_lost(*node) : void();
  detail::check_saved("backward", *node);
  pull(*node, g);
  if (graph_ == Graph::release) node->let_go();
}

Tensor Engine::hooked(const Node& node, const detail::NodeExtras& extras, Tensor g) const {
  const std::vector<std::shared_ptr<Hook>> hooks = extras.hooks;
  for (const std::shared_ptr<Hook>& kept : hooks) {
    const Hook hook = *kept;  // a copy, since a hook may remove itself
    if (!hook) continue;
    const Ref<Storage> memory = Raw::storage(g);
    const std::uint32_t version = memory->version();
    Tensor other = [&] {
      const detail::Observed user(observer_);
      return hook(g);
    }();
    if (memory->version() != version)
      throw std::logic_error("backward: a hook on " + to_string(node) + " wrote to the gradient in place at " +
                             to_string(memory->last_write()) +
                             ": other gradients may share its memory: return a new tensor, such as g * 2");
    if (!other.defined()) continue;
    if (!is_floating(other.dtype()))
      throw std::invalid_argument("backward: a hook on " + to_string(node) + " returned a gradient that is " +
                                  name_of(other.dtype()) + ": gradients are float32 or float64");
    if (other.shape() != node.shape())
      throw std::invalid_argument("backward: a hook on " + to_string(node) + " of shape " + to_string(node.shape()) +
                                  " returned a gradient of shape " + to_string(other.shape()));
    const Tensor before = std::exchange(g, to(std::move(other), node.dtype(), node.at()));
    if (observer_ != nullptr) tell([&](detail::Observer& each) { each.changed(node, "a hook", &before, 1, g); });
  }
  return g;
}

void Engine::refuse_lost(const Node& node, const Node& leaf) const {
  const std::string what = detail::lost_leaf(leaf, targets_);
  if (what.empty()) return;
  throw std::logic_error((targets_ ? "grad: " : "backward: ") + to_string(node) + " was computed from " + what +
                         ", so that its gradient would be lost: change tensors before they are used, or compute the "
                         "result anew");
}

void Engine::refuse_lost(const Node& leaf) const {
  const std::string what = detail::lost_leaf(leaf, targets_);
  if (what.empty()) return;
  throw std::logic_error(std::string(targets_ ? "grad" : "backward") + ": a gradient arrived at " + what +
                         ", in a hook perhaps, so that it would be lost: change tensors before they are used");
}

void Engine::pull(Node& node, const Tensor& g) {
  constexpr std::size_t few = 4;
  Tensor inside[few];
  std::vector<Tensor> outside;
  Tensor* out = inside;
  if (node.edge_count() > few) {
    outside.resize(node.edge_count());
    out = outside.data();
  }
  const Needs needs = targets_ != nullptr && observer_ == nullptr ? needed(node) : Needs::all();
  const bool adds = observer_ == nullptr && (graph_ != Graph::create ? node.adds() : node.adds_always());
  const std::uint64_t offered = adds ? offer_sums(node, out) : 0;
  if (observer_ != nullptr) keep(g);
  try {
    const detail::SourceScope line(node.at());
    const detail::Timed timed(node.name(), node.at(), true);
    node.pull(g, needs, out);
  } catch (const std::exception& error) {
    detail::rethrow(in_backward_of(node, error), error);
  }
  if (observer_ != nullptr) tell([&](detail::Observer& each) { each.pulled(node, g, out); });
  // A node that is about to be released moves its references to its inputs into the heap.
  const bool last = graph_ == Graph::release;
  if (last) node.released_ = true;
  for (std::size_t i = 0; i < node.edge_count(); ++i) {
    Ref<Node>& input = node.edges()[i].node;
    if (!input || !out[i].defined() || (targets_ && !paths_->leads(*input))) continue;
    if (i < 64 && (offered >> i & 1u) != 0 && added_in_place(out[i], input->pending_)) {
      input->pending_ = std::move(out[i]);
      continue;
    }
    if (input->replaced()) refuse_lost(node, *input);
    Tensor gradient = fold(node, *input, std::move(out[i]));
    arrive(last ? std::move(input) : input, std::move(gradient));
  }
}

Needs Engine::needed(Node& node) const {
  std::uint64_t bits = ~std::uint64_t{0};
  for (std::size_t i = 0; i < node.edge_count() && i < 64; ++i) {
    const Node* input = node.edges()[i].node.get();
    if (input != nullptr && !paths_->leads(*input)) bits &= ~(std::uint64_t{1} << i);
  }
  return Needs(bits);
}

bool Engine::is_target(const Node& node) const {
  const auto place = std::lower_bound(places_.begin(), places_.end(), Place{&node, 0});
  return place != places_.end() && place->node == &node;
}

std::uint64_t Engine::offer_sums(Node& node, Tensor* out) const {
  std::uint64_t offered = 0;
  for (std::size_t i = 0; i < node.edge_count() && i < 64; ++i) {
    const Node* input = node.edges()[i].node.get();
    if (input == nullptr || !is_waiting(*input) || !detail::alone(input->pending_)) continue;
    out[i] = input->pending_;
    offered |= std::uint64_t{1} << i;
  }
  return offered;
}

Tensor Engine::fold(const Node& node, const Node& input, Tensor g) {
  if (g.shape() != input.shape()) {
    if (!broadcasts_to(input.shape(), g.shape()))
      throw std::logic_error("backward of " + to_string(node) + ": its rule gave a gradient of shape " +
                             to_string(g.shape()) + " for an input of shape " + to_string(input.shape()));
    g = sum_to(std::move(g), input.shape(), node.at());
  }
  if (!is_floating(g.dtype()))
    throw std::logic_error("backward of " + to_string(node) + ": its rule gave a gradient that is " +
                           name_of(g.dtype()) + " for an input that is " + name_of(input.dtype()) +
                           ": gradients are float32 or float64");
  if (g.dtype() != input.dtype()) g = to(std::move(g), input.dtype(), node.at());
  return g;
}

void Engine::prepare_results(const Tensor* seeds, std::size_t count) {
  if (graph_ == Graph::create) return prepare_recorded_results(seeds, count);
  std::vector<Tensor*> shared;
  for (Tensor& gradient : found_)
    if (gradient.defined() && !detail::alone(gradient)) shared.push_back(&gradient);
  std::vector<Result*> added;
  for (Result& result : results_)
    if (!detail::alone(result.gradient)) {
      if (grad_of(*result.node).defined())
        added.push_back(&result);
      else
        shared.push_back(&result.gradient);
    }
  if (!shared.empty()) detail::own_memory(shared);
  if (!added.empty()) keep_from_writes(added);
}

// A seed, or what a hook returned, may be the gradient of another tensor, to which this run adds too.
void Engine::keep_from_writes(const std::vector<Result*>& added) {
  std::unordered_map<const Storage*, const Node*> written;  // null for memory of several gradients
  for (const Result& result : results_)
    if (const Tensor grad = grad_of(*result.node); grad.defined()) {
      const auto [place, first] = written.try_emplace(Raw::storage(grad).get(), result.node.get());
      if (!first) place->second = nullptr;
    }
  for (Result* result : added) {
    const auto found = written.find(Raw::storage(result->gradient).get());
    if (found != written.end() && found->second != result->node.get()) result->gradient = clone(result->gradient);
  }
}

void Engine::prepare_recorded_results(const Tensor* seeds, std::size_t count) {
  std::unordered_set<const Storage*> taken;
  for (std::size_t i = 0; i < count; ++i) taken.insert(Raw::storage(seeds[i]).get());
  const auto own = [&](Tensor& gradient) {
    // A later backward adds to it in place, so it is not to be what somebody else has: a constant of the user's, or
    // what a hook has kept.
    const bool kept = Raw::value(gradient)->count.load(std::memory_order_acquire) > 1 ||
                      (Raw::node(gradient) == nullptr && !detail::alone(gradient));
    if (!taken.insert(Raw::storage(gradient).get()).second || kept) gradient = clone(gradient);
  };
  for (Tensor& gradient : found_)
    if (gradient.defined()) own(gradient);
  for (Result& result : results_) {
    result.before = grad_of(*result.node);
    if (result.before.defined()) taken.insert(Raw::storage(result.before).get());
  }
  for (Result& result : results_) {
    if (!result.before.defined())
      own(result.gradient);
    else
      result.sum = add(result.before, result.gradient);
  }
}

void Engine::hand_over() {
  const detail::ModeScope mode(graph_ == Graph::create);
  for (Result& result : results_) {
    while (!settle(result)) result.sum = add(result.before, result.gradient);
    if (observer_ != nullptr && result.node->is_leaf()) tell_of(result);
  }
}

void Engine::tell_of(const Result& result) const {
  const Tensor owner = result.node->owner();
  const bool added = owner.defined() && Raw::value(owner.grad()) != Raw::value(result.gradient);
  if (owner.defined()) tell([&](detail::Observer& each) { each.gave(owner, added); });
}

namespace {

// A handle of a value that is kept elsewhere, without another reference to it.
struct Borrowed {
  explicit Borrowed(Ref<detail::Value>& from) : place(from), handle(Raw::handle(std::move(from))) {}
  ~Borrowed() { place = Raw::take_value(std::move(handle)); }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;

  Ref<detail::Value>& place;
  Tensor handle;
};

}  // namespace

bool Engine::settle(Result& result) {
  const Node& node = *result.node;
  Ref<detail::Value> old;  // destroyed after the lock is released
  return node.locked([&] {
    if (owner_of(node) == nullptr) return true;
    Ref<detail::Value>& grad = owner_of(node)->grad;
    if (!grad) {
      grad = Raw::take_value(observer_ == nullptr ? std::move(result.gradient) : result.gradient);
    } else if (graph_ != Graph::create) {
      const Borrowed sum(grad);
      detail::accumulate(sum.handle, result.gradient, node.at());
    } else if (grad.get() == Raw::value(result.before)) {
      old = std::move(grad);
      grad = Ref<detail::Value>(Raw::value(result.sum));
    } else {
      result.before = Raw::handle(grad);
      return false;
    }
    return true;
  });
}

Tensor Engine::grad_of(const Node& node) {
  return node.locked([&] { return owner_of(node) ? Raw::handle(owner_of(node)->grad) : Tensor(); });
}

void detail::at_end_of_run(std::function<void()> f) { Engine::at_end(std::move(f)); }
std::uint32_t detail::current_run() noexcept { return Engine::current_id(); }

}  // namespace xgrad

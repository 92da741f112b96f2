#include <xgrad/autograd/func/checkpoint.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_set>

#include <xgrad/autograd/engine/segment.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/runtime/checksum.hpp>

namespace xgrad::func::detail {
namespace {

using xgrad::detail::Edge;
using xgrad::detail::NewerNodes;
using xgrad::detail::SavedApartScope;
using Body = std::function<Tensor(const Tensors&)>;

std::uint64_t checksum(const Tensor& y) {
  return kernels::checksum(Raw::operand(y), static_cast<std::size_t>(y.size()) * size_of(y.dtype()));
}

Tensor result_of(const Body& body, const Tensors& x) {
  Tensor y = body(x);
  if (!y.defined()) throw std::invalid_argument("checkpoint: the function returned an empty tensor");
  return y;
}

// One call of the body, recorded from inputs of its own.
struct Segment {
  Tensors inputs;  // those that have a gradient; others are undefined
  Tensor y;
  std::uint64_t floor;       // nodes up to this number are not of the body
  std::uint64_t hook_floor;  // and up to this one are older than the inputs, on which the body may put hooks

  Segment(const Body& body, Tensors x, const std::vector<bool>& wanted) : inputs(x.size()) {
    const NewerNodes with_inputs;
    hook_floor = with_inputs.floor();
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!wanted[i]) continue;
      x[i] = Raw::node(x[i]) != nullptr ? record("input", Source(), Raw::alias(x[i], x[i].shape()), {x[i]}, pass_on)
                                        : x[i].detach().requires_grad_();
      inputs[i] = x[i];
    }
    const NewerNodes own;
    floor = own.floor();
    const EnableGrad on;
    const SavedApartScope joined(false);
    y = result_of(body, x);
  }
};

// The recorded values that the body has captured: where the walk from its result leaves the body.
std::vector<Node*> captured(const Segment& segment) {
  std::unordered_set<const Node*> seen;
  for (const Tensor& x : segment.inputs)
    if (x.defined()) seen.insert(Raw::node(x));
  std::vector<Node*> result, open;
  const auto meet = [&](Node* node) {
    if (node == nullptr || !seen.insert(node).second) return;
    (node->number() <= segment.floor || node->is_leaf() ? result : open).push_back(node);
  };
  meet(Raw::node(segment.y));
  while (!open.empty()) {
    Node* node = open.back();
    open.pop_back();
    for (std::size_t i = 0; i < node->edge_count(); ++i) meet(node->edges()[i].node.get());
  }
  return result;
}

// A tensor that has a place in the graph and no memory, as the target of a gradient.
Tensor place_of(Node* node) {
  auto value =
      Ref<xgrad::detail::Value>::adopt(new xgrad::detail::Value(node->shape(), node->dtype(), Ref<Storage>(), 0));
  value->node = Ref<Node>(node);
  return Raw::handle(std::move(value));
}

class CheckpointNode final : public Node {
 public:
  CheckpointNode(Source at, const Tensor& y, Body body, const Generator& random, const Tensors& x,
                 const std::vector<Node*>& others)
      : CheckpointNode(at, y, std::move(body), random, x, others, std::make_unique<Edge[]>(x.size() + others.size())) {}

  void pull(const Tensor& g, Needs needs, Tensor* out) override {
    Tensors x;
    std::vector<bool> wanted;
    for (std::size_t i = 0; i < inputs_; ++i) {
      x.push_back(input(i));
      wanted.push_back(static_cast<bool>(edges()[i].node));
    }
    const Body body = body_;  // a copy: the graph may be freed while it runs
    const Segment again = [&] {
      const xgrad::detail::KeptGenerator generator;
      default_generator() = random_;
      return Segment(body, std::move(x), wanted);
    }();
    require_same(again.y);
    if (!again.y.requires_grad()) return;
    if (!released()) require_known(again);
    Tensors targets;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < edge_count(); ++i) {
      if (!edges()[i].node || !needs[i]) continue;
      targets.push_back(i < inputs_ ? again.inputs[i] : place_of(edges()[i].node.get()));
      places.push_back(i);
    }
    const Graph graph = grad_enabled() ? Graph::create : Graph::release;
    Tensors found = xgrad::detail::segment_gradients(again.y, targets, g, graph, again.floor, again.hook_floor);
    for (std::size_t i = 0; i < found.size(); ++i) out[places[i]] = std::move(found[i]);
  }

 protected:
  void clear_kept() noexcept override { body_ = nullptr; }

 private:
  CheckpointNode(Source at, const Tensor& y, Body body, const Generator& random, const Tensors& x,
                 const std::vector<Node*>& others, std::unique_ptr<Edge[]> made)
      : Node("checkpoint", at, y, made.get(), x.size() + others.size()),
        edge_(std::move(made)),
        inputs_(x.size()),
        body_(std::move(body)),
        random_(random),
        sum_(checksum(y)) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (Raw::node(x[i]) != nullptr) edge_[i].node = Ref<Node>(Raw::node(x[i]));
      edge_[i].saved.keep_input(x[i], false);
    }
    for (std::size_t i = 0; i < others.size(); ++i) {
      Edge& edge = edge_[x.size() + i];
      edge.node = Ref<Node>(others[i]);
      // A captured leaf, such as a parameter, is not to be written meanwhile.
      if (const Tensor leaf = others[i]->owner();
          others[i]->is_leaf() && leaf.defined() && Raw::node(leaf) == others[i])
        edge.saved.keep_input(leaf, false);
    }
    number_after_inputs();
  }

  void require_same(const Tensor& y) const {
    const std::string changed = "the function gave another result when it was called again";
    const std::string way_out =
        ": it must compute the same from the same arguments: use the default generator, and change no mode or "
        "parameter in between";
    if (y.shape() != shape() || y.dtype() != dtype())
      throw std::logic_error(changed + ", of shape " + to_string(y.shape()) + " where it was " + to_string(shape()) +
                             way_out);
    if (checksum(y) != sum_) throw std::logic_error(changed + way_out);
  }

  // Only what the first call has captured is an input of this node: the gradient of anything else would be lost. Leaves
  // made during this call are newer than the floor, and ignored.
  void require_known(const Segment& again) const {
    std::unordered_set<const Node*> known;
    for (std::size_t i = inputs_; i < edge_count(); ++i) known.insert(edges()[i].node.get());
    for (const Node* node : captured(again))
      if (node->number() <= again.floor && known.count(node) == 0)
        throw std::logic_error("the function used another recorded value when it was called again, " +
                               to_string(*node) + " of shape " + to_string(node->shape()) +
                               ": it must use the same in both calls, and make no ops in other threads, nor within a "
                               "functional_call that is over: pass what changes as an argument");
  }

  std::unique_ptr<Edge[]> edge_;
  std::size_t inputs_;
  Body body_;
  Generator random_;
  std::uint64_t sum_;
};

}  // namespace

Tensor checkpointed(Body body, const Tensors& x, Source at) {
  for (std::size_t i = 0; i < x.size(); ++i)
    if (!x[i].defined())
      throw std::invalid_argument("checkpoint: argument " + std::to_string(i) + " is an empty tensor");
  if (!grad_enabled()) return result_of(body, x);
  const Generator random = default_generator();
  Tensors alone;
  std::vector<bool> wanted;
  for (const Tensor& each : x) {
    wanted.push_back(Raw::node(each) != nullptr);
    alone.push_back(Raw::constant(each));
  }
  Tensor y;
  std::vector<Node*> others;
  std::vector<Ref<Node>> kept;
  bool recorded = false;
  {
    const Segment first(body, std::move(alone), wanted);
    others = captured(first);
    for (Node* node : others) kept.emplace_back(node);
    recorded = first.y.requires_grad();
    y = Raw::constant(first.y);
  }
  if (!recorded) return y;
  auto node = Ref<Node>::adopt(new CheckpointNode(at, y, std::move(body), random, x, others));
  y = xgrad::detail::attach(std::move(y), std::move(node));
  if (xgrad::detail::is_observed())
    xgrad::detail::tell_computed("checkpoint", at, y, x.data(), x.size(), attributes(), true);
  return y;
}

}  // namespace xgrad::func::detail

#include <xgrad/autograd/engine/forward.hpp>

#include <algorithm>
#include <cstring>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/rethrow.hpp>
#include <xgrad/autograd/engine/saved_checks.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/inplace.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/slicing.hpp>

namespace xgrad::detail {
namespace {

Shape with_lead(const Shape& shape, const std::int64_t* many) { return many ? shape.inserted(0, *many) : shape; }

// The tangent t of a value of shape `from`, broadcast to `to` behind the leading axis.
Tensor broadcast(Tensor t, const Shape& from, const Shape& to, const std::int64_t* many, Source at) {
  if (from == to) return t;
  if (many) {
    Shape aligned = t.shape();
    for (std::size_t k = from.rank(); k < to.rank(); ++k) aligned = aligned.inserted(1, 1);
    t = reshape(std::move(t), aligned, at);
  }
  return broadcast_to(std::move(t), with_lead(to, many), at);
}

// The step of one node.
class Pushing {
 public:
  Pushing(Node& node, const Tensor* tangents, Recorded recorded, const std::int64_t* many)
      : node_(node), tangents_(tangents), recorded_(recorded), many_(many) {}

  /// The tangent of the output, undefined if it is zero.
  Tensor result() {
    bool transposed = false;
    for (std::size_t i = 0; i < node_.edge_count(); ++i) {
      if (!tangents_[i].defined()) continue;
      const Push how = node_.push(i, nullptr, 0, nullptr);
      if (how == Push::transposed)
        transposed = true;
      else if (how != Push::none)
        add(pushed(i, how));
    }
    if (transposed) add_transposed();
    return std::move(sum_);
  }

 private:
  Tensor pushed(std::size_t i, Push how) {
    const Tensor& t = tangents_[i];
    const Shape& from = node_.edges()[i].node->shape();
    if (how == Push::pass) return broadcast(t, from, node_.shape(), many_, node_.at());
    if (how == Push::pointwise) return pointwise(i, t, from);
    Tensor out;
    if (how == Push::batched || many_ == nullptr) {
      node_.push(i, &t, many_ ? 1 : 0, &out);
      return out;
    }
    return each_of_many([&](std::int64_t k) {
      const Tensor one = select(t, 0, k);
      Tensor each;
      node_.push(i, &one, 0, &each);
      return each.defined() ? to(std::move(each), node_.dtype()) : zeros(node_.shape(), node_.dtype());
    });
  }

  // A reduced pointwise loss has the slopes of its elements times a factor, and is their sum.
  Tensor pointwise(std::size_t i, const Tensor& t, const Shape& from) {
    const bool reduced = !broadcasts_to(from, node_.shape());
    Tensor whole = to(broadcast(t, from, reduced ? from : node_.shape(), many_, node_.at()), node_.dtype()), out;
    node_.push(i, &whole, many_ ? 1 : 0, &out);
    if (!out.defined()) return {};
    // Where an elementwise() function is flat in the input, its rule gives zeros of the input's shape.
    if (out.shape() != whole.shape() && out.shape() == from) return {};
    if (!reduced || out.shape() != whole.shape()) return out;  // add() refuses another shape
    std::vector<std::int64_t> axes;
    for (std::size_t k = many_ ? 1 : 0; k < out.rank(); ++k) axes.push_back(static_cast<std::int64_t>(k));
    return axes.empty() ? out : sum(std::move(out), Axes(axes), KeepDims::no, node_.at());
  }

  template <class F>
  Tensor each_of_many(const F& f) {
    std::vector<Tensor> all;
    for (std::int64_t k = 0; k < *many_; ++k) all.push_back(f(k));
    if (all.empty()) return zeros(with_lead(node_.shape(), many_), node_.dtype());
    return stack(all, 0);
  }

  // The gradients gx of a rule are linear in g: gx = Jᵀ g. So the gradient of gx, weighted by t, with respect to g is
  // J t. The value of g does not matter.
  void add_transposed() {
    const Tensor g = [&] {
      const NewerNodes apart;  // the walk to g must stop at what the rule has captured
      return ones(node_.shape(), node_.dtype()).requires_grad_();
    }();
    std::vector<Tensor> all(node_.edge_count()), gradients;
    std::vector<std::size_t> places;
    try {
      const EnableGrad on;
      const SavedApartScope apart(recorded_ == Recorded::no);
      node_.pull(g, Needs::all(), all.data());
    } catch (const std::logic_error& error) {
      refuse_once(error);
      throw;
    }
    for (std::size_t i = 0; i < all.size(); ++i)
      if (tangents_[i].defined() && node_.push(i, nullptr, 0, nullptr) == Push::transposed && all[i].defined() &&
          all[i].requires_grad()) {
        places.push_back(i);
        gradients.push_back(std::move(all[i]));
      }
    if (gradients.empty()) return;
    const auto of = [&](std::int64_t k, Graph graph) {
      std::vector<Tensor> seeds;
      for (std::size_t j = 0; j < gradients.size(); ++j) {
        const Tensor& t = tangents_[places[j]];
        seeds.push_back(broadcast_to(many_ ? select(t, 0, k) : t, gradients[j].shape()));
      }
      return grad(gradients, {g}, seeds, graph, allow_unused)[0];
    };
    const Graph kept = recorded_ == Recorded::yes ? Graph::create : many_ ? Graph::retain : Graph::release;
    try {
      if (many_ == nullptr)
        add(of(0, kept));
      else
        add(each_of_many([&](std::int64_t k) {
          Tensor one = of(k, kept);
          return one.defined() ? one : zeros(node_.shape(), node_.dtype());
        }));
    } catch (const std::logic_error& error) {
      refuse_once(error);
      throw;
    }
  }

  // A rule that refuses to be differentiated cannot be transposed either.
  static void refuse_once(const std::logic_error& error) {
    if (std::strstr(error.what(), "once_differentiable()") == nullptr) return;
    throw NoForwardMode(
        "its rule cannot be differentiated, so that it cannot be transposed: give it a push (with_push) or a jvp, "
        "or use reverse mode");
  }

  void add(Tensor part) {
    if (!part.defined()) return;
    const Shape shape = with_lead(node_.shape(), many_);
    if (part.shape() != shape)
      throw std::logic_error("its push gave a tangent of shape " + to_string(part.shape()) +
                             " for an output of shape " + to_string(shape));
    part = to(std::move(part), node_.dtype(), node_.at());
    if (!sum_.defined())
      sum_ = std::move(part);
    else if (recorded_ == Recorded::no && alone(sum_))
      accumulate(sum_, part, node_.at());
    else
      sum_ = xgrad::add(std::move(sum_), std::move(part), node_.at());
  }

  Node& node_;
  const Tensor* tangents_;
  Recorded recorded_;
  const std::int64_t* many_;
  Tensor sum_;
};

Tensor pushed_through(const char* op, Node& node, const Tensor* tangents, Recorded recorded, const std::int64_t* many) {
  check_saved(op, node);
  const auto where = [&](const std::exception& error) {
    return std::string(op) + " through " + to_string(node) + ": " + error.what();
  };
  try {
    const SourceScope line(node.at());
    return Pushing(node, tangents, recorded, many).result();
  } catch (const NoForwardMode& error) {
    throw NoForwardMode(where(error));
  } catch (const std::exception& error) {
    rethrow(where(error), error);
  }
}

}  // namespace

namespace {

// The nodes on which the outputs depend, down to the inputs; `outside` as in reaches_outside().
std::vector<Node*> nodes_between(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs, bool& outside) {
  std::unordered_set<const Node*> seen;
  std::uint64_t lowest = UINT64_MAX;
  for (const Tensor& input : inputs) {
    const Node* node = Raw::node(input);
    seen.insert(node);
    lowest = std::min(lowest, node->number());
    outside = outside || !node->is_leaf();
  }
  // Nodes that are older than every input do not depend on one.
  std::vector<Node*> met;
  const auto meet = [&](Node* node) {
    if (node == nullptr || !seen.insert(node).second) return;
    if (node->number() < lowest || node->is_leaf())
      outside = true;
    else
      met.push_back(node);
  };
  for (const Tensor& output : outputs) meet(Raw::node(output));
  for (std::size_t next = 0; next < met.size();) {  // the list grows meanwhile
    Node* node = met[next++];
    for (std::size_t i = 0; i < node->edge_count(); ++i) meet(node->edges()[i].node.get());
  }
  return met;
}

}  // namespace

bool reaches_outside(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs) {
  for (const Tensor& input : inputs)
    if (!Raw::node(input)->is_leaf()) return true;
  bool outside = false;
  nodes_between(outputs, inputs, outside);
  return outside;
}

Tape::Tape(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs) : inputs_(inputs.size()) {
  std::unordered_map<const Node*, std::size_t> place;
  for (std::size_t i = 0; i < inputs.size(); ++i) place.emplace(Raw::node(inputs[i]), i);
  std::vector<Node*> met = nodes_between(outputs, inputs, outside_);
  std::sort(met.begin(), met.end(), [](const Node* a, const Node* b) { return a->number() < b->number(); });
  last_use_.assign(inputs.size(), 0);
  for (Node* node : met) {
    const std::size_t first = from_.size();
    bool active = node->released();  // is refused by the sweep
    for (std::size_t i = 0; i < node->edge_count(); ++i) {
      const auto found = place.find(node->edges()[i].node.get());
      from_.push_back(found == place.end() ? nowhere : found->second);
      if (found == place.end()) continue;
      active = true;
      last_use_[found->second] = steps_.size();
    }
    if (!active) {
      from_.resize(first);
      continue;
    }
    place.emplace(node, inputs.size() + steps_.size());
    steps_.push_back({Ref<Node>(node), first});
    last_use_.push_back(0);
  }
  for (const Tensor& output : outputs) {
    const auto found = place.find(Raw::node(output));
    outputs_.push_back(found == place.end() ? nowhere : found->second);
    if (found != place.end()) last_use_[found->second] = nowhere;
  }
}

std::vector<Tensor> Tape::push(const char* op, const std::vector<Tensor>& tangents, Recorded recorded,
                               const std::int64_t* many) const {
  const ModeScope mode(recorded == Recorded::yes);
  const SavedApartScope joined(false);
  std::vector<Tensor> at(inputs_ + steps_.size()), own;
  std::copy(tangents.begin(), tangents.end(), at.begin());
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    Node& node = *steps_[s].node;
    const std::size_t* from = from_.data() + steps_[s].first;
    own.assign(node.edge_count(), Tensor());
    bool any = node.released();
    for (std::size_t i = 0; i < own.size(); ++i) {
      if (from[i] == nowhere || !at[from[i]].defined()) continue;
      own[i] = at[from[i]];
      any = true;
    }
    if (any) at[inputs_ + s] = pushed_through(op, node, own.data(), recorded, many);
    for (std::size_t i = 0; i < own.size(); ++i)
      if (from[i] != nowhere && last_use_[from[i]] == s) at[from[i]] = Tensor();
  }
  std::vector<Tensor> result;
  for (const std::size_t output : outputs_) result.push_back(output == nowhere ? Tensor() : at[output]);
  return result;
}

}  // namespace xgrad::detail

#include <xgrad/autograd/inspect/walk.hpp>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <unordered_set>

#include <xgrad/autograd/engine/range.hpp>
#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/observe.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/reduction.hpp>

namespace xgrad::detail {
namespace {

void require_usable(const char* op, const Node& node) {
  if (node.released())
    throw std::logic_error(std::string(op) +
                           ": this graph was freed by an earlier backward: call it before, or pass "
                           "retain_graph to backward (at " +
                           node.name() + ", " + to_string(node.at()) + ")");
  const auto refuse = [&](const Saved& saved) {
    if (saved.defined() && saved.stale())
      throw std::logic_error(std::string(op) + ": " + to_string(node) + " needs a value that was written in place at " +
                             to_string(saved.last_write()) + ": call it before the write");
  };
  for (std::size_t i = 0; i < node.edge_count(); ++i) refuse(node.edges()[i].saved);
  refuse(node.saved_output());
}

}  // namespace

std::vector<const Node*> nodes_below(const char* op, const Tensor& root) {
  const Calling calling(op);
  if (!root.requires_grad())
    throw std::logic_error(std::string(op) +
                           ": the root needs no gradient: nothing it was made from requires one, or "
                           "recording was off");
  std::vector<const Node*> found, open{Raw::node(root)};
  std::unordered_set<const Node*> seen{open[0]};
  while (!open.empty()) {
    const Node* node = open.back();
    open.pop_back();
    require_usable(op, *node);
    found.push_back(node);
    for (std::size_t i = 0; i < node->edge_count(); ++i)
      if (const Node* input = node->edges()[i].node.get(); input != nullptr && seen.insert(input).second)
        open.push_back(input);
  }
  std::sort(found.begin(), found.end(), [](const Node* a, const Node* b) { return a->number() < b->number(); });
  return found;
}

std::vector<Tensor> pulled(const Node& node, const Tensor& g) {
  const NoGrad off;
  const Unobserved own;
  // A second handle, so that no rule writes its gradient into g's memory.
  const Tensor kept = g;  // NOLINT(performance-unnecessary-copy-initialization)
  std::vector<Tensor> out(node.edge_count());
  // The rule of a node does not change it.
  const_cast<Node&>(node).pull(kept, Needs::all(), out.data());
  for (std::size_t i = 0; i < out.size(); ++i)
    if (!node.edges()[i].node) out[i] = Tensor();
  return out;
}

Tensor folded(const Node& input, Tensor gradient) {
  const NoGrad off;
  const Unobserved own;
  if (gradient.shape() != input.shape()) gradient = sum_to(std::move(gradient), input.shape());
  return gradient.dtype() == input.dtype() ? gradient : to(std::move(gradient), input.dtype());
}

Tensor copy_of(const Reading& reading) {
  Tensor copy = Raw::uninitialized(*reading.shape, reading.dtype);
  const std::size_t bytes = static_cast<std::size_t>(reading.shape->count()) * size_of(reading.dtype);
  if (bytes > 0) std::memcpy(Raw::write_bytes(copy), reading.data, bytes);
  return copy;
}

std::unordered_map<const Node*, Tensor> known_values(const std::vector<const Node*>& nodes, const Tensor& root) {
  std::unordered_map<const Node*, Tensor> values;
  for (const Node* node : nodes) {
    if (const NodeExtras* extras = node->find_extras(); extras != nullptr && extras->value.defined())
      values[node] = extras->value;
    else if (const Reading y = saved_output(*node); y.data != nullptr)
      values[node] = copy_of(y);
    else if (const Tensor owner = node->is_leaf() ? node->owner() : Tensor(); owner.defined())
      values[node] = copy_of(reading(owner));
    for (std::size_t i = 0; i < node->edge_count(); ++i) {
      const Node* input = node->edges()[i].node.get();
      if (input == nullptr || values.count(input) == 1) continue;
      if (const Reading x = saved_input(*node, i); x.data != nullptr) values[input] = copy_of(x);
    }
  }
  values[Raw::node(root)] = copy_of(reading(root));
  return values;
}

std::string numbers_text(const Tensor& x, std::int64_t most) {
  if (!x.defined()) return "unknown";
  if (x.size() == 0) return "no elements";
  const Tensor wide = converted(x, float64);
  const double* from = Raw::data<double>(wide);
  if (x.size() <= most) {
    std::string text;
    for (std::int64_t i = 0; i < x.size(); ++i) text += (i == 0 ? "" : ", ") + number_text(from[i], 5);
    return x.size() == 1 ? text : "[" + text + "]";
  }
  const Range range = range_of(wide);
  std::string text = "no finite number";
  if (range.has_finite()) {
    double sum = 0;
    for (std::int64_t i = 0; i < x.size(); ++i)
      if (from[i] - from[i] == 0) sum += from[i];
    const auto count = static_cast<double>(range.size - range.nans - range.infs);
    text = range.min == range.max ? "all " + number_text(range.min, 5)
                                  : number_text(range.min, 5) + " .. " + number_text(range.max, 5) + ", mean " +
                                        number_text(sum / count, 5);
  }
  if (range.nans > 0) text += ", " + std::to_string(range.nans) + " nan";
  if (range.infs > 0) text += ", " + std::to_string(range.infs) + " inf";
  return text;
}

}  // namespace xgrad::detail

#include <xgrad/autograd/graph/record.hpp>

#include <cstring>
#include <stdexcept>
#include <string>

#include <xgrad/autograd/graph/calling.hpp>

namespace xgrad::detail {
namespace {

/// A node with edges to given nodes; it saves no values.
class ConnectedNode : public Node {
 public:
  ConnectedNode(const char* name, Source at, const Tensor& y, const std::vector<Node*>& inputs)
      : ConnectedNode(name, at, y, inputs, std::make_unique<Edge[]>(inputs.size())) {}

 private:
  ConnectedNode(const char* name, Source at, const Tensor& y, const std::vector<Node*>& inputs,
                std::unique_ptr<Edge[]> made)
      : Node(name, at, y, made.get(), inputs.size()), edge_(std::move(made)) {
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (inputs[i] != nullptr) edge_[i].node = Ref<Node>(inputs[i]);
    number_after_inputs();
  }

  std::unique_ptr<Edge[]> edge_;
};

class ZeroNode final : public ConnectedNode {
 public:
  using ConnectedNode::ConnectedNode;
  void pull(const Tensor& g, Needs needs, Tensor* out) override {
    for (std::size_t i = 0; i < edge_count(); ++i)
      if (edges()[i].node && needs[i]) out[i] = zeros_for(*edges()[i].node, g);
  }
};

class OnceNode final : public ConnectedNode {
 public:
  using ConnectedNode::ConnectedNode;
  void pull(const Tensor&, Needs, Tensor*) override {
    throw std::logic_error(std::string(refusal_of_once) + ": write it over tensors to differentiate it again");
  }
};

Tensor connected_zeros(const Shape& shape, DType dtype, Node* input, const Tensor& g) {
  Tensor zeros = Raw::uninitialized(shape, dtype);
  std::memset(Raw::write_bytes(zeros), 0, static_cast<std::size_t>(zeros.size()) * size_of(dtype));
  if (!grad_enabled() || (input == nullptr && Raw::node(g) == nullptr)) return zeros;
  auto node = Ref<Node>::adopt(new ZeroNode("zero", Source(), zeros, {input, Raw::node(g)}));
  return attach(std::move(zeros), std::move(node));
}

}  // namespace

Tensor zeros_for(const Node& input, const Tensor& g) {
  return connected_zeros(input.shape(), input.dtype(), const_cast<Node*>(&input), g);
}

Tensor zeros_for(const Tensor& x, const Tensor& g) { return connected_zeros(x.shape(), g.dtype(), Raw::node(x), g); }

void refuse_result(const char* name, Source at, const Tensor& y, const Tensor* inputs, std::size_t count) {
  const Calling calling(name, at);
  const std::string op = std::string(name) + ": the result given to record() ";
  if (!y.defined()) throw argument_error(op + "is an undefined tensor: compute it before, as a new tensor");
  const std::string what = "of shape " + to_string(y.shape());
  for (std::size_t i = 0; i < count; ++i)
    if (Raw::value(y) == Raw::value(inputs[i]))
      throw argument_error(op + what + " is input " + std::to_string(i) +
                           " itself: a node needs a result of its own: pass its clone(), or detach() for one that "
                           "shares the memory");
  if (const Node* node = Raw::node(y))
    throw argument_error(
        op + what +
        (node->is_leaf() ? " is a leaf that requires a gradient" : " is recorded already, by " + to_string(*node)) +
        ": compute it in a NoGrad scope, so that the rules given here are its only ones");
  throw argument_error(op + what + " is " + name_of(y.dtype()) +
                       ": only float32 and float64 have gradients: return it without record()");
}

Tensor differentiable_once(const Node& node, Tensor result, const Tensor& g) {
  std::vector<Node*> inputs{Raw::node(g)};
  for (std::size_t i = 0; i < node.edge_count(); ++i) inputs.push_back(node.edges()[i].node.get());
  // The node is set on a tensor of its own: another handle may be that of a rule's constant, or g.
  const bool shared = result.defined() && Raw::value(result)->count.load(std::memory_order_acquire) > 1;
  if (shared || Raw::node(result) != nullptr) result = Raw::constant(result);
  auto made = Ref<Node>::adopt(new OnceNode(node.name(), node.at(), result, inputs));
  return attach(std::move(result), std::move(made));
}

}  // namespace xgrad::detail

#pragma once

#include <memory>
#include <string>
#include <vector>

#include <xgrad/autograd/graph/node.hpp>

namespace xgrad::detail {

/// The tensor whose leaf a node was before another node, or none, took its place; null once that tensor is destroyed.
struct FormerOwner {
  const Value* tensor;
  std::vector<std::shared_ptr<Hook>> hooks = {};  // of a leaf that collects no gradient now, for the next one
};

/// The node of a tensor that no op made and that requires a gradient.
class LeafNode final : public Node {
 public:
  LeafNode(const Shape& shape, DType dtype) : Node(Leaf{}, shape, dtype) {}
  void pull(const Tensor&, Needs, Tensor*) override {}

  std::shared_ptr<const FormerOwner> former;  // set while replaced()
  const char* change = nullptr;               // the function that replaced it
};

/// A change of a leaf that may replace its node: other values, or whether it collects gradients. All that can fail is
/// done by the construction; commit() makes the change. So several tensors can be changed all or not at all.
class LeafChange {
 public:
  /// `values` become those of the tensor; errors begin with `op`.
  static LeafChange data(const char* op, const Tensor& tensor, const Tensor& values);
  /// The tensor is made a leaf that collects gradients, or stops being one.
  static LeafChange gradient(const Tensor& tensor, bool on);
  void commit() noexcept;

 private:
  LeafChange(const char* op, const Tensor& tensor) : op_(op), tensor_(tensor), node_(Raw::node(tensor)) {}
  void note_former();
  std::shared_ptr<FormerOwner> former_owner();

  const char* op_;
  Tensor tensor_;
  Tensor values_;   // undefined where they stay
  Ref<Node> node_;  // from the commit on
  std::shared_ptr<const FormerOwner> former_;
};

/// What happened to the tensor of a replaced leaf, if a gradient that arrives there would be lost although the tensor
/// collects gradients; else empty. With `targets`, only the gradients of these tensors are wanted.
std::string lost_leaf(const Node& leaf, const std::vector<Tensor>* targets);

}  // namespace xgrad::detail

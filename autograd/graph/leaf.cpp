#include <xgrad/autograd/graph/leaf.hpp>

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <unordered_map>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/kernels/runtime/ending.hpp>

namespace xgrad::detail {
namespace {

// Few tensors ever have their leaf replaced while a graph refers to it, so the link from such a tensor to its former
// nodes is in a side table and not in Value. One lock is enough.
struct FormerOwners {
  std::mutex mutex;
  std::unordered_map<const Value*, std::shared_ptr<FormerOwner>> of;
};

FormerOwners& former_owners() {
  static auto* owners = [] {  // never destroyed: tensors may be destroyed after static objects are
    auto* made = new FormerOwners;
    hold_across_fork(made->mutex);
    return made;
  }();
  return *owners;
}

// Made before there are threads: a child of fork() would wait for ever for a thread that is making them.
const bool made = (former_owners(), true);

std::string described(const Shape& shape, DType dtype) { return to_string(shape) + " " + name_of(dtype); }

}  // namespace

void Value::disown_former_leaves() noexcept {
  FormerOwners& owners = former_owners();
  const std::lock_guard<std::mutex> lock(owners.mutex);
  const auto found = owners.of.find(this);
  if (found == owners.of.end()) return;
  found->second->tensor = nullptr;
  owners.of.erase(found);
}

std::shared_ptr<FormerOwner> LeafChange::former_owner() {
  Value& value = *Raw::value(tensor_);
  FormerOwners& owners = former_owners();
  const std::lock_guard<std::mutex> lock(owners.mutex);
  std::shared_ptr<FormerOwner>& owner = owners.of[&value];
  value.had_leaf = true;  // before anything can fail: the destructor of the value removes the entry
  if (!owner) owner = std::make_shared<FormerOwner>(FormerOwner{&value});
  return owner;
}

// There is nothing to record of a leaf to which no graph refers.
void LeafChange::note_former() {
  const Value& value = *Raw::value(tensor_);
  if (value.node && value.node->shared()) former_ = former_owner();
}

LeafChange LeafChange::data(const char* op, const Tensor& tensor, const Tensor& values) {
  const bool trained = tensor.requires_grad();
  if (!tensor.is_leaf()) throw std::logic_error(std::string(op) + ": only a leaf can be given new values");
  if (trained && !is_floating(values.dtype()))
    throw std::invalid_argument(std::string(op) + ": a tensor that requires a gradient cannot become " +
                                name_of(values.dtype()));
  if (!values.defined()) throw std::invalid_argument(std::string(op) + ": the new values are an empty tensor");
  LeafChange change(op, tensor);
  change.values_ = values;
  // The node of a leaf stores its shape and dtype. If these change, the leaf gets a new node, which takes over its
  // hooks.
  if (!trained || (values.shape() == tensor.shape() && values.dtype() == tensor.dtype())) return change;
  const NodeExtras* extras = change.node_->find_extras();
  change.node_ = Ref<Node>::adopt(new LeafNode(values.shape(), values.dtype()));
  if (extras != nullptr) change.node_->extras().hooks = extras->hooks;
  change.note_former();
  return change;
}

LeafChange LeafChange::gradient(const Tensor& tensor, bool on) {
  const bool is_on = tensor.requires_grad();
  LeafChange change("requires_grad_", tensor);
  if (!on) {
    if (!tensor.is_leaf())
      throw std::logic_error(
          "requires_grad_: an inner node always requires its gradient: use detach() for its value alone");
    if (const NodeExtras* extras = is_on ? change.node_->find_extras() : nullptr; extras && !extras->hooks.empty())
      change.former_owner()->hooks = extras->hooks;
    change.node_ = nullptr;
    change.note_former();
    return change;
  }
  if (!is_floating(tensor.dtype()))
    throw std::invalid_argument(std::string(caller_or("requires_grad_")) +
                                ": only float32 and float64 tensors have gradients, this one is " +
                                name_of(tensor.dtype()));
  if (is_on) return change;
  change.node_ = Ref<Node>::adopt(new LeafNode(tensor.shape(), tensor.dtype()));
  if (Raw::value(tensor)->had_leaf)
    if (const std::shared_ptr<FormerOwner> owner = change.former_owner(); !owner->hooks.empty())
      change.node_->extras().hooks = owner->hooks;
  return change;
}

void LeafChange::commit() noexcept {
  Value& value = *Raw::value(tensor_);
  Ref<Value> old_grad;
  if (former_) {
    auto& leaf = static_cast<LeafNode&>(*value.node);
    leaf.former = std::move(former_);
    leaf.change = op_;
    leaf.mark_replaced();
  }
  const bool is_new = value.node != node_ || values_.defined();
  if (is_new) value.disown_gradient();
  if (values_.defined()) {
    const Value& from = *Raw::value(values_);
    if (&from != &value) {
      value.drop_twin();
      value.shape = from.shape;
      value.dtype = from.dtype;
      value.weak = from.weak;
      value.storage = from.storage;
      value.offset = from.offset;
    }
    std::swap(value.grad, old_grad);
  }
  std::swap(value.node, node_);
  if (value.node && is_new) value.own_gradient();
}

std::string lost_leaf(const Node& node, const std::vector<Tensor>* targets) {
  const auto& leaf = static_cast<const LeafNode&>(node);
  FormerOwners& owners = former_owners();
  const std::lock_guard<std::mutex> lock(owners.mutex);
  const Value* tensor = leaf.former ? leaf.former->tensor : nullptr;
  if (tensor == nullptr || !tensor->node) return {};
  const auto is_tensor = [&](const Tensor& target) { return Raw::value(target) == tensor; };
  if (targets != nullptr && std::none_of(targets->begin(), targets->end(), is_tensor)) return {};
  const std::string before = described(node.shape(), node.dtype()), now = described(tensor->shape, tensor->dtype);
  return "a leaf of shape " + before + " that " + leaf.change + "() has replaced since" +
         (before == now ? "" : ", by one of shape " + now);
}

}  // namespace xgrad::detail

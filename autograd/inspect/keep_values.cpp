#include <xgrad/autograd/inspect/keep_values.hpp>

#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/autograd/graph/observe.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad {

class KeepValues::Keeper final : public detail::Observer {
 public:
  void computed(const detail::ObservedOp& op, const Tensor& y) override {
    Node* node = Raw::node(y);
    if (node == nullptr) return;
    const NoGrad off;
    detail::NodeExtras& extras = node->extras();
    extras.value = clone(y.detach());
    extras.constants.assign(op.count, Tensor());
    for (std::size_t i = 0; i < op.count; ++i)
      if (op.inputs[i].defined() && Raw::node(op.inputs[i]) == nullptr) extras.constants[i] = op.inputs[i].detach();
    if (detail::module_path != nullptr) extras.module = detail::module_path();
  }
};

KeepValues::KeepValues() : keeper_(std::make_unique<Keeper>()) {}
KeepValues::~KeepValues() = default;

}  // namespace xgrad

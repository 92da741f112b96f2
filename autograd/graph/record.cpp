#include <xgrad/autograd/graph/record.hpp>

namespace xgrad::detail {

ManyNode::ManyNode(const char* name, Source at, const Tensor& y, const std::vector<Tensor>& inputs)
    : ManyNode(name, at, y, inputs, std::make_unique<Edge[]>(inputs.size())) {}

ManyNode::ManyNode(const char* name, Source at, const Tensor& y, const std::vector<Tensor>& inputs,
                   std::unique_ptr<Edge[]> made)
    : Node(name, at, y, made.get(), inputs.size()) {
  made.release();
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].node() != nullptr) edges()[i].node = Ref<Node>(inputs[i].node());
  number_after_inputs();
}

ManyNode::~ManyNode() { delete[] edges(); }

}  // namespace xgrad::detail

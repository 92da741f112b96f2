#include <xgrad/autograd/inspect/explain_labels.hpp>

#include <xgrad/autograd/graph/node.hpp>

namespace xgrad::detail {

std::string label_of(const Explanation::Node& node) {
  std::string settings;
  for (const Attribute& each : node.attributes) settings += (settings.empty() ? "" : ", ") + to_string(each);
  const std::string op = node.op + (settings.empty() ? "" : "(" + settings + ")");
  return node.name.empty() ? op : node.op == "leaf" ? node.name : node.name + " = " + op;
}

std::string kind_of(const Explanation::Node& node) { return to_string(node.shape) + " " + name_of(node.dtype); }

}  // namespace xgrad::detail

#include <xgrad/autograd/inspect/explain_text.hpp>

#include <map>

#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/autograd/inspect/explain_labels.hpp>
#include <xgrad/autograd/inspect/walk.hpp>

namespace xgrad::detail {
namespace {

constexpr std::int64_t most_in_text = 8;

std::string id(std::size_t i) { return "%" + std::to_string(i); }

/// A string of the DOT language: quotation marks and backslashes are escaped, control characters replaced.
std::string dot_text(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return result;
}

}  // namespace

std::string text_of(const Explanation& explanation) {
  std::string text;
  const std::vector<Explanation::Node>& nodes = explanation.nodes();
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Explanation::Node& node = nodes[i];
    text += id(i) + ": " + label_of(node) + ", " + kind_of(node);
    if (node.at.file != nullptr) text += ", " + to_string(node.at);
    if (!node.module.empty()) text += ", in " + node.module;
    text += "\n    value " + numbers_text(node.value, most_in_text) + "\n    gradient " +
            (node.gradient.defined() ? numbers_text(node.gradient, most_in_text) : "none") + "\n";
    for (const std::size_t k : node.edges) {
      const Explanation::Edge& edge = explanation.edges()[k];
      text += "    to input " + std::to_string(edge.input) + ", " + id(edge.from) + ": " +
              (edge.local.defined() ? "local " + numbers_text(edge.local, most_in_text) + ", " : "") + "sends " +
              (edge.sent.defined() ? numbers_text(edge.sent, most_in_text) : "nothing") + "\n";
    }
  }
  return text;
}

std::string dot_of(const Explanation& explanation) {
  std::string text =
      "digraph backward {\n  node [shape=box, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\"];\n";
  std::map<std::string, std::string> clusters;
  const std::vector<Explanation::Node>& nodes = explanation.nodes();
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Explanation::Node& node = nodes[i];
    std::string label = dot_text(label_of(node)) + "\\n" + dot_text(kind_of(node)) + "\\nvalue " +
                        dot_text(numbers_text(node.value, 4)) + "\\ngradient " +
                        dot_text(node.gradient.defined() ? numbers_text(node.gradient, 4) : "none");
    if (node.at.file != nullptr) label += "\\n" + dot_text(to_string(node.at));
    clusters[node.module] +=
        "  n" + std::to_string(i) + " [label=\"" + label + "\"" + (node.op == "leaf" ? ", style=rounded" : "") + "];\n";
  }
  std::size_t count = 0;
  for (const auto& [module, lines] : clusters)
    text += module.empty() ? lines
                           : "  subgraph cluster_" + std::to_string(count++) + " {\n  label=\"" + dot_text(module) +
                                 "\";\n" + lines + "  }\n";
  for (const Explanation::Edge& edge : explanation.edges()) {
    std::string label = edge.sent.defined() ? "sends " + numbers_text(edge.sent, 4) : "nothing";
    if (edge.local.defined()) label = "local " + numbers_text(edge.local, 4) + "\\n" + label;
    text += "  n" + std::to_string(edge.from) + " -> n" + std::to_string(edge.to) + " [label=\"" + label + "\"];\n";
  }
  return text + "}\n";
}

}  // namespace xgrad::detail

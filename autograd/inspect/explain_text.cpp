// The graph as text and for Graphviz.

#include <map>

#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/autograd/inspect/explain.hpp>
#include <xgrad/autograd/inspect/explain_labels.hpp>
#include <xgrad/autograd/inspect/walk.hpp>

namespace xgrad {
namespace detail {

std::string label_of(const Explanation::Node& node) {
  std::string settings;
  for (const Attribute& each : node.attributes) settings += (settings.empty() ? "" : ", ") + to_string(each);
  const std::string op = node.op + (settings.empty() ? "" : "(" + settings + ")");
  return node.name.empty() ? op : node.op == "leaf" ? node.name : node.name + " = " + op;
}

std::string kind_of(const Explanation::Node& node) { return to_string(node.shape) + " " + name_of(node.dtype); }

}  // namespace detail

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

std::string Explanation::text() const {
  std::string text;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const Node& node = nodes_[i];
    text += id(i) + ": " + detail::label_of(node) + ", " + detail::kind_of(node);
    if (node.at.file != nullptr) text += ", " + to_string(node.at);
    if (!node.module.empty()) text += ", in " + node.module;
    text += "\n    value " + detail::numbers_text(node.value, most_in_text) + "\n    gradient " +
            (node.gradient.defined() ? detail::numbers_text(node.gradient, most_in_text) : "none") + "\n";
    for (const std::size_t k : node.edges) {
      const Edge& edge = edges_[k];
      text += "    to input " + std::to_string(edge.input) + ", " + id(edge.from) + ": " +
              (edge.local.defined() ? "local " + detail::numbers_text(edge.local, most_in_text) + ", " : "") +
              "sends " + (edge.sent.defined() ? detail::numbers_text(edge.sent, most_in_text) : "nothing") + "\n";
    }
  }
  return text;
}

std::string Explanation::dot() const {
  std::string text =
      "digraph backward {\n  node [shape=box, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\"];\n";
  std::map<std::string, std::string> clusters;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const Node& node = nodes_[i];
    std::string label = dot_text(detail::label_of(node)) + "\\n" + dot_text(detail::kind_of(node)) + "\\nvalue " +
                        dot_text(detail::numbers_text(node.value, 4)) + "\\ngradient " +
                        dot_text(node.gradient.defined() ? detail::numbers_text(node.gradient, 4) : "none");
    if (node.at.file != nullptr) label += "\\n" + dot_text(to_string(node.at));
    clusters[node.module] +=
        "  n" + std::to_string(i) + " [label=\"" + label + "\"" + (node.op == "leaf" ? ", style=rounded" : "") + "];\n";
  }
  std::size_t count = 0;
  for (const auto& [module, lines] : clusters)
    text += module.empty() ? lines
                           : "  subgraph cluster_" + std::to_string(count++) + " {\n  label=\"" + dot_text(module) +
                                 "\";\n" + lines + "  }\n";
  for (const Edge& edge : edges_) {
    std::string label = edge.sent.defined() ? "sends " + detail::numbers_text(edge.sent, 4) : "nothing";
    if (edge.local.defined()) label = "local " + detail::numbers_text(edge.local, 4) + "\\n" + label;
    text += "  n" + std::to_string(edge.from) + " -> n" + std::to_string(edge.to) + " [label=\"" + label + "\"];\n";
  }
  return text + "}\n";
}

}  // namespace xgrad

#include <xgrad/autograd/inspect/explain_html.hpp>

#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/autograd/inspect/explain_labels.hpp>
#include <xgrad/autograd/inspect/explain_layout.hpp>
#include <xgrad/autograd/inspect/explain_page.hpp>
#include <xgrad/autograd/inspect/explain_script.hpp>
#include <xgrad/autograd/inspect/walk.hpp>

namespace xgrad::detail {
namespace {

std::string escaped_html(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '"')
      result += "&quot;";
    else
      result += c;
  }
  return result;
}

/// A JSON string that may stand in a script element: the characters that could end it are escaped too.
std::string json(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (byte < 0x20 || c == '<' || c == '>' || c == '&' || byte == 0x7f) {
      constexpr char digits[] = "0123456789abcdef";
      result += "\\u00";
      result += digits[byte >> 4];
      result += digits[byte & 15u];
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string numbers(const Tensor& x, std::int64_t most) { return json(x.defined() ? numbers_text(x, most) : ""); }

std::string node_json(const Explanation::Node& node) {
  std::string settings;
  for (const Attribute& each : node.attributes) settings += (settings.empty() ? "" : ", ") + json(to_string(each));
  return "{\"op\": " + json(node.op) + ", \"name\": " + json(node.name) + ", \"settings\": [" + settings +
         "], \"module\": " + json(node.module) +
         ", \"at\": " + json(node.at.file == nullptr ? "" : to_string(node.at)) + ", \"kind\": " + json(kind_of(node)) +
         ", \"value\": " + numbers(node.value, 3) + ", \"values\": " + numbers(node.value, 24) +
         ", \"gradient\": " + numbers(node.gradient, 3) + ", \"gradients\": " + numbers(node.gradient, 24) + "}";
}

std::string edge_json(const Explanation::Edge& edge) {
  return "{\"to\": " + std::to_string(edge.to) + ", \"from\": " + std::to_string(edge.from) +
         ", \"input\": " + std::to_string(edge.input) + ", \"local\": " + numbers(edge.local, 24) +
         ", \"sent\": " + numbers(edge.sent, 24) + ", \"label\": " + numbers(edge.sent, 2) + "}";
}

}  // namespace

std::string html_of(const Explanation& explanation, const std::string& title) {
  const std::vector<Explanation::Node>& nodes = explanation.nodes();
  const std::vector<Explanation::Edge>& edges = explanation.edges();
  std::string data = "{\"nodes\": [";
  for (std::size_t i = 0; i < nodes.size(); ++i) data += (i == 0 ? "\n" : ",\n") + node_json(nodes[i]);
  data += "],\n\"edges\": [";
  for (std::size_t i = 0; i < edges.size(); ++i) data += (i == 0 ? "\n" : ",\n") + edge_json(edges[i]);
  data += "]}";
  const std::string safe = escaped_html(title);
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
         safe + "</title>\n<style>\n" + page_style + "</style>\n</head>\n<body>\n<header><h1>" + safe + "</h1>\n" +
         page_body + "<script type=\"application/json\" id=\"graph\">" + data + "</script>\n<script>\n" + page_layout +
         page_script + "</script>\n</body>\n</html>\n";
}

}  // namespace xgrad::detail

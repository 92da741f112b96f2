#include <xgrad/autograd/engine/saved_checks.hpp>

#include <stdexcept>
#include <string>

namespace xgrad::detail {
namespace {

void refuse_stale(const char* op, const Node& node, const Saved& saved, const std::string& what) {
  if (!saved.defined() || !saved.stale()) return;
  throw std::logic_error(std::string(op) + ": " + to_string(node) + " needs " + what +
                         ", which was written in place at " + to_string(saved.last_write()) +
                         ": write before the op, or give the op a clone()");
}

}  // namespace

void refuse_released(const char* op, const Node& node) {
  throw std::logic_error(
      std::string(op) +
      ": this graph was freed by an earlier backward: pass retain_graph, or detach the value carried over "
      "from the last step (at " +
      std::string(node.name()) + ", " + to_string(node.at()) + ")");
}

void refuse_changed(const char* op, const Node& node) {
  for (std::size_t i = 0; i < node.edge_count(); ++i)
    refuse_stale(op, node, node.edges()[i].saved, "input " + std::to_string(i));
  refuse_stale(op, node, node.saved_output(), "its output");
  const NodeExtras* extras = node.find_extras();
  if (extras == nullptr || extras->checksums.empty()) return;
  const std::vector<std::uint64_t> now = node.checksums();
  for (std::size_t i = 0; i < extras->checksums.size(); ++i)
    if (now[i] != extras->checksums[i])
      throw std::logic_error(std::string(op) + ": " + to_string(node) + " needs " +
                             (i < node.edge_count() ? "input " + std::to_string(i) : "its output") +
                             ", which was written since through a mutable_view or a pointer that was kept: take a "
                             "new mutable_view for each write, before the op, or give the op a clone()");
}

}  // namespace xgrad::detail

#pragma once

#include <xgrad/autograd/graph/node.hpp>

namespace xgrad::detail {

[[noreturn]] void refuse_released(const char* op, const Node& node);
void refuse_changed(const char* op, const Node& node);

/// Throws std::logic_error, beginning with `op`, if the node was freed or if what it saved has changed since.
inline void check_saved(const char* op, const Node& node) {
  if (node.released()) refuse_released(op, node);
  bool stale = node.saved_output().defined() && node.saved_output().stale();
  for (std::size_t i = 0; i < node.edge_count(); ++i) {
    const Saved& saved = node.edges()[i].saved;
    stale = stale || (saved.defined() && saved.stale());
  }
  const NodeExtras* extras = node.find_extras();
  if (stale || (extras != nullptr && !extras->checksums.empty())) refuse_changed(op, node);
}

}  // namespace xgrad::detail

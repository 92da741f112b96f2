#pragma once

// For this room's sources only: which nodes of a graph lie on a path from the outputs of grad() to its inputs.

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::detail {

class Paths {
 public:
  /// Below a node with a number up to `lowest` there is no target. A node that was released counts as one that leads to
  /// a target, since its inputs are no longer known: backward through it is refused. So does what is_lost, the replaced
  /// leaf of a target.
  template <class IsTarget, class IsLost>
  void find(const Tensor* roots, std::size_t count, std::uint64_t lowest, const IsTarget& is_target,
            const IsLost& is_lost) {
    std::vector<Step> steps;
    const auto meet = [&](const Node& node) {
      const bool refused = node.number() > lowest && (node.released() || (node.replaced() && is_lost(node)));
      const Reach reach = refused ? Reach::further : is_target(node) ? Reach::target : Reach::nothing;
      if (!reach_.try_emplace(&node, reach).second) return;
      if (node.number() > lowest) steps.push_back({&node, 0});
    };
    for (std::size_t i = 0; i < count; ++i) {
      meet(*Raw::node(roots[i]));
      while (!steps.empty()) {
        Step& step = steps.back();
        const Node& node = *step.node;
        if (step.edge < node.edge_count()) {
          if (const Node* input = node.edges()[step.edge++].node.get(); input != nullptr) meet(*input);
          continue;
        }
        steps.pop_back();
        for (std::size_t edge = 0; edge < node.edge_count(); ++edge)
          if (const Node* input = node.edges()[edge].node.get(); input != nullptr && leads(*input))
            reach_[&node] = Reach::further;
      }
    }
  }

  /// Whether the node is a target, or one of its inputs leads to one.
  bool leads(const Node& node) const { return reach(node) != Reach::nothing; }
  /// Whether one of its inputs does.
  bool leads_further(const Node& node) const { return reach(node) == Reach::further; }

 private:
  enum class Reach : std::uint8_t { nothing, target, further };
  struct Step {
    const Node* node;
    std::size_t edge;  // the next to follow
  };

  Reach reach(const Node& node) const {
    const auto found = reach_.find(&node);
    return found == reach_.end() ? Reach::nothing : found->second;
  }

  std::unordered_map<const Node*, Reach> reach_;
};

}  // namespace xgrad::detail

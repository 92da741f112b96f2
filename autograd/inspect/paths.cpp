#include <xgrad/autograd/inspect/paths.hpp>

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <stdexcept>
#include <unordered_map>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/inspect/formula.hpp>
#include <xgrad/autograd/inspect/walk.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/creation.hpp>

namespace xgrad {

class PathFinder {
 public:
  PathFinder(const Tensor& root, const Tensor& x, const TensorNames& names, std::size_t most)
      : order_(detail::nodes_below("paths", root)), end_(Raw::node(x)), formulas_(order_, root, names) {
    const detail::Calling calling("paths");
    require_scalar(*Raw::node(root), "the root");
    require_scalar(*end_, "the tensor that it is derived by");
    count(most);
    result_.of_ = formulas_.name_of(*Raw::node(root));
    result_.by_ = formulas_.name_of(*end_);
    if (result_.of_.empty()) result_.of_ = "L";
    if (result_.by_.empty()) result_.by_ = "x";
    if (counts_[end_] > 0) follow(*Raw::node(root));
  }

  PathSum take() { return std::move(result_); }

 private:
  static void require_scalar(const Node& node, const char* what) {
    if (node.shape().count() != 1)
      throw std::invalid_argument("paths: " + std::string(what) + " must hold one element, but has shape " +
                                  to_string(node.shape()) +
                                  ": a path of numbers has one local derivative for each op: take the graph apart into "
                                  "scalars, or use explain()");
  }

  // How many ways lead from the root to each node, as far as they lead on to x.
  void count(std::size_t most) {
    most = std::min(most, SIZE_MAX - 1);
    std::unordered_map<const Node*, bool> leads;
    for (const Node* node : order_) {
      bool found = node == end_;
      for (std::size_t i = 0; i < node->edge_count() && !found; ++i) found = leads[node->edges()[i].node.get()];
      leads[node] = found && node->number() >= end_->number();
    }
    if (!leads[order_.back()]) return;
    counts_[order_.back()] = 1;
    for (std::size_t k = order_.size(); k-- > 0;) {
      const Node* node = order_[k];
      const std::size_t ways = counts_[node];
      if (ways == 0 || node == end_) continue;
      for (std::size_t i = 0; i < node->edge_count(); ++i) {
        const Node* input = node->edges()[i].node.get();
        if (input == nullptr || !leads[input]) continue;
        require_scalar(*node, "each step on the way");
        require_scalar(*input, "each step on the way");
        // Too many ways to count are one too many.
        std::size_t& sum = counts_[input];
        sum = ways > most + 1 - sum ? most + 1 : sum + ways;
        used_[node].push_back(i);
      }
    }
    if (counts_[end_] > most)
      throw std::invalid_argument("paths: more than " + std::to_string(most) +
                                  " paths lead from the root to this tensor: ask for the paths of a part of the graph, "
                                  "or allow more with the last argument");
  }

  // Depth first, without recursion: the graph may be deep.
  void follow(const Node& root) {
    struct Step {
      const Node* node;
      std::size_t next;
    };
    std::vector<Step> stack{{&root, 0}};
    GradientPath path;
    while (!stack.empty()) {
      Step& step = stack.back();
      if (step.node == end_) result_.paths_.push_back(path);
      const std::vector<std::size_t>& inputs = used_[step.node];
      if (step.node == end_ || step.next == inputs.size()) {
        stack.pop_back();
        if (!path.factors.empty()) path.factors.pop_back();
        continue;
      }
      const std::size_t input = inputs[step.next++];
      path.factors.push_back(factor(*step.node, input));
      stack.push_back({step.node->edges()[input].node.get(), 0});
    }
    for (GradientPath& each : result_.paths_)
      for (const PathFactor& one : each.factors) each.value *= one.value;
  }

  PathFactor factor(const Node& node, std::size_t input) {
    std::vector<double>& slopes = slopes_[&node];
    if (slopes.empty()) {
      for (const Tensor& slope : detail::pulled(node, ones(node.shape(), node.dtype())))
        slopes.push_back(slope.defined() ? slope.item() : 0);
    }
    const detail::LocalFormula formula = formulas_.slope_of(node, input, slopes[input]);
    return {node.name(), node.at(), slopes[input], formula.coefficient, formula.text};
  }

  const std::vector<const Node*> order_;
  const Node* end_;
  detail::Formulas formulas_;
  std::unordered_map<const Node*, std::size_t> counts_;
  std::unordered_map<const Node*, std::vector<std::size_t>> used_;  // the inputs through which ways lead to x
  std::unordered_map<const Node*, std::vector<double>> slopes_;
  PathSum result_;
};

std::string GradientPath::text() const {
  double coefficient = 1;
  std::string text;
  for (const PathFactor& factor : factors) {
    coefficient *= factor.coefficient;
    if (!factor.text.empty()) text += (text.empty() ? "" : " ") + factor.text;
  }
  if (text.empty()) return detail::number_text(coefficient, 6);
  if (coefficient == 1) return text;
  return coefficient == -1 ? "-" + text : detail::number_text(coefficient, 6) + " " + text;
}

double PathSum::value() const {
  double sum = 0;
  for (const GradientPath& path : paths_) sum += path.value;
  return sum;
}

std::string PathSum::text() const {
  std::string text = "d" + of_ + "/d" + by_ + " = " + detail::number_text(value(), 6) + ", a sum over " +
                     std::to_string(paths_.size()) + (paths_.size() == 1 ? " path\n" : " paths\n");
  for (const GradientPath& path : paths_) {
    std::string numbers;
    std::size_t shown = 0;  // factors of 1 are left out
    for (const PathFactor& factor : path.factors)
      if (factor.value != 1) numbers += (shown++ == 0 ? "" : " * ") + detail::number_text(factor.value, 6);
    text += "  " + path.text() + "\n    = " + (shown > 1 ? numbers + " = " : "") + detail::number_text(path.value, 6) +
            "\n";
  }
  return text;
}

std::ostream& operator<<(std::ostream& out, const PathSum& sum) { return out << sum.text(); }

PathSum paths(const Tensor& root, const Tensor& x, const TensorNames& names, std::size_t most) {
  {
    const detail::Calling calling("paths");
    if (!x.requires_grad()) throw std::invalid_argument("paths: the tensor does not require a gradient");
  }
  return PathFinder(root, x, names, most).take();
}

}  // namespace xgrad

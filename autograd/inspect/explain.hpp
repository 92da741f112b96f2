#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/attribute.hpp>
#include <xgrad/autograd/graph/source.hpp>
#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// Names of tensors, for the printed graph: a model's named_parameters(), or a list of one's own.
using TensorNames = std::vector<std::pair<std::string, Tensor>>;

/// A graph with the numbers that backward sends through it, as explain() finds them.
class Explanation {
 public:
  /// A recorded op, or a leaf.
  struct Node {
    std::string op;  ///< "leaf" for a leaf
    std::vector<Attribute> attributes;
    std::string name;    ///< the one that was given for it, or ""
    std::string module;  ///< "layer1.0": of the call that made it, under KeepValues; of a parameter by its name
    Source at;           ///< the line of the op
    Shape shape;
    DType dtype = float32;
    Tensor value;                    ///< undefined where neither a rule nor KeepValues has kept it
    Tensor gradient;                 ///< the upstream gradient: of the root with respect to this value
    std::vector<std::size_t> edges;  ///< those to its inputs
  };
  /// A use of one node by another.
  struct Edge {
    std::size_t to;     ///< the op
    std::size_t from;   ///< the input
    std::size_t input;  ///< its place among the op's inputs
    /// The derivative of the op by this input, element by element, in the shape of the op's result, or, where that is
    /// one number, in the input's. Undefined where an element depends on several others, as in a matrix product.
    Tensor local;
    Tensor sent;  ///< what the op adds to the gradient of the input
  };

  /// In order of creation: inputs before what is made of them, the root last.
  const std::vector<Node>& nodes() const& { return nodes_; }
  std::vector<Node> nodes() && { return std::move(nodes_); }
  const std::vector<Edge>& edges() const& { return edges_; }
  std::vector<Edge> edges() && { return std::move(edges_); }

  /// One line for a node and one for each of its inputs.
  std::string text() const;
  /// For Graphviz: dot -Tsvg. Modules are clusters.
  std::string dot() const;
  /// One page without references to others. It draws the graph and steps through backward, with the arrow keys or by
  /// mouse; more than 300 nodes are folded into the modules, or lines, that made them.
  std::string html(const std::string& title = "backward") const;
  /// Writes html() to a file; one that cannot be written is an error.
  void save_html(const std::string& path, const std::string& title = "backward") const;

 private:
  friend class Explainer;
  std::vector<Node> nodes_;
  std::vector<Edge> edges_;
};

std::ostream& operator<<(std::ostream& out, const Explanation& explanation);

/// The graph of `root` with the values of its nodes and every gradient on the way: those that root.backward() would
/// compute, without changing or freeing anything; but the function of a checkpoint is called again, with the hooks and
/// the running statistics within it. Other hooks are not called. A root of more than one element is seeded with
/// ones. Errors: a root without a graph, a graph that was freed, a saved value that was written since.
Explanation explain(const Tensor& root, const TensorNames& names = {});
/// The same with the names of a module's parameters.
template <class Module, class = decltype(std::declval<const Module&>().named_parameters())>
Explanation explain(const Tensor& root, const Module& module) {
  return explain(root, TensorNames(module.named_parameters()));
}

}  // namespace xgrad

#pragma once

// For this room's sources only: nodes of one element as formulas in the names that the user gave.

#include <string>
#include <unordered_map>
#include <vector>

#include <xgrad/autograd/inspect/explain.hpp>
#include <xgrad/autograd/inspect/walk.hpp>

namespace xgrad::detail {

/// A local derivative: the product of a number and a formula; "" stands for 1.
struct LocalFormula {
  double coefficient;
  std::string text;
};

class Formulas {
 public:
  Formulas(const std::vector<const Node*>& nodes, const Tensor& root, const TensorNames& names);

  /// The name that was given for the node's result, or "".
  std::string name_of(const Node& node) const;
  /// The derivative of a node by one of its inputs, whose value is `slope`.
  LocalFormula slope_of(const Node& node, std::size_t input, double slope) const;

 private:
  struct Term {
    std::string text;
    bool number = false;  // an unnamed constant, whose text is its value
    double value = 0;
  };

  Term input_of(const Node& node, std::size_t i, int depth) const;
  std::string text_of(const Node& node, int depth) const;
  std::string written(const Node& node, int depth) const;
  std::string constant_name(const Tensor& x) const;

  TensorNames names_;
  std::unordered_map<const Node*, std::string> named_;
  std::unordered_map<const Node*, std::size_t> numbers_;
  std::unordered_map<const Node*, Tensor> values_;
};

}  // namespace xgrad::detail

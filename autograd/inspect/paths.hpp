#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/inspect/explain.hpp>

namespace xgrad {

/// A local derivative on a path: of one op by one of its inputs.
struct PathFactor {
  std::string op;
  Source at;  ///< the line of the op
  double value;
  double coefficient;  ///< the number in front of the text, as the 2 in 2 x
  std::string text;    ///< in names, as "z (1 - z)"; "" where the factor is a plain number
};

/// One way from the root to the tensor, with the local derivatives along it, the root's first.
struct GradientPath {
  std::vector<PathFactor> factors;
  double value = 1;  ///< the product of the factors

  /// The product in names, as "(z_o1 - t1) w7 z_h1 (1 - z_h1) x1"; numbers are multiplied and stand in front.
  std::string text() const;
};

/// The gradient of a scalar by a scalar as the chain rule writes it: a sum over all paths between them, each the
/// product of the local derivatives along it.
class PathSum {
 public:
  const std::vector<GradientPath>& paths() const& { return paths_; }
  std::vector<GradientPath> paths() && { return std::move(paths_); }
  /// The sum: the gradient.
  double value() const;
  /// Each path on a line of its own: in names, in numbers, and the product.
  std::string text() const;

 private:
  friend class PathFinder;
  std::string of_, by_;
  std::vector<GradientPath> paths_;
};

std::ostream& operator<<(std::ostream& out, const PathSum& sum);

/// The paths from `root` down to `x`, both of one element, through a graph whose nodes between them have one element
/// each. Names are given to leaves, to results and to constants; what has none is written as a formula of what it was
/// made from. Constants that no rule reads, such as the target of a difference, are known under KeepValues. The number
/// of paths can grow exponentially with the graph: more than `most` is an error.
PathSum paths(const Tensor& root, const Tensor& x, const TensorNames& names = {}, std::size_t most = 1000);

}  // namespace xgrad

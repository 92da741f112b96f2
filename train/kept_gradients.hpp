#pragma once

// For this room's sources only: what a step brings back where it fails.

#include <utility>
#include <vector>

#include <xgrad/optim/optimizer.hpp>

namespace xgrad::train {

/// Copies of the gradients of an optimiser's parameters, to be brought back.
class KeptGradients {
 public:
  explicit KeptGradients(const optim::Optimizer& optimizer);
  void restore() const;

 private:
  std::vector<std::pair<Tensor, Tensor>> gradients_;
};

}  // namespace xgrad::train

#pragma once

// For this room's sources only: what a step brings back where it fails.

#include <utility>
#include <vector>

#include <xgrad/nn/module.hpp>
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

/// Gives all modules, at its end, the modes that they had at its beginning.
class KeptModes {
 public:
  explicit KeptModes(const nn::ModuleBase& model);
  ~KeptModes();
  KeptModes(const KeptModes&) = delete;
  KeptModes& operator=(const KeptModes&) = delete;

 private:
  std::vector<std::pair<nn::ModuleBase, bool>> before_;
};

}  // namespace xgrad::train

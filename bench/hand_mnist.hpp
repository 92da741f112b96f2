#pragma once

#include <memory>
#include <vector>

#include "workloads.hpp"

namespace bench {

/// The network of W1 (784-50-10 with batch norm and dropout) by hand on BLAS: the cost of the work without a framework.
class HandMnist {
 public:
  HandMnist(std::shared_ptr<const Pictures> pictures, bool dropout);
  /// Makes one step of SGD on batch i and returns the loss before it.
  float step(std::int64_t i);

 private:
  static constexpr int n = Pictures::batch, in = Pictures::features, hidden = Pictures::hidden, out = Pictures::classes;

  void gather(const std::int64_t* rows);
  void normalize_forward();
  float cross_entropy();
  void normalize_backward();

  std::shared_ptr<const Pictures> pictures_;
  bool dropout_;
  std::uint32_t drawn_ = 0;
  std::vector<float> w1_, w2_, x_, h_, z_, kept_, y_, dy_, dz_, dw1_, dw2_;
  int labels_[n];
  float gamma_[hidden], beta_[hidden], running_mean_[hidden] = {}, running_var_[hidden], inverse_[hidden];
};

}  // namespace bench

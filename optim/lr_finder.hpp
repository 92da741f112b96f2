#pragma once

#include <functional>
#include <vector>

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/nn/module.hpp>
#include <xgrad/optim/optimizer.hpp>

namespace xgrad::optim {

struct LRSweep;

/// Options of find_lr: `LRFinderOptions().end_lr(1).steps(200)`.
class LRFinderOptions : public xgrad::detail::OptionsOf<LRFinderOptions> {
 public:
  /// By default 1e-7.
  LRFinderOptions& start_lr(double value) { return set(start_lr_, value); }
  /// By default 10.
  LRFinderOptions& end_lr(double value) { return set(end_lr_, value); }
  /// By default 100, at least 2.
  LRFinderOptions& steps(int value) { return set(steps_, value); }
  /// The decay rate of the running mean of losses, in [0, 1). By default 0.9.
  LRFinderOptions& smoothing(double value) { return set(smoothing_, value); }
  /// The sweep ends when the smoothed loss exceeds its least value by this factor. By default 4.
  LRFinderOptions& stop_factor(double value) { return set(stop_factor_, value); }

 private:
  friend LRSweep find_lr(const nn::ModuleBase& model, Optimizer& optimizer, const std::function<Tensor()>& loss,
                         const LRFinderOptions& options, Source at);
  double start_lr_ = 1e-7, end_lr_ = 10;
  int steps_ = 100;
  double smoothing_ = 0.9, stop_factor_ = 4;
};

/// What a sweep has found, for a plot: the learning rates in rising order, with the loss at each.
struct LRSweep {
  std::vector<double> lrs, losses, smoothed;
  double suggestion = 0;  ///< where the smoothed loss falls most steeply over ln(lr); the first lr if it never falls
};

/// A learning rate by a sweep (Smith 2017): makes training steps with learning rates that grow by a constant factor,
///
///     lr(i) = start_lr (end_lr / start_lr)^(i / (steps - 1)),
///
/// until the loss diverges. `loss` computes the loss of the next batch; the sweep does the rest of a training step.
/// Several groups keep the ratios of their learning rates; the lr is that of the first. Afterwards, also when `loss`
/// throws, parameters, buffers, gradients, the optimiser, the generators of layers and this thread's are what they
/// were, bit for bit; the loader that `loss` reads has moved on. What cannot be brought back, as an optimiser to which
/// `loss` has added a group, is an error.
[[nodiscard]] LRSweep find_lr(const nn::ModuleBase& model, Optimizer& optimizer, const std::function<Tensor()>& loss,
                              const LRFinderOptions& options = {}, Source at = Source::here());

}  // namespace xgrad::optim

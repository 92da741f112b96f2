#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/nn/linear.hpp>
#include <xgrad/nn/module_list.hpp>
#include <xgrad/nn/module_of.hpp>

namespace xgrad::nn {

/// `AdaptiveLogSoftmaxWithLoss::Options().div_value(2).head_bias(true)`.
class AdaptiveLogSoftmaxOptions : public xgrad::detail::OptionsOf<AdaptiveLogSoftmaxOptions> {
 public:
  /// Cluster k has in_features / div_value^k features; positive and finite, default 4.
  AdaptiveLogSoftmaxOptions& div_value(double value) { return set(div_value_, value); }
  /// Whether the head adds a bias; default false.
  AdaptiveLogSoftmaxOptions& head_bias(bool on) { return set(head_bias_, on); }

  double div_value() const { return div_value_; }
  bool head_bias() const { return head_bias_; }

 private:
  double div_value_ = 4;
  bool head_bias_ = false;
};

/// The logarithm of a softmax over many classes of which few are frequent, and its loss (Grave et al., 2017). Classes
/// are numbered by frequency, the most frequent one 0.
///
/// Those below the first cutoff are in the head, W (cutoffs[0] + clusters, in); those from one cutoff to the next (the
/// last to n_classes) are a cluster of the tail, x W₁ᵀ W₂ᵀ with W₁ (⌊in / div_value^k⌋, in) for cluster k = 1, 2, ...
/// The log-probability of a class of the tail is that of its cluster in the head plus its own in the cluster, so that
/// only clusters that have targets are computed.
///
///     nn::AdaptiveLogSoftmaxWithLoss m(64, 10000, {100, 1000});
///     auto [output, loss] = m(x, targets);
///
/// Cutoffs must rise and lie in [1, n_classes - 1].
class AdaptiveLogSoftmaxWithLoss : public ModuleOf<AdaptiveLogSoftmaxWithLoss> {
 public:
  using Options = AdaptiveLogSoftmaxOptions;

  AdaptiveLogSoftmaxWithLoss(Dim in_features, Dim n_classes, const std::vector<std::int64_t>& cutoffs,
                             const Options& options = {});
  // Without a move, which would leave the other handle incomplete.
  AdaptiveLogSoftmaxWithLoss(const AdaptiveLogSoftmaxWithLoss&) = default;
  AdaptiveLogSoftmaxWithLoss& operator=(const AdaptiveLogSoftmaxWithLoss&) = default;

  /// The log-probability of each row's target, (N), and the mean of their negatives, which is NaN for no rows. Input
  /// (N, in) with int64 targets (N) in [0, n_classes), or (in) with one target, whose output is a number.
  std::pair<Tensor, Tensor> forward(const Tensor& input, const Tensor& target);
  /// The log-probabilities of all classes: (N, n_classes) for (N, in), (n_classes) for (in).
  [[nodiscard]] Tensor log_prob(const Tensor& input, Source at = Source::here()) const;
  /// The class of the greatest probability, int64: argmax(log_prob(input), -1) without the clusters that it does not
  /// need. Where a score is infinite or NaN the two may differ.
  [[nodiscard]] Tensor predict(const Tensor& input, Source at = Source::here()) const;

  std::int64_t n_classes() const { return borders_.back(); }

  Linear head;
  ModuleListOf<Sequential> tail;

 private:
  AdaptiveLogSoftmaxWithLoss(std::int64_t in_features, std::vector<std::int64_t> borders, const Options& options,
                             const xgrad::detail::Calling& calling);
  Tensor rows_of(const Tensor& input) const;
  Tensor of_all(const Tensor& rows, const Tensor& head_output, Source at) const;

  std::int64_t in_features_;
  std::vector<std::int64_t> borders_;  // the cutoffs, and n_classes
};

}  // namespace xgrad::nn

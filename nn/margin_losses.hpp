#pragma once

#include <functional>

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/nn/loss_options.hpp>

namespace xgrad::nn {

// As for the other losses, inputs and targets never broadcast against each other, and their floating dtypes agree.

/// max(0, -t (x₁ - x₂) + margin), for a target t of 1 where x₁ should be the larger one, of -1 where x₂ should.
[[nodiscard]] Tensor margin_ranking_loss(Tensor input1, Tensor input2, Tensor target,
                                         const MarginRankingLossOptions& options = {}, Source at = Source::here());
/// x for a target of 1, max(0, margin - x) for -1; for any other target, as in PyTorch, the sum of both.
[[nodiscard]] Tensor hinge_embedding_loss(Tensor input, Tensor target, const HingeEmbeddingLossOptions& options = {},
                                          Source at = Source::here());
/// ln(1 + e^(-t x)) for targets of 1 and -1, finite for every finite x.
[[nodiscard]] Tensor soft_margin_loss(Tensor input, Tensor target, const PlainLossOptions& options = {},
                                      Source at = Source::here());
/// 1 - cos(x₁, x₂) for a target of 1, max(0, cos(x₁, x₂) - margin) for -1, and 0 for any other; x₁ and x₂ (N, D) with a
/// target (N), or (D) with (). 1e-12 is added to the squared lengths, as in PyTorch.
[[nodiscard]] Tensor cosine_embedding_loss(Tensor input1, Tensor input2, Tensor target,
                                           const MarginRankingLossOptions& options = {}, Source at = Source::here());

/// Σ_{i ≠ t} w_t max(0, margin - x_t + x_i)^p / C for x (N, C) or (C) and int64 labels t, (N) or (). The slope is 0
/// where a term is. A label outside [0, C) is an error.
[[nodiscard]] Tensor multi_margin_loss(Tensor input, Tensor target, const MultiMarginLossOptions& options = {},
                                       Source at = Source::here());
/// Σ max(0, 1 - x_j + x_i) / C over the labels j of a row and the classes i that are none of them; x and the int64
/// target (N, C) or (C), in whose rows the labels end at the first -1. Other numbers outside [0, C) are errors.
[[nodiscard]] Tensor multilabel_margin_loss(Tensor input, Tensor target, const PlainLossOptions& options = {},
                                            Source at = Source::here());
/// The mean over the last axis of -w [t ln σ(x) + (1 - t) ln(1 - σ(x))]; w is undefined or broadcasts to x's shape.
[[nodiscard]] Tensor multilabel_soft_margin_loss(Tensor input, Tensor target, const BCELossOptions& options = {},
                                                 Source at = Source::here());

/// max(0, margin + d(a, p) - d(a, n)) with d the pairwise_distance() of anchors and positive or negative examples, all
/// (N, D), or (D) (Balntas et al., 2016).
[[nodiscard]] Tensor triplet_margin_loss(Tensor anchor, Tensor positive, Tensor negative,
                                         const TripletMarginLossOptions& options = {}, Source at = Source::here());

/// A distance between rows, such as pairwise_distance().
using DistanceFunction = std::function<Tensor(const Tensor& a, const Tensor& b)>;

/// TripletMarginWithDistanceLossOptions().distance_function(f).margin(0.5).
class TripletMarginWithDistanceLossOptions : public LossOptions<TripletMarginWithDistanceLossOptions> {
 public:
  using LossOptions::LossOptions;

  /// Default pairwise_distance().
  TripletMarginWithDistanceLossOptions& distance_function(DistanceFunction value);
  /// Positive; default 1.
  TripletMarginWithDistanceLossOptions& margin(double value) {
    margin_ = value;
    return *this;
  }
  /// Whether the negative's distance from the positive counts where it is the smaller one.
  TripletMarginWithDistanceLossOptions& swap(bool value) {
    swap_ = value;
    return *this;
  }
  const DistanceFunction& distance_function() const { return distance_function_; }
  double margin() const { return margin_; }
  bool swap() const { return swap_; }

 private:
  DistanceFunction distance_function_;
  double margin_ = 1;
  bool swap_ = false;
};

/// triplet_margin_loss() with any distance d.
[[nodiscard]] Tensor triplet_margin_with_distance_loss(Tensor anchor, Tensor positive, Tensor negative,
                                                       const TripletMarginWithDistanceLossOptions& options = {},
                                                       Source at = Source::here());

}  // namespace xgrad::nn

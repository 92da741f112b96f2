#pragma once

#include <cstdint>
#include <utility>

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/nn/loss_options.hpp>

namespace xgrad::nn {

/// What the options of losses over classes have: how they count their rows.
template <class OwnOptions>
class ClassLossOptions : public LossOptions<OwnOptions> {
 public:
  using LossOptions<OwnOptions>::LossOptions;

  /// A factor for each class, shape (C), a constant. The mean is then divided by the sum of the targets' weights.
  OwnOptions& weight(Tensor value) { return this->set(weight_, std::move(value)); }
  /// Rows of this label contribute nothing and are not counted. Probabilities have no label.
  OwnOptions& ignore_index(Dim value) { return this->set(ignore_index_, value.value("ignore_index")); }

  const Tensor& weight() const { return weight_; }
  std::int64_t ignore_index() const { return ignore_index_; }

 private:
  Tensor weight_;
  std::int64_t ignore_index_ = -100;
};

/// ClassOptions().weight(w).ignore_index(0).
class ClassOptions : public ClassLossOptions<ClassOptions> {
 public:
  using ClassLossOptions::ClassLossOptions;
};

/// CrossEntropyOptions().label_smoothing(0.1).ignore_index(0).
class CrossEntropyOptions : public ClassLossOptions<CrossEntropyOptions> {
 public:
  using ClassLossOptions::ClassLossOptions;

  /// The share of the target that is spread evenly over all classes, in [0, 1] (Szegedy et al., 2015).
  CrossEntropyOptions& label_smoothing(double value) { return set(label_smoothing_, value); }
  double label_smoothing() const { return label_smoothing_; }

 private:
  double label_smoothing_ = 0;
};

/// -Σ_c w_c t_c ln softmax_c(x) over the class axis of logits x: (C), (N, C) or (N, C, d...).
///
/// The target is int64 labels, of the logits' shape without the class axis: -w_t ln softmax_t(x), and the mean is
/// divided by the weights of the labels that are not ignored; NaN where there are none. Or probabilities of the logits'
/// shape, in [0, 1] (unlike PyTorch, which takes any numbers): the mean is over the rows. A label outside [0, C) that
/// is not ignore_index is an error. The slope is softmax(x) - t. An untrained net has a loss of about ln C.
[[nodiscard]] Tensor cross_entropy(Tensor logits, Tensor target, const CrossEntropyOptions& options = {},
                                   Source at = Source::here());

/// -w_t y_t, y log-probabilities and t int64 labels, shaped and averaged as in cross_entropy.
[[nodiscard]] Tensor nll_loss(Tensor log_probabilities, Tensor target, const ClassOptions& options = {},
                              Source at = Source::here());

}  // namespace xgrad::nn

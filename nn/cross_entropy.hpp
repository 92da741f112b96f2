#pragma once

#include <cstdint>
#include <utility>

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/nn/reduction.hpp>

namespace xgrad::nn {

/// How losses over classes count their rows.
class ClassOptions {
 public:
  ClassOptions() = default;
  ClassOptions(Reduction reduction) : reduction_(reduction) {}

  /// A factor for each class, shape (C), a constant. The mean is then divided by the sum of the targets' weights.
  ClassOptions& weight(Tensor value) {
    weight_ = std::move(value);
    return *this;
  }
  /// Rows of this label contribute nothing and are not counted.
  ClassOptions& ignore_index(Dim value) {
    ignore_index_ = value.value("ignore_index");
    return *this;
  }
  ClassOptions& reduction(Reduction value) {
    reduction_ = value;
    return *this;
  }

  const Tensor& weight() const { return weight_; }
  std::int64_t ignore_index() const { return ignore_index_; }
  Reduction reduction() const { return reduction_; }

 private:
  Tensor weight_;
  std::int64_t ignore_index_ = -100;
  Reduction reduction_ = Reduction::mean;
};

/// CrossEntropyOptions().label_smoothing(0.1).ignore_index(0).
class CrossEntropyOptions {
 public:
  CrossEntropyOptions() = default;
  CrossEntropyOptions(Reduction reduction) : rows_(reduction) {}

  CrossEntropyOptions& weight(Tensor value) {
    rows_.weight(std::move(value));
    return *this;
  }
  /// Of labels; probabilities have none.
  CrossEntropyOptions& ignore_index(Dim value) {
    rows_.ignore_index(value);
    return *this;
  }
  /// The share of the target that is spread evenly over all classes, in [0, 1] (Szegedy et al., 2015).
  CrossEntropyOptions& label_smoothing(double value) {
    label_smoothing_ = value;
    return *this;
  }
  CrossEntropyOptions& reduction(Reduction value) {
    rows_.reduction(value);
    return *this;
  }

  const Tensor& weight() const { return rows_.weight(); }
  std::int64_t ignore_index() const { return rows_.ignore_index(); }
  double label_smoothing() const { return label_smoothing_; }
  Reduction reduction() const { return rows_.reduction(); }
  const ClassOptions& rows() const { return rows_; }

 private:
  ClassOptions rows_;
  double label_smoothing_ = 0;
};

/// -Σ_c w_c t_c ln softmax_c(x) over the class axis of logits x: (C), (N, C) or (N, C, d...).
///
/// The target is int64 labels, of the logits' shape without the class axis: -w_t ln softmax_t(x), and the mean is
/// divided by the weights of the labels that are not ignored; NaN where there are none. Or probabilities of the logits'
/// shape, in [0, 1] (unlike PyTorch, which takes any numbers): the mean is over the rows. A label outside [0, C) that
/// is not ignore_index is an error. The slope is softmax(x) - t. At first, a net that knows nothing loses ln C.
[[nodiscard]] Tensor cross_entropy(Tensor logits, Tensor target, const CrossEntropyOptions& options = {},
                                   Source at = Source::here());

/// -w_t y_t, y log-probabilities and t int64 labels, shaped and averaged as in cross_entropy.
[[nodiscard]] Tensor nll_loss(Tensor log_probabilities, Tensor target, const ClassOptions& options = {},
                              Source at = Source::here());

}  // namespace xgrad::nn

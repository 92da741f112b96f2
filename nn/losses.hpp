#pragma once

#include <cstdint>
#include <utility>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::nn {

/// How the losses of the elements are reduced: to their mean, to their sum, or not at all. Only kl_div accepts
/// `batchmean`, the sum divided by the size of axis 0.
enum class Reduction : std::uint8_t { mean, sum, none, batchmean };

// Input and target never broadcast against each other: (N, 1) against (N) is an error. Their floating dtypes agree;
// int64 and bool targets take the input's. Gradients flow to both, except to int64 labels. The mean of no elements is
// NaN.

/// (y - t)², y the input and t the target.
Tensor mse_loss(Tensor input, Tensor target, Reduction reduction = Reduction::mean, Source at = Source::here());
/// ½ Σ (y - t)², a scalar.
Tensor half_squared_error(Tensor y, Tensor t, Source at = Source::here());
/// |y - t|, with slope 0 at 0.
Tensor l1_loss(Tensor input, Tensor target, Reduction reduction = Reduction::mean, Source at = Source::here());
/// d² / 2β for d = |y - t| below β, else d - β/2. β = 0 is l1_loss; a negative one is an error.
Tensor smooth_l1_loss(Tensor input, Tensor target, Reduction reduction = Reduction::mean, double beta = 1.0,
                      Source at = Source::here());
/// d² / 2 for d = |y - t| up to δ, else δ (d - δ/2). δ must be positive.
Tensor huber_loss(Tensor input, Tensor target, Reduction reduction = Reduction::mean, double delta = 1.0,
                  Source at = Source::here());

/// What the targets of kl_div are: probabilities, or their logarithms.
enum class LogTarget : bool { no, yes };
inline constexpr LogTarget log_target = LogTarget::yes;

/// The pointwise Kullback-Leibler divergence t (ln t - y), 0 at t = 0, of an input y of log-probabilities; with
/// log_target, e^t (t - y). The mathematical divergence of a batch is `batchmean`.
Tensor kl_div(Tensor input, Tensor target, Reduction reduction = Reduction::mean, LogTarget logarithms = LogTarget::no,
              Source at = Source::here());

/// -w [t ln z + (1 - t) ln(1 - z)], the logarithms clamped at -100 in value and in slope. z outside [0, 1] is an error.
/// The weight w is undefined or broadcasts to z's shape.
Tensor binary_cross_entropy(Tensor probabilities, Tensor target, Tensor weight = {},
                            Reduction reduction = Reduction::mean, Source at = Source::here());
Tensor binary_cross_entropy(Tensor probabilities, Tensor target, Reduction reduction, Source at = Source::here());

/// -w [p t ln σ(x) + (1 - t) ln(1 - σ(x))], finite for every finite x. The weight of the positive class p, and w, are
/// undefined or broadcast to x's shape. Without them the slope is σ(x) - t.
Tensor binary_cross_entropy_with_logits(Tensor logits, Tensor target, Tensor pos_weight = {}, Tensor weight = {},
                                        Reduction reduction = Reduction::mean, Source at = Source::here());
Tensor binary_cross_entropy_with_logits(Tensor logits, Tensor target, Reduction reduction, Source at = Source::here());

/// Options that all losses over classes have.
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
  ClassOptions& ignore_index(std::int64_t value) {
    ignore_index_ = value;
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
  /// Rows of this label contribute nothing and are not counted. For labels only, not for probabilities.
  CrossEntropyOptions& ignore_index(std::int64_t value) {
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
/// shape: the mean is over the rows. A label outside [0, C) that is not ignore_index is an error. The slope is
/// softmax(x) - t. Equal logits have the loss ln C.
Tensor cross_entropy(Tensor logits, Tensor target, const CrossEntropyOptions& options = {}, Source at = Source::here());

/// -w_t y_t, y log-probabilities and t int64 labels, shaped and averaged as in cross_entropy.
Tensor nll_loss(Tensor log_probabilities, Tensor target, const ClassOptions& options = {}, Source at = Source::here());

}  // namespace xgrad::nn

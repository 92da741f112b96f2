#pragma once

#include <utility>

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/nn/reduction.hpp>

namespace xgrad::nn {

/// What the options of all losses have: how the losses of the elements, or rows, are reduced. A Reduction by itself is
/// also a list of options.
template <class OwnOptions>
class LossOptions {
 public:
  LossOptions() = default;
  LossOptions(Reduction reduction) : reduction_(reduction) {}

  OwnOptions& reduction(Reduction value) {
    reduction_ = value;
    return static_cast<OwnOptions&>(*this);
  }
  Reduction reduction() const { return reduction_; }

 private:
  Reduction reduction_ = Reduction::mean;
};

/// Options of losses that can be reduced and nothing else.
class PlainLossOptions : public LossOptions<PlainLossOptions> {
 public:
  using LossOptions::LossOptions;
};

/// SmoothL1LossOptions().beta(0.5).
class SmoothL1LossOptions : public LossOptions<SmoothL1LossOptions> {
 public:
  using LossOptions::LossOptions;

  /// Where the square ends and the line begins; default 1.
  SmoothL1LossOptions& beta(double value) {
    beta_ = value;
    return *this;
  }
  double beta() const { return beta_; }

 private:
  double beta_ = 1;
};

/// HuberLossOptions().delta(2).
class HuberLossOptions : public LossOptions<HuberLossOptions> {
 public:
  using LossOptions::LossOptions;

  /// Where the square ends and the line begins; default 1.
  HuberLossOptions& delta(double value) {
    delta_ = value;
    return *this;
  }
  double delta() const { return delta_; }

 private:
  double delta_ = 1;
};

/// KLDivLossOptions().log_target(true).
class KLDivLossOptions : public LossOptions<KLDivLossOptions> {
 public:
  using LossOptions::LossOptions;

  /// Whether targets are logarithms of probabilities.
  KLDivLossOptions& log_target(bool value) {
    log_target_ = value;
    return *this;
  }
  bool log_target() const { return log_target_; }

 private:
  bool log_target_ = false;
};

/// BCELossOptions().weight(w), also those of MultiLabelSoftMarginLoss.
class BCELossOptions : public LossOptions<BCELossOptions> {
 public:
  using LossOptions::LossOptions;

  /// Factors that broadcast to the input.
  BCELossOptions& weight(Tensor value) {
    weight_ = std::move(value);
    return *this;
  }
  const Tensor& weight() const { return weight_; }

 private:
  Tensor weight_;
};

/// BCEWithLogitsLossOptions().pos_weight(p).
class BCEWithLogitsLossOptions : public LossOptions<BCEWithLogitsLossOptions> {
 public:
  using LossOptions::LossOptions;

  /// Factors that broadcast to the input.
  BCEWithLogitsLossOptions& weight(Tensor value) {
    weight_ = std::move(value);
    return *this;
  }
  /// Factors of the positive class.
  BCEWithLogitsLossOptions& pos_weight(Tensor value) {
    pos_weight_ = std::move(value);
    return *this;
  }
  const Tensor& weight() const { return weight_; }
  const Tensor& pos_weight() const { return pos_weight_; }

 private:
  Tensor weight_, pos_weight_;
};

/// PoissonNLLLossOptions().log_input(false).full(true).
class PoissonNLLLossOptions : public LossOptions<PoissonNLLLossOptions> {
 public:
  using LossOptions::LossOptions;

  /// Whether the input is the logarithm of the rate; default true.
  PoissonNLLLossOptions& log_input(bool value) {
    log_input_ = value;
    return *this;
  }
  /// Whether Stirling's approximation of ln t! is added for targets above 1.
  PoissonNLLLossOptions& full(bool value) {
    full_ = value;
    return *this;
  }
  /// Added to a rate whose logarithm is taken; positive, default 1e-8.
  PoissonNLLLossOptions& eps(double value) {
    eps_ = value;
    return *this;
  }
  bool log_input() const { return log_input_; }
  bool full() const { return full_; }
  double eps() const { return eps_; }

 private:
  bool log_input_ = true, full_ = false;
  double eps_ = 1e-8;
};

/// GaussianNLLLossOptions().full(true).
class GaussianNLLLossOptions : public LossOptions<GaussianNLLLossOptions> {
 public:
  using LossOptions::LossOptions;

  /// Whether the constant ½ ln 2π is added.
  GaussianNLLLossOptions& full(bool value) {
    full_ = value;
    return *this;
  }
  /// The least variance; positive, default 1e-6.
  GaussianNLLLossOptions& eps(double value) {
    eps_ = value;
    return *this;
  }
  bool full() const { return full_; }
  double eps() const { return eps_; }

 private:
  bool full_ = false;
  double eps_ = 1e-6;
};

/// MarginRankingLossOptions().margin(0.1), also those of CosineEmbeddingLoss.
class MarginRankingLossOptions : public LossOptions<MarginRankingLossOptions> {
 public:
  using LossOptions::LossOptions;

  /// Default 0.
  MarginRankingLossOptions& margin(double value) {
    margin_ = value;
    return *this;
  }
  double margin() const { return margin_; }

 private:
  double margin_ = 0;
};

/// HingeEmbeddingLossOptions().margin(2).
class HingeEmbeddingLossOptions : public LossOptions<HingeEmbeddingLossOptions> {
 public:
  using LossOptions::LossOptions;

  /// Default 1.
  HingeEmbeddingLossOptions& margin(double value) {
    margin_ = value;
    return *this;
  }
  double margin() const { return margin_; }

 private:
  double margin_ = 1;
};

/// MultiMarginLossOptions().p(2).margin(0.5).
class MultiMarginLossOptions : public LossOptions<MultiMarginLossOptions> {
 public:
  using LossOptions::LossOptions;

  /// The power of each term: 1 or 2; default 1.
  MultiMarginLossOptions& p(int value) {
    p_ = value;
    return *this;
  }
  /// Default 1.
  MultiMarginLossOptions& margin(double value) {
    margin_ = value;
    return *this;
  }
  /// A factor for each class, shape (C).
  MultiMarginLossOptions& weight(Tensor value) {
    weight_ = std::move(value);
    return *this;
  }
  int p() const { return p_; }
  double margin() const { return margin_; }
  const Tensor& weight() const { return weight_; }

 private:
  int p_ = 1;
  double margin_ = 1;
  Tensor weight_;
};

/// TripletMarginLossOptions().margin(0.5).p(1).swap(true).
class TripletMarginLossOptions : public LossOptions<TripletMarginLossOptions> {
 public:
  using LossOptions::LossOptions;

  /// Positive; default 1.
  TripletMarginLossOptions& margin(double value) {
    margin_ = value;
    return *this;
  }
  /// The norm that measures distances; default 2.
  TripletMarginLossOptions& p(double value) {
    p_ = value;
    return *this;
  }
  /// Added to differences; default 1e-6.
  TripletMarginLossOptions& eps(double value) {
    eps_ = value;
    return *this;
  }
  /// Whether the negative's distance from the positive counts where it is the smaller one (Balntas et al., 2016).
  TripletMarginLossOptions& swap(bool value) {
    swap_ = value;
    return *this;
  }
  double margin() const { return margin_; }
  double p() const { return p_; }
  double eps() const { return eps_; }
  bool swap() const { return swap_; }

 private:
  double margin_ = 1, p_ = 2, eps_ = 1e-6;
  bool swap_ = false;
};

/// CTCLossOptions().blank(27).zero_infinity(true).
class CTCLossOptions : public LossOptions<CTCLossOptions> {
 public:
  using LossOptions::LossOptions;

  /// The class of the blank; default 0.
  CTCLossOptions& blank(Dim value) {
    blank_ = value.value("blank");
    return *this;
  }
  /// Whether a target that its input is too short for costs 0 instead of infinity.
  CTCLossOptions& zero_infinity(bool value) {
    zero_infinity_ = value;
    return *this;
  }
  std::int64_t blank() const { return blank_; }
  bool zero_infinity() const { return zero_infinity_; }

 private:
  std::int64_t blank_ = 0;
  bool zero_infinity_ = false;
};

}  // namespace xgrad::nn

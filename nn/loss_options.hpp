#pragma once

#include <utility>

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/nn/reduction.hpp>

namespace xgrad::nn {

/// What the options of all losses have: how the losses of the elements, or rows, are reduced. A Reduction by itself is
/// also a list of options.
template <class OwnOptions>
class LossOptions : public xgrad::detail::OptionsOf<OwnOptions> {
 public:
  LossOptions() = default;
  LossOptions(Reduction reduction) : reduction_(reduction) {}

  OwnOptions& reduction(Reduction value) { return this->set(reduction_, value); }
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
  SmoothL1LossOptions& beta(double value) { return set(beta_, value); }
  double beta() const { return beta_; }

 private:
  double beta_ = 1;
};

/// HuberLossOptions().delta(2).
class HuberLossOptions : public LossOptions<HuberLossOptions> {
 public:
  using LossOptions::LossOptions;

  /// Where the square ends and the line begins; default 1.
  HuberLossOptions& delta(double value) { return set(delta_, value); }
  double delta() const { return delta_; }

 private:
  double delta_ = 1;
};

/// KLDivLossOptions().log_target(true).
class KLDivLossOptions : public LossOptions<KLDivLossOptions> {
 public:
  using LossOptions::LossOptions;

  /// Whether targets are logarithms of probabilities.
  KLDivLossOptions& log_target(bool value) { return set(log_target_, value); }
  bool log_target() const { return log_target_; }

 private:
  bool log_target_ = false;
};

/// BCELossOptions().weight(w), also those of MultiLabelSoftMarginLoss.
class BCELossOptions : public LossOptions<BCELossOptions> {
 public:
  using LossOptions::LossOptions;

  /// Factors that broadcast to the input.
  BCELossOptions& weight(Tensor value) { return set(weight_, std::move(value)); }
  const Tensor& weight() const { return weight_; }

 private:
  Tensor weight_;
};

/// BCEWithLogitsLossOptions().pos_weight(p).
class BCEWithLogitsLossOptions : public LossOptions<BCEWithLogitsLossOptions> {
 public:
  using LossOptions::LossOptions;

  /// Factors that broadcast to the input.
  BCEWithLogitsLossOptions& weight(Tensor value) { return set(weight_, std::move(value)); }
  /// Factors of the positive class.
  BCEWithLogitsLossOptions& pos_weight(Tensor value) { return set(pos_weight_, std::move(value)); }
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
  PoissonNLLLossOptions& log_input(bool value) { return set(log_input_, value); }
  /// Whether Stirling's approximation of ln t! is added for targets above 1.
  PoissonNLLLossOptions& full(bool value) { return set(full_, value); }
  /// Added to a rate whose logarithm is taken; positive, default 1e-8.
  PoissonNLLLossOptions& eps(double value) { return set(eps_, value); }
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
  GaussianNLLLossOptions& full(bool value) { return set(full_, value); }
  /// The least variance; positive, default 1e-6.
  GaussianNLLLossOptions& eps(double value) { return set(eps_, value); }
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
  MarginRankingLossOptions& margin(double value) { return set(margin_, value); }
  double margin() const { return margin_; }

 private:
  double margin_ = 0;
};

/// HingeEmbeddingLossOptions().margin(2).
class HingeEmbeddingLossOptions : public LossOptions<HingeEmbeddingLossOptions> {
 public:
  using LossOptions::LossOptions;

  /// Default 1.
  HingeEmbeddingLossOptions& margin(double value) { return set(margin_, value); }
  double margin() const { return margin_; }

 private:
  double margin_ = 1;
};

/// MultiMarginLossOptions().p(2).margin(0.5).
class MultiMarginLossOptions : public LossOptions<MultiMarginLossOptions> {
 public:
  using LossOptions::LossOptions;

  /// The power of each term: 1 or 2; default 1.
  MultiMarginLossOptions& p(int value) { return set(p_, value); }
  /// Default 1.
  MultiMarginLossOptions& margin(double value) { return set(margin_, value); }
  /// A factor for each class, shape (C).
  MultiMarginLossOptions& weight(Tensor value) { return set(weight_, std::move(value)); }
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
  TripletMarginLossOptions& margin(double value) { return set(margin_, value); }
  /// The norm that measures distances; default 2.
  TripletMarginLossOptions& p(double value) { return set(p_, value); }
  /// Added to differences; default 1e-6.
  TripletMarginLossOptions& eps(double value) { return set(eps_, value); }
  /// Whether the negative's distance from the positive counts where it is the smaller one (Balntas et al., 2016).
  TripletMarginLossOptions& swap(bool value) { return set(swap_, value); }
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
  CTCLossOptions& blank(Dim value) { return set(blank_, value.value("blank")); }
  /// Whether a target that its input is too short for costs 0 instead of infinity.
  CTCLossOptions& zero_infinity(bool value) { return set(zero_infinity_, value); }
  std::int64_t blank() const { return blank_; }
  bool zero_infinity() const { return zero_infinity_; }

 private:
  std::int64_t blank_ = 0;
  bool zero_infinity_ = false;
};

}  // namespace xgrad::nn

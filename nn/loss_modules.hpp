#pragma once

#include <utility>

#include <xgrad/nn/cross_entropy.hpp>
#include <xgrad/nn/distance.hpp>
#include <xgrad/nn/likelihood_losses.hpp>
#include <xgrad/nn/margin_losses.hpp>
#include <xgrad/nn/module.hpp>
#include <xgrad/nn/module_hooks.hpp>

namespace xgrad::nn {

// The functions of losses.hpp, cross_entropy.hpp, margin_losses.hpp and likelihood_losses.hpp as modules; those headers
// say what each computes. A module takes its settings as Options, nn::HuberLoss(nn::HuberLoss::Options().delta(2)), or
// a reduction alone, nn::MSELoss(nn::Reduction::sum). Weights are buffers, as in PyTorch: they are saved and converted
// with the module.

/// What all losses share: a module that is called with the tensors that its function takes.
class Loss : public ModuleBase {
 public:
  Reduction reduction() const { return reduction_; }

  /// Calls the hook before every call of this module, or after it, as those of ModuleOf.
  HookHandle register_forward_pre_hook(CallPreHook hook) { return detail::add_call_hook(*this, std::move(hook)); }
  HookHandle register_forward_hook(CallHook hook) { return detail::add_call_hook(*this, std::move(hook)); }

 protected:
  /// Refuses a batchmean, unless it is kl_div's.
  explicit Loss(const char* name, Reduction reduction, bool batchmean = false);
  /// A buffer of the constant, registered unless undefined.
  void add_constant(const char* name, Buffer& buffer, const Tensor& constant);

 private:
  Reduction reduction_;
};

/// A loss of an input and a target.
class PairLoss : public Loss {
 public:
  Tensor operator()(const Tensor& input, const Tensor& target, Source at = Source::here()) const;

 protected:
  using Loss::Loss;
  virtual Tensor forward(const Tensor& input, const Tensor& target) const = 0;
};

/// A loss of three tensors.
class TripleLoss : public Loss {
 public:
  Tensor operator()(const Tensor& first, const Tensor& second, const Tensor& third, Source at = Source::here()) const;

 protected:
  using Loss::Loss;
  virtual Tensor forward(const Tensor& first, const Tensor& second, const Tensor& third) const = 0;
};

class MSELoss : public PairLoss {
 public:
  using Options = PlainLossOptions;
  explicit MSELoss(const Options& options = {});

 protected:
  Tensor forward(const Tensor& input, const Tensor& target) const override;
};

class L1Loss : public PairLoss {
 public:
  using Options = PlainLossOptions;
  explicit L1Loss(const Options& options = {});

 protected:
  Tensor forward(const Tensor& input, const Tensor& target) const override;
};

class SmoothL1Loss : public PairLoss {
 public:
  using Options = SmoothL1LossOptions;
  explicit SmoothL1Loss(const Options& options = {});

 protected:
  Tensor forward(const Tensor& input, const Tensor& target) const override;

 private:
  double beta_;
};

class HuberLoss : public PairLoss {
 public:
  using Options = HuberLossOptions;
  explicit HuberLoss(const Options& options = {});

 protected:
  Tensor forward(const Tensor& input, const Tensor& target) const override;

 private:
  double delta_;
};

class KLDivLoss : public PairLoss {
 public:
  using Options = KLDivLossOptions;
  explicit KLDivLoss(const Options& options = {});

 protected:
  Tensor forward(const Tensor& input, const Tensor& target) const override;

 private:
  bool log_target_;
};

class CrossEntropyLoss : public PairLoss {
 public:
  using Options = CrossEntropyOptions;
  explicit CrossEntropyLoss(const Options& options = {});

  Buffer weight;  ///< (C), or undefined

 protected:
  Tensor forward(const Tensor& input, const Tensor& target) const override;

 private:
  std::int64_t ignore_index_;
  double label_smoothing_;
};

class NLLLoss : public PairLoss {
 public:
  using Options = ClassOptions;
  explicit NLLLoss(const Options& options = {});

  Buffer weight;  ///< (C), or undefined

 protected:
  Tensor forward(const Tensor& input, const Tensor& target) const override;

 private:
  std::int64_t ignore_index_;
};

class BCELoss : public PairLoss {
 public:
  using Options = BCELossOptions;
  explicit BCELoss(const Options& options = {});

  Buffer weight;  ///< broadcasts to the input, or is undefined

 protected:
  Tensor forward(const Tensor& input, const Tensor& target) const override;
};

class BCEWithLogitsLoss : public PairLoss {
 public:
  using Options = BCEWithLogitsLossOptions;
  explicit BCEWithLogitsLoss(const Options& options = {});

  Buffer weight, pos_weight;  ///< broadcast to the input, or are undefined

 protected:
  Tensor forward(const Tensor& input, const Tensor& target) const override;
};

class PoissonNLLLoss : public PairLoss {
 public:
  using Options = PoissonNLLLossOptions;
  explicit PoissonNLLLoss(const Options& options = {});

 protected:
  Tensor forward(const Tensor& log_input, const Tensor& target) const override;

 private:
  Options options_;
};

/// Called with input, target and variance.
class GaussianNLLLoss : public TripleLoss {
 public:
  using Options = GaussianNLLLossOptions;
  explicit GaussianNLLLoss(const Options& options = {});

 protected:
  Tensor forward(const Tensor& input, const Tensor& target, const Tensor& var) const override;

 private:
  Options options_;
};

/// Called with two inputs and a target.
class MarginRankingLoss : public TripleLoss {
 public:
  using Options = MarginRankingLossOptions;
  explicit MarginRankingLoss(const Options& options = {});

 protected:
  Tensor forward(const Tensor& input1, const Tensor& input2, const Tensor& target) const override;

 private:
  Options options_;
};

class HingeEmbeddingLoss : public PairLoss {
 public:
  using Options = HingeEmbeddingLossOptions;
  explicit HingeEmbeddingLoss(const Options& options = {});

 protected:
  Tensor forward(const Tensor& input, const Tensor& target) const override;

 private:
  Options options_;
};

class SoftMarginLoss : public PairLoss {
 public:
  using Options = PlainLossOptions;
  explicit SoftMarginLoss(const Options& options = {});

 protected:
  Tensor forward(const Tensor& input, const Tensor& target) const override;
};

class MultiMarginLoss : public PairLoss {
 public:
  using Options = MultiMarginLossOptions;
  explicit MultiMarginLoss(const Options& options = {});

  Buffer weight;  ///< (C), or undefined

 protected:
  Tensor forward(const Tensor& input, const Tensor& target) const override;

 private:
  int p_;
  double margin_;
};

class MultiLabelMarginLoss : public PairLoss {
 public:
  using Options = PlainLossOptions;
  explicit MultiLabelMarginLoss(const Options& options = {});

 protected:
  Tensor forward(const Tensor& input, const Tensor& target) const override;
};

class MultiLabelSoftMarginLoss : public PairLoss {
 public:
  using Options = BCELossOptions;
  explicit MultiLabelSoftMarginLoss(const Options& options = {});

  Buffer weight;  ///< broadcasts to the input, or is undefined

 protected:
  Tensor forward(const Tensor& input, const Tensor& target) const override;
};

/// Called with two inputs and a target.
class CosineEmbeddingLoss : public TripleLoss {
 public:
  using Options = MarginRankingLossOptions;
  explicit CosineEmbeddingLoss(const Options& options = {});

 protected:
  Tensor forward(const Tensor& input1, const Tensor& input2, const Tensor& target) const override;

 private:
  Options options_;
};

/// Called with anchor, positive and negative.
class TripletMarginLoss : public TripleLoss {
 public:
  using Options = TripletMarginLossOptions;
  explicit TripletMarginLoss(const Options& options = {});

 protected:
  Tensor forward(const Tensor& anchor, const Tensor& positive, const Tensor& negative) const override;

 private:
  Options options_;
};

/// Called with anchor, positive and negative. Parameters of a distance that is a module are not registered.
class TripletMarginWithDistanceLoss : public TripleLoss {
 public:
  using Options = TripletMarginWithDistanceLossOptions;
  explicit TripletMarginWithDistanceLoss(const Options& options = {});
  // Without a move, which would leave the other handle incomplete.
  TripletMarginWithDistanceLoss(const TripletMarginWithDistanceLoss&) = default;
  TripletMarginWithDistanceLoss& operator=(const TripletMarginWithDistanceLoss&) = default;

 protected:
  Tensor forward(const Tensor& anchor, const Tensor& positive, const Tensor& negative) const override;

 private:
  Options options_;
  PairwiseDistance distance_;  // registered where the options have none, since PyTorch prints it
};

/// Called with log-probabilities, targets, input lengths and target lengths.
class CTCLoss : public Loss {
 public:
  using Options = CTCLossOptions;
  explicit CTCLoss(const Options& options = {});

  Tensor operator()(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                    const Tensor& target_lengths, Source at = Source::here()) const;

 private:
  Options options_;
};

}  // namespace xgrad::nn

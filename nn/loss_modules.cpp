#include <xgrad/nn/loss_modules.hpp>

#include <xgrad/nn/loss_checks.hpp>
#include <xgrad/nn/loss_reduction.hpp>
#include <xgrad/nn/losses.hpp>

namespace xgrad::nn {

Loss::Loss(const char* name, Reduction reduction, bool batchmean) : reduction_(reduction) {
  if (!batchmean) detail::require_plain(name, reduction);
}

void Loss::add_constant(const char* name, Buffer& buffer, const Tensor& constant) {
  if (!constant.defined()) return;
  buffer = Buffer(constant.detach());
  add(name, buffer);
}

Tensor PairLoss::operator()(const Tensor& input, const Tensor& target, Source at) const {
  const auto of = [&](const Tensor& x, const Tensor& y) { return forward(x, y); };
  return call([&] { return detail::forward_of_several<Tensor>(*this, of, input, target); }, at);
}

Tensor TripleLoss::operator()(const Tensor& first, const Tensor& second, const Tensor& third, Source at) const {
  const auto of = [&](const Tensor& a, const Tensor& b, const Tensor& c) { return forward(a, b, c); };
  return call([&] { return detail::forward_of_several<Tensor>(*this, of, first, second, third); }, at);
}

MSELoss::MSELoss(const Options& options) : PairLoss("MSELoss", options.reduction()) {}
Tensor MSELoss::forward(const Tensor& input, const Tensor& target) const {
  return mse_loss(input, target, reduction(), call_site());
}

L1Loss::L1Loss(const Options& options) : PairLoss("L1Loss", options.reduction()) {}
Tensor L1Loss::forward(const Tensor& input, const Tensor& target) const {
  return l1_loss(input, target, reduction(), call_site());
}

SmoothL1Loss::SmoothL1Loss(const Options& options)
    : PairLoss("SmoothL1Loss", options.reduction()), beta_(options.beta()) {
  detail::check_beta("SmoothL1Loss", beta_);
}
Tensor SmoothL1Loss::forward(const Tensor& input, const Tensor& target) const {
  return smooth_l1_loss(input, target, reduction(), beta_, call_site());
}

HuberLoss::HuberLoss(const Options& options) : PairLoss("HuberLoss", options.reduction()), delta_(options.delta()) {
  detail::check_delta("HuberLoss", delta_);
}
Tensor HuberLoss::forward(const Tensor& input, const Tensor& target) const {
  return huber_loss(input, target, reduction(), delta_, call_site());
}

KLDivLoss::KLDivLoss(const Options& options)
    : PairLoss("KLDivLoss", options.reduction(), true), log_target_(options.log_target()) {}
Tensor KLDivLoss::forward(const Tensor& input, const Tensor& target) const {
  return kl_div(input, target, reduction(), log_target_ ? LogTarget::yes : LogTarget::no, call_site());
}

CrossEntropyLoss::CrossEntropyLoss(const Options& options)
    : PairLoss("CrossEntropyLoss", options.reduction()),
      ignore_index_(options.ignore_index()),
      label_smoothing_(options.label_smoothing()) {
  detail::check_smoothing("CrossEntropyLoss", label_smoothing_);
  add_constant("weight", weight, options.weight());
}
Tensor CrossEntropyLoss::forward(const Tensor& input, const Tensor& target) const {
  const auto options =
      Options(reduction()).weight(weight).ignore_index(ignore_index_).label_smoothing(label_smoothing_);
  return cross_entropy(input, target, options, call_site());
}

NLLLoss::NLLLoss(const Options& options)
    : PairLoss("NLLLoss", options.reduction()), ignore_index_(options.ignore_index()) {
  add_constant("weight", weight, options.weight());
}
Tensor NLLLoss::forward(const Tensor& input, const Tensor& target) const {
  return nll_loss(input, target, Options(reduction()).weight(weight).ignore_index(ignore_index_), call_site());
}

BCELoss::BCELoss(const Options& options) : PairLoss("BCELoss", options.reduction()) {
  add_constant("weight", weight, options.weight());
}
Tensor BCELoss::forward(const Tensor& input, const Tensor& target) const {
  return binary_cross_entropy(input, target, weight, reduction(), call_site());
}

BCEWithLogitsLoss::BCEWithLogitsLoss(const Options& options) : PairLoss("BCEWithLogitsLoss", options.reduction()) {
  add_constant("weight", weight, options.weight());
  add_constant("pos_weight", pos_weight, options.pos_weight());
}
Tensor BCEWithLogitsLoss::forward(const Tensor& input, const Tensor& target) const {
  return binary_cross_entropy_with_logits(input, target, weight, pos_weight, reduction(), call_site());
}

PoissonNLLLoss::PoissonNLLLoss(const Options& options)
    : PairLoss("PoissonNLLLoss", options.reduction()), options_(options) {
  detail::check_positive_eps("PoissonNLLLoss", options.eps());
}
Tensor PoissonNLLLoss::forward(const Tensor& log_input, const Tensor& target) const {
  return poisson_nll_loss(log_input, target, options_, call_site());
}

GaussianNLLLoss::GaussianNLLLoss(const Options& options)
    : TripleLoss("GaussianNLLLoss", options.reduction()), options_(options) {
  detail::check_positive_eps("GaussianNLLLoss", options.eps());
}
Tensor GaussianNLLLoss::forward(const Tensor& input, const Tensor& target, const Tensor& var) const {
  return gaussian_nll_loss(input, target, var, options_, call_site());
}

MarginRankingLoss::MarginRankingLoss(const Options& options)
    : TripleLoss("MarginRankingLoss", options.reduction()), options_(options) {
  detail::check_margin("MarginRankingLoss", options.margin());
}
Tensor MarginRankingLoss::forward(const Tensor& input1, const Tensor& input2, const Tensor& target) const {
  return margin_ranking_loss(input1, input2, target, options_, call_site());
}

HingeEmbeddingLoss::HingeEmbeddingLoss(const Options& options)
    : PairLoss("HingeEmbeddingLoss", options.reduction()), options_(options) {
  detail::check_margin("HingeEmbeddingLoss", options.margin());
}
Tensor HingeEmbeddingLoss::forward(const Tensor& input, const Tensor& target) const {
  return hinge_embedding_loss(input, target, options_, call_site());
}

SoftMarginLoss::SoftMarginLoss(const Options& options) : PairLoss("SoftMarginLoss", options.reduction()) {}
Tensor SoftMarginLoss::forward(const Tensor& input, const Tensor& target) const {
  return soft_margin_loss(input, target, reduction(), call_site());
}

MultiMarginLoss::MultiMarginLoss(const Options& options)
    : PairLoss("MultiMarginLoss", options.reduction()), p_(options.p()), margin_(options.margin()) {
  detail::check_multi_margin("MultiMarginLoss", options);
  add_constant("weight", weight, options.weight());
}
Tensor MultiMarginLoss::forward(const Tensor& input, const Tensor& target) const {
  return multi_margin_loss(input, target, Options(reduction()).p(p_).margin(margin_).weight(weight), call_site());
}

MultiLabelMarginLoss::MultiLabelMarginLoss(const Options& options)
    : PairLoss("MultiLabelMarginLoss", options.reduction()) {}
Tensor MultiLabelMarginLoss::forward(const Tensor& input, const Tensor& target) const {
  return multilabel_margin_loss(input, target, reduction(), call_site());
}

MultiLabelSoftMarginLoss::MultiLabelSoftMarginLoss(const Options& options)
    : PairLoss("MultiLabelSoftMarginLoss", options.reduction()) {
  add_constant("weight", weight, options.weight());
}
Tensor MultiLabelSoftMarginLoss::forward(const Tensor& input, const Tensor& target) const {
  return multilabel_soft_margin_loss(input, target, Options(reduction()).weight(weight), call_site());
}

CosineEmbeddingLoss::CosineEmbeddingLoss(const Options& options)
    : TripleLoss("CosineEmbeddingLoss", options.reduction()), options_(options) {
  detail::check_margin("CosineEmbeddingLoss", options.margin());
}
Tensor CosineEmbeddingLoss::forward(const Tensor& input1, const Tensor& input2, const Tensor& target) const {
  return cosine_embedding_loss(input1, input2, target, options_, call_site());
}

TripletMarginLoss::TripletMarginLoss(const Options& options)
    : TripleLoss("TripletMarginLoss", options.reduction()), options_(options) {
  detail::check_triplet_options("TripletMarginLoss", options);
}
Tensor TripletMarginLoss::forward(const Tensor& anchor, const Tensor& positive, const Tensor& negative) const {
  return triplet_margin_loss(anchor, positive, negative, options_, call_site());
}

TripletMarginWithDistanceLoss::TripletMarginWithDistanceLoss(const Options& options)
    : TripleLoss("TripletMarginWithDistanceLoss", options.reduction()), options_(options) {
  detail::check_triplet_margin("TripletMarginWithDistanceLoss", options.margin());
  if (!options.distance_function()) add("distance_function", distance_);
}
Tensor TripletMarginWithDistanceLoss::forward(const Tensor& anchor, const Tensor& positive,
                                              const Tensor& negative) const {
  return triplet_margin_with_distance_loss(anchor, positive, negative, options_, call_site());
}

CTCLoss::CTCLoss(const Options& options) : Loss("CTCLoss", options.reduction()), options_(options) {
  detail::check_blank("CTCLoss", options.blank());
}
Tensor CTCLoss::operator()(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                           const Tensor& target_lengths, Source at) const {
  const auto of = [&](const Tensor& x, const Tensor& labels, const Tensor& of_input, const Tensor& of_target) {
    return ctc_loss(x, labels, of_input, of_target, options_, at);
  };
  return call(
      [&] { return detail::forward_of_several<Tensor>(*this, of, log_probs, targets, input_lengths, target_lengths); },
      at);
}

}  // namespace xgrad::nn

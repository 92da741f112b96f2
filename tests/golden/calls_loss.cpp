#include <stdexcept>

#include <xgrad/autograd/ops/batch_norm.hpp>
#include <xgrad/autograd/ops/dropout.hpp>
#include <xgrad/autograd/ops/softmax.hpp>
#include <xgrad/nn/adaptive_softmax.hpp>
#include <xgrad/nn/functional_call.hpp>
#include <xgrad/nn/likelihood_losses.hpp>
#include <xgrad/nn/losses.hpp>
#include <xgrad/nn/margin_losses.hpp>

#include "call.hpp"

using namespace xgrad;

namespace golden {

namespace {

nn::Reduction reduction(const Call& c) {
  const std::string word = c.word("reduction", "mean");
  if (word == "mean") return nn::Reduction::mean;
  if (word == "sum") return nn::Reduction::sum;
  if (word == "none") return nn::Reduction::none;
  if (word == "batchmean") return nn::Reduction::batchmean;
  throw std::invalid_argument("a call: there is no reduction '" + word + "'");
}

Results normalized(const Call& c) {
  const Tensor mean = c["running_mean"], var = c["running_var"];
  Results y = {batch_norm(c["input"], c["weight"], c["bias"], mean, var, c.flag("training"), c.number("momentum", 0.1),
                          c.number("eps", 1e-5))};
  for (const Tensor& running : {mean, var})
    if (running.defined()) y.push_back(running);
  return y;
}

Tensor class_loss(const Call& c) {
  return nn::cross_entropy(c["input"], c["target"],
                           nn::CrossEntropyOptions(reduction(c))
                               .weight(c["weight"])
                               .ignore_index(c.integer("ignore_index", -100))
                               .label_smoothing(c.number("label_smoothing")));
}

Tensor likelihood(const Call& c) {
  return nn::nll_loss(c["input"], c["target"],
                      nn::ClassOptions(reduction(c)).weight(c["weight"]).ignore_index(c.integer("ignore_index", -100)));
}

Registry pointwise_and_class_calls() {
  return {
      {"mse_loss", [](const Call& c) { return nn::mse_loss(c["input"], c["target"], reduction(c)); }},
      {"half_squared_error", [](const Call& c) { return nn::half_squared_error(c["input"], c["target"]); }},
      {"l1_loss", [](const Call& c) { return nn::l1_loss(c["input"], c["target"], reduction(c)); }},
      {"smooth_l1_loss",
       [](const Call& c) { return nn::smooth_l1_loss(c["input"], c["target"], reduction(c), c.number("beta", 1)); }},
      {"huber_loss",
       [](const Call& c) { return nn::huber_loss(c["input"], c["target"], reduction(c), c.number("delta", 1)); }},
      {"kl_div",
       [](const Call& c) {
         return nn::kl_div(c["input"], c["target"], reduction(c),
                           c.flag("log_target") ? nn::LogTarget::yes : nn::LogTarget::no);
       }},
      {"binary_cross_entropy",
       [](const Call& c) { return nn::binary_cross_entropy(c["input"], c["target"], c["weight"], reduction(c)); }},
      {"binary_cross_entropy_with_logits",
       [](const Call& c) {
         return nn::binary_cross_entropy_with_logits(c["input"], c["target"], c["weight"], c["pos_weight"],
                                                     reduction(c));
       }},
      {"cross_entropy", class_loss},
      {"nll_loss", likelihood},
      {"batch_norm", normalized},
      {"dropout", [](const Call& c) { return dropout(c["input"], c.number("p", 0.5), c.flag("training", true)); }},
  };
}

Registry margin_calls() {
  return {
      {"margin_ranking_loss",
       [](const Call& c) {
         return nn::margin_ranking_loss(c["input1"], c["input2"], c["target"],
                                        nn::MarginRankingLossOptions(reduction(c)).margin(c.number("margin")));
       }},
      {"hinge_embedding_loss",
       [](const Call& c) {
         return nn::hinge_embedding_loss(c["input"], c["target"],
                                         nn::HingeEmbeddingLossOptions(reduction(c)).margin(c.number("margin", 1)));
       }},
      {"soft_margin_loss", [](const Call& c) { return nn::soft_margin_loss(c["input"], c["target"], reduction(c)); }},
      {"cosine_embedding_loss",
       [](const Call& c) {
         return nn::cosine_embedding_loss(c["input1"], c["input2"], c["target"],
                                          nn::MarginRankingLossOptions(reduction(c)).margin(c.number("margin")));
       }},
      {"multi_margin_loss",
       [](const Call& c) {
         return nn::multi_margin_loss(c["input"], c["target"],
                                      nn::MultiMarginLossOptions(reduction(c))
                                          .p(static_cast<int>(c.integer("p", 1)))
                                          .margin(c.number("margin", 1))
                                          .weight(c["weight"]));
       }},
      {"multilabel_margin_loss",
       [](const Call& c) { return nn::multilabel_margin_loss(c["input"], c["target"], reduction(c)); }},
      {"multilabel_soft_margin_loss",
       [](const Call& c) {
         return nn::multilabel_soft_margin_loss(c["input"], c["target"],
                                                nn::BCELossOptions(reduction(c)).weight(c["weight"]));
       }},
      {"triplet_margin_loss",
       [](const Call& c) {
         return nn::triplet_margin_loss(c["anchor"], c["positive"], c["negative"],
                                        nn::TripletMarginLossOptions(reduction(c))
                                            .margin(c.number("margin", 1))
                                            .p(c.number("p", 2))
                                            .eps(c.number("eps", 1e-6))
                                            .swap(c.flag("swap")));
       }},
      {"triplet_margin_with_distance_loss",
       [](const Call& c) {
         return nn::triplet_margin_with_distance_loss(
             c["anchor"], c["positive"], c["negative"],
             nn::TripletMarginWithDistanceLossOptions(reduction(c)).margin(c.number("margin", 1)).swap(c.flag("swap")));
       }},
  };
}

// The module with the weights of the call: output and loss, the log-probabilities of all classes, and the likeliest.
Results adaptive(const Call& c) {
  const Tensor x = c["input"];
  nn::AdaptiveLogSoftmaxWithLoss net(
      x.shape(-1), c.integer("n_classes"), c.integers("cutoffs"),
      nn::AdaptiveLogSoftmaxWithLoss::Options().div_value(c.number("div_value", 4)).head_bias(c.flag("head_bias")));
  net.to(x.dtype());
  const auto with_weights = [&](const auto& f) { return func::functional_call(net, c.list("weights"), f); };
  return Tensors{with_weights([&] { return net(x, c["target"]).first; }),
                 with_weights([&] { return net(x, c["target"]).second; }),
                 with_weights([&] { return net.log_prob(x); }), with_weights([&] { return net.predict(x); })};
}

Registry likelihood_calls() {
  return {
      {"nn_adaptive_log_softmax", adaptive},
      {"poisson_nll_loss",
       [](const Call& c) {
         return nn::poisson_nll_loss(c["input"], c["target"],
                                     nn::PoissonNLLLossOptions(reduction(c))
                                         .log_input(c.flag("log_input", true))
                                         .full(c.flag("full"))
                                         .eps(c.number("eps", 1e-8)));
       }},
      {"gaussian_nll_loss",
       [](const Call& c) {
         return nn::gaussian_nll_loss(
             c["input"], c["target"], c["var"],
             nn::GaussianNLLLossOptions(reduction(c)).full(c.flag("full")).eps(c.number("eps", 1e-6)));
       }},
      {"ctc_loss",
       [](const Call& c) {
         return nn::ctc_loss(
             log_softmax(c["logits"], -1), c["targets"], c["input_lengths"], c["target_lengths"],
             nn::CTCLossOptions(reduction(c)).blank(c.integer("blank")).zero_infinity(c.flag("zero_infinity")));
       }},
  };
}

}  // namespace

Registry loss_calls() {
  Registry all = pointwise_and_class_calls();
  all.merge(margin_calls());
  all.merge(likelihood_calls());
  return all;
}

}  // namespace golden

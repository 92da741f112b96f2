#include <stdexcept>

#include <xgrad/autograd/ops/batch_norm.hpp>
#include <xgrad/autograd/ops/dropout.hpp>
#include <xgrad/nn/losses.hpp>

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

}  // namespace

Registry loss_calls() {
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
         return nn::binary_cross_entropy_with_logits(c["input"], c["target"], c["pos_weight"], c["weight"],
                                                     reduction(c));
       }},
      {"cross_entropy", class_loss},
      {"nll_loss", likelihood},
      {"batch_norm", normalized},
      {"dropout", [](const Call& c) { return dropout(c["input"], c.number("p", 0.5), c.flag("training", true)); }},
  };
}

}  // namespace golden

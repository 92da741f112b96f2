#include <stdexcept>

#include <xgrad/autograd/ops/dropout.hpp>
#include <xgrad/autograd/ops/layer_norm.hpp>
#include <xgrad/nn/bilinear.hpp>
#include <xgrad/nn/distance.hpp>
#include <xgrad/nn/embedding.hpp>

#include "call.hpp"

using namespace xgrad;

namespace golden {

namespace {

std::optional<double> optional_number(const Call& c, const std::string& name) {
  if (!c.has(name)) return std::nullopt;
  return c.number(name);
}

template <class Options>
Options table_options(const Call& c) {
  Options options;
  if (c.has("padding_idx")) options.padding_idx(c.integer("padding_idx"));
  options.max_norm(optional_number(c, "max_norm")).norm_type(c.number("norm_type", 2));
  options.scale_grad_by_freq(c.flag("scale_grad_by_freq"));
  return options;
}

Results normalized_instances(const Call& c) {
  const Tensor mean = c["running_mean"], var = c["running_var"];
  Results y = {instance_norm(c["input"], mean, var, c["weight"], c["bias"], c.flag("use_input_stats", true),
                             c.number("momentum", 0.1), c.number("eps", 1e-5))};
  for (const Tensor& running : {mean, var})
    if (running.defined()) y.push_back(running);
  return y;
}

Results shortened(const Call& c) {
  const Tensor table = c["weight"].clone();
  const Tensor y = nn::embedding(c["input"], table, table_options<nn::EmbeddingOptions>(c));
  return Tensors{y, table};
}

Tensor bag(const Call& c) {
  const std::string mode = c.word("mode", "mean");
  auto options = table_options<nn::EmbeddingBagOptions>(c);
  options.mode(mode == "sum" ? nn::BagMode::sum : mode == "max" ? nn::BagMode::max : nn::BagMode::mean);
  options.include_last_offset(c.flag("include_last_offset"));
  return nn::embedding_bag(c["input"], c["weight"], c["offsets"], options, c["per_sample_weights"]);
}

using Dropping = Tensor (*)(Tensor, double, bool, Generator*, Source);
Function dropping(Dropping f) {
  return [f](const Call& c) {
    return f(c["input"], c.number("p", 0.5), c.flag("training", true), nullptr, Source::here());
  };
}

}  // namespace

Registry layer_calls() {
  return {
      {"layer_norm",
       [](const Call& c) {
         return layer_norm(c["input"], Shape(c.integers("normalized_shape")), c["weight"], c["bias"],
                           c.number("eps", 1e-5));
       }},
      {"rms_norm",
       [](const Call& c) {
         return rms_norm(c["input"], Shape(c.integers("normalized_shape")), c["weight"], optional_number(c, "eps"));
       }},
      {"group_norm",
       [](const Call& c) {
         return group_norm(c["input"], c.integer("num_groups"), c["weight"], c["bias"], c.number("eps", 1e-5));
       }},
      {"instance_norm", normalized_instances},
      {"nn_embedding",
       [](const Call& c) { return nn::embedding(c["input"], c["weight"], table_options<nn::EmbeddingOptions>(c)); }},
      {"embedding_renorm", shortened},
      {"embedding_bag", bag},
      {"bilinear", [](const Call& c) { return nn::bilinear(c["input1"], c["input2"], c["weight"], c["bias"]); }},
      {"cosine_similarity",
       [](const Call& c) {
         return nn::cosine_similarity(c["x1"], c["x2"], c.integer("dim", 1), c.number("eps", 1e-8));
       }},
      {"pairwise_distance",
       [](const Call& c) {
         return nn::pairwise_distance(c["x1"], c["x2"], c.number("p", 2), c.number("eps", 1e-6), c.keepdims());
       }},
      {"alpha_dropout", dropping(alpha_dropout)},
      {"feature_alpha_dropout", dropping(feature_alpha_dropout)},
      {"dropout1d", dropping(dropout1d)},
      {"dropout2d", dropping(dropout2d)},
      {"dropout3d", dropping(dropout3d)},
  };
}

}  // namespace golden

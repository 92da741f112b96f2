#include <xgrad/autograd/ops/attention.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/nn/functional_call.hpp>
#include <xgrad/nn/multihead_attention.hpp>
#include <xgrad/nn/positions.hpp>

#include "call.hpp"

using namespace xgrad;

namespace golden {

namespace {

// The module with the weights of the call: its output, and the weights of the heads or their mean.
Results of_heads(const Call& c) {
  const Tensor q = c["query"], k = c["key"], v = c["value"];
  const std::int64_t e = q.shape(-1);
  nn::MultiheadAttention net(
      e, c.integer("num_heads"),
      nn::MultiheadAttention::Options().add_bias_kv(c.has("bias_k")).add_zero_attn(c.flag("add_zero_attn")));
  net.to(q.dtype());
  StateDict values = {{"in_proj_weight", c["in_proj_weight"]},
                      {"in_proj_bias", c["in_proj_bias"]},
                      {"out_proj.weight", c["out_proj_weight"]},
                      {"out_proj.bias", c["out_proj_bias"]}};
  if (c.has("bias_k"))
    for (const char* const name : {"bias_k", "bias_v"}) values.emplace_back(name, reshape(c[name], {1, 1, e}));
  const auto how = nn::MultiheadAttention::Call()
                       .attn_mask(c["attn_mask"])
                       .average_attn_weights(c.flag("average_attn_weights", true));
  return Tensors{func::functional_call(net, values, [&] { return net(q, k, v, how).first; }),
                 func::functional_call(net, values, [&] { return net(q, k, v, how).second; })};
}

}  // namespace

Registry attention_calls() {
  return {
      {"scaled_dot_product_attention",
       [](const Call& c) {
         AttentionOptions options;
         options.is_causal(c.flag("is_causal")).dropout_p(c.number("dropout_p", 0));
         if (c.has("scale")) options.scale(c.number("scale"));
         return scaled_dot_product_attention(c["query"], c["key"], c["value"], c["attn_mask"], options);
       }},
      {"nn_multihead_attention", of_heads},
      {"packed_attention",
       [](const Call& c) {
         return packed_attention(c["qkv"], c.integer("num_heads"), c["attn_mask"],
                                 AttentionOptions().is_causal(c.flag("is_causal")));
       }},
      {"rotary_embedding",
       [](const Call& c) { return nn::rotary_embedding(c["x"], c.integer("offset", 0), c.number("base", 10000)); }},
  };
}

}  // namespace golden

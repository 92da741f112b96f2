#include <xgrad/autograd/ops/attention.hpp>
#include <xgrad/nn/positions.hpp>

#include "call.hpp"

using namespace xgrad;

namespace golden {

Registry attention_calls() {
  return {
      {"scaled_dot_product_attention",
       [](const Call& c) {
         AttentionOptions options;
         options.is_causal(c.flag("is_causal")).dropout_p(c.number("dropout_p", 0));
         if (c.has("scale")) options.scale(c.number("scale"));
         return scaled_dot_product_attention(c["query"], c["key"], c["value"], c["attn_mask"], options);
       }},
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

#include <xgrad/nn/transformer_layer.hpp>

#include <limits>
#include <string>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/ops/activation.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/nn/module_hooks.hpp>
#include <xgrad/nn/printing.hpp>

namespace xgrad::nn {
namespace {

using Options = TransformerLayerOptions;

MultiheadAttention attention(const char* name, std::int64_t d_model, std::int64_t heads, const Options& options) {
  if (d_model < 1 || heads < 1 || d_model % heads != 0)
    throw xgrad::detail::argument_error(std::string(name) + ": d_model is " + std::to_string(d_model) + ", nhead is " +
                                        std::to_string(heads) +
                                        ": both must be positive, and the heads divide d_model");
  if (options.dim_feedforward() < 0)
    throw xgrad::detail::argument_error(std::string(name) + ": dim_feedforward is " +
                                        std::to_string(options.dim_feedforward()) + ": it cannot be negative");
  if (!(options.dropout() >= 0 && options.dropout() <= 1))
    throw xgrad::detail::argument_error(std::string(name) + ": dropout must lie in [0, 1], got " +
                                        detail::python(options.dropout()));
  if (!(options.layer_norm_eps() > 0 && options.layer_norm_eps() <= std::numeric_limits<double>::max()))
    throw xgrad::detail::argument_error(std::string(name) + ": layer_norm_eps must be positive and finite, got " +
                                        detail::python(options.layer_norm_eps()));
  return {
      d_model, heads,
      MultiheadAttention::Options().dropout(options.dropout()).bias(options.bias()).batch_first(options.batch_first())};
}

LayerNorm norm(std::int64_t d_model, const Options& options) {
  return LayerNorm(Shape{d_model}, LayerNorm::Options().eps(options.layer_norm_eps()).bias(options.bias()));
}

Tensor activated(const Tensor& x, const Options& options, Source at) {
  return options.activation() == TransformerActivation::relu ? relu(x, at) : gelu(x, Gelu::exact, at);
}

MultiheadAttentionCallOptions masks(const Tensor& mask, const Tensor& padding, Causal is_causal) {
  return MultiheadAttentionCallOptions()
      .attn_mask(mask)
      .key_padding_mask(padding)
      .is_causal(is_causal == Causal::yes)
      .need_weights(false);
}

}  // namespace

TransformerEncoderLayer::TransformerEncoderLayer(Dim d_model, Dim nhead, const Options& options)
    : TransformerEncoderLayer(d_model, nhead, options, xgrad::detail::Calling("TransformerEncoderLayer")) {}

TransformerEncoderLayer::TransformerEncoderLayer(Dim d_model, Dim nhead, const Options& options,
                                                 const xgrad::detail::Calling& /*calling*/)
    : self_attn(attention("TransformerEncoderLayer", d_model, nhead, options)),
      linear1(d_model, options.dim_feedforward(), Bias(options.bias())),
      dropout(options.dropout()),
      linear2(options.dim_feedforward(), d_model, Bias(options.bias())),
      norm1(norm(d_model, options)),
      norm2(norm(d_model, options)),
      dropout1(options.dropout()),
      dropout2(options.dropout()),
      options_(options) {
  add("self_attn", self_attn);
  add("linear1", linear1);
  add("dropout", dropout);
  add("linear2", linear2);
  add("norm1", norm1);
  add("norm2", norm2);
  add("dropout1", dropout1);
  add("dropout2", dropout2);
}

Tensor TransformerEncoderLayer::run(const Tensor& src, const MultiheadAttentionCallOptions& how) const {
  const Source at = call_site();
  const auto attended = [&](const Tensor& x) { return dropout1(self_attn(x, x, x, how, at).first, at); };
  const auto fed = [&](const Tensor& x) {
    return dropout2(linear2(dropout(activated(linear1(x, at), options_, at), at), at), at);
  };
  if (options_.norm_first()) {
    const Tensor x = xgrad::add(src, attended(norm1(src, at)), at);
    return xgrad::add(x, fed(norm2(x, at)), at);
  }
  const Tensor x = norm1(xgrad::add(src, attended(src), at), at);
  return norm2(xgrad::add(x, fed(x), at), at);
}

Tensor TransformerEncoderLayer::forward(const Tensor& src) { return run(src, masks({}, {}, Causal::no)); }

Tensor TransformerEncoderLayer::operator()(const Tensor& src, const Tensor& src_mask,
                                           const Tensor& src_key_padding_mask, Causal is_causal, Source at) const {
  const auto masked = [&](const Tensor& x) { return run(x, masks(src_mask, src_key_padding_mask, is_causal)); };
  return call([&] { return detail::forward_of_one(*this, src, masked); }, at);
}

TransformerDecoderLayer::TransformerDecoderLayer(Dim d_model, Dim nhead, const Options& options)
    : TransformerDecoderLayer(d_model, nhead, options, xgrad::detail::Calling("TransformerDecoderLayer")) {}

TransformerDecoderLayer::TransformerDecoderLayer(Dim d_model, Dim nhead, const Options& options,
                                                 const xgrad::detail::Calling& /*calling*/)
    : self_attn(attention("TransformerDecoderLayer", d_model, nhead, options)),
      multihead_attn(attention("TransformerDecoderLayer", d_model, nhead, options)),
      linear1(d_model, options.dim_feedforward(), Bias(options.bias())),
      dropout(options.dropout()),
      linear2(options.dim_feedforward(), d_model, Bias(options.bias())),
      norm1(norm(d_model, options)),
      norm2(norm(d_model, options)),
      norm3(norm(d_model, options)),
      dropout1(options.dropout()),
      dropout2(options.dropout()),
      dropout3(options.dropout()),
      options_(options) {
  add("self_attn", self_attn);
  add("multihead_attn", multihead_attn);
  add("linear1", linear1);
  add("dropout", dropout);
  add("linear2", linear2);
  add("norm1", norm1);
  add("norm2", norm2);
  add("norm3", norm3);
  add("dropout1", dropout1);
  add("dropout2", dropout2);
  add("dropout3", dropout3);
}

Tensor TransformerDecoderLayer::forward(const Tensor& tgt, const Tensor& memory, const Tensor& tgt_mask,
                                        const Tensor& memory_mask, const Tensor& tgt_key_padding_mask,
                                        const Tensor& memory_key_padding_mask, Causal tgt_is_causal,
                                        Causal memory_is_causal) {
  const Source at = call_site();
  const MultiheadAttentionCallOptions own = masks(tgt_mask, tgt_key_padding_mask, tgt_is_causal);
  const MultiheadAttentionCallOptions across = masks(memory_mask, memory_key_padding_mask, memory_is_causal);
  const auto attended = [&](const Tensor& x) { return dropout1(self_attn(x, x, x, own, at).first, at); };
  const auto looked_up = [&](const Tensor& x) {
    return dropout2(multihead_attn(x, memory, memory, across, at).first, at);
  };
  const auto fed = [&](const Tensor& x) {
    return dropout3(linear2(dropout(activated(linear1(x, at), options_, at), at), at), at);
  };
  if (options_.norm_first()) {
    Tensor x = xgrad::add(tgt, attended(norm1(tgt, at)), at);
    x = xgrad::add(x, looked_up(norm2(x, at)), at);
    return xgrad::add(x, fed(norm3(x, at)), at);
  }
  Tensor x = norm1(xgrad::add(tgt, attended(tgt), at), at);
  x = norm2(xgrad::add(x, looked_up(x), at), at);
  return norm3(xgrad::add(x, fed(x), at), at);
}

}  // namespace xgrad::nn

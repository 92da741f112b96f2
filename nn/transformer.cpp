#include <xgrad/nn/transformer.hpp>

#include <limits>
#include <string>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/diagonal.hpp>
#include <xgrad/nn/init.hpp>
#include <xgrad/nn/module_hooks.hpp>
#include <xgrad/nn/printing.hpp>

namespace xgrad::nn {
namespace {

using xgrad::detail::argument_error;

template <class M>
std::vector<M> clones(const char* name, const M& layer, std::int64_t count) {
  constexpr std::int64_t most_layers = 10000;  // a larger number is a mistake that would fill the memory
  if (count < 0 || count > most_layers)
    throw argument_error(std::string(name) + ": num_layers is " + std::to_string(count) + ": it must be in 0 .. " +
                         std::to_string(most_layers));
  std::vector<M> all;
  for (std::int64_t i = 0; i < count; ++i) all.push_back(clone(layer));
  return all;
}

}  // namespace

TransformerEncoder::TransformerEncoder(const TransformerEncoderLayer& encoder_layer, Dim num_layers,
                                       const std::optional<LayerNorm>& final_norm)
    : layers(clones("TransformerEncoder", encoder_layer, num_layers)), norm(final_norm) {
  add("layers", layers);
  if (norm) add("norm", *norm);
}

Tensor TransformerEncoder::forward(const Tensor& src) {
  Tensor x = src;
  for (const TransformerEncoderLayer& layer : layers) x = layer(x, call_site());
  return norm ? (*norm)(x, call_site()) : x;
}

Tensor TransformerEncoder::operator()(const Tensor& src, const Tensor& mask, const Tensor& src_key_padding_mask,
                                      Causal is_causal, Source at) const {
  const auto masked = [&](Tensor x) {
    for (const TransformerEncoderLayer& layer : layers) x = layer(x, mask, src_key_padding_mask, is_causal, at);
    return norm ? (*norm)(x, at) : x;
  };
  return call([&] { return detail::forward_of_one(*this, src, masked); }, at);
}

TransformerDecoder::TransformerDecoder(const TransformerDecoderLayer& decoder_layer, Dim num_layers,
                                       const std::optional<LayerNorm>& final_norm)
    : layers(clones("TransformerDecoder", decoder_layer, num_layers)), norm(final_norm) {
  add("layers", layers);
  if (norm) add("norm", *norm);
}

Tensor TransformerDecoder::forward(const Tensor& tgt, const Tensor& memory, const Tensor& tgt_mask,
                                   const Tensor& memory_mask, const Tensor& tgt_key_padding_mask,
                                   const Tensor& memory_key_padding_mask, Causal tgt_is_causal,
                                   Causal memory_is_causal) {
  Tensor x = tgt;
  for (const TransformerDecoderLayer& layer : layers)
    x = layer(x, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask, tgt_is_causal,
              memory_is_causal);
  return norm ? (*norm)(x, call_site()) : x;
}

namespace {

TransformerLayerOptions layer_options(const TransformerOptions& options) {
  return TransformerLayerOptions()
      .dim_feedforward(options.dim_feedforward())
      .dropout(options.dropout())
      .activation(options.activation())
      .layer_norm_eps(options.layer_norm_eps())
      .batch_first(options.batch_first())
      .norm_first(options.norm_first())
      .bias(options.bias());
}

LayerNorm last_norm(const TransformerOptions& options) {
  return LayerNorm(Shape{options.d_model()}, LayerNorm::Options().eps(options.layer_norm_eps()).bias(options.bias()));
}

const TransformerOptions& checked(const TransformerOptions& options) {
  if (options.d_model() < 1 || options.nhead() < 1 || options.d_model() % options.nhead() != 0)
    throw argument_error("Transformer: d_model is " + std::to_string(options.d_model()) + ", nhead is " +
                         std::to_string(options.nhead()) + ": both must be positive, and the heads divide d_model");
  if (!(options.dropout() >= 0 && options.dropout() <= 1))
    throw argument_error("Transformer: dropout must lie in [0, 1], got " + detail::python(options.dropout()));
  if (!(options.layer_norm_eps() > 0 && options.layer_norm_eps() <= std::numeric_limits<double>::max()))
    throw argument_error("Transformer: layer_norm_eps must be positive and finite, got " +
                         detail::python(options.layer_norm_eps()));
  for (const std::int64_t count :
       {options.dim_feedforward(), options.num_encoder_layers(), options.num_decoder_layers()})
    if (count < 0)
      throw argument_error("Transformer: dim_feedforward and the numbers of layers cannot be negative, got " +
                           std::to_string(count));
  return options;
}

// A function, so that the settings are checked before any part is made of them: arguments are evaluated in any order.
TransformerEncoder encoder_of(const TransformerOptions& options) {
  return {TransformerEncoderLayer(options.d_model(), options.nhead(), layer_options(options)),
          options.num_encoder_layers(), last_norm(options)};
}

}  // namespace

Transformer::Transformer(const Options& options) : Transformer(options, xgrad::detail::Calling("Transformer")) {}

Transformer::Transformer(const Options& options, const xgrad::detail::Calling& /*calling*/)
    : encoder(encoder_of(checked(options))),
      decoder(TransformerDecoderLayer(options.d_model(), options.nhead(), layer_options(options)),
              options.num_decoder_layers(), last_norm(options)),
      batch_first_(options.batch_first()) {
  add("encoder", encoder);
  add("decoder", decoder);
  for (const Tensor& each : parameters())
    if (each.rank() > 1) init::xavier_uniform_(each);
}

Tensor Transformer::forward(const Tensor& src, const Tensor& tgt, const Tensor& src_mask, const Tensor& tgt_mask,
                            const Tensor& memory_mask, const Tensor& src_key_padding_mask,
                            const Tensor& tgt_key_padding_mask, const Tensor& memory_key_padding_mask) {
  if (!src.defined() || !tgt.defined()) throw argument_error("src and tgt must be given, one is undefined");
  const std::size_t batch = batch_first_ ? 0 : 1;
  if (src.rank() != tgt.rank() || (src.rank() == 3 && src.shape()[batch] != tgt.shape()[batch]))
    throw argument_error("src has shape " + to_string(src.shape()) + ", tgt " + to_string(tgt.shape()) +
                         ": they must have the same batch");
  const Tensor memory = encoder(src, src_mask, src_key_padding_mask, Causal::no, call_site());
  return decoder(tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask, Causal::no,
                 Causal::no);
}

Tensor Transformer::generate_square_subsequent_mask(Dim size, DType dtype) {
  const xgrad::detail::Calling calling("generate_square_subsequent_mask");
  if (!is_floating(dtype))
    throw argument_error(std::string("generate_square_subsequent_mask: the dtype is ") + name_of(dtype) +
                         ": only float32 and float64 have -inf");
  return triu(full({size, size}, -std::numeric_limits<double>::infinity(), dtype), 1);
}

}  // namespace xgrad::nn

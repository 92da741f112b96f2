#pragma once

#include <optional>
#include <vector>

#include <xgrad/nn/transformer_layer.hpp>

namespace xgrad::nn {

/// num_layers clones of a layer, one after the other, and a norm behind them if there is one. As in PyTorch, all layers
/// begin with the weights of the one that is given.
class TransformerEncoder : public Module {
 public:
  TransformerEncoder(const TransformerEncoderLayer& encoder_layer, Dim num_layers,
                     const std::optional<LayerNorm>& norm = std::nullopt);
  TransformerEncoder(const TransformerEncoder&) =
      default;  // without a move, which would leave the other handle incomplete
  TransformerEncoder& operator=(const TransformerEncoder&) = default;

  using Module::operator();
  /// With the masks of MultiheadAttention, for every layer.
  Tensor operator()(const Tensor& src, const Tensor& mask, const Tensor& src_key_padding_mask = {},
                    Causal is_causal = Causal::no, Source at = Source::here()) const;

  std::vector<TransformerEncoderLayer> layers;
  std::optional<LayerNorm> norm;

 protected:
  Tensor forward(const Tensor& src) override;
};

/// The same for decoder layers, all of which attend to the same memory.
class TransformerDecoder : public ModuleOf<TransformerDecoder> {
 public:
  TransformerDecoder(const TransformerDecoderLayer& decoder_layer, Dim num_layers,
                     const std::optional<LayerNorm>& norm = std::nullopt);
  TransformerDecoder(const TransformerDecoder&) =
      default;  // without a move, which would leave the other handle incomplete
  TransformerDecoder& operator=(const TransformerDecoder&) = default;

  Tensor forward(const Tensor& tgt, const Tensor& memory, const Tensor& tgt_mask = {}, const Tensor& memory_mask = {},
                 const Tensor& tgt_key_padding_mask = {}, const Tensor& memory_key_padding_mask = {},
                 Causal tgt_is_causal = Causal::no, Causal memory_is_causal = Causal::no);

  std::vector<TransformerDecoderLayer> layers;
  std::optional<LayerNorm> norm;
};

/// `Transformer::Options().d_model(64).nhead(4)`.
class TransformerOptions : public TransformerOptionsOf<TransformerOptions> {
 public:
  /// The number of features; default 512.
  TransformerOptions& d_model(Dim features) { return set(d_model_, features.value("d_model")); }
  /// The number of heads; default 8.
  TransformerOptions& nhead(Dim heads) { return set(nhead_, heads.value("nhead")); }
  /// The numbers of layers; default 6 and 6.
  TransformerOptions& num_encoder_layers(Dim layers) { return set(encoder_, layers.value("num_encoder_layers")); }
  TransformerOptions& num_decoder_layers(Dim layers) { return set(decoder_, layers.value("num_decoder_layers")); }

  std::int64_t d_model() const { return d_model_; }
  std::int64_t nhead() const { return nhead_; }
  std::int64_t num_encoder_layers() const { return encoder_; }
  std::int64_t num_decoder_layers() const { return decoder_; }

 private:
  std::int64_t d_model_ = 512, nhead_ = 8, encoder_ = 6, decoder_ = 6;
};

/// y = decoder(tgt, encoder(src)), both with a norm behind them (Vaswani et al., 2017). Every matrix is Glorot's
/// uniform.
///
///     nn::Transformer model(nn::Transformer::Options().d_model(64).nhead(4).batch_first(true));
///     Tensor y = model(src, tgt, {}, nn::Transformer::generate_square_subsequent_mask(tgt.shape(1)));
class Transformer : public ModuleOf<Transformer> {
 public:
  using Options = TransformerOptions;

  explicit Transformer(const Options& options = {});

  Tensor forward(const Tensor& src, const Tensor& tgt, const Tensor& src_mask = {}, const Tensor& tgt_mask = {},
                 const Tensor& memory_mask = {}, const Tensor& src_key_padding_mask = {},
                 const Tensor& tgt_key_padding_mask = {}, const Tensor& memory_key_padding_mask = {});

  /// (size, size): 0 up to the diagonal and -inf above it, for attn_mask.
  [[nodiscard]] static Tensor generate_square_subsequent_mask(Dim size, DType dtype = float32);

  TransformerEncoder encoder;
  TransformerDecoder decoder;

 private:
  Transformer(const Options& options, const xgrad::detail::Calling& calling);
  bool batch_first_;
};

}  // namespace xgrad::nn

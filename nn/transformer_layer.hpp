#pragma once

#include <cstdint>

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/nn/dropout.hpp>
#include <xgrad/nn/layer_norm.hpp>
#include <xgrad/nn/multihead_attention.hpp>

namespace xgrad::nn {

/// The function between the two Linears of a transformer's layer.
enum class TransformerActivation : std::uint8_t { relu, gelu };

/// Whether a position sees only those up to itself.
enum class Causal : bool { no, yes };
inline constexpr Causal causal = Causal::yes;

/// What the options of a layer and of a whole Transformer share.
template <class OwnOptions>
class TransformerOptionsOf : public xgrad::detail::OptionsOf<OwnOptions> {
 public:
  /// The number of features between the two Linears; default 2048.
  OwnOptions& dim_feedforward(Dim features) { return this->set(dim_feedforward_, features.value("dim_feedforward")); }
  /// The probability of every dropout; in [0, 1], default 0.1.
  OwnOptions& dropout(double p) { return this->set(dropout_, p); }
  /// Default relu; gelu is the exact one.
  OwnOptions& activation(TransformerActivation function) { return this->set(activation_, function); }
  /// Of the norms; positive, default 1e-5.
  OwnOptions& layer_norm_eps(double value) { return this->set(layer_norm_eps_, value); }
  /// Whether inputs are (N, L, E), else (L, N, E); default false.
  OwnOptions& batch_first(bool on) { return this->set(batch_first_, on); }
  /// Whether each part normalises its input, else its sum with its input; default false.
  OwnOptions& norm_first(bool on) { return this->set(norm_first_, on); }
  /// Whether Linears and norms add a bias; default true.
  OwnOptions& bias(bool on) { return this->set(bias_, on); }

  std::int64_t dim_feedforward() const { return dim_feedforward_; }
  double dropout() const { return dropout_; }
  TransformerActivation activation() const { return activation_; }
  double layer_norm_eps() const { return layer_norm_eps_; }
  bool batch_first() const { return batch_first_; }
  bool norm_first() const { return norm_first_; }
  bool bias() const { return bias_; }

 private:
  std::int64_t dim_feedforward_ = 2048;
  double dropout_ = 0.1, layer_norm_eps_ = 1e-5;
  TransformerActivation activation_ = TransformerActivation::relu;
  bool batch_first_ = false, norm_first_ = false, bias_ = true;
};

/// `TransformerEncoderLayer::Options().dim_feedforward(256).batch_first(true)`.
class TransformerLayerOptions : public TransformerOptionsOf<TransformerLayerOptions> {};

/// x = norm1(x + attention(x)), y = norm2(x + feed(x)) with feed(x) = linear2(activation(linear1(x))), and with
/// norm_first x = x + attention(norm1(x)), y = x + feed(norm2(x)) (Vaswani et al., 2017; Xiong et al., 2020). A dropout
/// follows the attention, the activation and linear2. x is (N, L, d_model) if batch_first, else (L, N, d_model).
///
///     nn::TransformerEncoderLayer layer(64, 4, nn::TransformerEncoderLayer::Options().batch_first(true));
///     Tensor y = layer(x);
///     Tensor z = layer(x, {}, {}, nn::causal);
class TransformerEncoderLayer : public Module {
 public:
  using Options = TransformerLayerOptions;

  TransformerEncoderLayer(Dim d_model, Dim nhead, const Options& options = {});

  using Module::operator();
  /// With the masks of MultiheadAttention.
  Tensor operator()(const Tensor& src, const Tensor& src_mask, const Tensor& src_key_padding_mask = {},
                    Causal is_causal = Causal::no, Source at = Source::here()) const;

  MultiheadAttention self_attn;
  Linear linear1;
  Dropout dropout;
  Linear linear2;
  LayerNorm norm1, norm2;
  Dropout dropout1, dropout2;

 protected:
  Tensor forward(const Tensor& src) override;

 private:
  TransformerEncoderLayer(Dim d_model, Dim nhead, const Options& options, const xgrad::detail::Calling& calling);
  Tensor run(const Tensor& src, const MultiheadAttentionCallOptions& how) const;
  Options options_;
};

/// The same with an attention to the memory between: x = norm1(x + self attention(x)),
/// x = norm2(x + attention(x, memory)), y = norm3(x + feed(x)), and as above with norm_first.
class TransformerDecoderLayer : public ModuleOf<TransformerDecoderLayer> {
 public:
  using Options = TransformerLayerOptions;

  TransformerDecoderLayer(Dim d_model, Dim nhead, const Options& options = {});

  Tensor forward(const Tensor& tgt, const Tensor& memory, const Tensor& tgt_mask = {}, const Tensor& memory_mask = {},
                 const Tensor& tgt_key_padding_mask = {}, const Tensor& memory_key_padding_mask = {},
                 Causal tgt_is_causal = Causal::no, Causal memory_is_causal = Causal::no);

  MultiheadAttention self_attn, multihead_attn;
  Linear linear1;
  Dropout dropout;
  Linear linear2;
  LayerNorm norm1, norm2, norm3;
  Dropout dropout1, dropout2, dropout3;

 private:
  TransformerDecoderLayer(Dim d_model, Dim nhead, const Options& options, const xgrad::detail::Calling& calling);
  Options options_;
};

}  // namespace xgrad::nn

#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/nn/linear.hpp>
#include <xgrad/nn/module_of.hpp>

namespace xgrad::detail {

class Calling;

}  // namespace xgrad::detail

namespace xgrad::nn {

/// `MultiheadAttention::Options().dropout(0.1).batch_first(true)`.
class MultiheadAttentionOptions : public xgrad::detail::OptionsOf<MultiheadAttentionOptions> {
 public:
  /// The probability with which a weight is dropped in training; in [0, 1], default 0.
  MultiheadAttentionOptions& dropout(double p) { return set(dropout_, p); }
  /// Whether the projections, in and out, add a bias; default true.
  MultiheadAttentionOptions& bias(bool on) { return set(bias_, on); }
  /// Whether a learned key and value follow those of the input; default false.
  MultiheadAttentionOptions& add_bias_kv(bool on) { return set(add_bias_kv_, on); }
  /// Whether a key and a value of zeros follow; default false.
  MultiheadAttentionOptions& add_zero_attn(bool on) { return set(add_zero_attn_, on); }
  /// The number of features of keys and of values; default embed_dim.
  MultiheadAttentionOptions& kdim(Dim features) { return set(kdim_, features.value("kdim")); }
  MultiheadAttentionOptions& vdim(Dim features) { return set(vdim_, features.value("vdim")); }
  /// Whether inputs are (N, L, E), else (L, N, E); default false.
  MultiheadAttentionOptions& batch_first(bool on) { return set(batch_first_, on); }

  double dropout() const { return dropout_; }
  bool bias() const { return bias_; }
  bool add_bias_kv() const { return add_bias_kv_; }
  bool add_zero_attn() const { return add_zero_attn_; }
  std::optional<std::int64_t> kdim() const { return kdim_; }
  std::optional<std::int64_t> vdim() const { return vdim_; }
  bool batch_first() const { return batch_first_; }

 private:
  double dropout_ = 0;
  bool bias_ = true, add_bias_kv_ = false, add_zero_attn_ = false, batch_first_ = false;
  std::optional<std::int64_t> kdim_, vdim_;
};

/// What a call of a MultiheadAttention may be given besides query, key and value:
/// `MultiheadAttention::Call().key_padding_mask(pad).need_weights(false)`.
class MultiheadAttentionCallOptions : public xgrad::detail::OptionsOf<MultiheadAttentionCallOptions> {
 public:
  /// (N, S), or (S) without a batch: bool, where true means that the key is padding and left out, or numbers that are
  /// added to the products. (In scaled_dot_product_attention, as in PyTorch's, true means the opposite.)
  MultiheadAttentionCallOptions& key_padding_mask(Tensor mask) { return set(key_padding_mask_, std::move(mask)); }
  /// (L, S), or (N heads, L, S): bool, where true means that the pair is left out, or numbers that are added.
  MultiheadAttentionCallOptions& attn_mask(Tensor mask) { return set(attn_mask_, std::move(mask)); }
  /// Whether the weights are returned too, which costs L S numbers per head; default true, as in PyTorch. Otherwise
  /// they are never stored.
  MultiheadAttentionCallOptions& need_weights(bool on) { return set(need_weights_, on); }
  /// Whether the weights are averaged over the heads; default true.
  MultiheadAttentionCallOptions& average_attn_weights(bool on) { return set(average_attn_weights_, on); }
  /// Without attn_mask: query i sees the keys 0 .. i only (PyTorch wants the mask as well). With attn_mask: it is taken
  /// as the hint that the mask says just that, and the mask counts. Default false.
  MultiheadAttentionCallOptions& is_causal(bool on) { return set(is_causal_, on); }

  const Tensor& key_padding_mask() const { return key_padding_mask_; }
  const Tensor& attn_mask() const { return attn_mask_; }
  bool need_weights() const { return need_weights_; }
  bool average_attn_weights() const { return average_attn_weights_; }
  bool is_causal() const { return is_causal_; }

 private:
  Tensor key_padding_mask_, attn_mask_;
  bool need_weights_ = true, average_attn_weights_ = true, is_causal_ = false;
};

/// y = W_o [head_1, ..., head_h] + b_o with head_i = scaled_dot_product_attention of W_q query, W_k key and W_v value,
/// of each of which a head takes embed_dim / num_heads neighbouring features (Vaswani et al., 2017).
///
///     nn::MultiheadAttention attention(64, 4, nn::MultiheadAttention::Options().batch_first(true));
///     auto [y, weights] = attention(x, x, x);
///
/// query (N, L, embed_dim), key (N, S, kdim), value (N, S, vdim) if batch_first, else with the first two axes
/// exchanged; without the axis N for one sequence. The result is y, of the query's shape, and the weights after
/// dropout, (N, L, S) averaged or (N, heads, L, S), undefined where they are not needed. A row whose keys are all
/// masked is NaN where weights are needed and 0 where not, both as in PyTorch.
///
/// Where the three inputs are one tensor and the weights are not needed, one product computes all projections, and the
/// heads are read in place.
///
/// in_proj_weight, or the three of other sizes, are Glorot's uniform and their bias 0; out_proj.weight is a Linear's,
/// and its bias 0. An embed_dim that the heads do not divide is an error.
class MultiheadAttention : public ModuleOf<MultiheadAttention> {
 public:
  using Options = MultiheadAttentionOptions;
  using Call = MultiheadAttentionCallOptions;

  MultiheadAttention(Dim embed_dim, Dim num_heads, const Options& options = {});

  std::pair<Tensor, Tensor> forward(const Tensor& query, const Tensor& key, const Tensor& value, const Call& call = {});

  std::int64_t embed_dim() const { return embed_dim_; }
  std::int64_t num_heads() const { return num_heads_; }
  bool batch_first() const { return options_.batch_first(); }

  Parameter in_proj_weight;                               ///< (3 E, E); undefined if keys or values have other sizes
  Parameter q_proj_weight, k_proj_weight, v_proj_weight;  ///< (E, E), (E, kdim), (E, vdim): then these
  Parameter in_proj_bias;                                 ///< (3 E); undefined without bias
  Parameter bias_k, bias_v;                               ///< (1, 1, E); undefined unless add_bias_kv

  /// The Linear behind the heads; it prints as PyTorch's.
  class Projection : public Linear {
   public:
    Projection(Dim features, Bias bias);
  };
  Projection out_proj;

 private:
  MultiheadAttention(Dim embed_dim, Dim num_heads, const Options& options, const xgrad::detail::Calling& calling);
  struct Inputs;
  Inputs checked(const Tensor& query, const Tensor& key, const Tensor& value, const Call& call) const;
  Tensor project(const Tensor& x, std::int64_t which) const;
  Tensor to_heads(const Tensor& x) const;
  Tensor mask_of(const Inputs& in, std::int64_t more_keys) const;
  std::pair<Tensor, Tensor> attend(const Inputs& in);

  std::int64_t embed_dim_, num_heads_;
  Options options_;
};

}  // namespace xgrad::nn

#pragma once

#include <optional>

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// `AttentionOptions().is_causal(true).dropout_p(0.1)`.
class AttentionOptions : public detail::OptionsOf<AttentionOptions> {
 public:
  /// The probability with which a weight is dropped, and the others are divided by 1 - p; in [0, 1], default 0. There
  /// is no training mode here: pass 0 in evaluation.
  AttentionOptions& dropout_p(double value) { return set(dropout_p_, value); }
  /// Whether query i sees the keys 0 .. i only, counted from the first key also where there are more keys than queries;
  /// default false. With a mask as well it is an error.
  AttentionOptions& is_causal(bool on) { return set(is_causal_, on); }
  /// The factor of q·k; finite, default 1/√E.
  AttentionOptions& scale(std::optional<double> value) { return set(scale_, value); }
  /// Where the random numbers of dropout come from; by default the calling thread's generator.
  AttentionOptions& generator(Generator* value) { return set(generator_, value); }

  double dropout_p() const { return dropout_p_; }
  bool is_causal() const { return is_causal_; }
  std::optional<double> scale() const { return scale_; }
  Generator* generator() const { return generator_; }

 private:
  double dropout_p_ = 0;
  bool is_causal_ = false;
  std::optional<double> scale_;
  Generator* generator_ = nullptr;
};

/// y = softmax(scale q kᵀ + mask) v over the last two axes: q (..., L, E), k (..., S, E), v (..., S, Ev), y (..., L,
/// Ev); the axes before them broadcast (Vaswani et al., 2017).
///
/// The mask is bool, where true means that the key takes part, or of q's dtype, and then is added; it broadcasts to
/// (..., L, S). A row whose keys are all masked, by false or -inf, gives 0 and has the gradient 0, as in PyTorch since
/// 2.5. The values of masked keys must be finite: 0 times infinity is NaN.
///
/// The L x S weights are never stored: they are computed by blocks, in forward and anew in backward (Dao et al.,
/// "FlashAttention", 2022), so memory grows with L + S. Only the gradient of a mask that needs one, and backward that
/// is recorded, take L S numbers. Dropout draws by the place of each weight: the same numbers in both directions and
/// for any number of threads.
[[nodiscard]] Tensor scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor attn_mask = {},
                                                  const AttentionOptions& options = {}, Source at = Source::here());

/// The same for num_heads heads of one sequence that attends to itself, read in place: qkv (N, L, 3 C) holds in each
/// row C numbers of the queries, C of the keys and C of the values, those of a head side by side; y is (N, L, C). The
/// mask broadcasts to (N, heads, L, L). It is what a layer makes by one product with the weights of all three.
[[nodiscard]] Tensor packed_attention(Tensor qkv, Dim num_heads, Tensor attn_mask = {},
                                      const AttentionOptions& options = {}, Source at = Source::here());

}  // namespace xgrad

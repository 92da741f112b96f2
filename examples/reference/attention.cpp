// The examples of docs/reference/attention.md.

#include "example.hpp"

namespace {

void functions() {
  example("scaled_dot_product_attention", "AttentionOptions");
  {
    const Tensor query = {{1.0, 0.0}}, key = {{5.0, 0.0}, {0.0, 5.0}}, value = {{1.0}, {2.0}};
    std::cout << scaled_dot_product_attention(query, key, value) << '\n';
    const Tensor mask = {{false, true}};
    std::cout << scaled_dot_product_attention(query, key, value, mask) << '\n';
    const auto options = AttentionOptions().is_causal(true).scale(1);
    std::cout << scaled_dot_product_attention(key, key, value, {}, options) << '\n';
  }
  example("packed_attention");
  {
    const Tensor qkv = ones({2, 5, 3 * 8});
    std::cout << packed_attention(qkv, 4, {}, AttentionOptions().is_causal(true)).shape() << '\n';
  }
  example("sinusoidal_positions");
  std::cout << nn::sinusoidal_positions(2, 4, float64) << '\n';
  example("rotary_embedding");
  std::cout << nn::rotary_embedding(Tensor{{1.0, 0.0}, {1.0, 0.0}}) << '\n';
}

void layers() {
  example("MultiheadAttention", "MultiheadAttentionOptions", "MultiheadAttentionCallOptions");
  {
    const nn::MultiheadAttention attention(8, 2, nn::MultiheadAttention::Options().batch_first(true));
    const Tensor x = ones({3, 5, 8});
    const auto [y, weights] = attention(x, x, x, nn::MultiheadAttention::Call().is_causal(true));
    std::cout << y.shape() << ' ' << weights.shape() << ' ' << weights(0, 1) << '\n';
  }
  example("TransformerEncoderLayer", "TransformerLayerOptions", "TransformerOptionsOf", "TransformerActivation",
          "Causal", "causal");
  {
    const auto options = nn::TransformerEncoderLayer::Options().dim_feedforward(16).batch_first(true).activation(
        nn::TransformerActivation::gelu);
    const nn::TransformerEncoderLayer layer(8, 2, options);
    std::cout << layer << '\n' << layer(ones({3, 5, 8}), {}, {}, nn::causal).shape() << '\n';
  }
  example("TransformerDecoderLayer");
  {
    const nn::TransformerDecoderLayer layer(
        8, 2, nn::TransformerDecoderLayer::Options().dim_feedforward(16).batch_first(true));
    std::cout << layer(ones({3, 5, 8}), ones({3, 7, 8})).shape() << '\n';
  }
}

void stacks() {
  const auto options = nn::TransformerEncoderLayer::Options().dim_feedforward(16).batch_first(true);
  example("TransformerEncoder");
  {
    const nn::TransformerEncoder encoder(nn::TransformerEncoderLayer(8, 2, options), 3, nn::LayerNorm(8));
    std::cout << encoder.parameters().size() << ' ' << encoder(ones({3, 5, 8})).shape() << '\n';
  }
  example("TransformerDecoder");
  {
    const nn::TransformerDecoder decoder(nn::TransformerDecoderLayer(8, 2, options), 3);
    const Tensor mask = nn::Transformer::generate_square_subsequent_mask(5);
    std::cout << decoder(ones({3, 5, 8}), ones({3, 7, 8}), mask).shape() << '\n';
  }
  example("Transformer", "TransformerOptions");
  {
    const nn::Transformer model(nn::Transformer::Options()
                                    .d_model(8)
                                    .nhead(2)
                                    .num_encoder_layers(1)
                                    .num_decoder_layers(1)
                                    .dim_feedforward(16)
                                    .batch_first(true));
    const Tensor mask = nn::Transformer::generate_square_subsequent_mask(3);
    std::cout << mask << '\n' << model(ones({2, 4, 8}), ones({2, 3, 8}), {}, mask).shape() << '\n';
  }
  example("SinusoidalPositions");
  {
    const nn::SinusoidalPositions layer(10, 2);
    std::cout << layer << '\n' << layer(zeros({1, 2, 2})) << '\n';
  }
  example("LearnedPositions");
  {
    const nn::LearnedPositions layer(10, 2);
    std::cout << layer << '\n' << layer(zeros({1, 2, 2})).shape() << '\n';
  }
  example("RotaryEmbedding");
  {
    const nn::RotaryEmbedding layer;
    std::cout << layer << '\n' << layer(ones({1, 2, 4})).shape() << '\n';
  }
}

}  // namespace

int main() {
  functions();
  layers();
  stacks();
  return 0;
}

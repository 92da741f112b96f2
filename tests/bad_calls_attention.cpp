// Bad calls of attention, transformers and positions.

#include "bad_calls.hpp"

namespace bad_calls {
namespace {

Tensor sequence() { return ones({2, 3, 4}); }

void ops(Catalogue& all) {
  probe(
      all, "scaled_dot_product_attention",
      [](auto q, auto k, auto v, auto m, auto p, auto s) {
        return scaled_dot_product_attention(q, k, v, Tensor(m),
                                            AttentionOptions().dropout_p(p).scale(static_cast<double>(s)));
      },
      sequence(), sequence(), sequence(), Optional{ones({3, 3}, boolean)}, Setting{.1}, Setting{.5});
  refused(all, "scaled_dot_product_attention", "a mask of another dtype", [] {
    scaled_dot_product_attention(sequence(), sequence(), sequence(), ones({3, 3}, float64));
  });
  refused(all, "scaled_dot_product_attention", "int64", [] {
    const Tensor x = ones({2, 3}, int64);
    scaled_dot_product_attention(x, x, x);
  });
  probe(
      all, "packed_attention",
      [](auto x, auto h, auto m, auto p) { return packed_attention(x, h, Tensor(m), AttentionOptions().dropout_p(p)); },
      ones({2, 3, 12}), Index{2}, Optional{ones({3, 3}, boolean)}, Setting{.1});
  probe(
      all, "rotary_embedding", [](auto x, auto offset, auto base) { return nn::rotary_embedding(x, offset, base); },
      sequence(), Index{1}, Setting{10000});
  probe(
      all, "sinusoidal_positions", [](auto l, auto f, auto d) { return nn::sinusoidal_positions(l, f, d); }, Size{3},
      Size{4}, float32);
}

void modules(Catalogue& all) {
  probe(
      all, "MultiheadAttention",
      [](auto e, auto h, auto p, auto k, auto v) {
        return nn::MultiheadAttention(e, h, nn::MultiheadAttention::Options().dropout(p).kdim(Dim(k)).vdim(Dim(v)))
            .out_proj.weight;
      },
      Size{4}, Index{2}, Setting{.1}, Size{4}, Size{5});
  const nn::MultiheadAttention attention(4, 2);
  probe_as(
      all, "forward", "MultiheadAttention", [=](auto q, auto k, auto v) { return attention(q, k, v).first; },
      sequence(), sequence(), sequence());
  refused(all, "MultiheadAttention", "a mask of another shape", [=] {
    attention(sequence(), sequence(), sequence(), nn::MultiheadAttention::Call().attn_mask(ones({3, 3}, boolean)));
  });
  refused(all, "MultiheadAttention", "padding of another shape", [=] {
    attention(sequence(), sequence(), sequence(),
              nn::MultiheadAttention::Call().key_padding_mask(ones({2, 2}, boolean)));
  });
  const auto layer = [](auto p, auto eps, auto f) {
    return nn::TransformerEncoderLayer::Options().dropout(p).layer_norm_eps(eps).dim_feedforward(f);
  };
  probe(
      all, "TransformerEncoderLayer",
      [=](auto d, auto h, auto p, auto eps, auto f) {
        return nn::TransformerEncoderLayer(d, h, layer(p, eps, Dim(f))).linear1.weight;
      },
      Size{4}, Index{2}, Setting{.1}, Setting{1e-5}, Size{8});
  probe(
      all, "TransformerDecoderLayer",
      [=](auto d, auto h, auto p, auto eps, auto f) {
        return nn::TransformerDecoderLayer(d, h, layer(p, eps, Dim(f))).linear1.weight;
      },
      Size{4}, Index{2}, Setting{.1}, Setting{1e-5}, Size{8});
  const nn::TransformerEncoderLayer encoder(4, 2, nn::TransformerEncoderLayer::Options().dim_feedforward(8));
  const nn::TransformerDecoderLayer decoder(4, 2, nn::TransformerDecoderLayer::Options().dim_feedforward(8));
  refused(all, "TransformerEncoder", "-1 layers", [=] { nn::TransformerEncoder(encoder, -1); });
  refused(all, "TransformerDecoder", "-1 layers", [=] { nn::TransformerDecoder(decoder, -1); });
  probe(
      all, "Transformer",
      [=](auto d, auto h, auto p) {
        return nn::Transformer(nn::Transformer::Options()
                                   .d_model(Dim(d))
                                   .nhead(Dim(h))
                                   .num_encoder_layers(1)
                                   .num_decoder_layers(1)
                                   .dim_feedforward(8)
                                   .dropout(p))
            .parameters();
      },
      Size{4}, Index{2}, Setting{.1});
  probe(
      all, "generate_square_subsequent_mask",
      [](auto n, auto d) { return nn::Transformer::generate_square_subsequent_mask(n, d); }, Size{3}, float32);
  probe(
      all, "SinusoidalPositions", [](auto l, auto f) { return Tensor(nn::SinusoidalPositions(l, f).table); }, Size{3},
      Size{4});
  probe(
      all, "LearnedPositions", [](auto l, auto f) { return Tensor(nn::LearnedPositions(l, f).weight); }, Size{3},
      Size{4});
  probe(
      all, "RotaryEmbedding", [](auto base) { return nn::RotaryEmbedding(base)(sequence()); }, Setting{10000});
  probe_as(
      all, "LearnedPositions", "LearnedPositions", [](auto x) { return nn::LearnedPositions(5, 4)(x); }, sequence());
}

}  // namespace

void attention_calls(Catalogue& all) {
  ops(all);
  modules(all);
}

}  // namespace bad_calls

// Attention and transformer modules against what PyTorch 2.13 recorded (tools/record_transformers.py), and what they
// print, hold and count.

#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include <xgrad/io/safetensors.hpp>
#include <xgrad/xgrad.hpp>

#include "../examples/nanogpt.hpp"
#include "catch2.hpp"
#include "module_words.hpp"

using namespace xgrad;

namespace {

const io::SafetensorsFile& recorded() {
  static const io::SafetensorsFile file(XGRAD_SOURCE_DIR "/tests/golden/transformers.safetensors");
  return file;
}

bool near(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && (a.size() == 0 || amax(abs(a - b)).item() <= 1e-11 * (1 + amax(abs(b)).item()));
}

std::vector<Tensor> all(const std::string& name) {
  std::vector<Tensor> list;
  while (recorded().contains(name + "." + std::to_string(list.size())))
    list.push_back(recorded().tensor(name + "." + std::to_string(list.size())));
  return list;
}

StateDict state(const std::string& name) {
  StateDict found;
  const std::string prefix = name + ".state.";
  for (const std::string& each : recorded().names())
    if (each.compare(0, prefix.size(), prefix) == 0)
      found.emplace_back(each.substr(prefix.size()), recorded().tensor(each));
  return found;
}

using Call = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;

// Loads the state, calls, and compares outputs and all gradients; and the keys of the module with PyTorch's.
void compare(const std::string& name, nn::ModuleBase& model, const Call& call) {
  INFO(name);
  model.to(float64);
  CHECK(keys(model) == recorded().metadata().at(name + ".keys"));
  model.load_state_dict(state(name));
  std::vector<Tensor> x = all(name + ".x");
  for (Tensor& each : x) each.requires_grad_();
  const std::vector<Tensor> y = call(x), expected = all(name + ".y"), seeds = all(name + ".seed");
  REQUIRE(y.size() == expected.size());
  Tensor total;
  for (std::size_t i = 0; i < y.size(); ++i) {
    CHECK(near(y[i], expected[i]));
    total = total.defined() ? total + sum(y[i] * seeds[i]) : sum(y[i] * seeds[i]);
  }
  total.backward();
  const std::vector<Tensor> slopes = all(name + ".grad");
  for (std::size_t i = 0; i < x.size(); ++i) CHECK(near(x[i].grad(), slopes[i]));
  for (const auto& [key, p] : model.named_parameters()) {
    INFO(key);
    CHECK(near(p.grad(), recorded().tensor(name + ".slope." + key)));
  }
}

Tensor given(const std::string& name) { return recorded().tensor(name); }

using Options = nn::MultiheadAttention::Options;
using With = nn::MultiheadAttention::Call;

std::vector<Tensor> outputs(const std::pair<Tensor, Tensor>& both) {
  if (!both.second.defined()) return {both.first};
  return {both.first, both.second};
}

}  // namespace

TEST_CASE("multi-head attention is PyTorch's, with its masks and its gradients") {
  {
    nn::MultiheadAttention m(8, 2, Options().batch_first(true));
    compare("self", m, [&](auto& x) { return outputs(m(x[0], x[0], x[0], With().need_weights(false))); });
  }
  {
    nn::MultiheadAttention m(8, 4);
    const With with = With().key_padding_mask(given("padding.key_padding_mask"));
    compare("padding", m, [&](auto& x) { return outputs(m(x[0], x[1], x[2], with)); });
  }
  {
    nn::MultiheadAttention m(8, 2, Options().kdim(6).vdim(5).batch_first(true));
    const With with = With().attn_mask(given("heads.attn_mask")).average_attn_weights(false);
    compare("heads", m, [&](auto& x) { return outputs(m(x[0], x[1], x[2], with)); });
  }
  {
    nn::MultiheadAttention m(8, 2, Options().add_bias_kv(true).add_zero_attn(true).batch_first(true));
    const With with =
        With().attn_mask(given("more.attn_mask")).key_padding_mask(given("more.key_padding_mask")).need_weights(false);
    compare("more", m, [&](auto& x) { return outputs(m(x[0], x[1], x[2], with)); });
  }
  {
    nn::MultiheadAttention m(8, 2, Options().bias(false));
    const With with = With().attn_mask(given("each.attn_mask")).need_weights(false);
    compare("each", m, [&](auto& x) { return outputs(m(x[0], x[0], x[0], with)); });
  }
  {
    nn::MultiheadAttention m(8, 2, Options().batch_first(true));
    compare("unbatched", m, [&](auto& x) { return outputs(m(x[0], x[0], x[0])); });
  }
}

TEST_CASE("the fused and the composed attention of a module agree") {
  manual_seed(1);
  nn::MultiheadAttention m(8, 2, Options().batch_first(true));
  m.to(float64);
  const Tensor x = randn({3, 6, 8}, float64);
  for (const bool is_causal : {false, true})
    for (const bool padded : {false, true}) {
      With with = With().is_causal(is_causal);
      const Tensor padding = arange(6) >= Tensor({4, 6, 5}).reshape({3, 1});
      if (padded) with.key_padding_mask(padding);
      const auto [y, weights] = m(x, x, x, with);
      CHECK(near(m(x, x, x, With(with).need_weights(false)).first, y));
      CHECK(near(m(x, x.clone(), x.clone(), With(with).need_weights(false)).first, y));
      CHECK(near(sum(weights, -1), ones({3, 6}, float64)));
      if (is_causal) CHECK(near(weights, tril(weights)));
    }
}

TEST_CASE("encoders and decoders are PyTorch's") {
  const auto options = nn::TransformerEncoderLayer::Options().dim_feedforward(12).dropout(0);
  const Tensor causal = nn::Transformer::generate_square_subsequent_mask(5, float64);
  {
    nn::TransformerEncoder m(nn::TransformerEncoderLayer(8, 2, options), 2);
    compare("encoder", m, [&](auto& x) { return std::vector{m(x[0])}; });
  }
  {
    auto first = options;
    first.activation(nn::TransformerActivation::gelu)
        .batch_first(true)
        .norm_first(true)
        .layer_norm_eps(1e-3)
        .bias(false);
    nn::TransformerEncoder m(nn::TransformerEncoderLayer(8, 2, first), 2, nn::LayerNorm(8));
    const Tensor padding = given("encoder_first.padding");
    compare("encoder_first", m, [&](auto& x) { return std::vector{m(x[0], causal, padding)}; });
    compare("encoder_first", m, [&](auto& x) {
      m.zero_grad();
      return std::vector{m(x[0], {}, padding, nn::causal)};
    });
  }
  for (const bool norm_first : {false, true}) {
    auto first = options;
    first.batch_first(true).norm_first(norm_first);
    nn::TransformerDecoder m(nn::TransformerDecoderLayer(8, 2, first), 2, nn::LayerNorm(8));
    compare(norm_first ? "decoder_first" : "decoder", m, [&](auto& x) { return std::vector{m(x[0], x[1], causal)}; });
  }
  {
    nn::Transformer m(nn::Transformer::Options()
                          .d_model(8)
                          .nhead(2)
                          .num_encoder_layers(1)
                          .num_decoder_layers(1)
                          .dim_feedforward(12)
                          .dropout(0)
                          .activation(nn::TransformerActivation::gelu)
                          .batch_first(true));
    compare("transformer", m, [&](auto& x) { return std::vector{m(x[0], x[1], {}, causal)}; });
  }
}

TEST_CASE("a model loads the weights of GPT-2 and of nanoGPT, and gives their logits") {
  nanogpt::Config config;
  config.vocabulary = 11;
  config.context = 6;
  config.layers = config.heads = 2;
  config.width = 8;
  {
    nanogpt::Gpt model(config);
    model.to(float64);
    CHECK(keys(model) == recorded().metadata().at("nanogpt.keys"));
    model.load(state("nanogpt"));
    CHECK(near(model(given("nanogpt.ids")), given("nanogpt.logits")));
  }
  config.bias = true;
  config.activation = Gelu::tanh;
  nanogpt::Gpt model(config);
  model.to(float64);
  model.load(state("gpt2"));
  CHECK(near(model(given("gpt2.ids")), given("gpt2.logits")));
  StateDict bare;  // as files of the body alone have them
  for (const auto& [name, value] : state("gpt2"))
    if (name.compare(0, 12, "transformer.") == 0) bare.emplace_back(name.substr(12), value);
  nanogpt::Gpt other(config);
  other.to(float64);
  other.load(bare);
  CHECK(near(other(given("gpt2.ids")), given("gpt2.logits")));
}

TEST_CASE("transformers print as in PyTorch") {
  const nn::MultiheadAttention attention(8, 2);
  CHECK(text(attention) ==
        "MultiheadAttention(\n  (out_proj): NonDynamicallyQuantizableLinear(in_features=8, out_features=8, "
        "bias=True)\n)");
  const nn::TransformerEncoderLayer layer(8, 2, nn::TransformerEncoderLayer::Options().dim_feedforward(12));
  CHECK(text(layer) == R"(TransformerEncoderLayer(
  (self_attn): MultiheadAttention(
    (out_proj): NonDynamicallyQuantizableLinear(in_features=8, out_features=8, bias=True)
  )
  (linear1): Linear(in_features=8, out_features=12, bias=True)
  (dropout): Dropout(p=0.1, inplace=False)
  (linear2): Linear(in_features=12, out_features=8, bias=True)
  (norm1): LayerNorm((8,), eps=1e-05, elementwise_affine=True)
  (norm2): LayerNorm((8,), eps=1e-05, elementwise_affine=True)
  (dropout1): Dropout(p=0.1, inplace=False)
  (dropout2): Dropout(p=0.1, inplace=False)
))");
}

TEST_CASE("weights of attention begin as in PyTorch") {
  manual_seed(3);
  const nn::MultiheadAttention m(64, 4, Options().add_bias_kv(true));
  const double in = std::sqrt(6.0 / (64 + 192)), out = 1 / std::sqrt(64.0);
  CHECK(amax(abs(m.in_proj_weight)).item() <= in);
  CHECK(amax(abs(m.in_proj_weight)).item() > 0.99 * in);
  CHECK(amax(abs(m.out_proj.weight)).item() <= out);
  CHECK(amax(abs(m.out_proj.weight)).item() > 0.99 * out);
  CHECK(amax(abs(m.in_proj_bias)).item() == 0);
  CHECK(amax(abs(m.out_proj.bias)).item() == 0);
  const nn::MultiheadAttention wide(1024, 1, Options().add_bias_kv(true));
  for (const Tensor& bias : {wide.bias_k, wide.bias_v})
    CHECK(xgrad::std(bias).item() == Approx(std::sqrt(1.0 / 1024)).epsilon(0.08));
}

TEST_CASE("layers of an encoder are clones that begin equal and learn apart") {
  nn::TransformerEncoder m(nn::TransformerEncoderLayer(8, 2), 2);
  CHECK(near(m.layers[0].linear1.weight, m.layers[1].linear1.weight));
  {
    const NoGrad off;
    m.layers[0].linear1.weight.fill_(0);
  }
  CHECK(amax(abs(m.layers[1].linear1.weight)).item() > 0);
}

TEST_CASE("in evaluation a transformer drops nothing, in training it does") {
  manual_seed(2);
  const nn::TransformerEncoderLayer layer(
      8, 2, nn::TransformerEncoderLayer::Options().dim_feedforward(12).dropout(0.5).batch_first(true));
  const Tensor x = randn({2, 5, 8});
  CHECK(!near(layer(x), layer(x)));
  nn::TransformerEncoderLayer evaluated = nn::clone(layer);
  evaluated.eval();
  CHECK(near(evaluated(x), evaluated(x)));
}

TEST_CASE("a summary counts the products of attention") {
  const nn::MultiheadAttention m(8, 2, Options().batch_first(true));
  const Tensor x = zeros({3, 5, 8});
  const std::int64_t projections = 3 * 5 * 8 * 32, products = 3 * 2 * (5 * 5 * 4) * 2;
  CHECK(nn::summary(m, x, x, x).multiply_adds == projections + products);
  const nn::TransformerEncoderLayer layer(8, 2, nn::TransformerEncoderLayer::Options().dim_feedforward(12));
  CHECK(nn::summary(layer, Shape{5, 3, 8}).multiply_adds == projections + products + 2 * (15 * 8 * 12));
}

TEST_CASE("positions: the table, and what a rotation leaves") {
  const Tensor p = nn::sinusoidal_positions(4, 6, float64);
  CHECK(p(0, 0).item() == 0);
  CHECK(p(0, 1).item() == 1);
  CHECK(p(3, 2).item() == Approx(std::sin(3 / std::pow(10000.0, 2.0 / 6))));
  CHECK(p(3, 5).item() == Approx(std::cos(3 / std::pow(10000.0, 4.0 / 6))));
  manual_seed(4);
  const Tensor q = randn({1, 8}, float64), k = randn({1, 8}, float64);
  const auto product = [&](std::int64_t i, std::int64_t j) {
    return sum(nn::rotary_embedding(q, i) * nn::rotary_embedding(k, j)).item();
  };
  CHECK(product(3, 1) == Approx(product(12, 10)).epsilon(1e-12));
  CHECK(std::abs(product(3, 1) - product(3, 2)) > 1e-3);
  CHECK(near(nn::rotary_embedding(q), q));
  CHECK(text(nn::RotaryEmbedding()) == "RotaryEmbedding(base=10000.0)");
  CHECK(
      near(nn::SinusoidalPositions(4, 6)(zeros({2, 3, 6})).to(float64)[1], p(xt::range(0, 3)).to(float32).to(float64)));
}

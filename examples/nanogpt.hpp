#pragma once

// A language model as GPT-2 is built (Radford et al., 2019), with the names of nanoGPT, whose checkpoints it loads, and
// those of Hugging Face's GPT-2.

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <xgrad/xgrad.hpp>

namespace nanogpt {

using namespace xgrad;

struct Config {
  std::int64_t vocabulary, context = 64, layers = 4, heads = 4, width = 128;
  bool bias = false;  // in Linears and norms
  double dropout = 0;
  Gelu activation = Gelu::exact;  // Gelu::tanh in GPT-2 itself
};

class Attention : public nn::Module {
 public:
  explicit Attention(const Config& config)
      : c_attn(config.width, 3 * config.width, nn::Bias(config.bias)),
        c_proj(config.width, config.width, nn::Bias(config.bias)),
        resid_dropout(config.dropout),
        heads_(config.heads),
        dropout_(config.dropout) {
    add("c_attn", c_attn);
    add("c_proj", c_proj);
    add("resid_dropout", resid_dropout);
  }
  Tensor forward(const Tensor& x) override {
    const auto how = AttentionOptions().is_causal(true).dropout_p(is_training() ? dropout_ : 0);
    return resid_dropout(c_proj(packed_attention(c_attn(x), heads_, {}, how)));
  }

  nn::Linear c_attn, c_proj;
  nn::Dropout resid_dropout;

 private:
  std::int64_t heads_;
  double dropout_;
};

class FeedForward : public nn::Module {
 public:
  explicit FeedForward(const Config& config)
      : c_fc(config.width, 4 * config.width, nn::Bias(config.bias)),
        c_proj(4 * config.width, config.width, nn::Bias(config.bias)),
        dropout(config.dropout),
        activation_(config.activation) {
    add("c_fc", c_fc);
    add("c_proj", c_proj);
    add("dropout", dropout);
  }
  Tensor forward(const Tensor& x) override { return dropout(c_proj(gelu(c_fc(x), activation_))); }

  nn::Linear c_fc, c_proj;
  nn::Dropout dropout;

 private:
  Gelu activation_;
};

class Block : public nn::Module {
 public:
  explicit Block(const Config& config)
      : ln_1(Shape{config.width}, nn::LayerNorm::Options().bias(config.bias)),
        attn(config),
        ln_2(Shape{config.width}, nn::LayerNorm::Options().bias(config.bias)),
        mlp(config) {
    add("ln_1", ln_1);
    add("attn", attn);
    add("ln_2", ln_2);
    add("mlp", mlp);
  }
  Tensor forward(const Tensor& x) override {
    const Tensor y = x + attn(ln_1(x));
    return y + mlp(ln_2(y));
  }

  nn::LayerNorm ln_1;
  Attention attn;
  nn::LayerNorm ln_2;
  FeedForward mlp;
};

/// The features of every place.
class Body : public nn::Module {
 public:
  explicit Body(const Config& config)
      : wte(config.vocabulary, config.width),
        wpe(config.context, config.width),
        drop(config.dropout),
        ln_f(Shape{config.width}, nn::LayerNorm::Options().bias(config.bias)) {
    for (std::int64_t i = 0; i < config.layers; ++i) h.emplace_back(config);
    add("wte", wte);
    add("wpe", wpe);
    add("drop", drop);
    add("h", h);
    add("ln_f", ln_f);
  }
  Tensor forward(const Tensor& ids) override {
    Tensor x = drop(wte(ids) + narrow(wpe.weight, 0, 0, ids.shape(-1)));
    for (Block& block : h) x = block(x);
    return ln_f(x);
  }

  nn::Embedding wte, wpe;
  nn::Dropout drop;
  std::vector<Block> h;
  nn::LayerNorm ln_f;
};

/// ids (N, L) to logits (N, L, vocabulary), with L up to the context.
class Gpt : public nn::Module {
 public:
  explicit Gpt(const Config& config)
      : transformer(config), lm_head(config.width, config.vocabulary, nn::no_bias), config_(config) {
    add("transformer", transformer);
    nn::tie(lm_head.weight, transformer.wte.weight);
    add("lm_head", lm_head);
    const double into_the_sum = 0.02 / std::sqrt(2.0 * static_cast<double>(config.layers));
    for (auto& [name, p] : named_parameters()) {
      const auto ends = [&name = name](const std::string& end) {
        return name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
      };
      if (ends("bias"))
        nn::init::zeros_(p);
      else if (p.rank() == 2)
        nn::init::normal_(p, 0, ends("c_proj.weight") ? into_the_sum : 0.02);
    }
  }
  Tensor forward(const Tensor& ids) override { return lm_head(transformer(ids)); }
  const Config& config() const { return config_; }

  /// Loads weights by name, from nanoGPT or from Hugging Face's GPT-2, whose class Conv1D stores the matrices of a
  /// block transposed and which may lack the prefix "transformer." and the tied lm_head.weight. Masks among them are
  /// passed over.
  void load(const StateDict& weights) {
    StateDict own;
    for (const auto& [key, value] : weights) {
      std::string name = key;
      if (name.compare(0, 8, "lm_head.") != 0 && name.compare(0, 12, "transformer.") != 0) name = "transformer." + name;
      const auto has = [&](const char* part) { return name.find(part) != std::string::npos; };
      if (has(".attn.bias") || has(".attn.masked_bias")) continue;
      own.emplace_back(name, value);
    }
    const auto find = [&](const std::string& name) -> Tensor {
      for (const auto& [key, value] : own)
        if (key == name) return value;
      return {};
    };
    const Tensor first = find("transformer.h.0.attn.c_attn.weight");
    const bool transposed = first.defined() && first.shape() == Shape{config_.width, 3 * config_.width};
    for (auto& [name, value] : own)
      if (transposed && value.rank() == 2 && name.find(".c_") != std::string::npos) value = transpose(value);
    if (!find("lm_head.weight").defined()) own.emplace_back("lm_head.weight", find("transformer.wte.weight"));
    load_state_dict(own);
  }

 private:
  Body transformer;
  nn::Linear lm_head;
  Config config_;
};

}  // namespace nanogpt

#include <memory>

#include <xgrad/optim/clip_grad.hpp>
#include <xgrad/xgrad.hpp>

#include "gpt.hpp"
#include "xgrad_side.hpp"

using namespace xgrad;

namespace bench {
namespace {

const nn::LayerNorm::Options without_bias = nn::LayerNorm::Options().bias(false);

class Block : public nn::Module {
 public:
  Block() {
    add("norm1", norm1);
    add("in", in);
    add("out", out);
    add("norm2", norm2);
    add("up", up);
    add("down", down);
  }
  Tensor forward(const Tensor& x) override {
    const AttentionOptions causal = AttentionOptions().is_causal(true);
    const Tensor y = x + out(packed_attention(in(norm1(x)), Gpt::heads, {}, causal));
    return y + down(gelu(up(norm2(y))));
  }

  nn::LayerNorm norm1{Gpt::width, without_bias};
  nn::Linear in{Gpt::width, 3 * Gpt::width, nn::no_bias}, out{Gpt::width, Gpt::width, nn::no_bias};
  nn::LayerNorm norm2{Gpt::width, without_bias};
  nn::Linear up{Gpt::width, Gpt::hidden, nn::no_bias}, down{Gpt::hidden, Gpt::width, nn::no_bias};
};

class Model : public nn::Module {
 public:
  Model() {
    add("tokens", tokens);
    add("positions", positions);
    add("blocks", blocks);
    add("norm", norm);
    const NoGrad off;
    std::int64_t i = 0;
    for (const Tensor& p : parameters())
      if (p.rank() == 2) p.copy_(Tensor(Gpt::matrix(i++, p.size())).reshape(p.shape()));
  }
  Tensor forward(const Tensor& ids) override {
    Tensor x = tokens(ids) + positions.weight;
    for (Block& block : blocks) x = block(x);
    return linear(norm(x), tokens.weight);
  }

  nn::Embedding tokens{Gpt::vocabulary, Gpt::width}, positions{Gpt::context, Gpt::width};
  std::vector<Block> blocks = std::vector<Block>(Gpt::layers);
  nn::LayerNorm norm{Gpt::width, without_bias};
};

struct Training {
  Model model;
  std::vector<Tensor> parameters = model.parameters();
  optim::AdamW optimizer{{optim::Group(model.named_parameters(), optim::is_weight).weight_decay(Gpt::decay),
                          optim::Group(model.named_parameters(), optim::is_bias_or_norm).weight_decay(0)},
                         Gpt::lr,
                         optim::AdamW::Options().betas(Gpt::beta1, Gpt::beta2)};

  Tensor step(const Tensor& ids, const Tensor& targets) {
    const Tensor logits = model(ids);
    const Tensor loss = nn::cross_entropy(logits.reshape({Gpt::rows, Gpt::vocabulary}), targets);
    optimizer.zero_grad();
    loss.backward();
    optim::clip_grad_norm_(parameters, Gpt::clip);
    optimizer.step();
    return loss;
  }
};

struct Batches {
  std::vector<Tensor> ids, targets;

  Batches() {
    for (std::int64_t i = 0; i < checked_steps; ++i) {
      ids.push_back(Tensor(Gpt::tokens(i)).reshape({Gpt::batch, Gpt::context}));
      targets.push_back(Tensor(Gpt::targets(i)));
    }
  }
};

Task gpt_task() {
  const auto batches = std::make_shared<const Batches>();
  const auto training = std::make_shared<Training>();
  const auto step = [=](Training& run, std::size_t i) {
    i %= checked_steps;
    return run.step(batches->ids[i], batches->targets[i]);
  };
  const auto check = [=] {
    Training fresh;
    Checked checked;
    for (std::size_t i = 0; i < checked_steps; ++i) checked.values.push_back(step(fresh, i).item());
    std::string all;
    for (const Tensor& p : fresh.parameters)
      all += digest(Raw::bytes(p), static_cast<std::size_t>(p.size()) * sizeof(float));
    checked.bits = digest(all.data(), all.size());
    return checked;
  };
  return {check, repeat([=, i = std::size_t{0}]() mutable { step(*training, i++); })};
}

}  // namespace

void add_gpt_tasks(Tasks& tasks) { tasks["W11"] = gpt_task; }

}  // namespace bench

// W11 on libtorch, in its own file since it is a model.

#include "libtorch_gpt.hpp"

#include <torch/torch.h>

#include "gpt.hpp"
#include "libtorch_fused.hpp"

namespace bench {
namespace {

namespace F = torch::nn::functional;
using torch::Tensor;

struct Model {
  std::vector<Tensor> weights;  // in Gpt's order; then the norms
  std::vector<Tensor> norms;

  Model() {
    std::int64_t i = 0;
    const auto matrix = [&](std::int64_t rows, std::int64_t columns) {
      weights.push_back(
          torch::tensor(Gpt::matrix(i++, rows * columns)).reshape({rows, columns}).clone().requires_grad_());
    };
    matrix(Gpt::vocabulary, Gpt::width);
    matrix(Gpt::context, Gpt::width);
    for (std::int64_t l = 0; l < Gpt::layers; ++l) {
      matrix(3 * Gpt::width, Gpt::width);
      matrix(Gpt::width, Gpt::width);
      matrix(Gpt::hidden, Gpt::width);
      matrix(Gpt::width, Gpt::hidden);
    }
    for (std::int64_t l = 0; l < 2 * Gpt::layers + 1; ++l) norms.push_back(torch::ones({Gpt::width}).requires_grad_());
  }

  Tensor norm(const Tensor& x, std::int64_t i) const {
    return torch::layer_norm(x, {Gpt::width}, norms[static_cast<std::size_t>(i)]);
  }

  Tensor attention(const Tensor& x, const Tensor& in, const Tensor& out) const {
    const auto parts = torch::linear(x, in).split(Gpt::width, 2);
    const auto heads = [](const Tensor& part) {
      return part.view({Gpt::batch, Gpt::context, Gpt::heads, Gpt::width / Gpt::heads}).transpose(1, 2);
    };
#if TORCH_VERSION_MAJOR >= 2
    const Tensor y =
        torch::scaled_dot_product_attention(heads(parts[0]), heads(parts[1]), heads(parts[2]), {}, 0, true);
#else
    static const Tensor hidden = torch::ones({Gpt::context, Gpt::context}, torch::kBool).tril().logical_not();
    Tensor s = heads(parts[0]).matmul(heads(parts[1]).transpose(-2, -1)) *
               (1 / std::sqrt(static_cast<double>(Gpt::width / Gpt::heads)));
    s = s.masked_fill(hidden, -std::numeric_limits<float>::infinity());
    const Tensor y = torch::softmax(s, -1).matmul(heads(parts[2]));
#endif
    return torch::linear(y.transpose(1, 2).contiguous().view({Gpt::batch, Gpt::context, Gpt::width}), out);
  }

  Tensor logits(const Tensor& ids) const {
    Tensor x = torch::embedding(weights[0], ids) + weights[1];
    for (std::int64_t l = 0; l < Gpt::layers; ++l) {
      const auto at = static_cast<std::size_t>(2 + 4 * l);
      x = x + attention(norm(x, 2 * l), weights[at], weights[at + 1]);
      x = x + torch::linear(torch::gelu(torch::linear(norm(x, 2 * l + 1), weights[at + 2])), weights[at + 3]);
    }
    return torch::linear(norm(x, 2 * Gpt::layers), weights[0]);
  }
};

struct Training {
  Model model;
  std::vector<Tensor> parameters;
  std::function<void()> update;

  explicit Training(bool fused) {
    for (const auto* list : {&model.weights, &model.norms})
      parameters.insert(parameters.end(), list->begin(), list->end());
    using Options = torch::optim::AdamWOptions;
    const auto of = [](double decay) {
      return std::make_unique<Options>(Options(Gpt::lr).betas({Gpt::beta1, Gpt::beta2}).weight_decay(decay));
    };
    std::vector<torch::optim::OptimizerParamGroup> groups;
    groups.emplace_back(model.weights, of(Gpt::decay));
    groups.emplace_back(model.norms, of(0));
    auto optimizer = std::make_shared<torch::optim::AdamW>(std::move(groups));
    update = [optimizer] { optimizer->step(); };
#ifdef LIBTORCH_HAS_FUSED_ADAM
    if (fused) {
      const auto decayed = fused_adamw(model.weights, Gpt::decay), others = fused_adamw(model.norms, 0);
      update = [=] {
        decayed();
        others();
      };
    }
#else
    (void)fused;
#endif
  }

#ifdef LIBTORCH_HAS_FUSED_ADAM
  static std::function<void()> fused_adamw(const std::vector<Tensor>& parameters, double decay) {
    return fused_steps(parameters, [=](auto&... lists) {
      at::_fused_adamw_(lists..., Gpt::lr, Gpt::beta1, Gpt::beta2, decay, 1e-8, false, false);
    });
  }
#endif

  Tensor step(const Tensor& ids, const Tensor& targets) {
    const Tensor loss = F::cross_entropy(model.logits(ids).view({Gpt::rows, Gpt::vocabulary}), targets);
    for (Tensor& p : parameters) p.mutable_grad().reset();
    loss.backward();
    torch::nn::utils::clip_grad_norm_(parameters, Gpt::clip);
    update();
    return loss;
  }
};

}  // namespace

Task gpt_task(bool fused) {
  auto ids = std::make_shared<std::vector<Tensor>>(), targets = std::make_shared<std::vector<Tensor>>();
  for (std::int64_t i = 0; i < checked_steps; ++i) {
    ids->push_back(torch::tensor(Gpt::tokens(i)).reshape({Gpt::batch, Gpt::context}));
    targets->push_back(torch::tensor(Gpt::targets(i)));
  }
  const auto step = [=](Training& run, std::size_t i) {
    i %= checked_steps;
    return run.step((*ids)[i], (*targets)[i]);
  };
  const auto training = std::make_shared<Training>(fused);
  const auto check = [=] {
    Training fresh(fused);
    Checked checked;
    for (std::size_t i = 0; i < checked_steps; ++i) checked.values.push_back(step(fresh, i).item<double>());
    return checked;
  };
  return {check, repeat([=, i = std::size_t{0}]() mutable { step(*training, i++); })};
}

}  // namespace bench

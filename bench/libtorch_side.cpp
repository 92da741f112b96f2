#include <torch/torch.h>

#include "side.hpp"

namespace {

class LibtorchSide final : public Side {
 public:
  LibtorchSide() { torch::set_num_threads(1); }
  std::string name() const override { return "libtorch " TORCH_VERSION; }

  void reset(const std::vector<float>& first, const std::vector<float>& second, double dropout) override {
    torch::nn::Linear hidden(torch::nn::LinearOptions(784, 50).bias(false)), out(torch::nn::LinearOptions(50, 10).bias(false));
    torch::NoGradGuard off;
    hidden->weight.copy_(torch::tensor(first).reshape({50, 784}));
    out->weight.copy_(torch::tensor(second).reshape({10, 50}));
    model_ = torch::nn::Sequential(hidden, torch::nn::BatchNorm1d(50), torch::nn::ReLU(), torch::nn::Dropout(dropout), out);
    optimizer_ = std::make_unique<torch::optim::SGD>(model_->parameters(), 0.1);
  }

  float step(const std::uint8_t* pixels, const std::int64_t* labels, const std::int64_t* rows, std::int64_t count) override {
    torch::Tensor images = torch::empty({count, 784}), targets = torch::empty({count}, torch::kInt64);
    auto* to = images.data_ptr<float>();
    for (std::int64_t i = 0; i < count; ++i) {
      const std::uint8_t* from = pixels + rows[i] * 784;
      for (std::int64_t j = 0; j < 784; ++j) to[i * 784 + j] = static_cast<float>(from[j]) / 255.0f;
      targets.data_ptr<std::int64_t>()[i] = labels[rows[i]];
    }
    torch::Tensor loss = torch::nn::functional::cross_entropy(model_->forward(images), targets);
    optimizer_->zero_grad();
    loss.backward();
    optimizer_->step();
    return loss.item<float>();
  }

 private:
  torch::nn::Sequential model_;
  std::unique_ptr<torch::optim::SGD> optimizer_;
};

}  // namespace

std::unique_ptr<Side> libtorch_side() { return std::make_unique<LibtorchSide>(); }

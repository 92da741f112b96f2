#include <cstring>

#include <xgrad/xgrad.hpp>

#include "side.hpp"

using namespace xgrad;

namespace {

class XgradSide final : public Side {
 public:
  std::string name() const override { return "xgrad"; }

  void reset(const std::vector<float>& first, const std::vector<float>& second, double dropout) override {
    nn::Linear hidden(784, 50, nn::no_bias), out(50, 10, nn::no_bias);
    const NoGrad off;
    hidden.weight.copy_(Tensor(first).reshape({50, 784}));
    out.weight.copy_(Tensor(second).reshape({10, 50}));
    model_ = std::make_unique<nn::Sequential>(nn::Sequential{hidden, nn::BatchNorm1d(50), nn::ReLU(), nn::Dropout(dropout), out});
    optimizer_ = std::make_unique<optim::SGD>(model_->parameters(), 0.1);
  }

  float step(const std::uint8_t* pixels, const std::int64_t* labels, const std::int64_t* rows, std::int64_t count) override {
    Tensor images = Tensor::uninitialized({count, 784}, float32), targets = Tensor::uninitialized({count}, int64);
    float* to = images.write<float>();
    for (std::int64_t i = 0; i < count; ++i) {
      const std::uint8_t* from = pixels + rows[i] * 784;
      for (std::int64_t j = 0; j < 784; ++j) to[i * 784 + j] = static_cast<float>(from[j]) / 255.0f;
      targets.write<std::int64_t>()[i] = labels[rows[i]];
    }
    const Tensor loss = nn::cross_entropy((*model_)(images), targets);
    optimizer_->zero_grad();
    loss.backward();
    optimizer_->step();
    return loss.item<float>();
  }

 private:
  std::unique_ptr<nn::Sequential> model_;
  std::unique_ptr<optim::SGD> optimizer_;
};

}  // namespace

std::unique_ptr<Side> xgrad_side() { return std::make_unique<XgradSide>(); }

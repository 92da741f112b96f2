// A user's program: it learns XOR and includes only xgrad.hpp.

#include <iostream>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

namespace {

class Net : public nn::Module {
 public:
  Net() {
    add("hidden", hidden_);
    add("out", out_);
  }
  Tensor forward(const Tensor& x) override { return out_(tanh(hidden_(x))); }

 private:
  nn::Linear hidden_{2, 8}, out_{8, 1};
};

}  // namespace

int main() {
  manual_seed(0);
  const xt::xarray<float> corners{{0, 0}, {0, 1}, {1, 0}, {1, 1}};
  const xt::xarray<float> answers{0, 1, 1, 0};
  const Tensor x = corners, t = reshape(answers, {4, 1});
  Net net;
  optim::SGD optimizer(net.parameters(), 0.5, optim::SGD::Options().momentum(0.9));
  for (int step = 0; step < 300; ++step) {
    const Tensor loss = nn::binary_cross_entropy_with_logits(net(x), t);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
  }

  const NoGrad off;
  const Tensor swish = elementwise([](auto v) { return v / (1.0 + exp(-v)); }, x);
  const xt::xarray<float> predicted = sigmoid(net(x)).to_xarray<float>();
  const xt::xarray<float> by_hand = corners / (1.0f + xt::exp(-corners));
  for (std::size_t i = 0; i < 4; ++i)
    std::cout << corners(i, 0) << " xor " << corners(i, 1) << " is " << (predicted(i, 0) > 0.5f) << '\n';
  std::cout << net << '\n';
  return max(abs(swish - by_hand)).item() < 1e-6 ? 0 : 1;
}

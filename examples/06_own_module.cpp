// A module class of the user's, trained on XOR, which no single layer can learn.

#include <iostream>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

// a model of your own
class Net : public nn::Module {
 public:
  Net() {
    add("hidden", hidden);
    add("out", out);
  }
  Tensor forward(const Tensor& x) override { return out(relu(hidden(x))); }

 private:
  nn::Linear hidden{2, 16}, out{16, 1};
};

int main() {
  manual_seed(1);
  const Tensor x = {{0.f, 0.f}, {0.f, 1.f}, {1.f, 0.f}, {1.f, 1.f}};
  const Tensor t = {{0.f}, {1.f}, {1.f}, {0.f}};

  Net net;
  std::cout << net << '\n';
  for (const auto& [name, parameter] : net.named_parameters()) std::cout << name << ' ' << parameter.shape() << '\n';

  optim::SGD optimizer(net.parameters(), 0.1, optim::SGD::Options().momentum(0.9));
  for (int step = 0; step < 300; ++step) {
    Tensor loss = nn::mse_loss(net(x), t);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
  }

  NoGrad off;
  const Tensor y = net(x);
  std::cout << "loss below 1e-3: " << std::boolalpha << (nn::mse_loss(y, t).item() < 1e-3) << '\n';
  std::cout << "0^0 0^1 1^0 1^1: " << flatten(y > 0.5f) << '\n';
}

// Every line of code in README.md, as one program.

#include <iostream>

#include <xgrad/xgrad.hpp>
using namespace xgrad;

// clang-format off
class Net : public nn::Module {
 public:
  Net() { add("hidden", hidden); add("out", out); }
  Tensor forward(const Tensor& x) override { return out(relu(hidden(x))); }
 private:
  nn::Linear hidden{2, 16}, out{16, 1};
};
// clang-format on

int main() {
  manual_seed(0);

  Tensor a = Tensor(xt::xarray<double>{1.0, 2.0, 3.0}).requires_grad_();
  Tensor f = sum(exp(a) * sin(a) + a / 2.0);
  f.backward();
  std::cout << a.grad() << '\n';  // prints values, shape and dtype

  auto swish = [](auto x) { return x / (1.0 + exp(-x)); };
  Tensor y = elementwise(swish, a);
  std::cout << y << '\n';

  // Random numbers instead of pictures: the loss starts near ln 10 and can fall only by overfitting.
  data::TensorDataset pictures(rand({500, 784}), randint(0, 10, {500}));
  data::DataLoader loader(pictures, data::DataLoader::Options().batch_size(100).shuffle());

  nn::Sequential model{nn::Linear(784, 50, nn::no_bias), nn::BatchNorm1d(50), nn::ReLU(), nn::Dropout(0.5),
                       nn::Linear(50, 10, nn::no_bias)};
  optim::SGD optimizer(model.parameters(), 0.1);
  for (auto [images, labels] : loader) {
    Tensor loss = nn::cross_entropy(model(images), labels);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
  }
  std::cout << model << '\n';

  Net net;
  std::cout << "net: " << net.parameters().size() << " parameters, result of shape " << net(rand({5, 2})).shape()
            << '\n';
}

// The gradient of a two-layer net, once by finite differences of every weight and once by backward.

#include <algorithm>
#include <iostream>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

class TwoLayerNet : public nn::Module {
 public:
  TwoLayerNet(int in, int hidden_size, int out) : hidden(in, hidden_size), output(hidden_size, out) {
    add("hidden", hidden);
    add("output", output);
  }

 protected:
  Tensor forward(const Tensor& x) override { return output(sigmoid(hidden(x))); }

 private:
  nn::Linear hidden, output;
};

int main() {
  manual_seed(3);
  TwoLayerNet net(6, 5, 3);
  net.to(float64);  // float32 is too coarse for finite differences
  const Tensor x = rand({10, 6}, float64), labels = randint(0, 3, {10});

  nn::cross_entropy(net(x), labels).backward();
  for (auto& [name, parameter] : net.named_parameters()) {
    const Tensor before = parameter.detach().clone();
    const Tensor numerical = numerical_gradient(
        [&, weights = parameter](const Tensor& nudged) {
          weights.copy_(nudged);
          return nn::cross_entropy(net(x), labels);
        },
        before);
    NoGrad off;
    parameter.copy_(before);
    const double largest = max(abs(numerical - parameter.grad())).item();
    std::cout << name << ' ' << parameter.shape() << ": differ by less than 1e-8: " << std::boolalpha
              << (largest < 1e-8) << '\n';
  }
}

// W8: a small program as a user would write it. small_libtorch.cpp is the same program for libtorch.

#include <xgrad/xgrad.hpp>

using namespace xgrad;

int main() {
  manual_seed(1);
  nn::Sequential model{nn::Linear(2, 16), nn::ReLU(), nn::Linear(16, 2)};
  optim::SGD optimizer(model.parameters(), 0.1);
  const Tensor x = randn({32, 2}), t = randint(0, 2, {32});
  double last = 0;
  for (int i = 0; i < 100; ++i) {
    const Tensor loss = nn::cross_entropy(model(x), t);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    last = loss.item();
  }
  return last < 1 ? 0 : 1;
}

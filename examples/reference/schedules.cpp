// The examples of docs/reference/schedules.md.

#include "example.hpp"

int main() {
  example("find_lr");
  {
    manual_seed(1);
    nn::Sequential model{nn::Linear(4, 16), nn::ReLU(), nn::Linear(16, 2)};
    const Tensor x = randn({64, 4}), y = randint(0, 2, {64});
    optim::SGD optimizer(model.parameters(), 0.1);
    const optim::LRSweep sweep = optim::find_lr(model, optimizer, [&] { return nn::cross_entropy(model(x), y); });
    std::cout << std::boolalpha << (sweep.suggestion > 1e-3 && sweep.suggestion < 10) << ' ' << optimizer.lr() << '\n';
  }
  return 0;
}

// The examples of docs/reference/optimisers.md.

#include "example.hpp"

int main() {
  example("SGD");
  {
    const Tensor w = Tensor{1.0, -2.0}.requires_grad_();
    optim::SGD optimizer({w}, 0.1, optim::SGD::Options().momentum(0.5));
    for (int step = 0; step < 100; ++step) {
      optimizer.zero_grad();
      sum(square(w)).backward();
      optimizer.step();
    }
    std::cout << std::boolalpha << (max(abs(w)).item() < 0.1) << '\n';
  }
  example("Adam");
  {
    const Tensor w = Tensor{1.0, -2.0}.requires_grad_();
    optim::Adam optimizer({w}, 0.1);
    for (int step = 0; step < 100; ++step) {
      optimizer.zero_grad();
      sum(square(w)).backward();
      optimizer.step();
    }
    std::cout << std::boolalpha << (max(abs(w)).item() < 0.1) << '\n';
  }
  example("AdamW");
  {
    const Tensor w = Tensor{1.0, -2.0}.requires_grad_();
    optim::AdamW optimizer({w}, 0.1);
    for (int step = 0; step < 100; ++step) {
      optimizer.zero_grad();
      sum(square(w)).backward();
      optimizer.step();
    }
    std::cout << std::boolalpha << (max(abs(w)).item() < 0.1) << '\n';
  }
  return 0;
}

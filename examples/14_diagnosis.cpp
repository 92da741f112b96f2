// When something is wrong: where a NaN came from, what a graph holds, and what training loops forget.

#include <cmath>
#include <iostream>

#include <xgrad/inspect.hpp>
#include <xgrad/xgrad.hpp>

using namespace xgrad;

// Prints what f throws.
template <class F>
void report(F&& f) {
  try {
    f();
  } catch (const std::exception& error) {
    std::cout << error.what() << "\n\n";
  }
}

int main() {
  // Where does the NaN come from?
  Tensor x = Tensor{4.0, 0.0}.requires_grad_();
  report([&] {
    DetectAnomaly scope;
    Tensor loss = sum(log(x));
    loss.backward();
  });
  report([&] {
    DetectAnomaly scope;
    sum(where(x > 0, sqrt(x), 0.0)).backward();
  });
  report([&] {
    DetectAnomaly scope;
    sum(softmax(where(x > 5, x, -INFINITY), 0)).backward();
  });

  // What does the graph hold?
  nn::Linear layer(2, 1);
  layer.weight.detach().copy_(Tensor({{0.5f, -1.f}}));
  layer.bias.detach().fill_(0);
  {
    KeepValues keep;
    Tensor y = sigmoid(layer(Tensor({{2.f, 1.f}})));
    Explanation all = explain(mean(y), layer);
    std::cout << all << '\n';
    std::cout << "a page of its own: " << (all.html("my loss").rfind("<!DOCTYPE html>", 0) == 0) << "\n\n";
  }

  // What did the training loop forget?
  Lint lint([](const LintMessage& message) { std::cout << to_string(message) << '\n'; });
  optim::SGD optimizer(layer.parameters(), 0.1);
  for (int i = 0; i < 3; ++i) {
    nn::mse_loss(layer(Tensor({{2.f, 1.f}})), Tensor({{1.f}})).backward();
    optimizer.step();
  }
  Tensor likelihood = log(sigmoid(layer(Tensor({{2.f, 1.f}}))) + 1e-8);
}

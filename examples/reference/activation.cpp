// The examples of docs/reference/activation.md.

#include "example.hpp"

namespace {

void from_step() {
  example("step");
  {
    const Tensor x = {-1.0, 0.0, 2.0};
    std::cout << step(x) << '\n';
  }
  example("sigmoid");
  {
    const Tensor x = Tensor{-1000.0, 0.0, 2.0}.requires_grad_();
    const Tensor y = sigmoid(x);
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
  }
  example("logsigmoid");
  {
    const Tensor x = {-1000.0, 0.0, 2.0};
    std::cout << logsigmoid(x) << '\n';
  }
  example("tanh");
  {
    const Tensor x = {-1.0, 0.0, 1.0};
    std::cout << tanh(x) << '\n';
  }
  example("relu");
  {
    const Tensor x = Tensor{-1.0, 0.0, 2.0}.requires_grad_();
    const Tensor y = relu(x);
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
  }
  example("leaky_relu");
  {
    const Tensor x = {-1.0, 0.0, 2.0};
    std::cout << leaky_relu(x, 0.1) << '\n';
  }
  example("elu");
  {
    const Tensor x = {-1.0, 0.0, 2.0};
    std::cout << elu(x) << '\n';
  }
  example("silu");
  {
    const Tensor x = {-1.0, 0.0, 2.0};
    std::cout << silu(x) << '\n';
  }
}

void from_gelu() {
  example("gelu");
  {
    const Tensor x = {-1.0, 0.0, 2.0};
    std::cout << gelu(x) << '\n' << gelu(x, Gelu::tanh) << '\n';
  }
  example("softsign");
  {
    const Tensor x = {-1.0, 0.0, 3.0};
    std::cout << softsign(x) << '\n';
  }
  example("softplus");
  {
    const Tensor x = {-1000.0, 0.0, 1000.0};
    std::cout << softplus(x) << '\n';
  }
  example("softmax");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {1000.0, 1000.0, 1000.0}};
    std::cout << softmax(x, 1) << '\n';
  }
  example("log_softmax");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {0.0, 0.0, 1000.0}};
    std::cout << log_softmax(x, 1) << '\n';
  }
  example("logsumexp");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {1000.0, 1000.0, 1000.0}};
    std::cout << logsumexp(x, 1) << '\n';
  }
  example("dropout");
  {
    Generator generator(5);
    const Tensor x = ones({6}, float64);
    std::cout << dropout(x, 0.5, true, &generator) << '\n' << dropout(x, 0.5, false) << '\n';
  }
}

}  // namespace

int main() {
  from_step();
  from_gelu();
  return 0;
}

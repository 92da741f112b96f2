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
  example("gelu", "Gelu");
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
  example("selu");
  {
    const Tensor x = {-2.0, -0.25, 0.25, 2.0};
    std::cout << selu(x) << '\n';
  }
}

void from_celu() {
  example("celu");
  {
    const Tensor x = {-2.0, -0.25, 0.25, 2.0};
    std::cout << celu(x) << '\n';
  }
  example("mish");
  {
    const Tensor x = {-2.0, -0.25, 0.25, 2.0};
    std::cout << mish(x) << '\n';
  }
  example("tanhshrink");
  {
    const Tensor x = {-2.0, -0.25, 0.25, 2.0};
    std::cout << tanhshrink(x) << '\n';
  }
  example("glu");
  {
    const Tensor x = {1.0, 2.0, 0.0, 1000.0};
    std::cout << glu(x) << '\n';
  }
  example("hardtanh");
  {
    const Tensor x = {-2.0, -0.25, 0.25, 2.0};
    std::cout << hardtanh(x) << '\n';
  }
  example("relu6");
  {
    const Tensor x = {-1.0, 3.0, 9.0};
    std::cout << relu6(x) << '\n';
  }
  example("hardsigmoid");
  {
    const Tensor x = {-4.0, 0.0, 1.5};
    std::cout << hardsigmoid(x) << '\n';
  }
  example("hardswish");
  {
    const Tensor x = {-4.0, 0.0, 1.5};
    std::cout << hardswish(x) << '\n';
  }
}

void from_hardshrink() {
  example("hardshrink");
  {
    const Tensor x = {-2.0, -0.25, 0.25, 2.0};
    std::cout << hardshrink(x) << '\n';
  }
  example("softshrink");
  {
    const Tensor x = {-2.0, -0.25, 0.25, 2.0};
    std::cout << softshrink(x) << '\n';
  }
  example("threshold");
  {
    const Tensor x = {-2.0, -0.25, 0.25, 2.0};
    std::cout << threshold(x, 0.0, -1.0) << '\n';
  }
  example("prelu");
  {
    const Tensor x = {-2.0, -0.25, 0.25, 2.0};
    std::cout << prelu(x, Tensor{0.25}) << '\n';
  }
  example("rrelu");
  {
    const Tensor x = {-2.0, -0.25, 0.25, 2.0};
    std::cout << rrelu(x) << '\n';
  }
  example("softmin");
  {
    const Tensor x = {1.0, 2.0, 3.0};
    std::cout << softmin(x, 0) << '\n';
  }
  example("masked_softmax");
  {
    const Tensor x = {1.0, 2.0, 3.0}, mask = {true, true, false};
    std::cout << masked_softmax(x, mask, 0) << '\n';
  }
}

void from_dropout1d() {
  example("dropout1d");
  {
    Generator generator(3);
    std::cout << dropout1d(ones({1, 3, 2}), 0.5, true, &generator) << '\n';
  }
  example("dropout2d");
  {
    Generator generator(3);
    std::cout << dropout2d(ones({1, 3, 1, 2}), 0.5, true, &generator).shape() << '\n';
  }
  example("dropout3d");
  std::cout << dropout3d(ones({1, 3, 1, 1, 2}), 0.5, false).shape() << '\n';
  example("alpha_dropout");
  std::cout << alpha_dropout(Tensor{1.0, 2.0}, 0.5, false) << '\n';
  example("feature_alpha_dropout");
  std::cout << feature_alpha_dropout(ones({1, 2, 2}), 1.0) << '\n';
}

}  // namespace

int main() {
  from_step();
  from_gelu();
  from_celu();
  from_hardshrink();
  from_dropout1d();
  return 0;
}

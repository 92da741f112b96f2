// The examples of docs/reference/layers.md.

#include "example.hpp"

namespace {

void from_linear() {
  example("Linear");
  {
    Generator generator(5);
    const nn::Linear layer(3, 2, nn::with_bias, generator);
    std::cout << layer << '\n' << layer(ones({4, 3})).shape() << '\n';
  }
  example("LazyLinear");
  {
    const nn::LazyLinear layer(3);
    std::cout << layer << '\n' << layer(zeros({2, 4})).shape() << '\n' << layer << '\n';
  }
  example("BatchNorm1d");
  {
    nn::BatchNorm1d layer(2);
    const Tensor x = {{1.f, 10.f}, {3.f, 30.f}};
    std::cout << layer << '\n' << layer(x) << '\n' << layer.running_mean << '\n';
  }
  example("Dropout");
  {
    nn::Dropout layer(0.5);
    layer.eval();
    std::cout << layer << '\n' << layer(ones({3})) << '\n';
  }
  example("Flatten");
  {
    const nn::Flatten layer;
    std::cout << layer << '\n' << layer(zeros({2, 3, 4})).shape() << '\n';
  }
  example("ReLU");
  {
    const nn::ReLU layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Sigmoid");
  {
    const nn::Sigmoid layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("LogSigmoid");
  {
    const nn::LogSigmoid layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Tanh");
  {
    const nn::Tanh layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
}

void from_silu() {
  example("SiLU");
  {
    const nn::SiLU layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Softplus");
  {
    const nn::Softplus layer(2.0);
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("LeakyReLU");
  {
    const nn::LeakyReLU layer(0.1);
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("ELU");
  {
    const nn::ELU layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("GELU");
  {
    const nn::GELU layer(Gelu::tanh);
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Softmax");
  {
    const nn::Softmax layer(0);
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("LogSoftmax");
  {
    const nn::LogSoftmax layer(0);
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Identity");
  {
    const nn::Identity layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
}

void from_batch_norm() {
  example("batch_norm");
  {
    const Tensor x = {{1.0, 10.0}, {3.0, 30.0}};
    std::cout << batch_norm(x, {}, {}, {}, {}, true) << '\n';
  }
  example("ReLU6");
  {
    const nn::ReLU6 layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("SELU");
  {
    const nn::SELU layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Mish");
  {
    const nn::Mish layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Softsign");
  {
    const nn::Softsign layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Tanhshrink");
  {
    const nn::Tanhshrink layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Hardsigmoid");
  {
    const nn::Hardsigmoid layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Hardswish");
  {
    const nn::Hardswish layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
}

void from_celu() {
  example("CELU");
  {
    const nn::CELU layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Hardtanh");
  {
    const nn::Hardtanh layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Hardshrink");
  {
    const nn::Hardshrink layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Softshrink");
  {
    const nn::Softshrink layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Threshold");
  {
    const nn::Threshold layer(0.1, 20);
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("GLU");
  {
    const nn::GLU layer;
    std::cout << layer << '\n' << layer(Tensor{1.0, 2.0, 0.0, 1.0}) << '\n';
  }
  example("Softmin");
  {
    const nn::Softmin layer(0);
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("PReLU");
  {
    const nn::PReLU layer;
    std::cout << layer << '\n' << layer(Tensor{-1.f, 2.f}) << '\n';
  }
}

void from_rrelu() {
  example("RReLU");
  {
    nn::RReLU layer;
    layer.eval();
    std::cout << layer << '\n' << layer(Tensor{-1.0, 2.0}) << '\n';
  }
}

}  // namespace

int main() {
  from_linear();
  from_silu();
  from_batch_norm();
  from_celu();
  from_rrelu();
  return 0;
}

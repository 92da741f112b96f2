// AND, NAND and OR are one perceptron each. XOR takes two layers of them.

#include <iostream>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

struct Perceptron {
  Tensor weights;
  double bias;
  /// 1 where w · x + b > 0, else 0, for every row of x.
  Tensor operator()(const Tensor& x) const { return step(matmul(x, weights) + bias); }
};

int main() {
  const Tensor x = {{0.0, 0.0}, {0.0, 1.0}, {1.0, 0.0}, {1.0, 1.0}};
  const Perceptron and_gate{{0.5, 0.5}, -0.7}, nand_gate{{-0.5, -0.5}, 0.7}, or_gate{{0.5, 0.5}, -0.2};
  std::cout << "AND   " << and_gate(x) << '\n' << "NAND  " << nand_gate(x) << '\n' << "OR    " << or_gate(x) << '\n';
  std::cout << "XOR   " << and_gate(stack({nand_gate(x), or_gate(x)}, 1)) << '\n';

  // The perceptron rule, w += (t - y) x for each mistaken point, finds AND by itself: the points can be separated.
  const Tensor and_targets = {0.0, 0.0, 0.0, 1.0}, xor_targets = {0.0, 1.0, 1.0, 0.0};
  for (const Tensor& targets : {and_targets, xor_targets}) {
    Perceptron learner{{0.0, 0.0}, 0};
    int mistakes = 1, round = 0;
    while (mistakes > 0 && round < 100) {
      ++round;
      mistakes = 0;
      for (int i = 0; i < 4; ++i) {
        const double error = (targets[i] - learner(x[i])).item();
        if (error == 0) continue;
        learner.weights += error * x[i];
        learner.bias += error;
        ++mistakes;
      }
    }
    if (mistakes == 0)
      std::cout << "no mistake left after " << round << " rounds: w = " << learner.weights << ", b = " << learner.bias
                << '\n';
    else
      std::cout << mistakes << " mistakes in round " << round << ": no line separates these points\n";
  }
}

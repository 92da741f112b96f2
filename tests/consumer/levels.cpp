// Trains a small model and computes some functions, on the instruction set named by the first argument. Writes the
// results to the file named by the second, or compares them with those of another instruction set if it exists.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iostream>
#include <vector>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

int main(int count, char** arguments) {
  if (count != 3 || std::strcmp(arguments[1], instruction_set()) != 0) {
    std::cout << "the library is the one for " << instruction_set() << '\n';
    return 1;
  }
  manual_seed(0);
  nn::Sequential model{nn::Linear(20, 33), tanh, nn::Linear(33, 7)};
  optim::Adam optimizer(model.parameters(), 0.01);
  const Tensor x = randn({50, 20}), labels = randint(0, 7, {50});
  std::vector<double> results;
  for (int step = 0; step < 20; ++step) {
    const Tensor loss = nn::cross_entropy(model(x), labels);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    results.push_back(loss.item());
  }
  const auto swish = [](auto v) { return v / (1.0 + exp(-v)); };
  const Tensor wide = linspace(-20, 20, 10001);
  for (const Tensor& y :
       {elementwise(swish, wide), gelu(wide), sin(wide), softmax(wide, 0) * wide, matmul(x, transpose(x))})
    results.push_back(sum(y * y).item());

  std::ifstream before(arguments[2]);
  if (!before) {
    std::ofstream file(arguments[2]);
    file.precision(17);
    for (const double each : results) file << each << '\n';
    return file.good() ? 0 : 1;
  }
  double worst = 0;
  for (const double each : results) {
    double other = 0;
    if (!(before >> other)) return 1;
    const double error = std::abs(each - other) / std::abs(other);
    if (!(error <= worst)) worst = error;
    if (std::isnan(worst)) break;
  }
  std::cout << "results differ by at most " << worst << " of their size\n";
  return worst < 1e-5 ? 0 : 1;
}

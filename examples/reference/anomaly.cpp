// The examples of docs/reference/anomaly.md.

#include "example.hpp"

int main() {
  example("DetectAnomaly", "Anomaly");
  {
    const Tensor x = Tensor{4.0, 0.0}.requires_grad_();
    try {
      const DetectAnomaly scope;
      sum(sqrt(x)).backward();
    } catch (const Anomaly& error) {
      std::cout << error.what() << '\n';
    }
  }
  return 0;
}

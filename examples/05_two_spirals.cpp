// Logistic regression on two spirals, which can only separate classes by a line.

#include <cstdio>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

int main() {
  const data::TensorDataset spirals = data::two_spirals(100);
  const Tensor& points = spirals.inputs();
  const Tensor& classes = spirals.targets();

  Tensor weights = zeros(2).requires_grad_();
  for (int epoch = 0; epoch <= 100; ++epoch) {
    Tensor loss = nn::binary_cross_entropy_with_logits(matmul(points, weights), classes);
    weights.set_grad({});
    loss.backward();
    {
      NoGrad off;
      weights -= 0.01 * weights.grad();
    }
    if (epoch % 10 == 0) std::printf("epoch %3d: loss %.4f\n", epoch, loss.item());
  }

  NoGrad off;
  const Tensor right = (matmul(points, weights) > 0) == (classes == 1);
  std::printf("w = (%.3f, %.3f), %lld of %lld points on the right side\n", weights[0].item(), weights[1].item(),
              static_cast<long long>(sum(right).item()), static_cast<long long>(spirals.size()));
}

// Linear algebra: a Gaussian process whose kernel is learnt by maximising the evidence, with its gradient through a
// Cholesky factor.

#include <cmath>
#include <cstdio>

#include <xgrad/linalg.hpp>
#include <xgrad/xgrad.hpp>

using namespace xgrad;

// k(a, b) = e^(2 s) exp(-|a - b|² / (2 e^(2 l))), for logarithms l of the length and s of the scale.
Tensor kernel(const Tensor& a, const Tensor& b, const Tensor& log_length, const Tensor& log_scale) {
  return exp(2 * log_scale - square(a - transpose(b)) / (2 * exp(2 * log_length)));
}

// log p(y) = -(yᵀ K⁻¹ y + log det K + n log 2π) / 2, with K = L Lᵀ.
Tensor evidence(const Tensor& covariance, const Tensor& y) {
  const Tensor factor = linalg::cholesky(covariance);
  const Tensor half = linalg::triangular_solve(factor, y, linalg::Triangle::lower);
  const Tensor log_det = 2 * sum(log(sum(factor * eye(y.shape(0), float64), 1)));
  return -0.5 * (sum(square(half)) + log_det + static_cast<double>(y.size()) * std::log(2 * M_PI));
}

int main() {
  Tensor x = linspace(0, 6, 13, float64).reshape({13, 1});
  Tensor y = sin(x) + 0.1 * cos(17 * x);  // a smooth curve and what looks like noise
  Tensor log_length = Tensor(-1.0).requires_grad_(), log_scale = Tensor(0.0).requires_grad_();
  Tensor log_noise = Tensor(-1.0).requires_grad_();

  auto covariance = [&] { return kernel(x, x, log_length, log_scale) + exp(2 * log_noise) * eye(13, float64); };
  // The same number by other ways: a linear system and a determinant.
  Tensor k = covariance(), column = reshape(y, {13});
  Tensor other = -0.5 * (dot(column, linalg::solve(k, column)) + linalg::logdet(k) + 13 * std::log(2 * M_PI));
  std::printf("evidence %.6f, by solve and logdet %.6f\n", evidence(k, y).item(), other.item());

  optim::Adam optimizer({log_length, log_scale, log_noise}, 0.05);
  for (int step = 0; step <= 400; ++step) {
    Tensor loss = -evidence(covariance(), y);
    if (step % 100 == 0) std::printf("step %d: evidence %.4f\n", step, -loss.item());
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
  }
  std::printf("length %.3f, scale %.3f, noise %.3f\n", std::exp(log_length.item()), std::exp(log_scale.item()),
              std::exp(log_noise.item()));

  // The mean of the process at new points is k(new, x) K⁻¹ y.
  NoGrad off;
  Tensor points = Tensor{0.75, 2.25, 5.25}.reshape({3, 1});
  Tensor mean = matmul(kernel(points, x, log_length, log_scale), linalg::solve(covariance(), y));
  for (int i = 0; i < 3; ++i)
    std::printf("f(%.2f) = %.3f, and sin is %.3f\n", points(i, 0).item(), mean(i, 0).item(),
                std::sin(points(i, 0).item()));
}

// Least squares by Gauss-Newton, with the Jacobian of the residuals: a decay y = a exp(-b t) + c is fitted to points.

#include <cstdio>

#include <xgrad/func.hpp>
#include <xgrad/linalg.hpp>
#include <xgrad/xgrad.hpp>

using namespace xgrad;

int main() {
  // Points of a = 2.5, b = 1.3, c = 0.5, with errors of a hundredth.
  const Tensor t{0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0};
  const Tensor errors{0.01, -0.01, 0.005, -0.005, 0.01, 0.0, -0.01, 0.005, -0.005};
  const Tensor y = 2.5 * exp(-1.3 * t) + 0.5 + errors;
  const auto residuals = [&](const Tensor& p) { return p(0) * exp(-p(1) * t) + p(2) - y; };
  const auto jacobian = func::jacobian(residuals);

  Tensor p{1.0, 1.0, 0.0};
  for (int step = 0; step <= 6; ++step) {
    const Tensor r = residuals(p);
    std::printf("step %d: a = %.6f  b = %.6f  c = %.6f  sum of squares %.3e\n", step, p(0).item(), p(1).item(),
                p(2).item(), sum(square(r)).item());
    const Tensor j = jacobian(p), jt = transpose(j);
    p = p - linalg::solve(matmul(jt, j), matmul(jt, r));  // the minimum of the linearised problem
  }

  // There the gradient vanishes, and Jᵀ J is close to half of the Hessian, since the residuals are small.
  const auto cost = [&](const Tensor& q) { return sum(square(residuals(q))); };
  const Tensor j = jacobian(p), h = func::hessian(cost)(p);
  const Tensor product = 2 * matmul(transpose(j), j);
  std::printf("gradient below 1e-9: %s, Gauss-Newton against Hessian: %.1e\n",
              max(abs(func::grad(cost)(p))).item() < 1e-9 ? "yes" : "no",
              max(abs(h - product)).item() / max(abs(h)).item());
}

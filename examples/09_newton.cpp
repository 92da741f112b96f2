// Higher derivatives: Newton's method for a minimum of x⁴ - 2 x², from x = 2.

#include <cstdio>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

Tensor f(const Tensor& x) { return pow(x, 4) - 2 * square(x); }

int main() {
  Tensor x = Tensor({2.0}).requires_grad_();
  for (int step = 0; step < 7; ++step) {
    std::printf("step %d: x = %.6f\n", step, x.item());
    Tensor slope = grad(f(x), x, create_graph);  // recorded, so that it has a gradient of its own
    Tensor curvature = grad(slope, x);
    NoGrad off;
    x -= slope / curvature;
  }

  // Any order: the derivatives of sin at 0 are sin, cos, -sin, -cos in turn.
  Tensor zero = Tensor(0.0).requires_grad_();
  Tensor y = sin(zero);
  for (int order = 1; order <= 5; ++order) {
    y = grad(y, zero, create_graph);
    std::printf("order %d of sin at 0: %g\n", order, y.item() + 0.0);
  }
}

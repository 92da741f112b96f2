// The examples of docs/reference/gradients.md.

#include "example.hpp"

namespace {

void walks() {
  example("backward");
  {
    const Tensor w = Tensor{1.0, 2.0}.requires_grad_();
    const Tensor a = sum(w * w), b = sum(3.0 * w);
    backward({a, b});
    std::cout << w.grad() << '\n';
  }
  example("Unused", "allow_unused");
  {
    const Tensor x = Tensor{1.0, 2.0}.requires_grad_(), other = Tensor{3.0}.requires_grad_();
    const auto slopes = grad({sum(x * x)}, {x, other}, {}, Graph::release, allow_unused);
    std::cout << slopes[0] << '\n' << std::boolalpha << slopes[1].defined() << '\n';
  }
  example("grad");
  {
    const Tensor x = Tensor{1.0, 2.0, 3.0}.requires_grad_();
    const Tensor y = x * x * x;
    const Tensor slope = grad(sum(y), x, create_graph);
    std::cout << slope << '\n' << grad(sum(slope), x) << '\n';
  }
}

void modes() {
  example("grad_enabled");
  {
    std::cout << std::boolalpha << grad_enabled() << '\n';
    const NoGrad off;
    std::cout << grad_enabled() << '\n';
  }
  example("NoGrad");
  {
    const Tensor w = Tensor{1.0, 2.0}.requires_grad_();
    sum(w * w).backward();
    {
      const NoGrad off;
      w.add_(w.grad(), -0.25);  // a step by hand
    }
    std::cout << w << '\n';
  }
  example("EnableGrad");
  {
    const NoGrad off;
    const Tensor x = Tensor{1.0, 2.0}.requires_grad_();
    const EnableGrad on;
    std::cout << grad(sum(x * x), x) << '\n';
  }
  example("DetectWrites");
  {
    const DetectWrites scope;
    Tensor a = {1.0, 2.0};
    auto numbers = a.mutable_view<double>();
    const Tensor y = sum(a * Tensor{3.0, 4.0}.requires_grad_());
    numbers(0) = 7;  // through a view that was made before
    try {
      y.backward();
    } catch (const std::logic_error& error) {
      std::cout << error.what() << '\n';
    }
  }
}

}  // namespace

int main() {
  walks();
  modes();
  return 0;
}

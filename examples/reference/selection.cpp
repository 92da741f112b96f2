// The examples of docs/reference/selection.md.

#include <cmath>

#include "example.hpp"

namespace {

void from_less() {
  example("less");
  {
    const Tensor a = {1.0, 2.0, 3.0}, b = {3.0, 2.0, 1.0};
    std::cout << less(a, b) << '\n';
  }
  example("less_equal");
  {
    const Tensor a = {1.0, 2.0, 3.0}, b = {3.0, 2.0, 1.0};
    std::cout << less_equal(a, b) << '\n';
  }
  example("greater");
  {
    const Tensor a = {1.0, 2.0, 3.0}, b = {3.0, 2.0, 1.0};
    std::cout << greater(a, b) << '\n';
  }
  example("greater_equal");
  {
    const Tensor a = {1.0, 2.0, 3.0}, b = {3.0, 2.0, 1.0};
    std::cout << greater_equal(a, b) << '\n';
  }
  example("equal");
  {
    const Tensor a = {1.0, 2.0, 3.0}, b = {3.0, 2.0, 1.0};
    std::cout << equal(a, b) << '\n';
  }
  example("not_equal");
  {
    const Tensor a = {1.0, 2.0, 3.0}, b = {3.0, 2.0, 1.0};
    std::cout << not_equal(a, b) << '\n';
  }
  example("isnan");
  {
    const Tensor x = {1.0, std::nan("")};
    std::cout << isnan(x) << '\n';
  }
  example("logical_and");
  {
    const Tensor a = {true, true, false}, b = {true, false, false};
    std::cout << logical_and(a, b) << '\n';
  }
}

void from_logical_or() {
  example("logical_or");
  {
    const Tensor a = {true, true, false}, b = {true, false, false};
    std::cout << logical_or(a, b) << '\n';
  }
  example("logical_not");
  {
    const Tensor x = {true, false};
    std::cout << logical_not(x) << '\n';
  }
  example("where");
  {
    const Tensor x = Tensor{-1.0, 2.0, -3.0}.requires_grad_();
    const Tensor y = where(x > 0, x * x, 0.0);
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
  }
  example("maximum");
  {
    const Tensor a = Tensor{1.0, 2.0, 5.0}.requires_grad_(), b = {3.0, 2.0, 1.0};
    const Tensor y = maximum(a, b);
    std::cout << y << '\n' << grad(sum(y), a) << '\n';
  }
  example("minimum");
  {
    const Tensor a = {1.0, 2.0, 5.0}, b = {3.0, 2.0, 1.0};
    std::cout << minimum(a, b) << '\n';
  }
  example("clamp");
  {
    const Tensor x = Tensor{-3.0, 0.5, 3.0}.requires_grad_();
    const Tensor y = clamp(x, -1.0, 1.0);
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
  }
}

}  // namespace

int main() {
  from_less();
  from_logical_or();
  return 0;
}

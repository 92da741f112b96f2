// The examples of docs/reference/selection.md.

#include <cmath>
#include <limits>

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
  example("isfinite");
  {
    const Tensor x = {-std::numeric_limits<double>::infinity(), std::nan(""), 1.0};
    std::cout << isfinite(x) << '\n';
  }
  example("isinf");
  {
    const Tensor x = {-std::numeric_limits<double>::infinity(), std::nan(""), 1.0};
    std::cout << isinf(x) << '\n';
  }
}

void from_isposinf() {
  example("isposinf");
  {
    const Tensor x = {-std::numeric_limits<double>::infinity(), std::nan(""), 1.0};
    std::cout << isposinf(x) << '\n';
  }
  example("isneginf");
  {
    const Tensor x = {-std::numeric_limits<double>::infinity(), std::nan(""), 1.0};
    std::cout << isneginf(x) << '\n';
  }
  example("logical_xor");
  {
    const Tensor a = {true, true, false}, b = {true, false, false};
    std::cout << logical_xor(a, b) << '\n';
  }
  example("fmax");
  {
    const Tensor a = {1.0, std::nan("")}, b = {3.0, 2.0};
    std::cout << fmax(a, b) << '\n';
  }
  example("fmin");
  {
    const Tensor a = {1.0, std::nan("")}, b = {3.0, 2.0};
    std::cout << fmin(a, b) << '\n';
  }
  example("copysign");
  {
    const Tensor a = {1.0, 2.0}, b = {-0.0, 3.0};
    std::cout << copysign(a, b) << '\n';
  }
  example("heaviside");
  {
    const Tensor a = {-1.0, 0.0, 2.0}, b = {0.5, 0.5, 0.5};
    std::cout << heaviside(a, b) << '\n';
  }
  example("nan_to_num");
  {
    const Tensor x = {-std::numeric_limits<double>::infinity(), std::nan(""), 1.0};
    std::cout << nan_to_num(x, 0.0, 9.0, -9.0) << '\n';
  }
}

void from_isclose() {
  example("isclose", "EqualNan", "equal_nan");
  {
    const Tensor a = {1.0, 1.0, std::nan("")}, b = {1.000000001, 1.1, std::nan("")};
    std::cout << isclose(a, b) << '\n' << isclose(a, b, 1e-5, 1e-8, equal_nan) << '\n';
  }
  example("allclose");
  {
    const Tensor a = {1.0, 1.0}, b = {1.000000001, 1.1};
    std::cout << std::boolalpha << allclose(a, b) << '\n';
  }
  example("clamp_min");
  {
    const Tensor x = {-2.0, -0.25, 0.25, 2.0};
    std::cout << clamp_min(x, 0.0) << '\n';
  }
  example("clamp_max");
  {
    const Tensor x = {-2.0, -0.25, 0.25, 2.0};
    std::cout << clamp_max(x, 0.0) << '\n';
  }
}

}  // namespace

int main() {
  from_less();
  from_logical_or();
  from_isposinf();
  from_isclose();
  return 0;
}

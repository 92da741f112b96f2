// The examples of docs/reference/arithmetic.md.

#include "example.hpp"

namespace {

void from_add() {
  example("add");
  {
    const Tensor a = {{1.0, 2.0}, {3.0, 4.0}}, b = {10.0, 20.0};
    std::cout << add(a, b) << '\n';
  }
  example("sub");
  {
    const Tensor a = {5.0, 7.0}, b = {1.0, 2.0};
    std::cout << sub(a, b) << '\n';
  }
  example("mul");
  {
    const Tensor a = Tensor{1.0, 2.0}.requires_grad_(), b = {10.0, 20.0};
    std::cout << mul(a, b) << '\n' << grad(sum(a * b), a) << '\n';
  }
  example("div", "Rounding");
  {
    const Tensor a = {7, -7}, b = {2, 2};
    std::cout << div(a, b) << '\n' << div(a, b, Rounding::floor) << '\n' << div(a, b, Rounding::trunc) << '\n';
  }
  example("pow");
  {
    const Tensor x = Tensor{0.0, 1.0, 3.0}.requires_grad_();
    const Tensor y = pow(x, 2);
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
  }
  example("neg");
  {
    const Tensor x = {1.0, -2.0};
    std::cout << neg(x) << '\n';
  }
  example("square");
  {
    const Tensor x = {1.0, -3.0};
    std::cout << square(x) << '\n';
  }
  example("reciprocal");
  {
    const Tensor x = {2.0, -4.0, 0.0};
    std::cout << reciprocal(x) << '\n';
  }
}

void from_sqrt() {
  example("sqrt");
  {
    const Tensor x = Tensor{0.0, 4.0, 9.0}.requires_grad_();
    const Tensor y = sqrt(x);
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
  }
  example("exp");
  {
    const Tensor x = {0.0, 1.0, -1000.0};
    std::cout << exp(x) << '\n';
  }
  example("expm1");
  {
    const Tensor x = {1e-10, 1.0};
    std::cout << expm1(x) << '\n';
  }
  example("log");
  {
    const Tensor x = {1.0, 0.0, -1.0};
    std::cout << log(x) << '\n';
  }
  example("log1p");
  {
    const Tensor x = {1e-10, 1.0};
    std::cout << log1p(x) << '\n';
  }
  example("sin");
  {
    const Tensor x = Tensor{0.0, 0.5}.requires_grad_();
    const Tensor y = sin(x);
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
  }
  example("cos");
  {
    const Tensor x = {0.0, 3.141592653589793};
    std::cout << cos(x) << '\n';
  }
  example("abs");
  {
    const Tensor x = Tensor{-2.0, 0.0, 3.0}.requires_grad_();
    const Tensor y = abs(x);
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
  }
}

void from_sign() {
  example("sign");
  {
    const Tensor x = {-2.0, 0.0, 3.0};
    std::cout << sign(x) << '\n';
  }
  example("erf");
  {
    const Tensor x = {0.0, 1.0, 30.0};
    std::cout << erf(x) << '\n';
  }
  example("to");
  {
    const Tensor x = {-1.7, 0.0, 2.9};
    std::cout << to(x, int64) << '\n';
  }
  example("lerp");
  {
    const Tensor a = {0.0, 10.0}, b = {10.0, 20.0};
    std::cout << lerp(a, b, 0.25) << '\n';
  }
  example("addcmul");
  {
    const Tensor a = {1.0, 2.0}, b = {3.0, 4.0};
    std::cout << addcmul(Tensor{100.0, 100.0}, a, b, 0.5) << '\n';
  }
  example("addcdiv");
  {
    const Tensor a = {1.0, 2.0}, b = {4.0, 4.0};
    std::cout << addcdiv(Tensor{100.0, 100.0}, a, b) << '\n';
  }
  example("floor");
  {
    const Tensor x = {-2.5, 0.5, 2.5};
    std::cout << floor(x) << '\n';
  }
  example("ceil");
  {
    const Tensor x = {-2.5, 0.5, 2.5};
    std::cout << ceil(x) << '\n';
  }
}

void from_trunc() {
  example("trunc");
  {
    const Tensor x = {-2.5, 0.5, 2.5};
    std::cout << trunc(x) << '\n';
  }
  example("round");
  {
    const Tensor x = {0.5, 1.5, 2.5, 3.14159};
    std::cout << round(x) << '\n' << round(x, 2) << '\n';
  }
  example("frac");
  {
    const Tensor x = {-2.5, 0.5, 2.5};
    std::cout << frac(x) << '\n';
  }
  example("fmod");
  {
    const Tensor a = {7.0, -7.0}, b = {3.0, 3.0};
    std::cout << fmod(a, b) << '\n';
  }
  example("remainder");
  {
    const Tensor a = {7.0, -7.0}, b = {3.0, 3.0};
    std::cout << remainder(a, b) << '\n';
  }
  example("floor_divide");
  {
    const Tensor a = {7, -7}, b = {2, 2};
    std::cout << floor_divide(a, b) << '\n';
  }
  example("bitwise_and");
  {
    const Tensor a = {12, 10}, b = {10, 10};
    std::cout << bitwise_and(a, b) << '\n';
  }
  example("bitwise_or");
  {
    const Tensor a = {12, 10}, b = {10, 5};
    std::cout << bitwise_or(a, b) << '\n';
  }
}

void from_bitwise_xor() {
  example("bitwise_xor");
  {
    const Tensor a = {12, 10}, b = {10, 10};
    std::cout << bitwise_xor(a, b) << '\n';
  }
  example("bitwise_not");
  {
    const Tensor x = {0, 5};
    std::cout << bitwise_not(x) << '\n';
  }
  example("bitwise_left_shift");
  {
    const Tensor a = {1, 3}, b = {4, 1};
    std::cout << bitwise_left_shift(a, b) << '\n';
  }
  example("bitwise_right_shift");
  {
    const Tensor a = {16, -8}, b = {2, 1};
    std::cout << bitwise_right_shift(a, b) << '\n';
  }
}

}  // namespace

int main() {
  from_add();
  from_sqrt();
  from_sign();
  from_trunc();
  from_bitwise_xor();
  return 0;
}

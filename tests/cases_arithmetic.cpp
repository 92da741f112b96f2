#include <xgrad/autograd/ops/arithmetic.hpp>

#include "cases.hpp"

using namespace xgrad;

namespace cases {

std::vector<Case> arithmetic_cases() {
  return {
      binary(
          "add", [](const Tensor& a, const Tensor& b) { return add(a, b); }, any, any),
      binary(
          "sub", [](const Tensor& a, const Tensor& b) { return a - b; }, any, any, selects),
      binary(
          "mul", [](const Tensor& a, const Tensor& b) { return mul(a, b); }, any, any),
      binary(
          "div", [](const Tensor& a, const Tensor& b) { return div(a, b); }, nonzero, nonzero, selects),
      binary(
          "pow", [](const Tensor& a, const Tensor& b) { return pow(a, b); }, positive, any),
      unary(
          "pow", [](const Tensor& x) { return pow(x, 3.0); }, any),
      unary(
          "pow", [](const Tensor& x) { return pow(x, 2); }, any),
      unary(
          "pow", [](const Tensor& x) { return pow(x, -1.5); }, positive),
      unary(
          "pow", [](const Tensor& x) { return pow(x, 0.0) + x; }, any),
      unary(
          "pow", [](const Tensor& x) { return pow(2.5, x); }, any),
      unary(
          "add", [](const Tensor& x) { return 2 + x + 0.5; }, any),
      unary(
          "sub", [](const Tensor& x) { return 2 - x; }, any),
      unary(
          "mul", [](const Tensor& x) { return x * 3; }, any),
      unary(
          "div", [](const Tensor& x) { return x / 4; }, any),
      unary(
          "div", [](const Tensor& x) { return 1.5 / x; }, nonzero),
      unary(
          "neg", [](const Tensor& x) { return neg(x); }, any),
      unary(
          "square", [](const Tensor& x) { return square(x); }, any),
      unary(
          "reciprocal", [](const Tensor& x) { return reciprocal(x); }, nonzero),
      unary(
          "sqrt", [](const Tensor& x) { return sqrt(x); }, positive),
      unary(
          "exp", [](const Tensor& x) { return exp(x); }, any),
      unary(
          "expm1", [](const Tensor& x) { return expm1(x); }, any),
      unary(
          "log", [](const Tensor& x) { return log(x); }, positive),
      unary(
          "log1p", [](const Tensor& x) { return log1p(x); }, between(-0.5, 2)),
      unary(
          "sin", [](const Tensor& x) { return sin(x); }, any),
      unary(
          "cos", [](const Tensor& x) { return cos(x); }, nonzero),
      unary(
          "abs", [](const Tensor& x) { return abs(x); }, nonzero),
      unary(
          "sign", [](const Tensor& x) { return sign(x); }, nonzero, zero_slope),
      unary(
          "erf", [](const Tensor& x) { return erf(x); }, any),
      unary(
          "to", [](const Tensor& x) { return to(x, x.dtype()); }, any),
  };
}

}  // namespace cases

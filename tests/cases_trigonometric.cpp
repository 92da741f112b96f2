#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/exponential.hpp>
#include <xgrad/autograd/ops/special.hpp>
#include <xgrad/autograd/ops/trigonometric.hpp>

#include "cases.hpp"

using namespace xgrad;

namespace cases {

std::vector<Case> trigonometric_cases() {
  return {
      unary(
          "tan", [](const Tensor& x) { return tan(x); }, between(-1, 1)),
      unary(
          "asin", [](const Tensor& x) { return asin(x); }, between(-0.7, 0.7)),
      unary(
          "acos", [](const Tensor& x) { return acos(x); }, between(-0.7, 0.7)),
      unary(
          "atan", [](const Tensor& x) { return atan(x); }, any),
      unary(
          "sinh", [](const Tensor& x) { return sinh(x); }, any),
      unary(
          "cosh", [](const Tensor& x) { return cosh(x); }, nonzero),
      unary(
          "asinh", [](const Tensor& x) { return asinh(x); }, any),
      unary(
          "acosh", [](const Tensor& x) { return acosh(x); }, between(1.5, 3)),
      unary(
          "atanh", [](const Tensor& x) { return atanh(x); }, between(-0.7, 0.7)),
      unary(
          "deg2rad", [](const Tensor& x) { return deg2rad(x); }, any),
      unary(
          "rad2deg", [](const Tensor& x) { return rad2deg(x); }, any),
      binary(
          "atan2", [](const Tensor& a, const Tensor& b) { return atan2(a, b); }, nonzero, nonzero, selects),
      binary(
          "hypot", [](const Tensor& a, const Tensor& b) { return hypot(a, b); }, nonzero, nonzero),
      unary(
          "atan2", [](const Tensor& x) { return atan2(1.5, x); }, any),
      unary(
          "hypot", [](const Tensor& x) { return hypot(x, 2); }, any),
  };
}

std::vector<Case> special_cases() {
  return {
      unary(
          "rsqrt", [](const Tensor& x) { return rsqrt(x); }, positive),
      unary(
          "cbrt", [](const Tensor& x) { return cbrt(x); }, nonzero),
      unary(
          "exp2", [](const Tensor& x) { return exp2(x); }, any),
      unary(
          "log2", [](const Tensor& x) { return log2(x); }, positive),
      unary(
          "log10", [](const Tensor& x) { return log10(x); }, positive),
      unary(
          "logit", [](const Tensor& x) { return logit(x); }, between(0.3, 0.7)),
      unary(
          "logit", [](const Tensor& x) { return logit(x, 0.1); }, between(0.3, 0.7)),
      binary(
          "logaddexp", [](const Tensor& a, const Tensor& b) { return logaddexp(a, b); }, any, any),
      binary(
          "logaddexp2", [](const Tensor& a, const Tensor& b) { return logaddexp2(a, b); }, any, any),
      unary(
          "logaddexp", [](const Tensor& x) { return logaddexp(x, 3.0); }, any),
      binary(
          "xlogy", [](const Tensor& a, const Tensor& b) { return xlogy(a, b); }, positive, positive),
      unary(
          "xlogy", [](const Tensor& x) { return xlogy(2.5, x); }, positive),
      unary(
          "xlogy", [](const Tensor& x) { return xlogy(x, 2.5); }, any),
      unary(
          "sinc", [](const Tensor& x) { return sinc(x); }, any),
      unary(
          "sinc", [](const Tensor& x) { return sinc(x); }, between(-0.2, 0.2)),
      unary(
          "erfc", [](const Tensor& x) { return erfc(x); }, any),
      unary(
          "erfinv", [](const Tensor& x) { return erfinv(x); }, between(-0.7, 0.7)),
      unary(
          "lgamma", [](const Tensor& x) { return lgamma(x); }, between(0.5, 3)),
      unary(
          "lgamma", [](const Tensor& x) { return lgamma(x); }, between(-1.7, -1.3)),
      unary(
          "digamma", [](const Tensor& x) { return digamma(x); }, between(0.6, 3)),
      unary(
          "digamma", [](const Tensor& x) { return digamma(x); }, between(-0.6, -0.4)),
      unary(
          "polygamma", [](const Tensor& x) { return polygamma(0, x); }, between(0.6, 3)),
      unary(
          "polygamma", [](const Tensor& x) { return polygamma(1, x); }, between(-0.6, -0.4)),
      unary(
          "polygamma", [](const Tensor& x) { return polygamma(2, x); }, between(1, 3)),
      unary(
          "polygamma", [](const Tensor& x) { return polygamma(3, x); }, between(1.2, 3)),
  };
}

}  // namespace cases

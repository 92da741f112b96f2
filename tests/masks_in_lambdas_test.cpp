// Masks inside of elementwise() lambdas: what they mean on tensors they mean on lanes.

#include <cmath>

#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "compare.hpp"

using namespace xgrad;

namespace {

/// How f over lanes differs from the same f over tensors, in values and gradients.
template <class F>
std::string differs(const F& f, const Tensor& x, const Tensor& y) {
  const Tensor a = f(x, y).to(float64), b = elementwise(f, x, y).to(float64);
  if (const std::string text = difference(b.detach(), a.detach(), 1e-15); !text.empty()) return text;
  if (!a.requires_grad()) return b.requires_grad() ? difference(grad(sum(b), x), zeros_like(x)) : "";
  return difference(grad(sum(b), x), grad(sum(a), x), 1e-14);
}

}  // namespace

TEST_CASE("masks are numbers, and numbers truth values, in lambdas as on tensors", "[elementwise]") {
  Generator own(5);
  const Tensor x = put(randn({70}, own, float64), {xt::range(0, 9)}, 0.0).requires_grad_();
  const Tensor y = put(randn({70}, own, float64), {xt::range(5, 14)}, 0.0);
  CHECK(differs([](auto a, auto b) { return (a > 0) * (b > 0) * a; }, x, y) == "");
  CHECK(differs([](auto a, auto b) { return ((a > 0) + (b > 0)) * a; }, x, y) == "");
  CHECK(differs([](auto a, auto b) { return mul(a > 0, b > 0) * 2.0 + a; }, x, y) == "");
  CHECK(differs([](auto a, auto b) { return tanh((a > 0) * a) + exp(a * (b > 0)); }, x, y) == "");
  CHECK(differs([](auto a, auto b) { return mul(a > 0, b) + a; }, x, y) == "");
  CHECK(differs([](auto a, auto b) { return div(a, (b > 0) + 1.0) * a; }, x, y) == "");
  CHECK(differs([](auto a, auto b) { return where(a > 0, a, b > 0); }, x, y) == "");
  CHECK(differs([](auto a, auto b) { return where(b > 0, a > 0, a); }, x, y) == "");
  CHECK(differs([](auto a, auto b) { return where(a > 0, a > 1, b > 0); }, x, y) == "");
  CHECK(differs([](auto a, auto b) { return where(true, a * a, b); }, x, y) == "");
  CHECK(differs([](auto a, auto b) { return where(false, a, b) * a; }, x, y) == "");
  CHECK(differs([](auto a, auto b) { return maximum(a, b > 0); }, x, y) == "");
  CHECK(differs([](auto a, auto b) { return minimum(a > 0, b) * a; }, x, y) == "");
  CHECK(differs([](auto a, auto b) { return logical_and(a, b); }, x, y) == "");
  CHECK(differs([](auto a, auto b) { return logical_or(a > 0, b); }, x, y) == "");
  CHECK(differs([](auto a, auto b) { return where(logical_not(a), b, a); }, x, y) == "");
  CHECK(differs([](auto a, auto b) { return ((a > 0) && true) * a * b; }, x, y) == "");
  CHECK(differs([](auto a, auto b) { return (false || (a > b)) * a; }, x, y) == "");
  CHECK(differs([](auto a, auto b) { return (a > 0) == b; }, x, y) == "");
  CHECK(differs([](auto a, auto b) { return clip(a, -0.5, 0.5) * b; }, x, y) == "");
}

TEST_CASE("functions of one mask take it as numbers", "[elementwise]") {
  const Tensor x = {-1., 2., 0.};
  const double e = std::exp(1.);
  CHECK(difference(elementwise([](auto a) { return exp(a > 0); }, x), Tensor{1., e, 1.}, 1e-15) == "");
  CHECK(difference(exp(x > 0).to(float64), Tensor{1., e, 1.}, 1e-7) == "");
  CHECK(difference(elementwise([](auto a) { return -(a > 0) + 0.0; }, x), Tensor{0., -1., 0.}) == "");
  CHECK(difference(elementwise([](auto a) { return +a; }, x), x) == "");
}

// elementwise(): a lambda over tiles, over dual numbers and over tensors is one function.

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/gradcheck.hpp>
#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "lambdas.hpp"

using namespace xgrad;

namespace {

struct Derivatives {
  Tensor y;
  std::vector<Tensor> first, second;
};

/// The value of f, its gradients under an uneven seed, and the gradients of an uneven sum of those.
Derivatives derivatives(const AnyFunction& f, const std::vector<Tensor>& x) {
  Generator generator(7);
  Derivatives all;
  all.y = f(x);
  const Tensor seed = randn(all.y.shape(), generator, all.y.dtype()).requires_grad_();
  all.first = grad({all.y}, x, {seed}, create_graph, allow_unused);
  Tensor total = Tensor(0.0) * sum(seed);
  for (std::size_t i = 0; i < x.size(); ++i)
    if (all.first[i].defined()) total = total + sum(all.first[i] * randn(x[i].shape(), generator, x[i].dtype()));
  std::vector<Tensor> inputs = x;
  inputs.push_back(seed);
  all.second = grad({total}, inputs, {}, Graph::release, allow_unused);
  return all;
}

/// "" if both are equal to rtol times the largest element, an undefined gradient counting as zeros.
std::string unlike(const Tensor& got, const Tensor& expected, double rtol) {
  if (!got.defined() && !expected.defined()) return "";
  if (!got.defined()) return difference(zeros_like(expected), expected);
  if (!expected.defined()) return difference(got, zeros_like(got));
  return difference(got, expected, rtol, rtol * largest(expected));
}

/// Holds one op of a lambda to its formula over tensors: values, gradients and gradients of gradients in both
/// precisions, and the gradients that one pass over dual numbers gives to those that are recorded.
void agree_on(const AnyFunction& formula, const AnyFunction& one, const std::vector<Tensor>& points) {
  for (const DType dtype : {float64, float32}) {
    const double rtol = dtype == float64 ? 1e-13 : 2e-5;
    std::vector<Tensor> x;
    for (const Tensor& each : points) x.push_back(each.to(dtype).detach().clone().requires_grad_());
    const Derivatives got = derivatives(one, x), expected = derivatives(formula, x);
    INFO("in " << name_of(dtype));
    CHECK(unlike(got.y, expected.y, rtol) == "");
    for (std::size_t i = 0; i < got.second.size(); ++i) {
      INFO("input " << i);
      if (i < x.size()) CHECK(unlike(got.first[i], expected.first[i], rtol) == "");
      CHECK(unlike(got.second[i], expected.second[i], 10 * rtol) == "");
    }
    Generator generator(7);
    const Tensor seed = randn(got.y.shape(), generator, dtype);
    const auto fused = grad({one(x)}, x, {seed}, Graph::release, allow_unused);
    for (std::size_t i = 0; i < x.size(); ++i) CHECK(unlike(fused[i], got.first[i], rtol) == "");
  }
}

template <class F, class... X>
void agree(const std::string& name, const F& f, const X&... points) {
  INFO(name);
  const std::index_sequence_for<X...> places;
  agree_on(compiled<OverTensors>(f, places), compiled<AsElementwise>(f, places), {points...});
}

/// Numbers of both signs, none at a kink.
Tensor points(const Shape& shape, std::uint64_t seed = 1) {
  Generator generator(seed);
  return randn(shape, generator, float64) + 0.0123;
}
Tensor positive(const Shape& shape, std::uint64_t seed = 2) {
  Generator generator(seed);
  return rand(shape, generator, float64) * 2.0 + 0.3;
}

constexpr auto swish = [](auto x) { return x / (1.0 + exp(-x)); };
constexpr auto gelu_formula = [](auto x) { return 0.5 * x * (1.0 + tanh(0.79788456 * (x + 0.044715 * x * x * x))); };
constexpr auto half_root = [](auto x) { return where(x > 0, sqrt(x), 0.0); };

}  // namespace

TEST_CASE("a lambda means the same over tiles, dual numbers and tensors", "[elementwise]") {
  const Tensor x = points({3, 7});
  agree("swish", swish, x);
  agree("gelu", gelu_formula, x);
  agree(
      "integer literals", [](auto v) { return 1 / (1 + exp(-(2 * v))) - 3; }, x);
  agree(
      "float literals", [](auto v) { return 0.5f * v + v / 4.0f; }, x);
  agree(
      "mixed literals", [](auto v) { return (v - 1) * (2.5 - v) / 3.0f; }, x);
  agree(
      "unary signs", [](auto v) { return -v * +v - -v; }, x);
  agree(
      "the argument alone", [](auto v) { return v; }, x);
  agree(
      "a linear function", [](auto v) { return 2.0 * v - 1; }, x);
  agree(
      "comparisons", [](auto v) { return where(v > 0.5, v * v, where(v <= -0.5, -v, 3 * v)); }, x);
  agree(
      "flipped comparisons", [](auto v) { return where(0.5 < v, v * v, where(-0.5 >= v, exp(v), 1.0)); }, x);
  agree(
      "masks of one kind", [](auto v) { return where((v > -1) & (v < 1), v * v, 2 * v); }, x);
  agree(
      "masks of the other", [](auto v) { return where(v < -1 || !(v < 1), sin(v), cos(v)); }, x);
  agree(
      "masks negated", [](auto v) { return where(~(v == v) | (v != v), v, v * v * v); }, x);
  agree(
      "masks as numbers", [](auto v) { return v * (v > 0) + (v < 0.5) * sin(v); }, x);
  agree(
      "numbers on both sides of where", [](auto v) { return v * where(v > 0, 1, -0.25); }, x);
  agree(
      "compound assignment",
      [](auto v) {
        auto y = v;
        y += 1.5;
        y *= v;
        y -= exp(v);
        y /= 2;
        return y;
      },
      x);
  agree(
      "an accumulator",
      [](auto v) {
        decltype(v) total = 0.0;
        for (int i = 1; i < 4; ++i) total += v / i;
        return total * total;
      },
      x);
  const double slope = 0.2;
  const int power = 3;
  agree(
      "captures", [=](auto v) { return where(v > 0, pow(v, power), slope * v); }, x);
  agree(
      "references to arguments", [](const auto& v) { return v * tanh(v); }, x);
}

TEST_CASE("every function of the vocabulary agrees with the op on tensors", "[elementwise]") {
  const Tensor x = points({40}), p = positive({40});
  agree(
      "exp", [](auto v) { return exp(v); }, x);
  agree(
      "expm1", [](auto v) { return expm1(v); }, x);
  agree(
      "log", [](auto v) { return log(v); }, p);
  agree(
      "log1p", [](auto v) { return log1p(v); }, p);
  agree(
      "sin", [](auto v) { return sin(v); }, x);
  agree(
      "cos", [](auto v) { return cos(v); }, x);
  agree(
      "tanh", [](auto v) { return tanh(v); }, x);
  agree(
      "sigmoid", [](auto v) { return sigmoid(v); }, x);
  agree(
      "logsigmoid", [](auto v) { return logsigmoid(v); }, x);
  agree(
      "sqrt", [](auto v) { return sqrt(v); }, p);
  agree(
      "square", [](auto v) { return square(v); }, x);
  agree(
      "reciprocal", [](auto v) { return reciprocal(v); }, p);
  agree(
      "neg", [](auto v) { return neg(v); }, x);
  agree(
      "abs", [](auto v) { return abs(v); }, x);
  agree(
      "sign", [](auto v) { return v * sign(v); }, x);
  agree(
      "step", [](auto v) { return v * step(v); }, x);
  agree(
      "erf", [](auto v) { return erf(v); }, x);
  agree(
      "relu", [](auto v) { return relu(v); }, x);
  agree(
      "leaky_relu", [](auto v) { return leaky_relu(v) + leaky_relu(v, 0.3); }, x);
  agree(
      "elu", [](auto v) { return elu(v) + elu(v, 0.3); }, x);
  agree(
      "silu", [](auto v) { return silu(v); }, x);
  agree(
      "softplus", [](auto v) { return softplus(v); }, x);
  agree(
      "gelu", [](auto v) { return gelu(v) + gelu(v, Gelu::tanh); }, x);
  agree(
      "clamp", [](auto v) { return clamp(v, -0.5, 0.75); }, x);
  agree(
      "maximum and minimum", [](auto v) { return maximum(v, 0.3) * minimum(-0.2, v); }, x);
  agree(
      "isnan", [](auto v) { return where(isnan(v), 0.0, v * v); }, x);
  agree(
      "circular functions", [](auto v) { return sin(v) * tan(v / 2) + atan(v); }, x);
  agree(
      "hyperbolic functions", [](auto v) { return sinh(v) - cosh(v) / (2 + asinh(v) * asinh(v)); }, x);
  agree(
      "powers", [](auto v) { return exp2(v) + cbrt(v); }, p);
  agree(
      "logarithms", [](auto v) { return log2(v) + log10(v) + rsqrt(v); }, p);
  agree(
      "gamma functions", [](auto v) { return lgamma(v) + digamma(v) + polygamma(2, v); }, p);
  agree(
      "erfc and sinc", [](auto v) { return erfc(v) + sinc(v); }, x);
  agree(
      "hard activations", [](auto v) { return relu6(v) + hardsigmoid(v) + hardswish(v) + hardtanh(v, -0.3, 0.4); }, x);
  agree(
      "shrinking activations",
      [](auto v) { return hardshrink(v, 0.3) + softshrink(v, 0.3) + tanhshrink(v) + threshold(v, 0.1, 2); }, x);
  agree(
      "smooth activations", [](auto v) { return selu(v) + celu(v, 1.5) + mish(v); }, x);
  agree(
      "two operands", [](auto v) { return atan2(v, 1.5) + hypot(2, v) + logaddexp(v, 0.3) + logaddexp2(-0.2, v); }, x);
  agree(
      "fmax and fmin", [](auto v) { return fmax(v, 0.3) * fmin(-0.2, v) + copysign(v, -1); }, x);
  agree(
      "remainders", [](auto v) { return remainder(v, 0.7) + fmod(v, 0.7) + frac(v) + v * floor(v); }, x);
  for (const int n : {-3, -2, -1, 0, 1, 2, 3, 4, 5})
    agree(
        "pow, int", [n](auto v) { return pow(v, n) + v; }, x);
  for (const double n : {-0.5, 0.5, 1.7, 2.0})
    agree(
        "pow, double", [n](auto v) { return pow(v, n); }, p);
  agree(
      "pow of a number", [](auto v) { return pow(1.7, v) + pow(2.0, v); }, x);
}

TEST_CASE("several inputs broadcast, and each gets its own gradient", "[elementwise]") {
  agree(
      "a product", [](auto a, auto b) { return a * b; }, points({2, 3}), points({2, 3}, 3));
  agree(
      "a quotient", [](auto a, auto b) { return a / (b + 3.0) - b / (a * a + 1); }, points({2, 3}), points({3}, 3));
  agree(
      "a power", [](auto a, auto b) { return pow(a, b); }, positive({4, 1}), points({1, 5}, 3));
  agree(
      "the larger", [](auto a, auto b) { return maximum(a, b) + 2 * minimum(a * b, b); }, points({2, 1, 3}),
      points({4, 1}, 3));
  agree(
      "a choice", [](auto a, auto b) { return where(a < b, sin(a), b * b); }, points({}), points({2, 2}, 3));
  agree(
      "three", [](auto a, auto b, auto c) { return a * sigmoid(b) + c * c; }, points({3, 1}), points({4}, 3),
      points({2, 1, 1}, 4));
  agree(
      "one that is ignored", [](auto a, auto b) { return a * a + where(b > 0, 1.0, 2.0); }, points({3}),
      points({3}, 3));
  agree(
      "long rows", [](auto a, auto b) { return a * exp(b); }, points({5, 1300}), points({1300}, 3));
  agree(
      "short rows", [](auto a, auto b) { return a * exp(b); }, points({700, 3}), points({700, 1}, 3));
  agree(
      "columns", [](auto a, auto b) { return a * exp(b); }, points({2000, 1}), points({1, 2}, 3));

  const Tensor x = points({3}).requires_grad_();
  CHECK(difference(elementwise([](auto a, auto b) { return a * b; }, x, x), x * x) == "");
  const Tensor y = elementwise([](auto a, auto b) { return a * b; }, x, x);
  CHECK(difference(grad(sum(y), x), 2.0 * x.detach()) == "");

  auto eight = [](auto a, auto b, auto c, auto d, auto e, auto f, auto g, auto h) {
    return a * b + c * d + e * f + g * h;
  };
  const Tensor product = elementwise(eight, x, 1.0, x, 2.0, x, 3.0, x, 4.0);
  CHECK(difference(grad(sum(product), x), full({3}, 10.0)) == "");
}

TEST_CASE("tiles of every size are right to the last element", "[elementwise]") {
  for (const int n : {0, 1, 15, 16, 17, 255, 256, 257, 511, 513, 1000, 1023, 1024, 1025, 40000}) {
    INFO(n << " elements");
    agree("swish", swish, points({n}));
    agree(
        "a mask", [](auto v) { return where(v > 0, v, 0.1 * v); }, points({n}));
  }
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{1, 1}, Shape{0, 3}, Shape{2, 0}})
    agree("a shape", swish, points(shape));
  const Tensor none = points({0, 3}).requires_grad_();
  sum(elementwise([](auto a, auto b) { return a * b; }, none, points({1, 3}))).backward();
  CHECK(none.grad().shape() == Shape({0, 3}));
}

TEST_CASE("sums and products with numbers mean the same in every order", "[elementwise]") {
  for (const int n : {1, 17, 256, 1000, 1024, 2500}) {
    INFO(n << " elements");
    const Tensor x = points({n}), y = positive({n});
    agree(
        "a product", [](auto v) { return 3 * v; }, x);
    agree(
        "a sum", [](auto v) { return v + 0.5; }, x);
    agree(
        "differences", [](auto v) { return (v - 2) * (0.25 - v); }, x);
    agree(
        "products of products", [](auto v) { return 0.3 * (0.7 * (v * 1.1)) * v; }, x);
    agree(
        "sums of sums", [](auto v) { return ((v + 0.3) - 1.7 + 0.1) * v; }, x);
    agree(
        "a polynomial", [](auto v) { return ((0.25 * v - 0.5) * v + 1.5) * v - 2; }, x);
    agree(
        "numbers around everything", [](auto v) { return 2 - 3 * (1 - (2 * v + 1) * 0.5); }, x);
    agree(
        "signs", [](auto v) { return -(1 - -(2 * v)) * -v; }, x);
    agree(
        "quotients", [](auto v) { return (v / 3 + 1) / (2 * v * v + 1) - 1 / (3 + v * v); }, x);
    agree(
        "one operand twice",
        [](auto v) {
          const auto u = 2 * v + 1;
          return u * u - u / (3 + u * u) + 0.5 * u;
        },
        x);
    agree(
        "functions of them", [](auto v) { return exp(0.5 * v - 1) + 2 * tanh(1 - v) - sin(-v); }, x);
    agree(
        "choices of them", [](auto v) { return where(2 * v - 1 > 0.25 - v, 3 * v + 1, 1 - v * v); }, x);
    agree(
        "masks of them", [](auto v) { return 2 * v * (2 * v > 1) + v * v * (1 - v > 0.5); }, x);
    agree(
        "two operands", [](auto a, auto b) { return (2 * a - 1) * (3 - 0.5 * b) + (a + 1) / (b + 1); }, x, y);
    agree(
        "an input that is one number", [](auto a, auto b) { return (a * b + b) * a - b * 2; }, x, points({}, 3));
  }
}

TEST_CASE("results do not depend on the number of threads", "[elementwise]") {
  const int before = num_threads();
  const Tensor x = points({300, 1000}).requires_grad_(), b = points({1000}, 3).requires_grad_();
  auto f = [](auto u, auto v) { return u * sigmoid(u + v); };
  std::vector<Tensor> seen;
  for (const int threads : {1, 2, 4}) {
    set_num_threads(threads);
    const Tensor y = elementwise(f, x, b);
    const auto g = grad({sum(y)}, {x, b});
    for (const Tensor& each : {y.detach(), g[0], g[1]}) seen.push_back(each);
  }
  set_num_threads(before);
  for (std::size_t i = 3; i < seen.size(); ++i) CHECK(difference(seen[i], seen[i % 3]) == "");
}

TEST_CASE("gradcheck holds for user-made ops, to the second order", "[elementwise]") {
  auto check = [](auto f, const std::vector<Tensor>& x) {
    const TensorFunction function = [&](const std::vector<Tensor>& in) {
      if constexpr (std::is_invocable_v<decltype(f), Tensor, Tensor>)
        return elementwise(f, in[0], in[1]);
      else
        return elementwise(f, in[0]);
    };
    for (const Tensor& each : x) each.requires_grad_();
    CHECK(gradcheck(function, x).message == "");
    CHECK(gradgradcheck(function, x).message == "");
  };
  check(swish, {points({5})});
  check(gelu_formula, {points({5})});
  check(half_root, {positive({5})});
  check([](auto x) { return softplus(x) * erf(x); }, {points({5})});
  check([](auto x) { return pow(x, 3) - 1 / (1 + square(x)); }, {points({5})});
  check([](auto a, auto b) { return pow(a, b); }, {positive({2, 1}), points({3})});
  check([](auto a, auto b) { return where(a > 1, a * b, sin(b)); }, {Tensor({0.2, 0.6, 1.8, 2.2}), points({2, 4})});
}

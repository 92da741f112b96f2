#include <xgrad/autograd/ops/activation.hpp>

#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/pointwise.hpp>
#include <xgrad/autograd/ops/selection.hpp>

namespace xgrad {

using detail::unary;

namespace {

constexpr double half_root = 0.70710678118654752;       // 1 / √2
constexpr double normal_density = 0.39894228040143268;  // 1 / √(2π)
constexpr double tanh_scale = 0.79788456080286536;      // √(2/π)
constexpr double tanh_cubic = 0.044715;

// The distribution function and the density of the standard normal distribution.
constexpr auto normal_cdf = [](auto x) { return 0.5 * (1 + erf(half_root * x)); };
constexpr auto normal_pdf = [](auto x) { return normal_density * exp(-0.5 * (x * x)); };

}  // namespace

Tensor step(Tensor input, Source at) {
  return unary(
      "step", at, std::move(input), [](auto x) { return where(x > 0, decltype(x)(1), decltype(x)(0)); },
      [](auto g) { return 0 * g; });
}

Tensor sigmoid(Tensor input, Source at) {
  return unary(
      "sigmoid", at, std::move(input), [](auto x) { return sigmoid(x); },
      from_y([](auto y, auto g) { return g * (y * (1 - y)); }));
}

Tensor logsigmoid(Tensor input, Source at) {
  return unary(
      "logsigmoid", at, std::move(input), [](auto x) { return minimum(x, 0) - log1p(exp(-abs(x))); },
      from_x([](auto x, auto g) { return g * sigmoid(-x); }));
}

Tensor tanh(Tensor input, Source at) {
  return unary(
      "tanh", at, std::move(input), [](auto x) { return tanh(x); },
      from_y([](auto y, auto g) { return g * (1 - y * y); }));
}

Tensor relu(Tensor input, Source at) {
  return detail::pointwise<detail::Numbers::all>(
      "relu", at, {std::move(input)}, [](auto x) { return where(x <= 0, 0, x); },
      from_y([](auto y, auto g) { return where(y <= 0, 0, g); }));
}

Tensor leaky_relu(Tensor input, double slope, Source at) {
  return unary(
      "leaky_relu", at, std::move(input), [=](auto x) { return where(x > 0, x, slope * x); },
      from_x([=](auto x, auto g) { return where(x > 0, g, slope * g); }));
}

Tensor elu(Tensor input, double alpha, Source at) {
  return unary(
      "elu", at, std::move(input), [=](auto x) { return where(x > 0, x, alpha * expm1(x)); },
      from_x([=](auto x, auto g) { return where(x > 0, g, g * (alpha * exp(minimum(x, 0)))); }));
}

Tensor silu(Tensor input, Source at) {
  return unary(
      "silu", at, std::move(input), [](auto x) { return silu(x); }, from_x([](auto x, auto g) {
        auto s = sigmoid(x);
        return g * (s * (1 + x * (1 - s)));
      }));
}

Tensor gelu(Tensor input, Gelu how, Source at) {
  if (how == Gelu::exact)
    return unary(
        "gelu", at, std::move(input), [](auto x) { return gelu(x); },
        from_x([](auto x, auto g) { return g * (normal_cdf(x) + x * normal_pdf(x)); }));
  return unary(
      "gelu", at, std::move(input),
      [](auto x) { return 0.5 * x * (1 + tanh(tanh_scale * (x + tanh_cubic * (x * x * x)))); },
      from_x([](auto x, auto g) {
        auto t = tanh(tanh_scale * (x + tanh_cubic * (x * x * x)));
        auto inner = tanh_scale * (1 + 3 * tanh_cubic * (x * x));
        return g * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * inner);
      }));
}

Tensor softplus(Tensor input, Source at) {
  return unary(
      "softplus", at, std::move(input), [](auto x) { return maximum(x, 0) + log1p(exp(-abs(x))); },
      from_x([](auto x, auto g) { return g * sigmoid(x); }));
}

}  // namespace xgrad

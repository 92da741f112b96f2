#include <xgrad/nn/losses.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/pointwise/pass.hpp>
#include <xgrad/autograd/kernels/simd/wide_sum.hpp>
#include <xgrad/autograd/ops/activation.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/nn/loss_checks.hpp>

namespace xgrad::nn {
namespace detail {

void require_given(const char* op, std::initializer_list<Named> all) {
  for (const Named& one : all)
    if (!one.tensor.defined())
      throw std::invalid_argument(std::string(op) + ": " + one.name +
                                  " is an empty tensor: it was default-constructed or moved from");
}

void require_same_floating(const char* op, Named argument, Named with) {
  const DType dtype = argument.tensor.dtype(), wanted = with.tensor.dtype();
  if (dtype != wanted && is_floating(dtype) && !argument.tensor.weak())
    throw std::invalid_argument(std::string(op) + ": " + with.name + " is " + name_of(wanted) + ", " + argument.name +
                                " is " + name_of(dtype) + ": write 1.0f, x.to(float32) or model.to(float64)");
}

Tensor follow(const char* op, Named argument, Named with, Source at) {
  require_same_floating(op, argument, with);
  return to(argument.tensor, with.tensor.dtype(), at);
}

void require_same_shape(const char* op, Named a, Named b) {
  if (a.tensor.shape() != b.tensor.shape())
    throw std::invalid_argument(std::string(op) + ": " + a.name + " is " + to_string(a.tensor.shape()) + ", " + b.name +
                                " is " + to_string(b.tensor.shape()) +
                                ": losses do not broadcast: reshape one of them");
}

void require_plain(const char* op, Reduction reduction) {
  if (reduction == Reduction::batchmean)
    throw std::invalid_argument(std::string(op) +
                                ": the reduction is batchmean, which only kl_div has: use mean, sum or none");
}

Tensor reduce(Tensor losses, Reduction reduction, Source at) {
  if (reduction == Reduction::mean) return mean(std::move(losses), {}, KeepDims::no, at);
  return reduction == Reduction::sum ? sum(std::move(losses), {}, KeepDims::no, at) : losses;
}

}  // namespace detail

namespace {

using detail::Named;

// Input and target of a pointwise loss, checked, in one floating dtype.
struct Pair {
  Pair(const char* op, Named input, Named t, Source at) : x(input.tensor), target(t.tensor) {
    detail::require_given(op, {input, t});
    detail::require_same_shape(op, input, t);
    // A weak number and a whole one take the other's dtype.
    if (!is_floating(x.dtype()) || (x.weak() && !target.weak()))
      x = is_floating(target.dtype()) ? detail::follow(op, input, t, at) : to(x, float32, at);
    target = detail::follow(op, {target, t.name}, {x, input.name}, at);
  }
  Tensor x, target;
};

// Σ f(x, t), in tiles whose sums are added in order.
template <class F>
double total(const F& f, const Tensor& x, const Tensor& t) {
  const std::int64_t n = x.size(), grain = kernels::pointwise_grain, tiles = (n + grain - 1) / grain;
  const Tensor parts = Tensor::uninitialized(Shape(tiles), float64);
  xgrad::detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::parallel_ranges(n, grain, [&](std::int64_t begin, std::int64_t end) {
      constexpr std::int64_t chunk = 256;
      kernels::WideSum<T> sum;
      alignas(64) T losses[chunk];
      for (std::int64_t i = begin; i < end; i += chunk) {
        const std::int64_t count = std::min(chunk, end - i);
        std::fill(losses + count, losses + chunk, T(0));
        kernels::pointwise_row<T>(f, losses, {x.data<T>() + i, t.data<T>() + i}, {1, 1}, count,
                                  std::make_index_sequence<2>{});
        for (std::int64_t j = 0; j < count; j += static_cast<std::int64_t>(Vec<T>::width))
          sum.add(Vec<T>::load(losses + j));
      }
      parts.write<double>()[begin / grain] = sum.total();
    });
  });
  double sum = 0;
  for (std::int64_t i = 0; i < tiles; ++i) sum += parts.data<double>()[i];
  return sum;
}

// slope(x, t) g scale: over Tensors where backward is recorded, else in one pass.
template <class Slope>
Tensor pull(const Slope& slope, const Tensor& x, const Tensor& t, const Tensor& g, double scale) {
  const auto f = [&](auto a, auto b, auto up) { return slope(a, b) * (up * scale); };
  if (grad_enabled()) return f(x, t, g);
  Tensor out = Tensor::uninitialized(x.shape(), x.dtype());
  const std::int64_t step = g.rank() == x.rank() ? 1 : 0;
  xgrad::detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::parallel_ranges(x.size(), kernels::pointwise_grain, [&](std::int64_t begin, std::int64_t end) {
      kernels::pointwise_row<T>(f, out.write<T>() + begin,
                                {x.data<T>() + begin, t.data<T>() + begin, g.data<T>() + step * begin}, {1, 1, step},
                                end - begin, std::make_index_sequence<3>{});
    });
  });
  return out;
}

// A loss of one node: the elements' losses f(x, t), reduced and multiplied by `factor`, and their slopes in x and in t.
template <class F, class SlopeX, class SlopeT>
Tensor pointwise_loss(const char* name, Pair pair, Reduction reduction, Source at, F f, SlopeX slope_x, SlopeT slope_t,
                      double factor = 1) {
  Tensor &input = pair.x, &target = pair.target;
  const xgrad::detail::Timed timed(name, at);
  const auto n = static_cast<double>(input.size());
  Tensor value;
  double scale = factor;
  if (reduction == Reduction::none) {
    value = Tensor::uninitialized(input.shape(), input.dtype());
    xgrad::detail::visit_floating(input.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      kernels::parallel_ranges(input.size(), kernels::pointwise_grain, [&](std::int64_t begin, std::int64_t end) {
        kernels::pointwise_row<T>(f, value.write<T>() + begin, {input.data<T>() + begin, target.data<T>() + begin},
                                  {1, 1}, end - begin, std::make_index_sequence<2>{});
      });
    });
  } else {
    if (reduction == Reduction::mean) scale /= n;
    if (reduction == Reduction::batchmean) scale /= static_cast<double>(input.rank() == 0 ? 1 : input.shape()[0]);
    value = xgrad::detail::converted(Tensor(total(f, input, target) * scale), input.dtype());
  }
  value.mark_weak(input.weak() && target.weak());
  if (n == 0) scale = 0;  // a mean of nothing is NaN, but nothing depends on it
  return record(name, at, std::move(value), {std::move(input), std::move(target)},
                from<0, 1>([=](Tensor x, Tensor t, Tensor g) { return pull(slope_x, x, t, g, scale); }),
                from<0, 1>([=](Tensor x, Tensor t, Tensor g) { return pull(slope_t, x, t, g, scale); }));
}

// A loss of the difference d = x - t alone.
template <class F, class Slope>
Tensor difference_loss(const char* name, Pair pair, Reduction reduction, Source at, F f, Slope slope,
                       double factor = 1) {
  return pointwise_loss(
      name, std::move(pair), reduction, at, [f](auto x, auto t) { return f(x - t); },
      [slope](auto x, auto t) { return slope(x - t); }, [slope](auto x, auto t) { return -slope(x - t); }, factor);
}

template <class T, int Isa>
Vec<T, Isa> sign_of(Vec<T, Isa> d) {
  return where(d > 0, Vec<T, Isa>(1), where(d < 0, Vec<T, Isa>(-1), 0));
}
Tensor sign_of(const Tensor& d) { return sign(d); }

Tensor weighted(const char* op, Tensor losses, const Tensor& weight, Reduction reduction, Source at) {
  if (weight.defined()) {
    Tensor factors = detail::follow(op, {weight, "weight"}, {losses, "input"}, at);
    losses = mul(std::move(losses), std::move(factors), at);
  }
  return detail::reduce(std::move(losses), reduction, at);
}

// Weights broadcast to the input, and never the input to them.
void require_weight(const char* op, const Tensor& x, const Tensor& weight, const char* name) {
  if (!weight.defined()) return;
  detail::require_same_floating(op, {weight, name}, {x, "input"});
  if (!broadcasts_to(weight.shape(), x.shape()))
    throw std::invalid_argument(std::string(op) + ": " + name + " is " + to_string(weight.shape()) +
                                ", which does not broadcast to the input " + to_string(x.shape()));
}

void require_probabilities(const char* op, const Tensor& z) {
  xgrad::detail::visit_floating(z.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T *begin = z.data<T>(), *end = begin + z.size();
    const T* found = std::find_if(begin, end, [](T p) { return p < 0 || p > 1; });
    if (found != end)
      throw std::invalid_argument(std::string(op) + ": element " + std::to_string(found - begin) + " of the input is " +
                                  std::to_string(*found) +
                                  ": probabilities lie in [0, 1]: put a sigmoid before, or use logits");
  });
}

}  // namespace

Tensor mse_loss(Tensor input, Tensor target, Reduction reduction, Source at) {
  detail::require_plain("mse_loss", reduction);
  return difference_loss(
      "mse_loss", Pair("mse_loss", {input, "input"}, {target, "target"}, at), reduction, at,
      [](auto d) { return d * d; }, [](auto d) { return 2 * d; });
}

Tensor half_squared_error(Tensor y, Tensor t, Source at) {
  return difference_loss(
      "half_squared_error", Pair("half_squared_error", {y, "input"}, {t, "target"}, at), Reduction::sum, at,
      [](auto d) { return d * d; }, [](auto d) { return 2 * d; }, 0.5);
}

Tensor l1_loss(Tensor input, Tensor target, Reduction reduction, Source at) {
  detail::require_plain("l1_loss", reduction);
  return difference_loss(
      "l1_loss", Pair("l1_loss", {input, "input"}, {target, "target"}, at), reduction, at,
      [](auto d) { return abs(d); }, [](auto d) { return sign_of(d); });
}

Tensor smooth_l1_loss(Tensor input, Tensor target, Reduction reduction, double beta, Source at) {
  detail::require_plain("smooth_l1_loss", reduction);
  if (!(beta >= 0))
    throw std::invalid_argument("smooth_l1_loss: beta must not be negative, got " + std::to_string(beta));
  Pair pair("smooth_l1_loss", {input, "input"}, {target, "target"}, at);
  if (beta == 0)
    return difference_loss(
        "smooth_l1_loss", std::move(pair), reduction, at, [](auto d) { return abs(d); },
        [](auto d) { return sign_of(d); });
  return difference_loss(
      "smooth_l1_loss", std::move(pair), reduction, at,
      [=](auto d) { return where(abs(d) < beta, d * d * (0.5 / beta), abs(d) - 0.5 * beta); },
      [=](auto d) { return where(abs(d) < beta, d * (1 / beta), sign_of(d)); });
}

Tensor huber_loss(Tensor input, Tensor target, Reduction reduction, double delta, Source at) {
  detail::require_plain("huber_loss", reduction);
  if (!(delta > 0)) throw std::invalid_argument("huber_loss: delta must be positive, got " + std::to_string(delta));
  return difference_loss(
      "huber_loss", Pair("huber_loss", {input, "input"}, {target, "target"}, at), reduction, at,
      [=](auto d) { return where(abs(d) <= delta, 0.5 * (d * d), delta * (abs(d) - 0.5 * delta)); },
      [=](auto d) { return where(abs(d) <= delta, d, delta * sign_of(d)); });
}

Tensor kl_div(Tensor input, Tensor target, Reduction reduction, LogTarget logarithms, Source at) {
  Pair pair("kl_div", {input, "input"}, {target, "target"}, at);
  if (logarithms == LogTarget::yes)
    return pointwise_loss(
        "kl_div", std::move(pair), reduction, at, [](auto x, auto t) { return exp(t) * (t - x); },
        [](auto, auto t) { return -exp(t); }, [](auto x, auto t) { return exp(t) * (t - x + 1); });
  // At t = 0 the logarithm is taken of 1, so that its infinite slope there meets no gradient.
  const auto log_or_0 = [](auto t) { return log(where(t == 0, 1, t)); };
  return pointwise_loss(
      "kl_div", std::move(pair), reduction, at, [=](auto x, auto t) { return t * (log_or_0(t) - x); },
      [](auto, auto t) { return -t; }, [=](auto x, auto t) { return where(t == 0, 0, log_or_0(t) + 1) - x; });
}

Tensor binary_cross_entropy(Tensor probabilities, Tensor target, Tensor weight, Reduction reduction, Source at) {
  constexpr const char* op = "binary_cross_entropy";
  detail::require_plain(op, reduction);
  Pair pair(op, {probabilities, "input"}, {target, "target"}, at);
  require_weight(op, pair.x, weight, "weight");
  require_probabilities(op, pair.x);
  // ln z and ln(1 - z) clamped at -100; where they are, the slope is 0 and z is replaced by 1, so that 1 / z is finite.
  const auto clamped = [](auto logarithm) { return maximum(logarithm, -100); };
  const auto inverse = [](auto z, auto logarithm) {
    auto live = logarithm >= -100;
    return where(live, 1 / where(live, z, 1), 0);
  };
  Tensor losses = pointwise_loss(
      op, std::move(pair), weight.defined() ? Reduction::none : reduction, at,
      [=](auto z, auto t) { return -(t * clamped(log(z)) + (1 - t) * clamped(log1p(-z))); },
      [=](auto z, auto t) { return (1 - t) * inverse(1 - z, log1p(-z)) - t * inverse(z, log(z)); },
      [=](auto z, auto) { return clamped(log1p(-z)) - clamped(log(z)); });
  return weight.defined() ? weighted(op, std::move(losses), weight, reduction, at) : losses;
}

Tensor binary_cross_entropy(Tensor probabilities, Tensor target, Reduction reduction, Source at) {
  return binary_cross_entropy(std::move(probabilities), std::move(target), {}, reduction, at);
}

Tensor binary_cross_entropy_with_logits(Tensor logits, Tensor target, Tensor pos_weight, Tensor weight,
                                        Reduction reduction, Source at) {
  constexpr const char* op = "binary_cross_entropy_with_logits";
  detail::require_plain(op, reduction);
  Pair pair(op, {logits, "input"}, {target, "target"}, at);
  require_weight(op, pair.x, pos_weight, "pos_weight");
  require_weight(op, pair.x, weight, "weight");
  const Tensor x = pair.x, t = pair.target;
  if (pos_weight.defined()) {
    // With ln σ(x) = l and ln(1 - σ(x)) = l - x: -(p t l + (1 - t)(l - x)) = (1 - t) x - (1 + (p - 1) t) l.
    const Tensor p = detail::follow(op, {pos_weight, "pos_weight"}, {x, "input"}, at);
    const Tensor factor = add(mul(sub(p, 1, at), t, at), 1, at);
    return weighted(op, sub(mul(sub(1, t, at), x, at), mul(factor, logsigmoid(x, at), at), at), weight, reduction, at);
  }
  // ln(1 + e^x) - t x, of which ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|).
  Tensor losses = pointwise_loss(
      op, std::move(pair), weight.defined() ? Reduction::none : reduction, at,
      [](auto z, auto y) { return maximum(z, 0) - z * y + log1p(exp(-abs(z))); },
      [](auto z, auto y) { return sigmoid(z) - y; }, [](auto z, auto) { return -z; });
  return weight.defined() ? weighted(op, std::move(losses), weight, reduction, at) : losses;
}

Tensor binary_cross_entropy_with_logits(Tensor logits, Tensor target, Reduction reduction, Source at) {
  return binary_cross_entropy_with_logits(std::move(logits), std::move(target), {}, {}, reduction, at);
}

}  // namespace xgrad::nn

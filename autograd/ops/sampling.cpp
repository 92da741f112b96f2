#include <xgrad/autograd/kernels/random/normal.hpp>
#include <xgrad/autograd/kernels/random/uniform.hpp>
#include <xgrad/autograd/ops/sampling.hpp>

#include <algorithm>
#include <cmath>
#include <string>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/kernels/sorting/order.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/draw_scope.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/random_fill.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/softmax.hpp>

namespace xgrad {
namespace {

using detail::number_text;
using kernels::Philox;

[[noreturn]] void refuse(const std::string& sentence) { throw detail::argument_error(sentence); }

void require_floating(const char* op, const char* what, DType dtype) {
  if (!is_floating(dtype)) refuse(std::string(op) + ": " + what + " must be float32 or float64, got " + name_of(dtype));
}

// A new tensor that fill(elements, count, seed, stream) fills.
template <class F>
Tensor filled(const char* op, const Shape& shape, Generator& generator, DType dtype, const F& fill) {
  require_floating(op, "the dtype", dtype);
  return detail::filled_at_random(shape, generator, dtype, fill);
}

// A new tensor of numbers that next(random) draws.
template <class F>
Tensor drawn(const char* op, const Shape& shape, Generator& generator, DType dtype, F next) {
  return filled(op, shape, generator, dtype, [&](auto* to, std::int64_t n, std::uint64_t seed, std::uint64_t stream) {
    using T = std::decay_t<decltype(*to)>;
    Philox random(seed, stream);
    std::generate_n(to, n, [&] { return static_cast<T>(next(random)); });
  });
}

// Uniform in (0, 1): both ends are excluded.
double open_uniform(Philox& random) { return (static_cast<double>(random.next64() >> 12) + 0.5) * 0x1p-52; }

// ---- multinomial

// The largest weight of a row, after it has been checked.
template <class T>
double largest_weight(const T* weights, std::int64_t n) {
  double largest = 0;
  for (std::int64_t j = 0; j < n; ++j) {
    const auto weight = static_cast<double>(weights[j]);
    if (!(weight >= 0) || std::isinf(weight))
      refuse("multinomial: weights must be finite and not negative, got " + number_text(weight));
    largest = std::max(largest, weight);
  }
  if (largest == 0) refuse("multinomial: the weights of a row add up to 0: one must be positive");
  return largest;
}

// Each weight divided by an exponential number of its own: their order is that of draws without replacement (Efraimidis
// and Spirakis, "Weighted random sampling with a reservoir", 2006).
template <class T>
void draw_without_replacement(const T* weights, double largest, std::int64_t n, Philox& random, std::int64_t* out,
                              std::int64_t count) {
  const detail::Scratch<double> keys(n);
  for (std::int64_t j = 0; j < n; ++j)
    keys.data()[j] = static_cast<double>(weights[j]) / largest / -std::log(open_uniform(random));
  kernels::sorted_order(keys.data(), out, count, {1, n, 1}, true);
}

template <class T>
void draw_with_replacement(const T* weights, double largest, std::int64_t n, Philox& random, std::int64_t* out,
                           std::int64_t count) {
  const detail::Scratch<double> sums(n);
  double total = 0;
  for (std::int64_t j = 0; j < n; ++j) sums.data()[j] = total += static_cast<double>(weights[j]) / largest;
  for (std::int64_t k = 0; k < count; ++k) {
    const double at = random.uniform() * total;
    std::int64_t j = std::upper_bound(sums.data(), sums.data() + n, at) - sums.data();
    while (j == n || weights[j] == 0) --j;  // only if the product was rounded up to the total
    out[k] = j;
  }
}

void check_multinomial(const Tensor& weights, std::int64_t count, Replacement replacement) {
  require_floating("multinomial", "weights", weights.dtype());
  const Shape& shape = weights.shape();
  if (shape.rank() != 1 && shape.rank() != 2)
    refuse("multinomial: weights must have one or two axes, got shape " + to_string(shape));
  if (count < 1) refuse("multinomial: the count must be positive, got " + std::to_string(count));
  if (replacement == Replacement::no && count > shape.back())
    refuse("multinomial: cannot draw " + std::to_string(count) + " different indices from weights of shape " +
           to_string(shape) + ": draw fewer, or with_replacement");
}

// ---- normal

void require_deviations(const Tensor& std) {
  const Tensor wide = detail::converted(std, float64);
  const double* from = Raw::data<double>(wide);
  for (std::int64_t i = 0; i < wide.size(); ++i)
    if (!(from[i] >= 0)) refuse("normal: std cannot be negative or NaN, got " + number_text(from[i]));
}

void require_bounds(std::int64_t low, std::int64_t high, DType dtype) {
  if (low >= high)
    refuse("randint_like: low must be below high, got " + std::to_string(low) + " and " + std::to_string(high));
  if (!is_floating(dtype)) return;
  const std::int64_t most = std::int64_t{1} << (dtype == float32 ? 24 : 53);
  if (low < -most || high - 1 > most)
    refuse("randint_like: low and high are " + std::to_string(low) + " and " + std::to_string(high) + ": " +
           name_of(dtype) + " holds each whole number only from -2^" +
           (dtype == float32 ? "24 to 2^24" : "53 to 2^53") + ": draw int64 with randint");
}

// 1 at the largest element of each line, else 0.
Tensor one_hot_of_largest(const Tensor& x, std::int64_t axis) {
  const NoGrad off;
  if (x.rank() == 0) return ones_like(x);
  const std::size_t at = resolve_axis("gumbel_softmax", axis, x.rank());
  const std::int64_t n = x.shape()[at];
  const Shape across(std::vector<std::int64_t>(x.rank(), 1));
  return (argmax(x, axis, keepdims) == reshape(arange(n), across.with(at, n))).to(x.dtype());
}

Tensor gumbel_softmax_of(Tensor x, Generator& generator, double tau, Sampling how, Dim axis, Source at) {
  const detail::Timed timed("gumbel_softmax", at);
  detail::require_defined("gumbel_softmax", &x, 1);
  static_cast<void>(resolve_axis_of_any_rank("gumbel_softmax", axis, x.rank()));
  require_floating("gumbel_softmax", "x", x.dtype());
  if (!(tau > 0) || std::isinf(tau)) refuse("gumbel_softmax: tau must be positive and finite, got " + number_text(tau));
  const detail::DrawScope draws(generator);
  Tensor noise = gumbel(x.shape(), generator, x.dtype(), at);
  Tensor soft = softmax(div(add(std::move(x), std::move(noise), at), tau, at), axis, at);
  if (how == Sampling::soft || soft.size() == 0) return soft;
  Tensor y = one_hot_of_largest(soft, axis);
  return record("gumbel_softmax", at, std::move(y), {std::move(soft)}, attributes("tau", tau), pass_on);
}

}  // namespace

Tensor bernoulli(Tensor p, Source at) { return bernoulli(std::move(p), default_generator(), at); }
Tensor bernoulli(Tensor p, Generator& generator, Source at) {
  const detail::Timed timed("bernoulli", at);
  detail::require_defined("bernoulli", &p, 1);
  require_floating("bernoulli", "p", p.dtype());
  detail::visit_floating(p.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T* chance = Raw::data<T>(p);
    const auto fits = [](T one) { return (one >= 0) & (one <= 1); };
    bool all = true;
    for (std::int64_t i = 0; i < p.size(); ++i) all = all & fits(chance[i]);
    if (!all) {
      const T bad = *std::find_if_not(chance, chance + p.size(), fits);
      refuse("bernoulli: p must be within [0, 1], got " + number_text(static_cast<double>(bad)));
    }
  });
  return filled("bernoulli", p.shape(), generator, p.dtype(),
                [&](auto* to, std::int64_t n, std::uint64_t seed, std::uint64_t stream) {
                  using T = std::decay_t<decltype(*to)>;
                  const T* chance = Raw::data<T>(p);
                  constexpr std::int64_t tile = 1024;
                  double u[tile];
                  for (std::int64_t i = 0; i < n; i += tile) {
                    const std::int64_t count = std::min(tile, n - i);
                    kernels::uniform(u, count, seed, stream, static_cast<std::uint64_t>(i) / 2);
                    for (std::int64_t j = 0; j < count; ++j)
                      to[i + j] = u[j] < static_cast<double>(chance[i + j]) ? T(1) : T(0);
                  }
                });
}

Tensor multinomial(Tensor weights, Dim count, Replacement replacement, Source at) {
  return multinomial(std::move(weights), count, replacement, default_generator(), at);
}
Tensor multinomial(Tensor weights, Dim count, Replacement replacement, Generator& generator, Source at) {
  const detail::Timed timed("multinomial", at);
  detail::require_defined("multinomial", &weights, 1);
  check_multinomial(weights, count, replacement);
  const std::int64_t n = weights.shape().back(), rows = weights.rank() == 1 ? 1 : weights.shape()[0];
  Tensor y = Raw::uninitialized(weights.shape().with(weights.rank() - 1, count), int64);
  detail::visit_floating(weights.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T* from = Raw::data<T>(weights);
    for (std::int64_t i = 0; i < rows; ++i) static_cast<void>(largest_weight(from + i * n, n));
    const detail::DrawScope draws(generator);
    Philox random = generator.next();
    const auto draw = replacement == Replacement::yes ? &draw_with_replacement<T> : &draw_without_replacement<T>;
    for (std::int64_t i = 0; i < rows; ++i)
      draw(from + i * n, largest_weight(from + i * n, n), n, random, Raw::write<std::int64_t>(y) + i * count, count);
  });
  return y;
}

Tensor normal(Tensor mean, Tensor std, Source at) {
  return normal(std::move(mean), std::move(std), default_generator(), at);
}
Tensor normal(Tensor mean, Tensor std, Generator& generator, Source at) {
  const detail::Timed timed("normal", at);
  const Tensor both[] = {mean, std};
  detail::require_defined("normal", both, 2);
  require_deviations(std);
  const Shape shape = detail::broadcast_all("normal", both, 2);
  const DType dtype = detail::promote(both, 2, true);
  const NoGrad off;
  const detail::DrawScope draws(generator);
  const Tensor standard = randn(shape, generator, dtype, at);
  return add(std::move(mean), mul(standard, std::move(std), at), at).to(dtype);
}

Tensor normal(double mean, double std, Shape shape, DType dtype, Source at) {
  return normal(mean, std, std::move(shape), default_generator(), dtype, at);
}
Tensor normal(double mean, double std, Shape shape, Generator& generator, DType dtype, Source at) {
  const detail::Timed timed("normal", at);
  if (!(std >= 0)) refuse("normal: std cannot be negative or NaN, got " + number_text(std));
  return filled("normal", shape, generator, dtype,
                [=](auto* to, std::int64_t n, std::uint64_t seed, std::uint64_t stream) {
                  kernels::normal(to, n, mean, std, seed, stream, 0);
                });
}

Tensor uniform(double low, double high, Shape shape, DType dtype, Source at) {
  return uniform(low, high, std::move(shape), default_generator(), dtype, at);
}
Tensor uniform(double low, double high, Shape shape, Generator& generator, DType dtype, Source at) {
  const detail::Timed timed("uniform", at);
  if (!(low <= high) || !std::isfinite(low) || !std::isfinite(high))
    refuse("uniform: low and high must be finite, and low not above high, got " + number_text(low) + " and " +
           number_text(high));
  for (const double bound : {low, high}) detail::require_range(bound, dtype, "uniform");
  // Rounding may reach the upper end, which is excluded.
  const double below =
      dtype == float32 ? std::nextafter(static_cast<float>(high), static_cast<float>(low)) : std::nextafter(high, low);
  return filled("uniform", shape, generator, dtype,
                [=](auto* to, std::int64_t n, std::uint64_t seed, std::uint64_t stream) {
                  kernels::uniform(to, n, low, high, below, seed, stream);
                });
}

Tensor exponential(double rate, Shape shape, DType dtype, Source at) {
  return exponential(rate, std::move(shape), default_generator(), dtype, at);
}
Tensor exponential(double rate, Shape shape, Generator& generator, DType dtype, Source at) {
  const detail::Timed timed("exponential", at);
  if (!(rate > 0) || std::isinf(rate))
    refuse("exponential: the rate must be positive and finite, got " + number_text(rate));
  return drawn("exponential", shape, generator, dtype,
               [rate](Philox& random) { return -std::log(open_uniform(random)) / rate; });
}

Tensor gumbel(Shape shape, DType dtype, Source at) { return gumbel(std::move(shape), default_generator(), dtype, at); }
Tensor gumbel(Shape shape, Generator& generator, DType dtype, Source at) {
  const detail::Timed timed("gumbel", at);
  return drawn("gumbel", shape, generator, dtype,
               [](Philox& random) { return -std::log(-std::log(open_uniform(random))); });
}

Tensor rand_like(const Tensor& x, Source at) { return rand_like(x, default_generator(), at); }
Tensor rand_like(const Tensor& x, Generator& generator, Source at) {
  const detail::Calling calling("rand_like", at);
  return rand(x.shape(), generator, x.dtype(), at);
}
Tensor randn_like(const Tensor& x, Source at) { return randn_like(x, default_generator(), at); }
Tensor randn_like(const Tensor& x, Generator& generator, Source at) {
  const detail::Calling calling("randn_like", at);
  return randn(x.shape(), generator, x.dtype(), at);
}
Tensor randint_like(const Tensor& x, Dim low, Dim high, Source at) {
  return randint_like(x, low, high, default_generator(), at);
}
Tensor randint_like(const Tensor& x, Dim low, Dim high, Generator& generator, Source at) {
  const detail::Calling calling("randint_like", at);
  if (x.dtype() == boolean) refuse("randint_like: bool does not hold whole numbers: call to(int64)");
  require_bounds(low, high, x.dtype());
  const detail::DrawScope draws(generator);
  return detail::converted(randint(low, high, x.shape(), generator, at), x.dtype());
}

Tensor gumbel_softmax(Tensor x, double tau, Sampling how, Dim axis, Source at) {
  return gumbel_softmax_of(std::move(x), default_generator(), tau, how, axis, at);
}
Tensor gumbel_softmax(Tensor x, Generator& generator, double tau, Sampling how, Dim axis, Source at) {
  return gumbel_softmax_of(std::move(x), generator, tau, how, axis, at);
}

}  // namespace xgrad

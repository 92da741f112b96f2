#include <xgrad/autograd/ops/dropout.hpp>

#include <cmath>
#include <string>
#include <utility>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/random/random.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/draw_scope.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/selection.hpp>

namespace xgrad {
namespace {

// y = x mask, and exactly 0 where the mask is 0, also for an x that is infinite or NaN.
template <class T>
void select_and_scale(const T* x, const T* mask, T* y, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    const T scaled = x[i] * mask[i];
    y[i] = mask[i] == 0 ? T(0) : scaled;
  }
}

// Fills the mask, 0 or 1 / (1 - p), and y, tile by tile.
template <class T>
void drop(const T* x, T* mask, T* y, std::int64_t n, double p, std::uint64_t seed, std::uint64_t stream) {
  const T scale = p < 1 ? static_cast<T>(1 / (1 - p)) : T(0);
  static_assert(kernels::pointwise_grain % 64 == 0, "a tile begins with a block of random numbers");
  kernels::parallel_ranges(n, kernels::pointwise_grain, [&](std::int64_t begin, std::int64_t end) {
    kernels::bernoulli(mask + begin, end - begin, 1 - p, scale, seed, stream, static_cast<std::uint64_t>(begin) / 4);
    select_and_scale(x + begin, mask + begin, y + begin, end - begin);
  });
}

Tensor pull_kernel(const Tensor& mask, const Tensor& g) {
  Tensor out = Raw::uninitialized(g.shape(), g.dtype());
  detail::visit_floating(g.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::parallel_ranges(g.size(), kernels::pointwise_grain, [&](std::int64_t begin, std::int64_t end) {
      select_and_scale(Raw::data<T>(g) + begin, Raw::data<T>(mask) + begin, Raw::write<T>(out) + begin, end - begin);
    });
  });
  return out;
}

void check(const char* op, const Tensor& x, double p) {
  detail::require_defined(op, &x, 1);
  if (!is_floating(x.dtype()))
    throw detail::argument_error(std::string(op) + ": the input is " + name_of(x.dtype()) +
                                 ": only float32 and float64 will do: convert it with to()");
  if (!(p >= 0 && p <= 1))
    throw detail::argument_error(std::string(op) + ": the probability must lie in [0, 1], got " +
                                 detail::number_text(p));
}

Generator& generator_of(Generator* own) { return own != nullptr ? *own : default_generator(); }

}  // namespace

Tensor dropout(Tensor input, double p, bool training, Generator* generator, Source at) {
  const detail::Timed timed("dropout", at);
  check("dropout", input, p);
  if (!training || p == 0) return input;
  Generator& source = generator_of(generator);
  const detail::DrawScope draws(source);
  const std::uint64_t seed = source.seed(), stream = (source.stream() << 40) + source.draws();
  source.next();
  Tensor kept = Raw::uninitialized(input.shape(), input.dtype());
  Tensor value = Raw::uninitialized(input.shape(), input.dtype());
  detail::visit_floating(input.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    drop(Raw::data<T>(input), Raw::write<T>(kept), Raw::write<T>(value), input.size(), p, seed, stream);
  });
  return record("dropout", at, std::move(value), {std::move(input), std::move(kept)},
                attributes("p", p, "training", training), from<1>([](Tensor mask, Tensor g) {
                  return grad_enabled() ? where(mask == 0, 0, g * mask) : pull_kernel(mask, g);
                }),
                no_gradient);
}

namespace {

// A mask, 0 or 1 / (1 - p), with one number for each place on the first `axes` axes.
Tensor mask_over(const Tensor& x, std::size_t axes, double p, Generator* generator) {
  const NoGrad off;
  Shape shape = x.shape();
  for (std::size_t k = axes; k < shape.rank(); ++k) shape = shape.with(k, 1);
  return dropout(ones(shape, x.dtype()), p, true, generator);
}

// Drops whole channels, which begin behind the first `axes` axes.
Tensor drop_channels(const char* op, Tensor x, std::size_t axes, double p, bool training, Generator* generator,
                     Source at) {
  if (!training || p == 0) return x;
  const detail::Timed timed(op, at);
  const detail::DrawScope draws(generator_of(generator));
  const Tensor mask = mask_over(x, axes, p, generator);
  return where(mask == 0, 0, mul(std::move(x), mask, at), at);
}

void require_axes(const char* op, const Tensor& x, std::size_t least, std::size_t most, const char* axes) {
  if (x.rank() < least || x.rank() > most)
    throw detail::argument_error(std::string(op) + ": the input must have axes " + axes + ", got shape " +
                                 to_string(x.shape()));
}

}  // namespace

Tensor dropout1d(Tensor x, double p, bool training, Generator* generator, Source at) {
  check("dropout1d", x, p);
  require_axes("dropout1d", x, 2, 3, "(N, C, L) or (C, L)");
  const std::size_t axes = x.rank() - 1;
  return drop_channels("dropout1d", std::move(x), axes, p, training, generator, at);
}

Tensor dropout2d(Tensor x, double p, bool training, Generator* generator, Source at) {
  check("dropout2d", x, p);
  require_axes("dropout2d", x, 3, 4, "(N, C, H, W) or (N, C, L)");
  return drop_channels("dropout2d", std::move(x), 2, p, training, generator, at);
}

Tensor dropout3d(Tensor x, double p, bool training, Generator* generator, Source at) {
  check("dropout3d", x, p);
  require_axes("dropout3d", x, 4, 5, "(N, C, D, H, W) or (C, D, H, W)");
  const std::size_t axes = x.rank() - 3;
  return drop_channels("dropout3d", std::move(x), axes, p, training, generator, at);
}

namespace {

// Kept elements become a x + b, dropped ones a α' + b, with a and b from the mean and variance of both.
Tensor drop_to_alpha(const char* op, Tensor x, std::size_t axes, double p, bool training, Generator* generator,
                     Source at) {
  if (!training || p == 0) return x;
  const detail::Timed timed(op, at);
  constexpr double alpha = 1.7580993408473766;  // of selu: its limit at -inf is -alpha
  const detail::DrawScope draws(generator_of(generator));
  const Tensor dropped = mask_over(x, axes, p, generator) == 0;
  if (p == 1) return where(dropped, 0, std::move(x), at);
  const double a = 1 / std::sqrt((alpha * alpha * p + 1) * (1 - p)), b = alpha * a * p;
  return where(dropped, b - alpha * a, add(mul(std::move(x), a, at), b, at), at);
}

}  // namespace

Tensor alpha_dropout(Tensor x, double p, bool training, Generator* generator, Source at) {
  check("alpha_dropout", x, p);
  const std::size_t axes = x.rank();
  return drop_to_alpha("alpha_dropout", std::move(x), axes, p, training, generator, at);
}

Tensor feature_alpha_dropout(Tensor x, double p, bool training, Generator* generator, Source at) {
  check("feature_alpha_dropout", x, p);
  require_axes("feature_alpha_dropout", x, 2, 32, "(N, C, ...)");
  return drop_to_alpha("feature_alpha_dropout", std::move(x), 2, p, training, generator, at);
}

}  // namespace xgrad

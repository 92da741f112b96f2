#include <xgrad/autograd/ops/dropout.hpp>

#include <stdexcept>
#include <string>
#include <utility>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/random/random.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
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

}  // namespace

Tensor dropout(Tensor input, double p, bool training, Generator* generator, Source at) {
  const detail::Timed timed("dropout", at);
  detail::require_defined("dropout", &input, 1);
  if (!is_floating(input.dtype()))
    throw detail::argument_error(std::string("dropout: the input is ") + name_of(input.dtype()) +
                                 ": only float32 and float64 will do: convert it with to()");
  if (!(p >= 0 && p <= 1))
    throw detail::argument_error("dropout: the probability must lie in [0, 1], got " + detail::number_text(p));
  if (!training || p == 0) return input;
  Generator& source = generator != nullptr ? *generator : default_generator();
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

}  // namespace xgrad

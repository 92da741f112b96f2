#include <xgrad/nn/init.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/ops/activation.hpp>
#include <xgrad/autograd/ops/creation.hpp>

namespace xgrad::nn::init {
namespace {

using xgrad::detail::Calling;
using xgrad::detail::number_text;
using xgrad::detail::require_finite;

void require_floating(const char* op, const Tensor& tensor) {
  if (!is_floating(tensor.dtype()))
    throw xgrad::detail::argument_error(std::string(op) + ": a " + name_of(tensor.dtype()) +
                                        " tensor cannot hold these numbers: only float32 and float64 can");
}

// tensor = shift + scale * numbers, the numbers drawn in the tensor's own shape and dtype; where rounding reaches
// `end`, it is the number before that.
void write_scaled(const char* op, const Tensor& tensor, const Tensor& numbers, double shift, double scale, double end,
                  Source at) {
  const NoGrad no_grad;
  Raw::begin_write(tensor, op, at);
  xgrad::detail::visit_floating(tensor.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T* from = Raw::data<T>(numbers);
    T* to = Raw::write<T>(tensor);
    auto last = static_cast<T>(end);
    if (std::isfinite(end) && static_cast<double>(last) >= end)
      last = std::nextafter(last, -std::numeric_limits<T>::infinity());
    for (std::int64_t i = 0; i < tensor.size(); ++i)
      to[i] = std::min(static_cast<T>(shift + scale * static_cast<double>(from[i])), last);
  });
}

Tensor draw_uniform(const char* op, const Tensor& tensor, double low, double high, Generator* generator, Source at) {
  require_floating(op, tensor);
  if (!std::isfinite(high - low))
    throw xgrad::detail::argument_error(std::string(op) + ": cannot draw from " + number_text(low) + " .. " +
                                        number_text(high) + ": the length of the interval must be finite");
  const Tensor numbers = rand(tensor.shape(), generator ? *generator : default_generator(), tensor.dtype());
  const double end = low < high ? high : std::numeric_limits<double>::infinity();
  write_scaled(op, tensor, numbers, low, high - low, end, at);
  return tensor;
}

Tensor draw_normal(const char* op, const Tensor& tensor, double mean, double std, Generator* generator, Source at) {
  require_floating(op, tensor);
  const Tensor numbers = randn(tensor.shape(), generator ? *generator : default_generator(), tensor.dtype());
  write_scaled(op, tensor, numbers, mean, std, std::numeric_limits<double>::infinity(), at);
  return tensor;
}

Fans fans_of(const char* op, const Tensor& tensor) {
  const Shape& shape = tensor.shape();
  if (shape.rank() < 2)
    throw xgrad::detail::argument_error(std::string(op) + ": the tensor has shape " + to_string(shape) +
                                        ": a weight with fans has rank 2 or more");
  double receptive = 1;
  for (std::size_t axis = 2; axis < shape.rank(); ++axis) receptive *= static_cast<double>(shape[axis]);
  return {static_cast<double>(shape[1]) * receptive, static_cast<double>(shape[0]) * receptive};
}

// Φ(x), accurate in the lower tail.
double distribution(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

// The x with Φ(x) = p, p <= 1/2: Hastings' approximation (26.2.23 in Abramowitz and Stegun) and two steps of Halley's
// method for Φ(x) - p, whose second derivative is -x times the first.
double lower_quantile(double p) {
  const double t = std::sqrt(-2 * std::log(p));
  double x = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (int i = 0; i < 2; ++i) {
    const double step = (distribution(x) - p) * std::sqrt(2 * std::acos(-1.0)) * std::exp(0.5 * x * x);
    x -= step / (1 + 0.5 * x * step);
  }
  return x;
}

// 0 and 1, which random numbers may round to, count as the next probabilities.
double quantile(double p) {
  return p <= 0.5 ? lower_quantile(std::max(p, std::numeric_limits<double>::min()))
                  : -lower_quantile(std::max(1 - p, 0x1p-54));
}

// An empty weight may have a fan of 0; it has no elements to scale.
double deviation(double gain, double fan) { return fan > 0 ? gain / std::sqrt(fan) : 0; }

// The bound of an interval in T, not outside of it.
template <class T>
T rounded_within(double bound, bool lower) {
  const auto near = static_cast<T>(std::clamp(bound, -static_cast<double>(std::numeric_limits<T>::max()),
                                              static_cast<double>(std::numeric_limits<T>::max())));
  if (lower ? static_cast<double>(near) >= bound : static_cast<double>(near) <= bound) return near;
  return std::nextafter(near, lower ? std::numeric_limits<T>::infinity() : -std::numeric_limits<T>::infinity());
}

double kaiming_deviation(const char* op, const Tensor& tensor, double a, Fan fan, Nonlinearity nonlinearity) {
  require_finite(op, "the slope a", a);
  const Fans both = fans_of(op, tensor);
  return deviation(calculate_gain(nonlinearity, a), fan == Fan::in ? both.in : both.out);
}

double xavier_deviation(const char* op, const Tensor& tensor, double gain) {
  require_finite(op, "the gain", gain);
  if (gain < 0)
    throw xgrad::detail::argument_error(std::string(op) + ": the gain must not be negative, got " + number_text(gain));
  const Fans both = fans_of(op, tensor);
  return deviation(gain, (both.in + both.out) / 2);
}

}  // namespace

Fans fans(const Tensor& tensor) {
  const Calling calling("fans");
  return fans_of("fans", tensor);
}

double calculate_gain(Nonlinearity nonlinearity, double slope) {
  require_finite("calculate_gain", "the slope", slope);
  switch (nonlinearity) {
    case Nonlinearity::linear:
    case Nonlinearity::sigmoid:
      return 1;
    case Nonlinearity::tanh:
      return 5.0 / 3;
    case Nonlinearity::relu:
      return std::sqrt(2.0);
    case Nonlinearity::leaky_relu:
      return std::isfinite(slope * slope) ? std::sqrt(2 / (1 + slope * slope)) : std::sqrt(2.0) / std::abs(slope);
    case Nonlinearity::selu:
      break;
  }
  return 0.75;
}

Tensor uniform_(Tensor tensor, double low, double high, Generator* generator, Source at) {
  const Calling calling("uniform_", at);
  Raw::refuse_lost_write(tensor, "uniform_");
  if (!(low <= high) || !std::isfinite(high - low))
    throw xgrad::detail::argument_error("uniform_: cannot draw from " + number_text(low) + " .. " + number_text(high) +
                                        ": both must be finite, and in this order");
  return draw_uniform("uniform_", tensor, low, high, generator, at);
}

Tensor normal_(Tensor tensor, double mean, double std, Generator* generator, Source at) {
  const Calling calling("normal_", at);
  Raw::refuse_lost_write(tensor, "normal_");
  require_finite("normal_", "the mean", mean);
  if (!(std >= 0) || std::isinf(std))
    throw xgrad::detail::argument_error("normal_: the deviation must be finite and not negative, got " +
                                        number_text(std));
  return draw_normal("normal_", tensor, mean, std, generator, at);
}

Tensor trunc_normal_(Tensor tensor, double mean, double std, double a, double b, Generator* generator, Source at) {
  const Calling calling("trunc_normal_", at);
  Raw::refuse_lost_write(tensor, "trunc_normal_");
  require_floating("trunc_normal_", tensor);
  require_finite("trunc_normal_", "the mean", mean);
  if (!(std > 0) || std::isinf(std))
    throw xgrad::detail::argument_error("trunc_normal_: the deviation must be positive and finite, got " +
                                        number_text(std));
  if (!(a < b))
    throw xgrad::detail::argument_error("trunc_normal_: cannot draw from " + number_text(a) + " .. " + number_text(b) +
                                        ": the first must be less");
  // By symmetry the part with the larger probabilities is turned into the upper one, where 1 - Φ loses digits that do
  // not matter.
  const bool turned = mean - a < b - mean;
  const double low = turned ? (mean - b) / std : (a - mean) / std, high = turned ? (mean - a) / std : (b - mean) / std;
  const double from = distribution(low), share = distribution(high) - from;
  if (!(share > 0))
    throw xgrad::detail::argument_error("trunc_normal_: between " + number_text(a) + " and " + number_text(b) +
                                        " there is no probability of a normal distribution of mean " +
                                        number_text(mean) + " and deviation " + number_text(std));
  const Tensor uniform = rand(tensor.shape(), generator ? *generator : default_generator(), float64);
  const auto* numbers = Raw::data<double>(uniform);
  const NoGrad no_grad;
  Raw::begin_write(tensor, "trunc_normal_", at);
  xgrad::detail::visit_floating(tensor.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    // Rounding to float does not leave the interval.
    const T least = rounded_within<T>(a, true), most = rounded_within<T>(b, false);
    T* to = Raw::write<T>(tensor);
    for (std::int64_t i = 0; i < tensor.size(); ++i) {
      const double x = quantile(from + share * numbers[i]);
      to[i] = std::clamp(static_cast<T>(turned ? mean - std * x : mean + std * x), least, most);
    }
  });
  return tensor;
}

Tensor constant_(Tensor tensor, Number value, Source at) {
  const Calling calling("constant_", at);
  Raw::refuse_lost_write(tensor, "constant_");
  const NoGrad no_grad;
  tensor.fill_(value, at);
  return tensor;
}

Tensor zeros_(Tensor tensor, Source at) {
  const Calling calling("zeros_", at);
  Raw::refuse_lost_write(tensor, "zeros_");
  return constant_(std::move(tensor), 0, at);
}
Tensor ones_(Tensor tensor, Source at) {
  const Calling calling("ones_", at);
  Raw::refuse_lost_write(tensor, "ones_");
  return constant_(std::move(tensor), 1, at);
}

Tensor eye_(Tensor tensor, Source at) {
  const Calling calling("eye_", at);
  Raw::refuse_lost_write(tensor, "eye_");
  if (tensor.rank() != 2)
    throw xgrad::detail::argument_error("eye_: the tensor has shape " + to_string(tensor.shape()) +
                                        ": only a matrix has a diagonal");
  const NoGrad no_grad;
  tensor.copy_(eye(tensor.shape(0), tensor.shape(1), tensor.dtype()), at);
  return tensor;
}

Tensor xavier_uniform_(Tensor tensor, double gain, Generator* generator, Source at) {
  const Calling calling("xavier_uniform_", at);
  Raw::refuse_lost_write(tensor, "xavier_uniform_");
  const double bound = std::sqrt(3.0) * xavier_deviation("xavier_uniform_", tensor, gain);
  return draw_uniform("xavier_uniform_", tensor, -bound, bound, generator, at);
}

Tensor xavier_normal_(Tensor tensor, double gain, Generator* generator, Source at) {
  const Calling calling("xavier_normal_", at);
  Raw::refuse_lost_write(tensor, "xavier_normal_");
  return draw_normal("xavier_normal_", tensor, 0, xavier_deviation("xavier_normal_", tensor, gain), generator, at);
}

Tensor kaiming_uniform_(Tensor tensor, double a, Fan fan, Nonlinearity nonlinearity, Generator* generator, Source at) {
  const Calling calling("kaiming_uniform_", at);
  Raw::refuse_lost_write(tensor, "kaiming_uniform_");
  const double bound = std::sqrt(3.0) * kaiming_deviation("kaiming_uniform_", tensor, a, fan, nonlinearity);
  return draw_uniform("kaiming_uniform_", tensor, -bound, bound, generator, at);
}

Tensor kaiming_normal_(Tensor tensor, double a, Fan fan, Nonlinearity nonlinearity, Generator* generator, Source at) {
  const Calling calling("kaiming_normal_", at);
  Raw::refuse_lost_write(tensor, "kaiming_normal_");
  return draw_normal("kaiming_normal_", tensor, 0, kaiming_deviation("kaiming_normal_", tensor, a, fan, nonlinearity),
                     generator, at);
}

}  // namespace xgrad::nn::init

#pragma once

#include <cstdint>

#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/nn/init_structured.hpp>

/// Initial values. Each function writes the tensor in place, unrecorded, and returns it. A temporary that is a copy, as
/// w.t() is, is refused, since nobody would see the write. Those that draw random numbers use the calling thread's
/// generator or the given one, and refuse int64 and bool.
///
/// Functions that use fans take a weight (out, in, ...) of rank 2 or more: fan_in = in · r and fan_out = out · r, where
/// r is the product of the axes after the second.
namespace xgrad::nn::init {

/// Whether kaiming keeps the variance of the values in forward (in) or of the gradients in backward (out).
enum class Fan : std::uint8_t { in, out };

/// The activation after a layer, which determines the gain.
enum class Nonlinearity : std::uint8_t { linear, sigmoid, tanh, relu, leaky_relu, selu };

/// How many numbers reach one output (in), and how many outputs one input reaches (out), of a weight (out, in, ...).
struct Fans {
  double in, out;
};
/// PyTorch's _calculate_fan_in_and_fan_out; a tensor of rank below 2 is an error.
[[nodiscard]] Fans fans(const Tensor& tensor);

/// PyTorch's calculate_gain: 1 for linear and sigmoid, 5/3 for tanh, √2 for relu, √(2 / (1 + slope²)) for leaky_relu,
/// 3/4 for selu. Convolutions count as linear.
[[nodiscard]] double calculate_gain(Nonlinearity nonlinearity, double slope = 0.01);

/// Uniform in [low, high): the numbers are rounded to the dtype of the tensor, but not up to high.
Tensor uniform_(Tensor tensor, double low = 0, double high = 1, Generator* generator = nullptr,
                Source at = Source::here());
/// Normal. The book's small weights are normal_(w, 0, 0.01).
Tensor normal_(Tensor tensor, double mean = 0, double std = 1, Generator* generator = nullptr,
               Source at = Source::here());
/// Normal of that mean and deviation, restricted to [a, b]: by the inverse of the distribution function, so exact also
/// where [a, b] lies in a tail. Bounds between which a double knows no probability, beyond 37 deviations, are an error.
Tensor trunc_normal_(Tensor tensor, double mean = 0, double std = 1, double a = -2, double b = 2,
                     Generator* generator = nullptr, Source at = Source::here());
Tensor constant_(Tensor tensor, Number value, Source at = Source::here());
Tensor zeros_(Tensor tensor, Source at = Source::here());
Tensor ones_(Tensor tensor, Source at = Source::here());
/// A matrix with ones on its diagonal.
Tensor eye_(Tensor tensor, Source at = Source::here());
/// Uniform in ±gain √(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010).
Tensor xavier_uniform_(Tensor tensor, double gain = 1, Generator* generator = nullptr, Source at = Source::here());
/// Normal with deviation gain √(2 / (fan_in + fan_out)).
Tensor xavier_normal_(Tensor tensor, double gain = 1, Generator* generator = nullptr, Source at = Source::here());
/// Uniform in ±gain √(3 / fan), the gain of leaky_relu being that of slope a (He et al., 2015). The default gain is √2.
Tensor kaiming_uniform_(Tensor tensor, double a = 0, Fan fan = Fan::in,
                        Nonlinearity nonlinearity = Nonlinearity::leaky_relu, Generator* generator = nullptr,
                        Source at = Source::here());
/// Normal with deviation gain / √fan.
Tensor kaiming_normal_(Tensor tensor, double a = 0, Fan fan = Fan::in,
                       Nonlinearity nonlinearity = Nonlinearity::leaky_relu, Generator* generator = nullptr,
                       Source at = Source::here());

}  // namespace xgrad::nn::init

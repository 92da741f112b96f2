#include <xgrad/nn/positions.hpp>

#include <cmath>
#include <string>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/profiler.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/slicing.hpp>
#include <xgrad/nn/init.hpp>
#include <xgrad/nn/printing.hpp>

namespace xgrad::nn {
namespace {

using xgrad::detail::argument_error;

void check_sizes(const char* name, std::int64_t length, std::int64_t features) {
  if (length < 0 || features < 0)
    throw argument_error(std::string(name) + ": there are " + std::to_string(length) + " places of " +
                         std::to_string(features) + " features: neither may be negative");
}

// The first rows of the table, as many as x has.
Tensor rows_for(const Tensor& table, const Tensor& x, Source at) {
  if (x.rank() < 2 || x.shape(-1) != table.shape(1) || x.shape(-2) > table.shape(0))
    throw argument_error("expected up to " + std::to_string(table.shape(0)) + " places of " +
                         std::to_string(table.shape(1)) + " features on the last two axes, got input of shape " +
                         to_string(x.shape()));
  return narrow(table, 0, 0, x.shape(-2), at);
}

// The table of the module, by whose name errors begin.
Tensor named_table(std::int64_t length, std::int64_t features) {
  const xgrad::detail::Calling calling("SinusoidalPositions");
  check_sizes("SinusoidalPositions", length, features);
  return sinusoidal_positions(length, features);
}

}  // namespace

Tensor sinusoidal_positions(Dim length, Dim features, DType dtype) {
  const xgrad::detail::Calling calling("sinusoidal_positions");
  check_sizes("sinusoidal_positions", length, features);
  if (!is_floating(dtype))
    throw argument_error(std::string("sinusoidal_positions: the dtype is ") + name_of(dtype) +
                         ": only float32 and float64 will do");
  const std::int64_t rows = length, n = features;
  Tensor p = Raw::uninitialized({rows, n}, dtype);
  xgrad::detail::visit_floating(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    T* to = Raw::write<T>(p);
    for (std::int64_t t = 0; n > 0 && t < rows; ++t)
      for (std::int64_t j = 0; j < n; ++j) {
        const double angle = static_cast<double>(t) *
                             std::exp(-std::log(10000.0) * static_cast<double>(j - j % 2) / static_cast<double>(n));
        to[t * n + j] = static_cast<T>(j % 2 == 0 ? std::sin(angle) : std::cos(angle));
      }
  });
  return p;
}

Tensor rotary_embedding(Tensor x, Dim offset, double base, Source at) {
  const xgrad::detail::Timed timed("rotary_embedding", at);
  if (!x.defined()) throw argument_error("rotary_embedding: the input is an undefined tensor");
  if (!is_floating(x.dtype()))
    throw argument_error(std::string("rotary_embedding: the input is ") + name_of(x.dtype()) +
                         ": only float32 and float64 will do: convert it with to()");
  if (x.rank() < 2 || x.shape().back() % 2 != 0)
    throw argument_error("rotary_embedding: the input has shape " + to_string(x.shape()) +
                         ": it must be (..., L, d) with an even d");
  if (!(base > 0) || std::isinf(base))
    throw argument_error("rotary_embedding: the base must be positive and finite, got " + detail::python(base));
  const std::int64_t length = x.shape(-2), half = x.shape(-1) / 2, first = offset;
  const Tensor turn = Raw::uninitialized({length, half}, x.dtype()),
               lift = Raw::uninitialized({length, half}, x.dtype());
  xgrad::detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    T *c = Raw::write<T>(turn), *s = Raw::write<T>(lift);
    for (std::int64_t t = 0; half > 0 && t < length; ++t)
      for (std::int64_t i = 0; i < half; ++i) {
        const double angle = (static_cast<double>(first) + static_cast<double>(t)) *
                             std::pow(base, -static_cast<double>(i) / static_cast<double>(half));
        c[t * half + i] = static_cast<T>(std::cos(angle));
        s[t * half + i] = static_cast<T>(std::sin(angle));
      }
  });
  const Tensor a = narrow(x, -1, 0, half, at), b = narrow(x, -1, half, half, at);
  return concat({a * turn - b * lift, b * turn + a * lift}, -1, at);
}

SinusoidalPositions::SinusoidalPositions(Dim max_length, Dim features) : table(named_table(max_length, features)) {
  add("table", table);
  describe(std::to_string(table.shape(0)) + ", " + std::to_string(table.shape(1)));
}

Tensor SinusoidalPositions::forward(const Tensor& x) {
  return xgrad::add(x, rows_for(table, x, call_site()), call_site());
}

LearnedPositions::LearnedPositions(Dim max_length, Dim features) {
  const xgrad::detail::Calling calling("LearnedPositions");
  check_sizes("LearnedPositions", max_length, features);
  weight = Parameter(init::normal_(Raw::uninitialized({max_length, features}, float32)));
  add("weight", weight);
  describe(std::to_string(weight.shape(0)) + ", " + std::to_string(weight.shape(1)));
}

Tensor LearnedPositions::forward(const Tensor& x) {
  return xgrad::add(x, rows_for(weight, x, call_site()), call_site());
}

RotaryEmbedding::RotaryEmbedding(double base) : base_(base) {
  if (!(base > 0) || std::isinf(base))
    throw argument_error("RotaryEmbedding: base must be positive and finite, got " + detail::python(base));
  describe("base=" + detail::python(base));
}

Tensor RotaryEmbedding::forward(const Tensor& x) { return rotary_embedding(x, 0, base_, call_site()); }

}  // namespace xgrad::nn

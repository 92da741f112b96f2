#include <xgrad/autograd/kernels/random/normal.hpp>
#include <xgrad/autograd/kernels/random/uniform.hpp>
#include <xgrad/autograd/ops/creation.hpp>

#include <algorithm>
#include <cmath>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/random_fill.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad {
namespace {

template <class F>
Tensor filled(const Shape& shape, DType dtype, F&& next) {
  Tensor y = Raw::uninitialized(shape, dtype);
  detail::visit(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    T* to = Raw::write<T>(y);
    for (std::int64_t i = 0, n = y.size(); i < n; ++i) {
      if constexpr (std::is_same_v<T, std::int64_t> && std::is_floating_point_v<decltype(next(i))>)
        to[i] = Number(next(i)).template as<std::int64_t>();
      else
        to[i] = static_cast<T>(next(i));
    }
  });
  return y;
}

void require_floating(const char* op, DType dtype) {
  if (!is_floating(dtype))
    throw detail::argument_error(std::string(detail::caller_or(op)) + ": the dtype must be float32 or float64, got " +
                                 name_of(dtype));
}

// An integer of 128 bits, in which products and differences of int64 cannot overflow.
__extension__ using Wide = __int128;

// start, start + step, ... before stop.
Tensor whole_range(std::int64_t start, std::int64_t stop, std::int64_t step, DType dtype) {
  const Wide span = Wide(stop) - start, every = step;
  if (step == 0) throw detail::argument_error("arange: the step cannot be 0");
  const Wide count = span == 0 || (span > 0) != (every > 0) ? 0 : (span + every - (every > 0 ? 1 : -1)) / every;
  if (count > Wide(1) << 62) detail::refuse_memory(static_cast<double>(count), dtype);
  return filled({static_cast<std::int64_t>(count)}, dtype,
                [&](std::int64_t i) { return static_cast<std::int64_t>(start + i * every); });
}

Tensor real_range(double start, double stop, double step, DType dtype) {
  if (step == 0 || !std::isfinite(start) || !std::isfinite(stop) || !std::isfinite(step))
    throw detail::argument_error("arange: needs finite bounds and a step that is not 0, got " +
                                 detail::number_text(start) + ", " + detail::number_text(stop) + ", " +
                                 detail::number_text(step));
  const double count = std::max(0.0, std::ceil((stop - start) / step));
  if (!(count <= 0x1p62)) detail::refuse_memory(count, dtype);
  return filled({static_cast<std::int64_t>(count)}, dtype,
                [&](std::int64_t i) { return start + static_cast<double>(i) * step; });
}

Tensor uniform_numbers(const Shape& shape, Generator& generator, DType dtype) {
  require_floating("rand", dtype);
  return detail::filled_at_random(shape, generator, dtype,
                                  [](auto* to, std::int64_t n, std::uint64_t seed, std::uint64_t stream) {
                                    kernels::uniform(to, n, seed, stream, 0);
                                  });
}

Tensor normal_numbers(const Shape& shape, Generator& generator, DType dtype) {
  require_floating("randn", dtype);
  return detail::filled_at_random(shape, generator, dtype,
                                  [](auto* to, std::int64_t n, std::uint64_t seed, std::uint64_t stream) {
                                    kernels::normal(to, n, 0, 1, seed, stream, 0);
                                  });
}

}  // namespace

Tensor zeros(Shape shape, DType dtype, Source at) {
  const detail::Calling calling("zeros", at);
  return filled(shape, dtype, [](std::int64_t) { return 0; });
}
Tensor ones(Shape shape, DType dtype, Source at) {
  const detail::Calling calling("ones", at);
  return filled(shape, dtype, [](std::int64_t) { return 1; });
}

Tensor full(Shape shape, Tensor number, Source at) {
  const detail::Calling calling("full", at);
  return full(std::move(shape), number, number.dtype(), at);
}

Tensor full(Shape shape, Tensor number, DType dtype, Source at) {
  const detail::Calling calling("full", at);
  if (grad_enabled() && number.defined() && Raw::node(number) != nullptr && number.size() == 1) {
    if (!is_floating(dtype))
      throw detail::argument_error(std::string(detail::caller_or("full")) +
                                   ": a number that requires a gradient cannot fill " + name_of(dtype) + " of shape " +
                                   to_string(shape) + ": pass its detach(), or float32 or float64 as the dtype");
    return broadcast_to(to(reshape(clone(std::move(number), at), {}, at), dtype, at), shape, at);
  }
  if (dtype == int64) return filled(shape, dtype, [v = number.item<std::int64_t>()](std::int64_t) { return v; });
  const double value = number.item();
  detail::require_range(value, dtype, "full");
  return filled(shape, dtype, [value](std::int64_t) { return value; });
}

Tensor zeros_like(const Tensor& x, Source at) {
  const detail::Calling calling("zeros_like", at);
  return zeros(x.shape(), x.dtype(), at);
}
Tensor ones_like(const Tensor& x, Source at) {
  const detail::Calling calling("ones_like", at);
  return ones(x.shape(), x.dtype(), at);
}
Tensor full_like(const Tensor& x, Tensor number, Source at) {
  const detail::Calling calling("full_like", at);
  return full(x.shape(), std::move(number), x.dtype(), at);
}

Tensor arange(Number stop, Source at) { return arange(stop.is_whole() ? Number(0) : Number(0.0), stop, 1, at); }

Tensor arange(Number start, Number stop, Number step, Source at) {
  const bool whole = start.is_whole() && stop.is_whole() && step.is_whole();
  return arange(start, stop, step, whole ? int64 : float64, at);
}

Tensor arange(Number start, Number stop, Number step, DType dtype, Source at) {
  const detail::Calling calling("arange", at);
  if (dtype == int64 || (start.is_whole() && stop.is_whole() && step.is_whole()))
    return whole_range(start.as<std::int64_t>(), stop.as<std::int64_t>(), step.as<std::int64_t>(), dtype);
  return real_range(start.real(), stop.real(), step.real(), dtype);
}

Tensor linspace(Number start, Number stop, Dim count, DType dtype, Source at) {
  const detail::Calling calling("linspace", at);
  if (count < 0)
    throw detail::argument_error("linspace: the count cannot be negative, got " + std::to_string(count.value()));
  if (!std::isfinite(start.real()) || !std::isfinite(stop.real()))
    throw detail::argument_error("linspace: needs finite ends, got " + start.text() + " and " + stop.text());
  const std::int64_t n = count;
  if (dtype == int64) {
    const Wide from = start.as<std::int64_t>(), span = stop.as<std::int64_t>() - from, parts = std::max<Wide>(n - 1, 1);
    return filled({n}, dtype,
                  [&](std::int64_t i) { return static_cast<std::int64_t>((from * parts + span * i) / parts); });
  }
  const double low = start.real(), high = stop.real(), steps = static_cast<double>(std::max<std::int64_t>(n - 1, 1));
  const double step = std::isfinite(high - low) ? (high - low) / steps : high / steps - low / steps;
  // Counted from the nearer end, so that both ends are exact.
  return filled({n}, dtype, [&](std::int64_t i) {
    return i < n / 2 || n == 1 ? low + static_cast<double>(i) * step : high - static_cast<double>(n - 1 - i) * step;
  });
}

Tensor eye(Dim n, DType dtype, Source at) { return eye(n, n, dtype, at); }
Tensor eye(Dim n, Dim m, DType dtype, Source at) {
  const detail::Calling calling("eye", at);
  return filled({n, m}, dtype, [&](std::int64_t i) { return i / m == i % m ? 1 : 0; });
}

Tensor rand(Shape shape, DType dtype, Source at) { return rand(std::move(shape), default_generator(), dtype, at); }
Tensor rand(Shape shape, Generator& generator, DType dtype, Source at) {
  const detail::Calling calling("rand", at);
  return uniform_numbers(shape, generator, dtype);
}
Tensor randn(Shape shape, DType dtype, Source at) { return randn(std::move(shape), default_generator(), dtype, at); }
Tensor randn(Shape shape, Generator& generator, DType dtype, Source at) {
  const detail::Calling calling("randn", at);
  return normal_numbers(shape, generator, dtype);
}

Tensor randint(Dim low, Dim high, Shape shape, Source at) {
  return randint(low, high, std::move(shape), default_generator(), at);
}
Tensor randint(Dim low, Dim high, Shape shape, Generator& generator, Source at) {
  const detail::Calling calling("randint", at);
  if (low.value() >= high.value())
    throw detail::argument_error("randint: low must be below high, got " + std::to_string(low) + " and " +
                                 std::to_string(high));
  Tensor y = Raw::uninitialized(shape, int64);
  const auto span = static_cast<std::uint64_t>(high.value()) - static_cast<std::uint64_t>(low.value());
  kernels::whole_numbers(Raw::write<std::int64_t>(y), y.size(), low, span, generator.next());
  return y;
}

Tensor randint(Dim high, Shape shape, Source at) { return randint(0, high, std::move(shape), at); }
Tensor randint(Dim high, Shape shape, Generator& generator, Source at) {
  return randint(0, high, std::move(shape), generator, at);
}

Tensor randperm(Dim n, Source at) { return randperm(n, default_generator(), at); }
Tensor randperm(Dim n, Generator& generator, Source at) {
  const detail::Calling calling("randperm", at);
  Tensor y = filled({n}, int64, [](std::int64_t i) { return i; });
  kernels::Philox random = generator.next();
  auto* order = Raw::write<std::int64_t>(y);
  for (std::int64_t i = n; i > 1; --i) std::swap(order[i - 1], order[random.below(static_cast<std::uint64_t>(i))]);
  return y;
}

}  // namespace xgrad

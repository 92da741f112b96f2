#include <xgrad/autograd/ops/creation.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>

namespace xgrad {
namespace {

template <class F>
Tensor filled(const Shape& shape, DType dtype, F&& next) {
  Tensor y = Raw::uninitialized(shape, dtype);
  detail::visit(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    T* to = Raw::write<T>(y);
    for (std::int64_t i = 0, n = y.size(); i < n; ++i) to[i] = static_cast<T>(next(i));
  });
  return y;
}

void require_floating(const char* op, DType dtype) {
  if (!is_floating(dtype))
    throw std::invalid_argument(std::string(op) + ": the dtype must be float32 or float64, got " + name_of(dtype));
}

// float32 uses 24 random bits, which it holds exactly, so that no number is rounded up to 1.
Tensor uniform(Shape shape, kernels::Philox random, DType dtype) {
  require_floating("rand", dtype);
  if (dtype == float32)
    return filled(shape, dtype, [&](std::int64_t) { return static_cast<float>(random.next32() >> 8) * 0x1p-24f; });
  return filled(shape, dtype, [&](std::int64_t) { return random.uniform(); });
}

Tensor normal(Shape shape, kernels::Philox random, DType dtype) {
  require_floating("randn", dtype);
  return filled(shape, dtype, [&](std::int64_t) { return random.normal(); });
}

}  // namespace

Tensor zeros(Shape shape, DType dtype) {
  return filled(shape, dtype, [](std::int64_t) { return 0; });
}
Tensor ones(Shape shape, DType dtype) {
  return filled(shape, dtype, [](std::int64_t) { return 1; });
}

Tensor full(Shape shape, Tensor number) { return full(std::move(shape), number, number.dtype()); }

Tensor full(Shape shape, Tensor number, DType dtype) {
  if (dtype == int64) return filled(shape, dtype, [v = number.item<std::int64_t>()](std::int64_t) { return v; });
  return filled(shape, dtype, [v = number.item()](std::int64_t) { return v; });
}

Tensor zeros_like(const Tensor& x) { return zeros(x.shape(), x.dtype()); }
Tensor ones_like(const Tensor& x) { return ones(x.shape(), x.dtype()); }
Tensor full_like(const Tensor& x, double number) { return full(x.shape(), number, x.dtype()); }

Tensor arange(double start, double stop, double step, DType dtype) {
  if (step == 0 || !std::isfinite(start) || !std::isfinite(stop) || !std::isfinite(step))
    throw std::invalid_argument("arange: needs finite bounds and a step that is not 0, got " +
                                detail::number_text(start) + ", " + detail::number_text(stop) + ", " +
                                detail::number_text(step));
  const double count = std::ceil((stop - start) / step);
  return filled({count > 0 ? static_cast<std::int64_t>(count) : 0}, dtype,
                [&](std::int64_t i) { return start + static_cast<double>(i) * step; });
}

Tensor linspace(double start, double stop, Dim count, DType dtype) {
  if (count < 0)
    throw std::invalid_argument("linspace: the count cannot be negative, got " + std::to_string(count.value()));
  const std::int64_t n = count;
  const double step = n > 1 ? (stop - start) / static_cast<double>(n - 1) : 0;
  // Counted from the nearer end, so that both ends are exact.
  return filled({n}, dtype, [&](std::int64_t i) {
    return i < n / 2 || n == 1 ? start + static_cast<double>(i) * step : stop - static_cast<double>(n - 1 - i) * step;
  });
}

Tensor eye(Dim n, DType dtype) { return eye(n, n, dtype); }
Tensor eye(Dim n, Dim m, DType dtype) {
  return filled({n, m}, dtype, [&](std::int64_t i) { return i / m == i % m ? 1 : 0; });
}

Tensor rand(Shape shape, DType dtype) { return rand(std::move(shape), default_generator(), dtype); }
Tensor rand(Shape shape, Generator& generator, DType dtype) {
  return uniform(std::move(shape), generator.next(), dtype);
}
Tensor randn(Shape shape, DType dtype) { return randn(std::move(shape), default_generator(), dtype); }
Tensor randn(Shape shape, Generator& generator, DType dtype) {
  return normal(std::move(shape), generator.next(), dtype);
}

Tensor randint(std::int64_t low, std::int64_t high, Shape shape) {
  return randint(low, high, std::move(shape), default_generator());
}
Tensor randint(std::int64_t low, std::int64_t high, Shape shape, Generator& generator) {
  if (low >= high)
    throw std::invalid_argument("randint: low must be below high, got " + std::to_string(low) + " and " +
                                std::to_string(high));
  kernels::Philox random = generator.next();
  const auto span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  return filled(shape, int64, [&](std::int64_t) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + random.below(span));
  });
}

Tensor randperm(Dim n) { return randperm(n, default_generator()); }
Tensor randperm(Dim n, Generator& generator) {
  Tensor y = filled({n}, int64, [](std::int64_t i) { return i; });
  kernels::Philox random = generator.next();
  auto* order = Raw::write<std::int64_t>(y);
  for (std::int64_t i = n; i > 1; --i) std::swap(order[i - 1], order[random.below(static_cast<std::uint64_t>(i))]);
  return y;
}

}  // namespace xgrad

#include <xgrad/autograd/ops/row_norm.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad::detail {
namespace {

using kernels::RowNorm;
using Gradients = std::array<Tensor, 4>;  // of x, weight, bias and the statistics

template <class T>
T* write_to(const Tensor& v) {
  return v.defined() ? Raw::write<T>(v) : nullptr;
}

Gradients pull_kernel(const Tensor& x, const Tensor& weight, const Tensor& stats, const Tensor& g, Needs needs,
                      const RowNorm& by, const Shape& channels) {
  Gradients out;
  if (needs[0]) out[0] = Raw::uninitialized(x.shape(), x.dtype());
  for (std::size_t i : {std::size_t{1}, std::size_t{2}})
    if (needs[i]) out[i] = Raw::uninitialized(channels, x.dtype());
  visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::row_norm_backward(Raw::data<T>(x), Raw::data<T>(g), Raw::data_or_null<T>(weight), Raw::data<double>(stats),
                               write_to<T>(out[0]), write_to<T>(out[1]), write_to<T>(out[2]), by);
  });
  return out;
}

// The power of two next to each row's 1 / √(variance + eps), within the range of the dtype, in the shape (samples,
// groups, 1, 1): as a part of at most 1 and one of at least 1; and eps times the square of both.
struct Scales {
  Tensor down, up, eps;
};

Scales scales_of(const Tensor& stats, const RowNorm& by, DType dtype) {
  const Shape rows{by.rows / by.groups, by.groups, 1, 1};
  const Tensor down = Raw::uninitialized(rows, float64), up = Raw::uninitialized(rows, float64),
               eps = Raw::uninitialized(rows, float64);
  const int most = dtype == float32 ? 126 : 1022;
  const double least = std::scalbn(1.0, -most), *inverse = Raw::data<double>(stats) + 2 * by.rows;
  for (std::int64_t r = 0; r < by.rows; ++r) {
    const bool usual = inverse[r] > 0 && std::isfinite(inverse[r]);
    const int exponent = usual ? std::clamp(std::ilogb(inverse[r]), -most, most) : 0;
    Raw::write<double>(down)[r] = std::scalbn(1.0, std::min(exponent, 0));
    Raw::write<double>(up)[r] = std::scalbn(1.0, std::max(exponent, 0));
    // Not 0, which the root of a constant row would divide by.
    Raw::write<double>(eps)[r] = std::max(std::scalbn(by.eps, 2 * exponent), least);
  }
  return {down.to(dtype), up.to(dtype), eps.to(dtype)};
}

// The same by recorded ops, on x as (samples, groups, channels, length). Gradients flow through the statistics, so they
// are computed anew, from rows that a constant brings near a deviation of 1, where squares neither overflow nor vanish.
Gradients pull_formula(const Tensor& x, const Tensor& weight, const Tensor& stats, const Tensor& g, Needs needs,
                       const RowNorm& by, const Shape& channels) {
  const Shape all{by.rows / by.groups, by.groups, by.channels, by.length}, column{by.groups, by.channels, 1};
  const auto average = [](const Tensor& v) { return mean(v, {2, 3}, keepdims); };
  const Tensor up = reshape(g, all), scaled = weight.defined() ? up * reshape(weight, column) : up;
  const Scales scales = scales_of(stats, by, x.dtype());
  Tensor d = reshape(x, all) * scales.down;
  if (by.centred) {
    // The rounding error of the mean is the same in every difference: centring a second time removes most of it.
    d = d - average(d);
    d = d - average(d);
  }
  d = d * scales.up;
  const Tensor r = 1 / sqrt(average(square(d)) + scales.eps), normal = d * r;
  Gradients out;
  if (needs[0]) {
    const Tensor rest = by.centred ? scaled - average(scaled) : scaled;
    const Tensor gx = r * (rest - normal * average(scaled * normal));
    out[0] = reshape(gx * scales.up * scales.down, x.shape());
  }
  if (needs[1]) out[1] = reshape(sum(up * normal, {0, 3}), channels);
  if (needs[2]) out[2] = reshape(sum(up, {0, 3}), channels);
  return out;
}

// Without elements there are no means.
Gradients pull_nothing(const Tensor& x, const Tensor& g, Needs needs, const Shape& channels) {
  Gradients out;
  if (needs[0]) out[0] = g * 0;
  for (std::size_t i : {std::size_t{1}, std::size_t{2}})
    if (needs[i]) out[i] = broadcast_to(sum(g) + sum(x) * 0, channels) * 0;
  return out;
}

}  // namespace

void require_normal_input(const char* op, const Tensor& x, double eps) {
  require_defined(op, &x, 1);
  if (!is_floating(x.dtype()))
    throw argument_error(std::string(op) + ": the input is " + name_of(x.dtype()) +
                         ": only float32 and float64 will do: convert it with to()");
  if (!(eps > 0) || std::isinf(eps))
    throw argument_error(std::string(op) + ": eps must be positive and finite, got " + number_text(eps));
}

void require_normal_vector(const char* op, const Tensor& x, const Tensor& v, const char* name, const Shape& shape) {
  if (!v.defined()) return;
  if (v.shape() != shape)
    throw argument_error(std::string(op) + ": " + name + " must have shape " + to_string(shape) + " for input " +
                         to_string(x.shape()) + ", got " + to_string(v.shape()));
  if (v.dtype() != x.dtype())
    throw argument_error(std::string(op) + ": input is " + name_of(x.dtype()) + ", " + name + " is " +
                         name_of(v.dtype()) + ": write 1.0f, x.to(float32) or model.to(float64)");
}

Tensor normalized_rows(const char* op, Tensor input, Tensor gamma, Tensor bias, const RowNorm& by, double* variance,
                       Tensor* statistics, Source at) {
  Tensor value = Raw::uninitialized(input.shape(), input.dtype());
  const bool nothing = input.size() == 0, weighted = gamma.defined();
  Tensor stats = Raw::uninitialized({3, nothing ? 0 : by.rows}, float64);
  if (!nothing)
    visit_floating(input.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      kernels::row_norm(Raw::data<T>(input), Raw::data_or_null<T>(gamma), Raw::data_or_null<T>(bias),
                        Raw::write<T>(value), Raw::write<double>(stats), variance, by);
    });
  if (statistics != nullptr) *statistics = stats;
  const Shape channels = weighted ? gamma.shape() : bias.defined() ? bias.shape() : Shape();
  // Without a weight or bias, the statistics, which need no gradient, take that input's place.
  if (!weighted) gamma = stats;
  if (!bias.defined()) bias = stats;
  return record(op, at, std::move(value), {std::move(input), std::move(gamma), std::move(bias), std::move(stats)},
                attributes("groups", by.groups, "eps", by.eps),
                joint<0, 1, 3>([=](Tensor x, Tensor w, Tensor kept, Tensor g, Needs needs) {
                  if (nothing) return pull_nothing(x, g, needs, channels);
                  const Tensor weight = weighted ? w : Tensor();
                  return grad_enabled() ? pull_formula(x, weight, kept, g, needs, by, channels)
                                        : pull_kernel(x, weight, kept, g, needs, by, channels);
                }));
}

}  // namespace xgrad::detail

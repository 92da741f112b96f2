// Floating-point exceptions of further ops; flags_test.cpp has the rest.

#include <cstdint>
#include <string>
#include <vector>

#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/linalg.hpp>
#include <xgrad/nn/nn.hpp>

#include "catch2.hpp"
#include "flags.hpp"

using namespace xgrad;

namespace {

Tensor rows_as_signals(const Tensor& x) { return x.reshape({x.shape(0), 1, x.shape(1)}); }
Tensor one_batch(const Tensor& x) { return x.reshape({1, x.shape(0), x.shape(1)}); }
Tensor inside(const Tensor& x) { return 0.9 * tanh(x); }  // in (-1, 1)

/// The numbers of x's rows, rising, that fit its columns.
Tensor places(const Tensor& x) {
  return remainder(arange(x.shape(0) * x.shape(1)) * 7, x.shape(1)).reshape({x.shape(0), x.shape(1)});
}

const std::vector<Op>& pointwise_ops() {
  static const std::vector<Op> all = {
      {"exponentials", [](const Tensor& x, const Tensor& p) { return exp2(x) + log2(p) + log10(p) + rsqrt(p); }},
      {"logaddexp", [](const Tensor& x, const Tensor& p) { return logaddexp(x, p) + xlogy(x, p) + logit(sigmoid(x)); }},
      {"hyperbolic", [](const Tensor& x, const Tensor&) { return sinh(x) + cosh(x) + asinh(x) + atanh(inside(x)); }},
      {"acosh", [](const Tensor&, const Tensor& p) { return acosh(p + 1.0); }},
      {"circular", [](const Tensor& x, const Tensor& p) { return tan(inside(x)) + atan(x) + atan2(x, p); }},
      {"arcs", [](const Tensor& x, const Tensor&) { return asin(inside(x)) + acos(inside(x)); }},
      {"hypot", [](const Tensor& x, const Tensor& p) { return hypot(x, p) + sinc(x); }},
      {"special", [](const Tensor& x, const Tensor& p) { return erfc(x) + erfinv(inside(x)) + lgamma(p); }},
      {"gamma", [](const Tensor&, const Tensor& p) { return digamma(p) + polygamma(1, p); }},
      {"rounding", [](const Tensor& x, const Tensor&) { return floor(x) + ceil(x) + round(x) + trunc(x) + frac(x); }},
      {"remainders", [](const Tensor& x, const Tensor& p) { return fmod(x, p) + remainder(x, p); }},
      {"ternary",
       [](const Tensor& x, const Tensor& p) { return lerp(x, p, 0.3) + addcmul(x, p, p) + addcdiv(x, x, p); }},
      {"hardswish", [](const Tensor& x, const Tensor&) { return hardswish(x); }},
      {"hardtanh", [](const Tensor& x, const Tensor&) { return hardtanh(x) + relu6(x); }},
#ifndef __clang__  // which computes the slope of a single number in a whole register
      {"hardsigmoid", [](const Tensor& x, const Tensor&) { return hardsigmoid(x); }},
#endif
      {"shrinking activations",
       [](const Tensor& x, const Tensor&) {
         return hardshrink(x) + softshrink(x) + tanhshrink(x) + threshold(x, 0, 1);
       }},
      {"smooth activations", [](const Tensor& x, const Tensor&) { return mish(x) + selu(x) + celu(x) + softsign(x); }},
      {"glu",
       [](const Tensor& x, const Tensor& p) {
         return glu(concat({x, p}, 1), 1);
       }},
  };
  return all;
}

const std::vector<Op>& other_ops() {
  static const std::vector<Op> all = {
      {"cumsum", [](const Tensor& x, const Tensor& p) { return cumsum(x, 1) + logcumsumexp(p, 1) + cumsum(x, 0); }},
      {"prod", [](const Tensor& x, const Tensor&) { return prod(inside(x), 1) + prod(inside(x)); }},
      {"cumprod", [](const Tensor& x, const Tensor&) { return cumprod(inside(x), 1); }},
      {"norm", [](const Tensor& x, const Tensor& p) { return norm(x, 2.0, 1) + norm(p, 3.0, 1) + norm(x, 1.0, 1); }},
      {"sort", [](const Tensor& x, const Tensor&) { return sort(x, 1).values; }},
      {"median", [](const Tensor& x, const Tensor&) { return median(x, 1).values + quantile(x, 0.3, 1); }},
      {"layer_norm", [](const Tensor& x,
                        const Tensor& p) { return layer_norm(x, x.shape(1), p[0], x[0]) + rms_norm(x, x.shape(1)); }},
      {"masked_softmax", [](const Tensor& x, const Tensor& p) { return masked_softmax(x, p > 0.5, 1); }},
      {"gather", [](const Tensor& x, const Tensor&) { return gather(x, 1, places(x)); }},
      {"scatter_add", [](const Tensor& x, const Tensor& p) { return scatter_add(x, 1, places(x), p); }},
      {"roll", [](const Tensor& x, const Tensor&) { return roll(x, 1, 1) + flip(x, 1) + tril(x); }},
      {"pad",
       [](const Tensor& x, const Tensor&) {
         return pad(x, {1, 2});
       }},
      {"cosine_similarity",
       [](const Tensor& x, const Tensor& p) { return nn::cosine_similarity(x, p) + nn::pairwise_distance(x, p); }},
      {"cdist", [](const Tensor& x, const Tensor& p) { return cdist(x, p + 3.0); }},
      {"conv1d",
       [](const Tensor& x, const Tensor& p) {
         const Tensor w = p[0](xt::range(0, 1)).reshape({1, 1, 1}) * ones({4, 1, 3}, p.dtype());
         return conv1d(rows_as_signals(x), w, {}, 1, 1) + conv1d(rows_as_signals(x), w, {}, 1, 1);
       }},
      {"conv_transpose1d",
       [](const Tensor& x, const Tensor& p) {
         return conv_transpose1d(rows_as_signals(x),
                                 p[0](xt::range(0, 1)).reshape({1, 1, 1}) * ones({1, 5, 3}, p.dtype()), {}, 2);
       }},
      {"pooling",
       [](const Tensor& x, const Tensor&) {
         const Tensor signals = rows_as_signals(x);
         return max_pool1d(signals, 3, MaxPoolOptions().stride(1).padding(1)) +
                avg_pool1d(signals, 3, AvgPoolOptions().stride(1).padding(1));
       }},
      {"interpolate",
       [](const Tensor& x, const Tensor&) {
         return interpolate(rows_as_signals(x), InterpolateOptions().scale_factor(2).mode(InterpolateMode::linear));
       }},
      {"attention",
       [](const Tensor& x, const Tensor& p) {
         return scaled_dot_product_attention(one_batch(x), one_batch(p), one_batch(x)) +
                scaled_dot_product_attention(one_batch(x), one_batch(x), one_batch(p), {},
                                             AttentionOptions().is_causal(true));
       }},
      {"recurrence",
       [](const Tensor& x, const Tensor& p) {
         const std::int64_t n = x.shape(1);
         static_cast<void>(p);
         nn::LSTM lstm(n, n, nn::LSTM::Options().batch_first(true));
         nn::GRU gru(n, n, nn::GRU::Options().batch_first(true));
         lstm.to(x.dtype());
         gru.to(x.dtype());
         return lstm(one_batch(x)).first + gru(one_batch(x)).first;
       }},
      {"linalg",
       [](const Tensor& x, const Tensor&) {
         const Tensor a = matmul(x, transpose(x)) + eye(x.shape(0), x.dtype()) * 2.0;
         return linalg::solve(a, x) + linalg::cholesky(a)(xt::all(), xt::range(0, 1));
       }},
      {"losses",
       [](const Tensor& x, const Tensor& p) {
         return nn::kl_div(log_softmax(x, 1), softmax(p, 1), nn::Reduction::sum) + nn::poisson_nll_loss(x, p) +
                nn::gaussian_nll_loss(x, p, p) + nn::soft_margin_loss(x, sign(x.detach()));
       }},
      {"std",
       [](const Tensor& x, const Tensor&) {
         return xgrad::std(concat({x, x + 1.0}, 1), 1);
       }},
  };
  return all;
}

}  // namespace

TEST_CASE("further functions and kernels raise no floating-point exception at lengths 1 to 70", "[flags]") {
  for (const DType dtype : {float32, float64}) {
    CHECK(exceptions_of(pointwise_ops(), dtype) == "");
    CHECK(exceptions_of(other_ops(), dtype) == "");
  }
}

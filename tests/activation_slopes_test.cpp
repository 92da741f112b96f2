// The gradients of gelu and silu, for which some instruction sets have kernels beside the formulas.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "catch2.hpp"

using namespace xgrad;

namespace {

using Op = Tensor (*)(const Tensor&);
using Wide = long double;

Tensor gelu_of(const Tensor& x) { return gelu(x); }
Tensor silu_of(const Tensor& x) { return silu(x); }

Wide gelu_slope(Wide x) {
  return std::erfc(-x * 0.70710678118654752440L) / 2 + x * std::exp(-x * x / 2) * 0.39894228040143267794L;
}
Wide silu_slope(Wide x) {
  const Wide s = 1 / (1 + std::exp(-x));
  return s + x * s / (1 + std::exp(x));
}

template <class T>
std::vector<T> slopes(Op op, const std::vector<T>& points) {
  const Tensor x = Tensor(points).requires_grad_();
  op(x).backward(ones_like(x));
  const T* at = x.grad().view<T>().data();
  return std::vector<T>(at, at + points.size());
}

/// The largest error in units of 2^-24 for float32, of 2^-53 for float64.
template <class T>
double worst_error(Op op, Wide (*exact)(Wide)) {
  std::vector<T> points;
  for (int i = -30000; i <= 30000; ++i) points.push_back(T(i) / T(1999));
  for (int i = -160; i < 4; ++i)
    for (const int sign : {-1, 1}) points.push_back(std::ldexp(T(sign) * T(1.3), i));
  const std::vector<T> got = slopes(op, points);
  double worst = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const Wide off = std::abs(static_cast<Wide>(got[i]) - exact(static_cast<Wide>(points[i])));
    const auto error = static_cast<double>(std::ldexp(off, std::numeric_limits<T>::digits));
    worst = error <= worst ? worst : error;  // a NaN stays
    if (std::isnan(worst)) break;
  }
  return worst;
}

template <class T>
void check_ends(Op op) {
  constexpr T infinity = std::numeric_limits<T>::infinity(), most = std::numeric_limits<T>::max();
  const std::vector<T> got =
      slopes<T>(op, {infinity, -infinity, most, -most, T(0), T(-0.0), std::numeric_limits<T>::quiet_NaN()});
  CHECK(got[0] == 1);
  CHECK(got[1] == 0);
  CHECK(got[2] == 1);
  CHECK(got[3] == 0);
  CHECK(got[4] == T(0.5));
  CHECK(got[5] == T(0.5));
  CHECK(std::isnan(got[6]));
}

}  // namespace

TEST_CASE("gradients of gelu and silu are off by at most some units in the last place of a number below 1",
          "[slopes]") {
  CHECK(worst_error<float>(gelu_of, gelu_slope) <= 5);
  CHECK(worst_error<double>(gelu_of, gelu_slope) <= 5);
  // The formula multiplies x by 1 - σ(x), which has the rounding error of a number close to 1.
  CHECK(worst_error<float>(silu_of, silu_slope) <= 10);
  CHECK(worst_error<double>(silu_of, silu_slope) <= 10);
}

TEST_CASE("gradients of gelu and silu are 1 and 0 at the infinities, 1/2 at 0, and NaN for NaN", "[slopes]") {
  check_ends<float>(gelu_of);
  check_ends<double>(gelu_of);
  check_ends<float>(silu_of);
  check_ends<double>(silu_of);
}

TEST_CASE("a gradient of gelu or silu does not depend on the position of the number in the tensor", "[slopes]") {
  for (const Op op : {gelu_of, silu_of}) {
    std::vector<float> points;
    for (int i = 0; i < 600; ++i) points.push_back(-15 + 0.0501f * static_cast<float>(i));
    const std::vector<float> all = slopes(op, points);
    bool same = true;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const std::vector<float> one = slopes<float>(op, {points[i]});
      same = same && std::memcmp(one.data(), &all[i], sizeof(float)) == 0;
    }
    CHECK(same);
  }
}

TEST_CASE("the gradient kernels of gelu and silu agree with the gradients that are recorded", "[slopes]") {
  for (const Op op : {gelu_of, silu_of}) {
    const Tensor x = (Tensor(xt::xarray<float>(xt::linspace<float>(-9, 9, 3001)))).requires_grad_();
    const Tensor kernel = grad({sum(op(x))}, {x})[0];
    const Tensor recorded = grad({sum(op(x))}, {x}, {}, create_graph)[0];
    CHECK(amax(abs(kernel - recorded)).item<float>() < 4e-7f);
  }
}

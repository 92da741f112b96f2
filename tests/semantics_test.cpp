// Ties, kinks and edge cases. Expected values are derived from PyTorch's documentation or mathematically, never
// recorded from xgrad.

#include <cmath>
#include <limits>
#include <stdexcept>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/gradcheck.hpp>
#include <xgrad/autograd/ops/activation.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/indexing.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/matmul.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/softmax.hpp>
#include <xgrad/autograd/ops/variance.hpp>

#include "catch2.hpp"
#include "compare.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

const double not_a_number = std::numeric_limits<double>::quiet_NaN();
const double inf = std::numeric_limits<double>::infinity();

using Function = std::function<Tensor(const Tensor&)>;

/// The gradient of the sum of f(x).
Tensor slope(const Function& f, Tensor x) {
  x.requires_grad_();
  const Tensor y = f(x);
  return grad({y}, {x}, {ones_like(y)})[0];
}

/// The gradients of the sum of f(a, b).
std::vector<Tensor> slopes(const std::function<Tensor(const Tensor&, const Tensor&)>& f, Tensor a, Tensor b) {
  a.requires_grad_();
  b.requires_grad_();
  const Tensor y = f(a, b);
  return grad({y}, {a, b}, {ones_like(y)});
}

}  // namespace

TEST_CASE("maximum and minimum give half of the gradient to each side of a tie", "[semantics]") {
  const auto larger =
      slopes([](const Tensor& a, const Tensor& b) { return maximum(a, b); }, {1., 2., 3.}, {2., 2., 2.});
  CHECK(difference(larger[0], {0., 0.5, 1.}) == "");
  CHECK(difference(larger[1], {1., 0.5, 0.}) == "");
  const auto smaller =
      slopes([](const Tensor& a, const Tensor& b) { return minimum(a, b); }, {1., 2., 3.}, {2., 2., 2.});
  CHECK(difference(smaller[0], {1., 0.5, 0.}) == "");
  CHECK(difference(smaller[1], {0., 0.5, 1.}) == "");
}

TEST_CASE("maximum and minimum keep NaN, and the NaN side gets the gradient", "[semantics]") {
  CHECK(difference(maximum(Tensor{not_a_number, 1.}, Tensor{1., not_a_number}), {not_a_number, not_a_number}) == "");
  CHECK(difference(minimum(Tensor{not_a_number, 1.}, Tensor{1., not_a_number}), {not_a_number, not_a_number}) == "");
  CHECK(difference(maximum(Tensor({not_a_number, 1.}, float32), Tensor({1., not_a_number}, float32)),
                   Tensor({not_a_number, not_a_number}, float32)) == "");
  const auto g =
      slopes([](const Tensor& a, const Tensor& b) { return maximum(a, b); }, {not_a_number, 1.}, {1., not_a_number});
  CHECK(difference(g[0], {1., 0.}) == "");
  CHECK(difference(g[1], {0., 1.}) == "");
}

TEST_CASE("max over all splits ties evenly, max along an axis takes the first", "[semantics]") {
  const Tensor x({{3., 1., 3.}, {0., 3., 2.}});
  const double third = 1.0 / 3;
  CHECK(difference(slope([](const Tensor& t) { return max(t); }, x), {{third, 0., third}, {0., third, 0.}}, 1e-15) ==
        "");
  CHECK(difference(slope([](const Tensor& t) { return amax(t, 1); }, x), {{0.5, 0., 0.5}, {0., 1., 0.}}) == "");
  CHECK(difference(slope([](const Tensor& t) { return max(t, 1).values; }, x), {{1., 0., 0.}, {0., 1., 0.}}) == "");
  CHECK(difference(max(x, 1).indices, {0, 1}) == "");
  CHECK(difference(slope([](const Tensor& t) { return amin(t); }, {2., 1., 1.}), {0., 0.5, 0.5}) == "");
  CHECK(difference(slope([](const Tensor& t) { return min(t, 0).values; }, {2., 1., 1.}), {0., 1., 0.}) == "");
}

TEST_CASE("relu and related functions at their kinks", "[semantics]") {
  const auto relu_of = [](const Tensor& x) { return relu(x); };
  CHECK(difference(relu(Tensor{-1., 0., 2., not_a_number, inf, -inf}), {0., 0., 2., not_a_number, inf, 0.}) == "");
  CHECK(difference(slope(relu_of, {-1., 0., 2., not_a_number}), {0., 0., 1., 1.}) == "");
  CHECK(difference(slope(relu_of, Tensor({-1., 0., 2., not_a_number}, float32)), Tensor({0., 0., 1., 1.}, float32)) ==
        "");
  CHECK(difference(slope([](const Tensor& x) { return leaky_relu(x, 0.125); }, {-1., 0., 1.}), {0.125, 0.125, 1.}) ==
        "");
  CHECK(difference(slope([](const Tensor& x) { return elu(x, 1.5); }, {0.}), {1.5}) == "");
  CHECK(difference(step(Tensor{-1., 0., 1e-300}), {0., 0., 1.}) == "");
  CHECK(difference(slope([](const Tensor& x) { return step(x) + x; }, {-1., 0., 2.}), {1., 1., 1.}) == "");
}

TEST_CASE("abs and sign are flat at 0, and the sign of NaN is 0", "[semantics]") {
  CHECK(difference(slope([](const Tensor& x) { return abs(x); }, {-2., 0., 3.}), {-1., 0., 1.}) == "");
  CHECK(difference(sign(Tensor{-2., 0., 3., not_a_number, -inf}), {-1., 0., 1., 0., -1.}) == "");
  CHECK(difference(sign(Tensor({-2., not_a_number, 0.5}, float32)), Tensor({-1., 0., 1.}, float32)) == "");
  CHECK(difference(abs(Tensor{-0.0, not_a_number, -inf}), {0., not_a_number, inf}) == "");
}

TEST_CASE("clamp has slope 1 at its bounds, 0 outside and for NaN, which it keeps", "[semantics]") {
  const auto f = [](const Tensor& x) { return clamp(x, -1, 2); };
  CHECK(difference(f(Tensor{-3., -1., 0., 2., 5., not_a_number}), {-1., -1., 0., 2., 2., not_a_number}) == "");
  CHECK(difference(slope(f, {-3., -1., 0., 2., 5., not_a_number}), {0., 1., 1., 1., 0., 0.}) == "");
}

TEST_CASE("analytic slopes at kinks lie between the one-sided differences", "[semantics]") {
  const std::vector<std::pair<Function, double>> kinks = {{[](const Tensor& x) { return relu(x); }, 0},
                                                          {[](const Tensor& x) { return abs(x); }, 0},
                                                          {[](const Tensor& x) { return leaky_relu(x, 0.25); }, 0},
                                                          {[](const Tensor& x) { return elu(x, 1.5); }, 0},
                                                          {[](const Tensor& x) { return clamp(x, -1, 2); }, -1},
                                                          {[](const Tensor& x) { return clamp(x, -1, 2); }, 2},
                                                          {[](const Tensor& x) { return maximum(x, 3 * x); }, 0},
                                                          {[](const Tensor& x) { return minimum(x * x, x); }, 1}};
  const double h = 1e-6;
  for (std::size_t i = 0; i < kinks.size(); ++i) {
    const auto& [f, at] = kinks[i];
    const double left = (f(at).item() - f(at - h).item()) / h, right = (f(at + h).item() - f(at).item()) / h;
    const double analytic = slope(f, Tensor{at}).item();
    INFO("kink " << i << ": " << left << " from the left, " << right << " from the right");
    CHECK(analytic >= std::min(left, right) - 1e-5);
    CHECK(analytic <= std::max(left, right) + 1e-5);
  }
}

TEST_CASE("sqrt and std at 0, and the variance of one", "[semantics]") {
  CHECK(difference(slope([](const Tensor& x) { return sqrt(x); }, {0., 4.}), {inf, 0.25}) == "");
  CHECK(difference(sqrt(Tensor{-1.}), {not_a_number}) == "");
  CHECK(difference(slope([](const Tensor& x) { return xgrad::std(x); }, {2., 2., 2.}), {0., 0., 0.}) == "");
  CHECK(std::isnan(var(Tensor{5.}).item()));
  CHECK(difference(slope([](const Tensor& x) { return var(x); }, {5.}), {not_a_number}) == "");
  CHECK(var(Tensor{5.}, {}, 0).item() == 0);
}

TEST_CASE("pow at its edges", "[semantics]") {
  const auto by = [](double t) { return [t](const Tensor& x) { return pow(x, t); }; };
  CHECK(difference(pow(Tensor{0., 2., not_a_number}, 0.0), {1., 1., 1.}) == "");
  CHECK(difference(slope(by(0), {0., 2., -3.}), {0., 0., 0.}) == "");
  CHECK(difference(slope(by(1), {0., 2., -3.}), {1., 1., 1.}) == "");
  CHECK(difference(slope(by(2), {0., 2., -3.}), {0., 4., -6.}) == "");
  CHECK(difference(slope(by(0.5), {0.}), {inf}) == "");
  CHECK(difference(pow(Tensor{-8.}, 0.5), {not_a_number}) == "");
  const auto of_exponent =
      slopes([](const Tensor& a, const Tensor& t) { return pow(a, t); }, {0., 0., 0., 0.}, {0., 1., 0.5, -1.});
  CHECK(difference(of_exponent[1], {0., 0., 0., -inf}) == "");
  CHECK(difference(pow(Tensor({2., 3.}, float32), 3), Tensor({8., 27.}, float32)) == "");
}

TEST_CASE("reductions of nothing", "[semantics]") {
  const Tensor nothing = zeros({0}, float64);
  CHECK(sum(nothing).item() == 0);
  CHECK(std::isnan(mean(nothing).item()));
  CHECK(logsumexp(nothing).item() == -inf);
  CHECK(difference(sum(zeros({0, 3}, float64), 0), {0., 0., 0.}) == "");
  CHECK_THROWS_WITH(amax(nothing), StartsWith("amax: ") && Contains("(0)"));
  CHECK_THROWS_WITH(max(nothing), StartsWith("max: "));
  CHECK_THROWS_WITH(min(nothing, 0), StartsWith("min: "));
  CHECK_THROWS_WITH(argmax(zeros({2, 0})), StartsWith("argmax: "));
  CHECK_THROWS_AS(argmin(zeros({0, 2}), 0), std::invalid_argument);
}

TEST_CASE("logsumexp and the softmaxes are shifted by the maximum", "[semantics]") {
  CHECK(difference(logsumexp(Tensor{1000., 1000.}), 1000 + std::log(2.0), 1e-15) == "");
  CHECK(difference(logsumexp(Tensor{-1e4, -1e4, -inf}), -1e4 + std::log(2.0), 1e-15) == "");
  CHECK(difference(softmax(Tensor{1e4, 0., -1e4}, 0), {1., 0., 0.}) == "");
  CHECK(difference(log_softmax(Tensor{1e4, 0.}, 0), {0., -1e4}) == "");
  CHECK(difference(softmax(Tensor{0.3, 2.9, 4.0}, 0), {0.01821127, 0.24519181, 0.73659691}, 0, 5e-9) == "");
  CHECK(difference(softmax(Tensor{-inf, 0., 0.}, 0), {0., 0.5, 0.5}) == "");
}

TEST_CASE("a row of -inf alone", "[semantics]") {
  CHECK(logsumexp(Tensor{-inf, -inf}).item() == -inf);
  CHECK(difference(slope([](const Tensor& x) { return logsumexp(x); }, {-inf, -inf}), {not_a_number, not_a_number}) ==
        "");
  CHECK(difference(softmax(Tensor({{-inf, -inf}, {0., 0.}}), 1), {{not_a_number, not_a_number}, {0.5, 0.5}}) == "");
}

TEST_CASE("NaN propagates, and 0 times NaN is NaN", "[semantics]") {
  const Tensor x{1., not_a_number, 2.};
  for (const Tensor& y : {sum(x), mean(x), var(x), amax(x), amin(x), max(x), logsumexp(x), max(x, 0).values})
    CHECK(std::isnan(y.item()));
  CHECK(argmax(x).item<int>() == 1);
  CHECK(max(x, 0).indices.item<int>() == 1);
  for (const Tensor& y : {sigmoid(x), tanh(x), gelu(x), silu(x), softplus(x), elu(x), leaky_relu(x), logsigmoid(x),
                          exp(x), log(x), erf(x), sin(x), square(x), x * 0, 0 / x, relu(x)})
    CHECK(difference(isnan(y), Tensor{false, true, false}) == "");
  CHECK(difference(matmul(Tensor({{0., 0.}}), Tensor({{not_a_number}, {inf}})), {{not_a_number}}) == "");
  CHECK(difference(slope(
                       [](const Tensor& t) {
                         return t * Tensor{not_a_number, 0.};
                       },
                       {0., 0.}),
                   {not_a_number, 0.}) == "");
}

TEST_CASE("comparisons with NaN are right in every lane of a vector", "[semantics]") {
  for (DType dtype : {float32, float64}) {
    const Tensor x = full(37, not_a_number, dtype), one = ones(37, dtype);
    CHECK(sum(isnan(x)).item() == 37);
    CHECK(sum(x != x).item() == 37);
    CHECK(sum(x == x).item() == 0);
    CHECK(sum((x < one) | (x > one) | (x <= one) | (x >= one)).item() == 0);
    CHECK(sum(isnan(maximum(x, one))).item() == 37);
    CHECK(sum(isnan(clamp(x, 0, 1))).item() == 37);
    CHECK(sum(isnan(relu(x))).item() == 37);
  }
}

TEST_CASE("where gives the branch not taken exactly 0", "[semantics]") {
  const auto g = slopes(
      [](const Tensor& a, const Tensor& b) {
        return where(Tensor{true, false}, a, b);
      },
      {1., not_a_number}, {inf, 2.});
  CHECK(difference(g[0], {1., 0.}) == "");
  CHECK(difference(g[1], {0., 1.}) == "");
  // Between separate ops the 0 is multiplied by sqrt's infinite slope.
  CHECK(difference(slope([](const Tensor& x) { return where(x > 0, sqrt(x), 0.0); }, {0., 4.}), {not_a_number, 0.25}) ==
        "");
}

TEST_CASE("functions stay finite wherever their values are", "[semantics]") {
  const Tensor x{-1e4, 1e4};
  CHECK(difference(logsigmoid(x), {-1e4, 0.}) == "");
  CHECK(difference(softplus(x), {0., 1e4}) == "");
  CHECK(difference(sigmoid(x), {0., 1.}) == "");
  CHECK(difference(tanh(x), {-1., 1.}) == "");
  CHECK(difference(silu(x), {0., 1e4}) == "");
  CHECK(difference(gelu(x), {0., 1e4}) == "");
  CHECK(difference(gelu(x, Gelu::tanh), {0., 1e4}) == "");
  CHECK(difference(elu(x), {-1., 1e4}) == "");
  CHECK(difference(expm1(Tensor{1e-20, -1e-20}), {1e-20, -1e-20}) == "");
  CHECK(difference(log1p(Tensor{1e-20, -1e-20}), {1e-20, -1e-20}) == "");
  CHECK(difference(exp(Tensor({88.5}, float32)), Tensor({2.7230878250681117e38}, float32), 1e-6) == "");
}

TEST_CASE("slopes stay finite wherever their values are", "[semantics]") {
  const std::vector<std::pair<Function, Tensor>> expected = {
      {[](const Tensor& x) { return logsigmoid(x); }, {1., 0.}},
      {[](const Tensor& x) { return softplus(x); }, {0., 1.}},
      {[](const Tensor& x) { return sigmoid(x); }, {0., 0.}},
      {[](const Tensor& x) { return tanh(x); }, {0., 0.}},
      {[](const Tensor& x) { return silu(x); }, {0., 1.}},
      {[](const Tensor& x) { return gelu(x); }, {0., 1.}},
      {[](const Tensor& x) { return gelu(x, Gelu::tanh); }, {0., 1.}},
      {[](const Tensor& x) { return elu(x); }, {0., 1.}}};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    INFO("function " << i);
    CHECK(difference(slope(expected[i].first, {-1e4, 1e4}), expected[i].second) == "");
    CHECK(difference(slope(expected[i].first, Tensor({-1e4, 1e4}, float32)), expected[i].second.to(float32)) == "");
  }
}

TEST_CASE("the variance stays accurate for a large mean", "[semantics]") {
  const Tensor x{1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16};
  CHECK(var(x).item() == 30);
  CHECK(var(x, {}, 0).item() == 22.5);
  CHECK(difference(var(stack({x, x + 1}), 1), {30., 30.}) == "");
  CHECK(difference(var(stack({x, x + 1}), 0), {0.5, 0.5, 0.5, 0.5}) == "");
  CHECK(var(Tensor({16777212.0, 16777214.0, 16777216.0}, float32)).item() == 4);
}

TEST_CASE("sums of float32 are exact to the last rounding", "[semantics]") {
  const std::int64_t n = std::int64_t{1} << 25;
  CHECK(mean(ones(n)).item() == 1);
  // A power of two times the float nearest to 0.1 is itself a float.
  const float tenth = 0.1f;
  CHECK(sum(full({1 << 20, 3}, tenth), 0)[1].item<float>() == static_cast<float>(1 << 20) * tenth);
  CHECK(sum(full({3, 1 << 20}, tenth), 1)[2].item<float>() == static_cast<float>(1 << 20) * tenth);
  CHECK(mean(full(1 << 20, tenth)).item<float>() == tenth);
  CHECK(sum(Tensor({16777216.0, 1.0, 1.0}, float32)).item() == 16777218);
}

TEST_CASE("tensors promote as PyTorch's do", "[semantics]") {
  const Tensor b{true, false}, i{2, 3}, f = Tensor({0.5, 1.5}, float32), d{0.25, 1.25};
  CHECK((b + i).dtype() == int64);
  CHECK((b * f).dtype() == float32);
  CHECK((i + f).dtype() == float32);
  CHECK((i - d).dtype() == float64);
  CHECK((f * d).dtype() == float64);
  CHECK(maximum(i, f).dtype() == float32);
  CHECK(where(b, f, d).dtype() == float64);
  CHECK(difference(i / Tensor{4, 2}, Tensor({0.5, 1.5}, float32)) == "");
  CHECK(difference(sqrt(Tensor{4, 9}), Tensor({2., 3.}, float32)) == "");
  CHECK(difference(i * i, {4, 9}) == "");
  CHECK(difference(sum(b), full({}, 1)) == "");
  CHECK(difference(mean(i), full({}, 2.5, float32)) == "");
}

TEST_CASE("C++ numbers are weak: they take the dtype of tensors", "[semantics]") {
  const Tensor i{2, 3}, f = Tensor({0.5, 1.5}, float32), d{0.25, 1.25};
  CHECK(difference(f * 2.0, Tensor({1., 3.}, float32)) == "");
  CHECK(difference(1 / f, Tensor({2., 2. / 3}, float32), 1e-7) == "");
  CHECK((d * 2.0f).dtype() == float64);
  CHECK((d + 1).dtype() == float64);
  CHECK(difference(i * 2, {4, 6}) == "");
  CHECK(difference(i + 0.5, Tensor({2.5, 3.5}, float32)) == "");
  CHECK((Tensor{true, false} + 1).dtype() == int64);
  CHECK(pow(f, 2.0).dtype() == float32);
  CHECK(maximum(f, 1.0).dtype() == float32);
  CHECK(where(f > 1.0, f, 0.0).dtype() == float32);
  // What is computed from numbers alone is as weak as they are.
  CHECK((exp(Tensor(2.0)) * 0.5 * f).dtype() == float32);
  CHECK((Tensor(2.0) * 3.0).dtype() == float64);
}

TEST_CASE("a gradient comes back in its input's own dtype", "[semantics]") {
  Tensor f = Tensor({0.5, 1.5}, float32).requires_grad_(), d = Tensor{2., 4.}.requires_grad_();
  (f * d).sum().backward();
  CHECK(difference(f.grad(), Tensor({2., 4.}, float32)) == "");
  CHECK(difference(d.grad(), {0.5, 1.5}) == "");
  CHECK(difference(slope([](const Tensor& x) { return x.to(float32) * 3; }, {1., 2.}), {3., 3.}) == "");
  CHECK_THROWS_AS(Tensor({1, 2}).requires_grad_(), std::invalid_argument);
}

TEST_CASE("slices clamp as NumPy's do, and indices do not", "[semantics]") {
  using namespace xt::placeholders;
  const Tensor x = arange(5);
  CHECK(difference(x(xt::range(-3, _)), {2, 3, 4}) == "");
  CHECK(difference(x(xt::range(_, _, -1)), {4, 3, 2, 1, 0}) == "");
  CHECK(difference(x(xt::range(3, 0, -2)), {3, 1}) == "");
  CHECK(difference(x(xt::range(-99, 99)), {0, 1, 2, 3, 4}) == "");
  CHECK(difference(x(xt::range(99, -99, -3)), {4, 1}) == "");
  CHECK(difference(x(xt::range(0, -1)), {0, 1, 2, 3}) == "");
  CHECK(x(xt::range(3, 1)).shape() == Shape{0});
  CHECK(x(-1).item<int>() == 4);
  CHECK_THROWS_AS(x(5), std::invalid_argument);
  CHECK_THROWS_AS(x(-6), std::invalid_argument);
}

TEST_CASE("repeated indices add their gradients", "[semantics]") {
  const auto rows = [](const Tensor& x) { return index_select(x, 0, Tensor{0, 0, 2}); };
  CHECK(difference(slope(rows, {5., 6., 7.}), {2., 0., 1.}) == "");
  CHECK(difference(slope([](const Tensor& x) { return concat({x, x}); }, {5., 6.}), {2., 2.}) == "");
  CHECK(difference(slope([](const Tensor& x) { return gather(x, 0, Tensor{1, 1, 1}); }, {5., 6.}), {0., 3.}) == "");
}

TEST_CASE("matmul's ranks, and inner axes of size 0", "[semantics]") {
  const auto shape = [](Shape a, Shape b) { return matmul(ones(std::move(a)), ones(std::move(b))).shape(); };
  CHECK(shape({3}, {3}) == Shape());
  CHECK(shape({3}, {3, 4}) == Shape{4});
  CHECK(shape({2, 3}, {3}) == Shape{2});
  CHECK(shape({2, 3}, {3, 4}) == Shape{2, 4});
  CHECK(shape({5, 1, 2, 3}, {4, 3, 2}) == Shape{5, 4, 2, 2});
  CHECK(shape({3}, {5, 3, 4}) == Shape{5, 4});
  CHECK(shape({5, 2, 3}, {3}) == Shape{5, 2});
  CHECK(difference(matmul(zeros({2, 0}), zeros({0, 3})), zeros({2, 3})) == "");
  CHECK(matmul(zeros(0, float64), zeros(0, float64)).item() == 0);
}

TEST_CASE("A @ A and A @ Aᵀ gather both gradients", "[semantics]") {
  // d sum(A A) / dA[i,j] = row sum j + column sum i; of A Aᵀ, twice column sum j.
  const Tensor a({{1., 2.}, {3., 4.}});
  CHECK(difference(slope([](const Tensor& x) { return matmul(x, x); }, a), {{3. + 4, 7. + 4}, {3. + 6, 7. + 6}}) == "");
  CHECK(difference(slope([](const Tensor& x) { return matmul(x, transpose(x)); }, a), {{8., 12.}, {8., 12.}}) == "");
}

TEST_CASE("empty axes broadcast as NumPy's do", "[semantics]") {
  CHECK((zeros({0, 3}) + zeros({1, 3})).shape() == Shape{0, 3});
  const auto g =
      slopes([](const Tensor& a, const Tensor& b) { return a * b; }, zeros({0, 3}, float64), ones({1, 3}, float64));
  CHECK(difference(g[1], {{0., 0., 0.}}) == "");
  CHECK_THROWS_AS(zeros({0, 3}) + zeros({2, 3}), std::invalid_argument);
}

TEST_CASE("shapes beyond 2^31 elements are counted right", "[semantics]") {
  const std::int64_t big = std::int64_t{1} << 20;
  CHECK(Shape({big, big}).count() == std::int64_t{1} << 40);
  CHECK(broadcast_shapes("add", {big, 1}, {1, big}).count() == std::int64_t{1} << 40);
  CHECK_THROWS_AS(Shape({big, big, big, big}).count(), std::invalid_argument);
  CHECK(Shape({big, big, big, big, 0}).count() == 0);
  const Tensor none = zeros({big, big, 0});
  CHECK(none.size() == 0);
  CHECK(reshape(none, {big, 0, big}).shape() == Shape({big, 0, big}));
  CHECK(transpose(none).shape() == Shape({0, big, big}));
}

TEST_CASE("using a tensor that was moved from is an error that says so", "[semantics]") {
  Tensor a{1., 2.};
  const Tensor b = std::move(a);
  CHECK(!a.defined());
  CHECK_THROWS_WITH(a + b, StartsWith("add: ") && Contains("moved from"));
  CHECK_THROWS_AS(a.shape(), std::logic_error);
}

TEST_CASE("operators are the functions they stand for", "[semantics]") {
  const Tensor a{1., 2.}, b{3., 5.};
  CHECK(difference(a + b, {4., 7.}) == "");
  CHECK(difference(a - b, {-2., -3.}) == "");
  CHECK(difference(a * b, {3., 10.}) == "");
  CHECK(difference(b / a, {3., 2.5}) == "");
  CHECK(difference(-a, {-1., -2.}) == "");
  CHECK(difference(2 - a, {1., 0.}) == "");
  CHECK(difference(a * xt::xarray<double>{2., 3.}, {2., 6.}) == "");
}

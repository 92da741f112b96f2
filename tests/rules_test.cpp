// Rules of pointwise ops for extreme numbers: of the op, inside an elementwise() lambda, in a recorded backward, and
// for second derivatives. Expected values are derived mathematically or from PyTorch's documentation.

#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/nn/losses.hpp>

#include "catch2.hpp"
#include "compare.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr float lowest = std::numeric_limits<float>::lowest();
constexpr float denormal = 1e-40F;

using Function = std::function<Tensor(const Tensor&)>;

struct Both {
  Function op, lambda;
};

/// A generic lambda as an op on tensors and as an elementwise() op.
template <class F>
Both both(F f) {
  return {[f](const Tensor& x) { return f(x); }, [f](const Tensor& x) { return elementwise(f, x); }};
}

Tensor leaf(const Tensor& x) { return x.clone().detach().requires_grad_(); }

/// The gradient of Σ seed f(x).
Tensor slope(const Function& f, const Tensor& at, double seed = 1, Graph graph = Graph::release) {
  const Tensor x = leaf(at);
  const Tensor y = f(x);
  return grad({y}, {x}, {full(y.shape(), seed, y.dtype())}, graph)[0];
}

/// The derivative of that gradient's sum.
Tensor second(const Function& f, const Tensor& at) {
  const Tensor x = leaf(at);
  const Tensor y = f(x);
  const Tensor g = grad({y}, {x}, {ones_like(y)}, create_graph)[0];
  return grad({sum(g)}, {x}, {}, Graph::release, allow_unused)[0];
}

/// Compares the gradients of both forms of a function, recorded and not, with the expected ones.
void check_slopes(const Both& f, const Tensor& x, const Tensor& expected, double seed = 1, double tolerance = 1e-6) {
  CHECK(difference(slope(f.op, x, seed), expected, tolerance, 0) == "");
  CHECK(difference(slope(f.op, x, seed, create_graph).detach(), expected, tolerance, 0) == "");
  CHECK(difference(slope(f.lambda, x, seed), expected, tolerance, 0) == "");
  CHECK(difference(slope(f.lambda, x, seed, create_graph).detach(), expected, tolerance, 0) == "");
}

void check_second(const Both& f, const Tensor& x, const Tensor& expected, double tolerance = 1e-6) {
  CHECK(difference(second(f.op, x), expected, tolerance, 0) == "");
  CHECK(difference(second(f.lambda, x), expected, tolerance, 0) == "");
}

/// The derivative in b of the derivative in a.
Tensor mixed(const std::function<Tensor(const Tensor&, const Tensor&)>& f, const Tensor& at_a, const Tensor& at_b) {
  const Tensor a = leaf(at_a), b = leaf(at_b);
  const Tensor y = f(a, b);
  const Tensor g = grad({y}, {a}, {ones_like(y)}, create_graph)[0];
  return grad({sum(g)}, {b})[0];
}

}  // namespace

// ---- division

TEST_CASE("the gradient of a quotient of large numbers is that of a softmax", "[rules]") {
  for (const Graph graph : {Graph::release, create_graph}) {
    const Tensor x = Tensor({50.F, 50.F}).requires_grad_();
    const Tensor e = exp(x);
    const Tensor y = (e / sum(e))[0];
    CHECK(difference(grad(y, x, graph).detach(), Tensor{.25F, -.25F}, 1e-6, 0) == "");
  }
}

TEST_CASE("the slope of a quotient in its divisor is right wherever it is representable", "[rules]") {
  for (const float b : {2e19F, 1e30F, -3e25F, 1e-20F, -1e-15F}) {
    const float a = b * 3;  // -a / b² = -3 / b
    const auto quotient = both([a](auto x) { return a / x; });
    check_slopes(quotient, Tensor{b}, Tensor{-3 / b});
  }
  const auto nothing = both([](auto x) { return 0.F / x; });
  check_slopes(nothing, Tensor{1e-25F}, Tensor{0.F});
  const auto wide = both([](auto x) { return 1e200 / x; });
  check_slopes(wide, Tensor{1e200}, Tensor{-1e-200});
  const Tensor a = leaf({6e25F}), b = leaf({3e25F});
  Tensor q = a.clone();
  q /= b;
  const auto g = grad({q}, {a, b}, {ones_like(q)});
  CHECK(difference(g[1], Tensor{-2 / 3e25F}, 1e-6, 0) == "");
}

TEST_CASE("the gradients of reciprocal and of logarithms do not overflow on the way", "[rules]") {
  // Of ops: in a lambda the slope itself, 1e-50 or 1e39 here, must be representable.
  for (const Graph graph : {Graph::release, create_graph}) {
    const Tensor small = slope([](const Tensor& x) { return reciprocal(x); }, Tensor{1e25F}, 1e30, graph);
    CHECK(difference(small.detach(), Tensor{-1e-20F}, 1e-6, 0) == "");
    const Tensor large = slope([](const Tensor& x) { return log(x); }, Tensor{1e-39F}, 1e-38, graph);
    CHECK(difference(large.detach(), Tensor{10.F}, 1e-5, 0) == "");
  }
}

// ---- powers

TEST_CASE("the mixed second derivative of a power is right at the exponent 0", "[rules]") {
  const auto op = [](const Tensor& a, const Tensor& b) { return pow(a, b); };
  const auto lambda = [](const Tensor& a, const Tensor& b) {
    return elementwise([](auto u, auto v) { return pow(u, v); }, a, b);
  };
  for (const auto& f : {std::function<Tensor(const Tensor&, const Tensor&)>(op),
                        std::function<Tensor(const Tensor&, const Tensor&)>(lambda)}) {
    CHECK(mixed(f, {2.}, {0.}).item() == Approx(.5));
    // ∂²/∂a∂b a^b = a^(b-1) (1 + b ln a)
    CHECK(mixed(f, {3.}, {2.}).item() == Approx(3 * (1 + 2 * std::log(3))));
  }
}

TEST_CASE("the mixed second derivative of a power is the same in both orders where a logarithm is infinite",
          "[rules]") {
  const auto power = [](const Tensor& a, const Tensor& b) { return pow(a, b); };
  const auto swapped = [](const Tensor& b, const Tensor& a) { return pow(a, b); };
  const Tensor a{-2.0, inf}, b{0.0, -1.0}, expected{-0.5, 0.0};
  CHECK(difference(mixed(power, a, b), expected) == "");
  CHECK(difference(mixed(swapped, b, a), expected) == "");
  CHECK(difference(second([](const Tensor& t) { return pow(full(t.shape(), inf, float64), t); }, Tensor{-1.0}),
                   Tensor{0.0}) == "");
}

TEST_CASE("the slope of x^inf between -1 and 1 is 0", "[rules]") {
  CHECK(difference(slope([](const Tensor& x) { return pow(x, inf); }, Tensor{0.5, -0.5, 0.0}), Tensor{0.0, 0.0, 0.0}) ==
        "");
}

TEST_CASE("the slope of 0^t in t is 0 for t >= 0, -inf below and NaN for NaN", "[rules]") {
  const Tensor t = {0., 2., -1., not_a_number};
  check_slopes(both([](auto x) { return pow(0., x); }), t, {0., 0., -inf, not_a_number});
}

TEST_CASE("the second derivatives of a power at 0 are 0 for exponents above 1", "[rules]") {
  const auto in_b = both([](auto b) { return pow(0., b); });
  check_second(in_b, {1., 2., 3.}, {0., 0., 0.});
  const auto op = [](const Tensor& a, const Tensor& b) { return pow(a, b); };
  CHECK(difference(mixed(op, {0., 0.}, {2., 3.}), Tensor{0., 0.}) == "");
  check_second(both([](auto x) { return pow(x, -1); }), Tensor{1e-10F}, Tensor{2e30F});
}

TEST_CASE("elu's second derivative at 0 is that of its left side", "[rules]") {
  check_second(both([](auto x) { return elu(x, 2.0); }), {0., 1.}, {2., 0.});
}

TEST_CASE("a mask counts as ones and zeros beside a number in a lambda", "[rules]") {
  const Tensor y = elementwise([](auto x) { return (x > 1) * 2.0 + (1 - (x > 2)); }, Tensor{0., 1.5, 3.});
  CHECK(difference(y, Tensor{1., 3., 2.}) == "");
}

TEST_CASE("x^t has slope 0 in x at t = 0, also where x is 0, denormal or NaN", "[rules]") {
  const Tensor x = Tensor({0.F, denormal, std::numeric_limits<float>::quiet_NaN(), 3.F});
  const auto f = [](const Tensor& a) { return pow(a, zeros(4)); };
  CHECK(difference(slope(f, x), zeros(4)) == "");
  CHECK(difference(slope(f, x, 1, create_graph).detach(), zeros(4)) == "");
  CHECK(difference(second(f, x), zeros(4)) == "");
  const auto by_number = both([](auto a) { return pow(a, 0.0); });
  check_slopes(by_number, x, zeros(4));
  check_second(by_number, x, zeros(4));
}

TEST_CASE("the slope of a power is formed before g is multiplied in", "[rules]") {
  const auto f = [](const Tensor& a) { return pow(a, Tensor({3e38F})); };
  CHECK(slope(f, Tensor{0.F}, 2).item() == 0);
  CHECK(slope(f, Tensor{0.F}, 2, create_graph).item() == 0);
}

TEST_CASE("powers by small numbers have right values, slopes and second derivatives", "[rules]") {
  const Tensor x = {0.5, 1.5, 3.};
  for (const double n : {-2., -1., -.5, .5, 1., 2., 3., 4., 5., 2.5}) {
    INFO("exponent " << n);
    const auto f = both([n](auto a) { return pow(a, n); });
    std::vector<double> values, slopes, curves;
    for (const double at : {0.5, 1.5, 3.}) {
      values.push_back(std::pow(at, n));
      slopes.push_back(n * std::pow(at, n - 1));
      curves.push_back(n * (n - 1) * std::pow(at, n - 2));
    }
    CHECK(difference(f.op(x), Tensor(values), 1e-14, 0) == "");
    CHECK(difference(f.lambda(x), Tensor(values), 1e-14, 0) == "");
    check_slopes(f, x, Tensor(slopes), 1, 1e-13);
    if (n != 1) check_second(f, x, Tensor(curves), 1e-12);
  }
}

// ---- kinks and flat functions

TEST_CASE("the gradient of a flat function is 0 even if the upstream gradient is infinite or NaN", "[rules]") {
  for (const auto& f : {both([](auto x) { return sign(x); }), both([](auto x) { return step(x); })})
    for (const double seed : {inf, not_a_number}) check_slopes(f, Tensor{-1., 2.}, Tensor{0., 0.}, seed);
  check_slopes(both([](auto x) { return sqrt(step(x)); }), Tensor{-1.}, Tensor{0.});
  check_slopes(both([](auto x) { return log(relu(x)); }), Tensor{-1.}, Tensor{0.});
}

TEST_CASE("the gradient on the flat side of a kink is 0 for every upstream gradient", "[rules]") {
  for (const double seed : {inf, not_a_number}) {
    check_slopes(both([](auto x) { return relu(x); }), Tensor{-1.}, Tensor{0.}, seed);
    check_slopes(both([](auto x) { return clamp(x, 0, 1); }), Tensor{-1., 3.}, Tensor{0., 0.}, seed);
    check_slopes(both([](auto x) { return maximum(x, 0.); }), Tensor{-1.}, Tensor{0.}, seed);
    check_slopes(both([](auto x) { return minimum(x, 0.); }), Tensor{1.}, Tensor{0.}, seed);
    check_slopes(both([](auto x) { return abs(x); }), Tensor{0.}, Tensor{0.}, seed);
  }
}

TEST_CASE("an elementwise lambda that is flat gives a gradient of zeros, as the op does", "[rules]") {
  const Tensor x = leaf({1., -2.});
  const Tensor y = elementwise([](auto v) { return where(v > 0, 3., 4.); }, x);
  CHECK(y.requires_grad());
  sum(y).backward();
  REQUIRE(x.grad().defined());
  CHECK(difference(x.grad(), zeros({2}, float64)) == "");
  CHECK(difference(second([](const Tensor& v) { return elementwise([](auto u) { return step(u) * 2; }, v); }, {1., 2.}),
                   zeros({2}, float64)) == "");
}

// ---- the functions one by one

TEST_CASE("relu keeps the sign of zero", "[rules]") {
  const auto f = both([](auto x) { return relu(x); });
  for (const Function& g : {f.op, f.lambda}) CHECK(std::signbit(g(Tensor{-0.0}).item()));
}

TEST_CASE("gelu's tanh form has a finite slope for every finite number", "[rules]") {
  const auto f = both([](auto x) { return gelu(x, Gelu::tanh); });
  check_slopes(f, Tensor({1e19F, -1e19F, 3e38F, lowest}), Tensor({1.F, 0.F, 1.F, 0.F}));
  check_slopes(f, Tensor({1e154, -1e300}), Tensor({1., 0.}));
  check_second(f, Tensor({1e30F, -1e30F}), Tensor({0.F, 0.F}));
}

TEST_CASE("silu and gelu have the slopes 1 and 0 at infinity", "[rules]") {
  const Tensor ends{inf, -inf}, expected{1.0, 0.0};
  check_slopes(both([](const auto& x) { return silu(x); }), ends, expected);
  check_slopes(both([](const auto& x) { return gelu(x); }), ends, expected);
}

TEST_CASE("the second derivative of binary cross entropy of logits has all digits where a class is certain",
          "[rules]") {
  for (const double target : {0.0, 1.0}) {
    const Tensor logits = Tensor{-18.0, 18.0, -80.0, 80.0}.to(float32);
    const Tensor targets = full({4}, target, float32);
    const auto loss = [&](const Tensor& x) {
      return nn::binary_cross_entropy_with_logits(x, targets, nn::Reduction::sum);
    };
    const Tensor p = exp(Tensor{-18.0, -18.0, -80.0, -80.0});  // σ(1 - σ) to 1e-8
    CHECK(difference(second(loss, logits).to(float64), p, 1e-6, 1e-45) == "");
  }
}

TEST_CASE("softplus is x above its threshold, and scales with beta", "[rules]") {
  const auto plain = both([](auto x) { return softplus(x); });
  for (const Function& f : {plain.op, plain.lambda}) {
    CHECK(f(Tensor{20.5}).item() == 20.5);
    CHECK(f(Tensor{19.5}).item() == Approx(19.5 + std::log1p(std::exp(-19.5))).epsilon(1e-15));
    CHECK(f(Tensor{19.5}).item() != 19.5);
  }
  check_slopes(plain, {25., 0.}, {1., .5});
  const auto sharp = both([](auto x) { return softplus(x, 2.0, 6.0); });
  for (const Function& f : {sharp.op, sharp.lambda}) {
    CHECK(f(Tensor{3.5}).item() == 3.5);
    CHECK(f(Tensor{1.}).item() == Approx(std::log1p(std::exp(2.)) / 2).epsilon(1e-14));
  }
}

// ---- losses

TEST_CASE("binary cross entropy of infinite logits is 0 where the target is met, and infinite where not", "[rules]") {
  const Tensor x = {inf, inf, -inf, -inf}, t = {1., 0., 1., 0.};
  const auto f = [&](const Tensor& z) { return nn::binary_cross_entropy_with_logits(z, t, nn::Reduction::none); };
  CHECK(difference(f(x), Tensor{0., inf, inf, 0.}) == "");
  CHECK(difference(slope(f, x), Tensor{0., 1., -1., 0.}) == "");
  CHECK(difference(slope(f, x, 1, create_graph).detach(), Tensor{0., 1., -1., 0.}) == "");
  const auto weighted = [&](const Tensor& z) {
    return nn::binary_cross_entropy_with_logits(z, t, {}, Tensor(2.), nn::Reduction::none);
  };
  CHECK(difference(weighted(x), Tensor{0., inf, inf, 0.}) == "");
  CHECK(difference(slope(weighted, x), Tensor{0., 1., -2., 0.}) == "");
  const Tensor far = Tensor({lowest, -lowest});
  CHECK(difference(nn::binary_cross_entropy_with_logits(far, Tensor({0.F, 1.F}), {}, Tensor(3.F), nn::Reduction::none),
                   Tensor({0.F, 0.F})) == "");
}

TEST_CASE("a residual of NaN gives huber and smooth_l1 a slope of NaN", "[rules]") {
  const Tensor t = {1., not_a_number, 0.};
  for (const Function& f : {Function([&](const Tensor& x) { return nn::huber_loss(x, t, nn::Reduction::sum); }),
                            Function([&](const Tensor& x) { return nn::smooth_l1_loss(x, t, nn::Reduction::sum); })}) {
    CHECK(difference(slope(f, {not_a_number, 1., .5}), Tensor{not_a_number, not_a_number, .5}) == "");
    CHECK(difference(slope(f, {not_a_number, 1., .5}, 1, create_graph).detach(),
                     Tensor{not_a_number, not_a_number, .5}) == "");
  }
}

TEST_CASE("losses of extreme numbers are right where the result is representable", "[rules]") {
  CHECK(nn::smooth_l1_loss(Tensor{1e25F}, Tensor{0.F}, nn::Reduction::sum, 1e30).item() == Approx(5e19));
  const Function kl = [](const Tensor& t) { return nn::kl_div(Tensor{-inf, -1.}, t, nn::Reduction::sum); };
  CHECK(kl(Tensor{0., 1.}).item() == Approx(1));
  const Function bce = [](const Tensor& z) {
    return nn::binary_cross_entropy(z, Tensor{0.F, 1.F}, nn::Reduction::sum);
  };
  CHECK(difference(slope(bce, Tensor{1e-40F, 1.F}), Tensor{1.F, -1.F}, 1e-6, 0) == "");
}

// ---- dtypes

TEST_CASE("sums, products, maxima and minima of two bools are bools", "[rules]") {
  const Tensor a = {true, true, false}, b = {true, false, false};
  CHECK(difference(a + b, Tensor{true, true, false}) == "");
  CHECK(difference(a * b, Tensor{true, false, false}) == "");
  CHECK(difference(maximum(a, b), Tensor{true, true, false}) == "");
  CHECK(difference(minimum(a, b), Tensor{true, false, false}) == "");
  CHECK(difference(where(a, b, a), Tensor{true, false, false}) == "");
  CHECK(difference(amax(a), Tensor({true}).reshape({})) == "");
  CHECK(difference(amin(a, 0, keepdims), Tensor{false}) == "");
  CHECK(max(a, 0).values.dtype() == boolean);
  CHECK((a + 1).dtype() == int64);
  CHECK((a * 2.0).dtype() == float32);
}

TEST_CASE("differences, negatives and powers of bools are refused", "[rules]") {
  const Tensor a = {true, false};
  CHECK_THROWS_WITH(a - a, StartsWith("sub: ") && Contains("bool") && Contains("to(int64)"));
  CHECK_THROWS_WITH(-a, StartsWith("neg: ") && Contains("bool"));
  CHECK_THROWS_WITH(pow(a, a), StartsWith("pow: ") && Contains("bool"));
  CHECK_THROWS_WITH(a - 1, StartsWith("sub: ") && Contains("bool"));
  CHECK_THROWS_WITH(1.5 - a, StartsWith("sub: ") && Contains("bool"));
  CHECK(pow(a, 2).dtype() == int64);
}

TEST_CASE("integers raised to integers are integers, and clamped by integers too", "[rules]") {
  const Tensor x = {-3, 2, 5};
  CHECK(difference(pow(x, 2), Tensor{9, 4, 25}) == "");
  CHECK(difference(pow(x, Tensor{3, 0, 1}), Tensor{-27, 1, 5}) == "");
  CHECK(pow(x, 0.5).dtype() == float32);
  CHECK(difference(pow(Tensor{3, 7}, Tensor{39, 22}), Tensor{4052555153018976267, 3909821048582988049}) == "");
  CHECK_THROWS_WITH(pow(x, -1), StartsWith("pow: ") && Contains("-1"));
  CHECK_THROWS_WITH(pow(x, Tensor{1, -2, 3}), StartsWith("pow: ") && Contains("-2"));
  CHECK(difference(clamp(x, -1, 3), Tensor{-1, 2, 3}) == "");
  CHECK(clamp(x, -1, 3.0).dtype() == float32);
  CHECK(difference(clamp(x, 2, 1), Tensor{1, 1, 1}) == "");
}

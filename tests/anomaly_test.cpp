// DetectAnomaly: the first op that turns finite numbers into others is named, with its line and what it was given.

#include <cmath>
#include <limits>
#include <stdexcept>

#include <xgrad/autograd/linalg/linalg.hpp>
#include <xgrad/extend.hpp>
#include <xgrad/func.hpp>
#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

std::string here(int line) { return "anomaly_test.cpp:" + std::to_string(line); }

/// The report on f within a scope.
template <class F>
std::string report(F&& f) {
  return thrown_by<Anomaly>([&] {
    const DetectAnomaly scope;
    f();
  });
}

}  // namespace

TEST_CASE("the first op that makes a number that is not finite is reported with line, ranges, shapes and cause") {
  const Tensor x = leaf({1, 0, 2});
  const std::string text = report([&] {
    Tensor y = log(x);
    static_cast<void>(exp(y));
  });
  CHECK_THAT(text, StartsWith("log: element (1) of the result is -inf, and all operands are finite, at " +
                              here(__LINE__ - 4) + ": the logarithm is -inf at 0"));
  CHECK_THAT(text, Contains("operand 0: shape (3) float64, 0 .. 2, no nan, no inf"));
  CHECK_THAT(text, Contains("result: shape (3) float64, 0 .. 0.693"));
  CHECK_THAT(text, Contains("no nan, 1 inf"));
}

TEST_CASE("the usual causes are named") {
  const Tensor zero = leaf({0}), minus = leaf({-1}), big = leaf({1000}), one = leaf({1});
  CHECK_THAT(report([&] { zero / zero; }), StartsWith("div: ") && Contains("is nan") && Contains("0 / 0 is nan"));
  CHECK_THAT(report([&] { one / zero; }), Contains("a division by 0 is infinite"));
  CHECK_THAT(report([&] { exp(big); }), Contains("exp overflows from 88.7"));
  CHECK_THAT(report([&] { sqrt(minus); }), Contains("square root of a negative number"));
  CHECK_THAT(report([&] { pow(zero, -1.0); }), StartsWith("pow: ") && Contains("negative power"));
  CHECK_THAT(report([&] { log(minus); }), Contains("the logarithm is -inf at 0 and nan below it"));
  CHECK_THAT(report([&] { mul(leaf({1e200}), 1e200); }), Contains("1.8e308, the largest float64"));
  CHECK_THAT(report([&] { mul(full({2}, 3e38f), 10.0); }), Contains("3.4e38, the largest float32"));
  CHECK_THAT(report([&] { mean(zeros({0, 3}), 0); }), StartsWith("mean: ") && Contains("0 / 0 is nan"));
  CHECK_THAT(report([&] { var(ones({1}), {}); }), StartsWith("var: ") && Contains("unbiased variance"));
  CHECK_THAT(report([&] { Tensor(1e300).to(float32); }), StartsWith("to: "));
  CHECK_THAT(report([&] { matmul(full({2, 2}, 1e200), full({2, 2}, 1e200)); }), StartsWith("matmul: "));
}

TEST_CASE("lambdas, losses, ops of one's own and ops without a gradient are watched too") {
  const Tensor x = leaf({0, 1});
  const std::string found = report([&] { elementwise([](auto t) { return 1.0 / t; }, x); });
  CHECK_THAT(found, StartsWith("elementwise: element (0) of the result is inf") && Contains(here(__LINE__ - 1)));
  CHECK_THAT(report([&] { nn::mse_loss(full({2}, 1e200), full({2}, -1e200)); }), StartsWith("mse_loss: "));
  CHECK_THAT(report([&] { nn::kl_div(leaf({1e308, 1e308}), Tensor{1e10, -1e10}); }), StartsWith("kl_div: "));
  CHECK_THAT(report([&] {
               record("own", Source::here(), Tensor{inf, 1.}, {x}, [](Tensor g) { return g; });
             }),
             StartsWith("own: element (0) of the result is inf") && Contains("operand 0: shape (2)"));
  const NoGrad off;
  CHECK_THAT(report([&] { log(x); }), StartsWith("log: "));
}

TEST_CASE("custom functions are watched where their forward loops over raw numbers") {
  const Tensor x = leaf({0, 1}), mask{-inf, 0.};
  const auto inverse = func::custom(
      "inverse",
      [](const func::Tensors& in) {
        Tensor y = zeros(in[0].shape(), float64);
        for (std::int64_t i = 0; i < y.size(); ++i) Raw::write<double>(y)[i] = 1 / Raw::data<double>(in[0])[i];
        return y;
      },
      [](const func::Tensors&, const Tensor&, const Tensor& g) { return func::Tensors{g}; });
  const std::string found = report([&] { inverse(x); });
  CHECK_THAT(found, StartsWith("inverse: element (0) of the result is inf") && Contains(here(__LINE__ - 1)));
  CHECK_THAT(found, Contains("operand 0: shape (2)"));
  const NoGrad off;
  CHECK_THAT(report([&] { inverse(x); }), StartsWith("inverse: "));
  // An op inside answers for what it computes with, such as the infinities of a mask.
  const auto excluding = func::custom(
      "excluding", [mask](const func::Tensors& in) { return in[0] + mask; },
      [](const func::Tensors&, const Tensor&, const Tensor& g) { return func::Tensors{g}; });
  CHECK(report([&] { excluding(x); }) == "nothing was thrown");
}

TEST_CASE("what ops inside another one let out is reported where the scope ends, if no op follows") {
  const Tensor large = full({2, 2}, 1e200);
  CHECK_THAT(report([&] {
               linalg::multi_dot({large, large});
             }),
             StartsWith("matmul: ") && Contains("the largest float64") && Contains("inside multi_dot"));
  CHECK(thrown_by<std::domain_error>([&] {
          const DetectAnomaly scope;
          linalg::multi_dot({large, large});
          throw std::domain_error("first");
        }) == "first");
  CHECK_NOTHROW(log(leaf({0})));
}

TEST_CASE("inside a model the line of the model's caller and of its forward are kept") {
  nn::Sequential model{nn::Linear(2, 2), [](const Tensor& x) { return log(x - x); }};
  const std::string text = report([&] { model(ones({1, 2})); });
  CHECK_THAT(text, StartsWith("log: ") && Contains(here(__LINE__ - 2)));
}

TEST_CASE("an op is not blamed for operands that are not finite already, nor for infinite settings") {
  const Tensor bad = leaf({inf, not_a_number, 1});
  CHECK(report([&] { sum(exp(bad) * log(bad)).backward(); }) == "nothing was thrown");
  const Tensor logits = leaf({1, 2, 3});
  CHECK(report([&] {
          Tensor masked = where(Tensor{true, false, true}, logits, -inf);
          sum(softmax(masked, 0)).backward();
        }) == "nothing was thrown");
  CHECK(report([&] { full({2}, inf); }) == "nothing was thrown");
  CHECK(report([&] { clamp(logits, -inf, 5.0); }) == "nothing was thrown");
}

TEST_CASE("an op that turns infinities into a nan is reported, forward and backward") {
  const Tensor scores = leaf({1, 2, 3}), large = leaf({inf, 1});
  const std::string masked = report([&] { softmax(where(Tensor{false, false, false}, scores, -inf), 0); });
  CHECK_THAT(masked, StartsWith("softmax: element (0) of the result is nan, and no operand is nan, at " +
                                here(__LINE__ - 2) + ": a row of scores is -inf throughout"));
  CHECK_THAT(masked, Contains("operand 0: shape (3) float64, no nan, 3 inf"));
  CHECK_THAT(report([&] { large - large; }),
             StartsWith("sub: element (0) of the result is nan, and no operand is nan") && Contains("inf - inf"));
  CHECK_THAT(report([&] { sum((large * leaf({2, 2})) * Tensor{0.0, 1.0}); }), StartsWith("mul: element (0)"));
  const Tensor weight = leaf({1, 1}), y = sum(large * weight * Tensor{1.0, 1.0});
  const std::string slope = report([&] { static_cast<void>(grad({large * weight}, {weight}, {Tensor{0.0, 1.0}})); });
  CHECK_THAT(slope, StartsWith("backward of ") && Contains("nan, and neither the upstream gradient nor what the rule "
                                                           "reads is nan"));
  CHECK(report([&] { y.backward(); }) == "nothing was thrown");
}

TEST_CASE("attention blames rows that are masked throughout where they are nan, and lists what the caller gave") {
  const Tensor x = full({2, 3}, 1.0), big = full({2, 3}, 1e200), all = ones({2, 2}, boolean);
  const std::string masked = report([&] { scaled_dot_product_attention(big, big, x, all); });
  CHECK_THAT(masked, StartsWith("scaled_dot_product_attention: element (0, 0) of the result is nan, and all operands "
                                "are finite"));
  CHECK_THAT(masked, Contains("operand 3: shape (2, 2) bool") && !Contains("operand 4"));
  CHECK_THAT(report([&] { scaled_dot_product_attention(big, big, x); }),
             Contains("operand 2: shape (2, 3) float64") && !Contains("operand 3"));
  nn::MultiheadAttention layer(4, 2, nn::MultiheadAttention::Options().batch_first(true));
  const Tensor words = ones({1, 2, 4}), excluded = ones({1, 2}, boolean);
  nn::MultiheadAttention::Call call;
  call.key_padding_mask(excluded).need_weights(true);
  const std::string weighted = report([&] { layer(words, words, words, call); });
  CHECK_THAT(weighted, StartsWith("softmax: element (0, 0, 0, 0) of the result is nan, and no operand is nan, at " +
                                  here(__LINE__ - 2) + ": a row of scores is -inf throughout"));
  call.need_weights(false);  // of no keys at all, the fused attention is 0
  CHECK(report([&] { layer(words, words, words, call); }) == "nothing was thrown");
}

TEST_CASE("in backward the op is named by its own line, with the values that its rule read") {
  const Tensor x = leaf({0, 4});
  const Tensor y = sqrt(x);
  const int line = __LINE__ - 1;
  const std::string text = report([&] { sum(y).backward(); });
  CHECK_THAT(text, StartsWith("backward of sqrt (" + here(line) + "): element (0) of the gradient of input 0 is inf"));
  CHECK_THAT(text, Contains("the slope of the square root is inf at 0"));
  CHECK_THAT(text, Contains("upstream gradient: shape (2) float64, 1, no nan, no inf"));
  CHECK_THAT(text, Contains("saved output: shape (2) float64, 0 .. 2"));
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("the branch that where() does not take is explained") {
  const Tensor x = leaf({0, 4});
  const std::string text = report([&] { sum(where(x > 0, sqrt(x), 0.0)).backward(); });
  CHECK_THAT(text, StartsWith("backward of sqrt") && Contains("is nan") && Contains("where()"));
  CHECK(report([&] { sum(elementwise([](auto t) { return where(t > 0.0, sqrt(t), 0.0 * t); }, x)).backward(); }) ==
        "nothing was thrown");
}

TEST_CASE("other gradients that are not finite are found: rules, hooks, sums, and in recorded backward") {
  const Tensor x = leaf({2, 1});
  CHECK_THAT(report([&] {
               sum(record("own", Source::here(), Tensor{2., 2.}, {x}, [](Tensor g) { return g / 0.0; })).backward();
             }),
             StartsWith("backward of own ("));
  CHECK_THAT(report([&] {
               Tensor y = x * 2.0;
               y.register_hook([](const Tensor& g) { return g * Tensor{inf, 1.}; });
               sum(y).backward();
             }),
             StartsWith("backward of mul (") && Contains("a hook made its gradient inf at element (0)"));
  CHECK_THAT(report([&] {
               const Tensor y = x * 1.0;
               sum(y * 1.5e308 + y * 1.5e308).backward();
             }),
             Contains("inf"));
  const Tensor zero = leaf({0, 1});
  CHECK_THAT(report([&] { grad(sum(pow(zero, 0.5)), zero, create_graph); }), StartsWith("backward of pow ("));
  CHECK_THAT(report([&] {
               const Tensor first = grad(sum(pow(zero, 1.5)), zero, create_graph);
               sum(first).backward();
             }),
             Contains("backward of "));
}

TEST_CASE("the sum of gradients over the uses of a value may overflow") {
  const Tensor x = leaf({1e-10});
  CHECK_THAT(report([&] {
               const Tensor y = x * 1.0;
               sum(mul(y, 1.7e308) + mul(y, 1.7e308)).backward();
             }),
             StartsWith("backward of mul (") && Contains("the sum over its uses made its gradient inf"));
}

TEST_CASE("a seed that is not finite is nobody's fault") {
  const Tensor x = leaf({1, 2});
  CHECK(report([&] { (x * 2.0).backward(Tensor{inf, not_a_number}); }) == "nothing was thrown");
}

TEST_CASE("writes in place and steps of optimisers are watched") {
  Tensor x = ones({2}, float64);
  CHECK_THAT(report([&] { x /= 0.0; }), StartsWith("div: ") && Contains("a division by 0"));
  CHECK_THAT(report([&] { x.mul_(1e308).mul_(1e10); }), Contains("inf"));
  Tensor y = full({2}, 1e308);
  CHECK_THAT(
      report([&] { y.add_(full({2}, 1e308)); }),
      StartsWith("add_: element (0) of the result is inf of this write in place") && Contains("anomaly_test.cpp:"));
  CHECK(report([&] { x.copy_(Tensor{inf, 1.}); }) == "nothing was thrown");
  CHECK(report([&] { x.fill_(inf); }) == "nothing was thrown");
  Tensor part = zeros({3});
  CHECK_THAT(report([&] { part.put({0}, 1e300); }), StartsWith("put: element (0) of the result is inf of this write"));
  part.zero_();
  CHECK_THAT(report([&] {
               part.put({Tensor{1, 1}}, full({2}, 3e38f), Accumulate::yes);
             }),
             StartsWith("put: element (1)"));
  part.zero_();
  CHECK_THAT(report([&] { part.put({part == 0}, 1e300); }), StartsWith("put: "));
  part.zero_();
  CHECK(report([&] { part.put({0}, inf); }) == "nothing was thrown");
  CHECK(report([&] { part.put({1}, 2.0); }) == "nothing was thrown");  // beside an infinity that was there
  const Tensor w = leaf({1e308});
  optim::SGD optimizer({w}, 1e10);
  w.set_grad(Tensor{1e300});
  CHECK_THAT(report([&] { optimizer.step(); }), StartsWith("SGD: ") && Contains("learning rate"));
}

TEST_CASE("an anomaly is reported once it leaves the op that computes with it, not before") {
  const Tensor x = leaf({1, 2});
  // An op made of others, one of which overflows on the way to a finite result.
  const auto careful = [&](double scale) {
    const detail::Timed timed("careful", Source::here());
    return record("careful", Source::here(), (1.0 / exp(x.detach() * scale)), {x}, [](Tensor g) { return g; });
  };
  CHECK(report([&] { sum(careful(1000)).backward(); }) == "nothing was thrown");
  CHECK_THAT(report([&] { careful(-1000); }), StartsWith("careful: "));
}

TEST_CASE("scopes nest, end with exceptions, and belong to their thread") {
  const Tensor x = leaf({0});
  {
    const DetectAnomaly outer;
    {
      const DetectAnomaly inner;
      CHECK_THROWS_AS(log(x), Anomaly);
    }
    CHECK_THROWS_AS(log(x), Anomaly);
  }
  CHECK_NOTHROW(log(x));
}

// Tests of the checker: rules with a mistake, which it must find, and the same rules without it.

#include <cmath>
#include <stdexcept>

#include <xgrad/autograd/engine/gradcheck.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/ops/activation.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/matmul.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/shape.hpp>

#include "catch2.hpp"
#include "compare.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using Tensors = std::vector<Tensor>;

namespace {

Tensor square_matrix() { return Tensor({{0.3, -1.2, 0.7}, {1.9, 0.4, -0.8}, {-0.5, 1.1, 1.6}}).requires_grad_(); }
Tensor other_matrix() { return Tensor({{1.4, 0.6, -0.9}, {-0.2, 1.3, 0.8}, {0.5, -1.7, 0.1}}).requires_grad_(); }
Tensor vector() { return Tensor{0.7, -0.4, 1.5}.requires_grad_(); }

/// y = x² with this rule for its gradient.
template <class R>
TensorFunction squaring(R rule) {
  return [rule](const Tensors& in) {
    const Tensor x = in[0].detach();
    return record("square", Source::here(), x * x, {in[0]}, from<0>(rule));
  };
}

/// y = a b + a with these rules.
template <class A, class B>
TensorFunction product(A for_a, B for_b) {
  return [=](const Tensors& in) {
    const Tensor a = in[0].detach(), b = in[1].detach();
    return record("product", Source::here(), a * b + a, {in[0], in[1]}, for_a, for_b);
  };
}

std::string verdict(const TensorFunction& f, const Tensors& inputs) {
  const GradcheckResult result = gradcheck(f, inputs);
  REQUIRE(result.passed == result.message.empty());
  return result.message;
}

Tensor right_slope(Tensor x, Tensor g) { return g * 2 * x; }
const auto right_for_a = from<1>([](Tensor b, Tensor g) { return g * b + g; });
const auto right_for_b = from<0>([](Tensor a, Tensor g) { return g * a; });

}  // namespace

TEST_CASE("gradcheck accepts right rules", "[gradcheck]") {
  CHECK(verdict(squaring(right_slope), {square_matrix()}) == "");
  CHECK(verdict(product(right_for_a, right_for_b), {square_matrix(), other_matrix()}) == "");
  CHECK(verdict(product(right_for_a, right_for_b), {square_matrix(), vector()}) == "");
  CHECK(verdict([](const Tensors& in) { return matmul(in[0], in[0]); }, {square_matrix()}) == "");
  CHECK(verdict([](const Tensors& in) { return exp(in[0]) * in[1]; }, {vector(), other_matrix().detach()}) == "");
}

TEST_CASE("gradcheck rejects a slope that is off by one part in 100,000, and by less", "[gradcheck]") {
  for (double factor : {1.00001, 0.99999, 1.000001, -1.0, 0.5}) {
    INFO(factor);
    const auto scaled = [factor](Tensor x, Tensor g) { return g * (2 * factor) * x; };
    CHECK_THAT(verdict(squaring(scaled), {square_matrix()}), Contains("backward gives"));
  }
}

TEST_CASE("gradcheck rejects a mistake in one element out of nine", "[gradcheck]") {
  const auto one_off = [](Tensor x, Tensor g) {
    return g * 2 * x + g * Tensor({{0., 0., 0.}, {0., 0., 1e-5}, {0., 0., 0.}});
  };
  CHECK_THAT(verdict(squaring(one_off), {square_matrix()}), Contains("with respect to input 0 at (1, 2)"));
}

TEST_CASE("gradcheck rejects a transposed gradient", "[gradcheck]") {
  const auto transposed = [](Tensor x, Tensor g) { return transpose(g * 2 * x); };
  CHECK(verdict(squaring(transposed), {square_matrix()}) != "");
  // A transposed gradient of another shape is refused by the engine, which counts as rejected too.
  CHECK_THAT(verdict(squaring(transposed), {Tensor({{0.3, -1.2, 0.7}, {1.9, 0.4, -0.8}}).requires_grad_()}),
             Contains("backward threw"));
}

TEST_CASE("gradcheck rejects a missing term", "[gradcheck]") {
  const auto without_g = from<1>([](Tensor b, Tensor g) { return g * b; });
  CHECK_THAT(verdict(product(without_g, right_for_b), {square_matrix(), other_matrix()}), Contains("input 0"));
}

TEST_CASE("gradcheck rejects a gradient of zero, and none at all", "[gradcheck]") {
  CHECK_THAT(verdict(squaring([](Tensor, Tensor g) { return zeros_like(g); }), {vector()}),
             Contains("backward gives 0"));
  CHECK_THAT(verdict(product(right_for_a, no_gradient), {square_matrix(), other_matrix()}), Contains("input 1"));
  CHECK(verdict([](const Tensors& in) { return in[0].detach() * 2; }, {vector()}) != "");
}

TEST_CASE("gradcheck rejects a gradient folded along the wrong axis", "[gradcheck]") {
  const auto across = from<0>([](Tensor a, Tensor g) { return sum(g * a, 1); });
  CHECK_THAT(verdict(product(right_for_a, across), {square_matrix(), vector()}), Contains("input 1"));
  const auto averaged = from<0>([](Tensor a, Tensor g) { return mean(g * a, 0); });
  CHECK_THAT(verdict(product(right_for_a, averaged), {square_matrix(), vector()}), Contains("input 1"));
}

TEST_CASE("gradcheck rejects a rule that reads the wrong input", "[gradcheck]") {
  const auto reads_a = from<0>([](Tensor a, Tensor g) { return g * a + g; });
  CHECK_THAT(verdict(product(reads_a, right_for_b), {square_matrix(), other_matrix()}), Contains("input 0"));
}

TEST_CASE("gradcheck rejects NaN and infinity", "[gradcheck]") {
  CHECK_THAT(verdict(squaring([](Tensor, Tensor g) { return g * std::nan(""); }), {vector()}), Contains("nan"));
  CHECK_THAT(verdict(squaring([](Tensor, Tensor g) { return g / 0.0; }), {vector()}), StartsWith("gradcheck: "));
  CHECK(verdict([](const Tensors& in) { return in[0] * std::nan(""); }, {vector()}) != "");
}

TEST_CASE("gradcheck rejects a rule that is not linear in its seed, though it is right for seeds of 0 and 1",
          "[gradcheck]") {
  CHECK_THAT(verdict(squaring([](Tensor x, Tensor g) { return g * g * 2 * x; }), {vector()}),
             Contains("not linear in its seed"));
  const auto constant_term = [](Tensor x, Tensor g) { return g * 2 * x + 1e-6 * (1 - g) * sum(g); };
  CHECK(verdict(squaring(constant_term), {vector()}) != "");
}

TEST_CASE("gradcheck rejects a zero seed that does not give exactly zero", "[gradcheck]") {
  // The error is within the tolerance for one-hot seeds, and far below it, but not 0, for a seed of zeros.
  const auto residue = [](Tensor x, Tensor g) { return g * 2 * x + 1e-12; };
  CHECK_THAT(verdict(squaring(residue), {vector()}), Contains("a seed of zeros gives input 0 at (0)"));
}

TEST_CASE("gradcheck rejects a backward whose bits change from run to run", "[gradcheck]") {
  int runs = 0;
  const auto drifting = [&runs](Tensor x, Tensor g) { return g * (2 + 1e-14 * ++runs) * x; };
  CHECK_THAT(verdict(squaring(drifting), {vector()}),
             Contains("two runs of backward give input 0 different gradients"));
}

TEST_CASE("gradcheck rejects a function that is not pure", "[gradcheck]") {
  int calls = 0;
  const TensorFunction drifting = [&calls](const Tensors& in) { return in[0] * (1 + 1e-14 * ++calls); };
  CHECK_THAT(verdict(drifting, {vector()}), Contains("must be pure"));
}

TEST_CASE("gradcheck rejects a function that writes to its input, and a rule that writes to the seed", "[gradcheck]") {
  const TensorFunction overwriting = [](const Tensors& in) {
    const Tensor y = in[0] * 2;
    if (in[0].requires_grad()) Raw::write<double>(in[0])[0] += 1e-9;
    return y;
  };
  CHECK_THAT(verdict(overwriting, {vector()}), StartsWith("gradcheck: "));
  const auto scribbling = [](Tensor x, Tensor g) {
    const Tensor slope = g * 2 * x;
    Raw::write<double>(g)[0] = 7;
    return slope;
  };
  CHECK_THAT(verdict(squaring(scribbling), {vector()}), Contains("wrote to the seed"));
}

TEST_CASE("gradcheck leaves its inputs, their gradients and the gradient mode as they were", "[gradcheck]") {
  const Tensor x = vector();
  const NoGrad off;  // the check records all the same
  CHECK(verdict(squaring(right_slope), {x}) == "");
  CHECK(!grad_enabled());
  CHECK(!x.grad().defined());
  CHECK(difference(x, Tensor{0.7, -0.4, 1.5}) == "");
}

TEST_CASE("gradcheck names the input, both places and both values", "[gradcheck]") {
  const auto half_again = from<0>([](Tensor a, Tensor g) { return 1.5 * g * a; });
  const Tensor a = Tensor({{1.0, 2.0}, {3.0, 4.0}}).requires_grad_(),
               b = Tensor({{0.5, 0.25}, {2.0, 1.0}}).requires_grad_();
  const GradcheckResult result = gradcheck(product(right_for_a, half_again), {a, b});
  CHECK(!result);
  CHECK_THAT(result.message,
             StartsWith("gradcheck: the slope of the result at (0, 0) with respect to input 1 at (0, 0): "
                        "backward gives 1.5, differences give "));
}

TEST_CASE("gradcheck refuses float32 and names the way out", "[gradcheck]") {
  const Tensor x = Tensor({1.0, 2.0}, float32).requires_grad_();
  const TensorFunction f = [](const Tensors& in) { return in[0] * in[0]; };
  const char* message = ": input 0 is float32, whose rounding hides wrong slopes: convert it with to(float64)";
  CHECK_THROWS_WITH(gradcheck(f, {x}), std::string("gradcheck") + message);
  CHECK_THROWS_WITH(gradgradcheck(f, {x}), std::string("gradgradcheck") + message);
  CHECK_THROWS_AS(gradcheck(f, {x}), std::invalid_argument);
  CHECK_THROWS_AS(gradcheck([](const Tensors& in) { return in[0].to(float32); }, {vector()}), std::invalid_argument);
}

TEST_CASE("gradcheck refuses a call in which nothing can be checked", "[gradcheck]") {
  const TensorFunction f = [](const Tensors& in) { return in[0] * 2; };
  CHECK_THROWS_AS(gradcheck(f, {Tensor{1.0}}), std::invalid_argument);
  CHECK_THROWS_AS(gradgradcheck(f, {Tensor{1.0}}), std::invalid_argument);
  CHECK_THROWS_AS(gradcheck([](const Tensors&) { return Tensor{1.0}; }, {}), std::invalid_argument);
}

TEST_CASE("a check in which both sides are zero fails and says so", "[gradcheck]") {
  const TensorFunction flat = [](const Tensors& in) { return step(in[0]); };
  CHECK_THAT(verdict(flat, {vector()}),
             Contains("zero") && Contains("this check shows nothing") && Contains("input 0"));
  CHECK(gradcheck(flat, {vector()}, GradcheckOptions().allow_zero()).passed);
  // One input of two is enough, as in batch normalisation of a batch of one.
  CHECK_THAT(verdict([](const Tensors& in) { return in[0] + 0 * in[1]; }, {vector(), vector()}), Contains("input 1"));
}

TEST_CASE("tensors without elements pass, of which only shapes are compared", "[gradcheck]") {
  const Tensor nothing = zeros({0, 3}, float64).requires_grad_();
  CHECK(verdict(squaring(right_slope), {nothing}) == "");
  CHECK(gradgradcheck(squaring(right_slope), {nothing}).message == "");
  CHECK(verdict([](const Tensors& in) { return in[0] + in[1]; }, {nothing, zeros({1, 3}, float64).requires_grad_()}) ==
        "");
  CHECK(verdict([](const Tensors& in) { return sum(in[0], 0); }, {nothing}) == "");
}

TEST_CASE("gradgradcheck accepts right rules, linear ones among them", "[gradcheck]") {
  CHECK(gradgradcheck(squaring(right_slope), {square_matrix()}).message == "");
  CHECK(gradgradcheck(product(right_for_a, right_for_b), {square_matrix(), vector()}).message == "");
  CHECK(gradgradcheck([](const Tensors& in) { return sum(in[0] * 3, 0); }, {square_matrix()}).message == "");
}

TEST_CASE("gradgradcheck rejects a rule that is right once, but not when it is differentiated", "[gradcheck]") {
  const auto frozen = [](const Tensors& in) {
    const Tensor fixed = in[0].detach().clone();
    return squaring([fixed](Tensor, Tensor g) { return g * 2 * fixed; })(in);
  };
  CHECK(verdict(frozen, {vector()}) == "");
  CHECK_THAT(gradgradcheck(frozen, {vector()}).message,
             StartsWith("gradgradcheck: ") && Contains("with respect to input 0"));
  const auto unseen = squaring([](Tensor x, Tensor g) { return g * 2 * x.detach(); });
  CHECK(verdict(unseen, {vector()}) == "");
  CHECK_THAT(gradgradcheck(unseen, {vector()}).message, StartsWith("gradgradcheck: ") && Contains("raw numbers"));
  const auto cut_off = squaring([](Tensor x, Tensor g) { return g.detach() * 2 * x; });
  CHECK(verdict(cut_off, {vector()}) == "");
  CHECK_THAT(gradgradcheck(cut_off, {vector()}).message, StartsWith("gradgradcheck: ") && Contains("raw numbers"));
}

TEST_CASE("gradgradcheck of a function without a slope shows nothing, and says so", "[gradcheck]") {
  const TensorFunction flat = [](const Tensors& in) { return step(in[0]); };
  CHECK_THAT(gradgradcheck(flat, {vector()}).message, Contains("this check shows nothing"));
  CHECK(gradgradcheck(flat, {vector()}, GradcheckOptions().allow_zero()).passed);
}

TEST_CASE("the plain central difference gives the derivatives of prices and of a paraboloid", "[gradcheck]") {
  const Tensor apples{100.0, 2.0, 1.1};
  const auto price = [](const Tensor& x) { return x[0] * x[1] * x[2]; };
  CHECK(difference(numerical_gradient(price, apples), Tensor{2.2, 110.0, 200.0}, 1e-8) == "");
  const Tensor fruit{100.0, 2.0, 150.0, 3.0, 1.1};
  const auto both = [](const Tensor& x) { return (x[0] * x[1] + x[2] * x[3]) * x[4]; };
  CHECK(both(fruit).item() == Approx(715));
  CHECK(difference(numerical_gradient(both, fruit), Tensor{2.2, 110.0, 3.3, 165.0, 650.0}, 1e-8) == "");
  const auto valley = [](const Tensor& x) { return sum(x * x); };
  CHECK(difference(numerical_gradient(valley, Tensor({{3.0, 4.0}}), 1e-4), Tensor({{6.0, 8.0}}), 1e-8) == "");
}

TEST_CASE("the plain central difference keeps its argument, and refuses one too coarse", "[gradcheck]") {
  const Tensor x = vector();
  const auto f = [](const Tensor& t) { return sum(t); };
  numerical_gradient(f, x);
  CHECK(difference(x, Tensor{0.7, -0.4, 1.5}) == "");
  CHECK_THROWS_WITH(numerical_gradient(f, Tensor({1.0}, float32)), StartsWith("numerical_gradient: x is float32"));
  CHECK_THROWS_AS(numerical_gradient(f, x, 0), std::invalid_argument);
  CHECK_THROWS_AS(numerical_gradient([](const Tensor& t) { return t * 2; }, x), std::invalid_argument);
  CHECK(numerical_gradient(f, zeros({0, 2}, float64)).shape() == Shape({0, 2}));
}

// Sequential makes one op of a linear layer and the ReLU behind it: the same numbers, gradients and errors as of two.

#include <limits>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/nn/nn.hpp>

#include "both_bodies.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;

namespace {

std::vector<Tensor> leaves(Shape x, Shape w, Shape b) {
  return {normal(x, 1).requires_grad_(), normal(w, 2).requires_grad_(), normal(b, 3).requires_grad_()};
}

Tensor as_one(const std::vector<Tensor>& in) { return xgrad::detail::linear_relu(in[0], in[1], in[2], Source::here()); }
Tensor as_two(const std::vector<Tensor>& in) { return relu(linear(in[0], in[1], in[2])); }

}  // namespace

TEST_CASE("linear and relu as one op agree with differences, in both bodies and both orders", "[linear_relu]") {
  for (const std::int64_t m : {2, 3, 0}) {
    const auto in = leaves({m, 5}, {4, 5}, {4});
    if (m > 0) require_right(as_one, in);
    require_close(as_one(in).detach(), as_two(in).detach(), 0);
  }
}

TEST_CASE("linear and relu as one op have the bits of two", "[linear_relu]") {
  for (const auto& [m, k, n] :
       {std::tuple{32, 2, 16}, std::tuple{32, 16, 2}, std::tuple{100, 300, 50}, std::tuple{64, 512, 600}}) {
    std::vector<Tensor> in = leaves({m, k}, {n, k}, {n});
    for (Tensor& each : in) each = to(each.detach(), float32).requires_grad_();
    const Tensor one = as_one(in), two = as_two(in);
    CAPTURE(m, k, n);
    REQUIRE(difference(one.detach(), two.detach()) == "");
    const Tensor seed = normal(one.shape(), 4, float32);
    const auto got = grad({one}, in, {seed}), expected = grad({two}, in, {seed});
    for (std::size_t i = 0; i < 3; ++i) CHECK(difference(got[i], expected[i]) == "");
  }
}

TEST_CASE("a NaN passes through linear and relu as one op, forward and back", "[linear_relu]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const auto& f : {as_one, as_two}) {
    const Tensor x = Tensor{{nan, 1.}, {-1., 1.}}.requires_grad_(), w = Tensor{{1., -2.}}, b = Tensor{0.};
    const Tensor y = f({x, w, b});
    CHECK(difference(y.detach(), Tensor{{nan}, {0.}}) == "");
    sum(y).backward();
    CHECK(difference(x.grad(), Tensor{{1., -2.}, {0., 0.}}) == "");
  }
}

TEST_CASE("a model records a linear layer and its ReLU as one node, and others as they are", "[linear_relu]") {
  const Tensor x = normal({3, 4}, 5, float32);
  const auto nodes = [&](const nn::Module& model, const Tensor& input) {
    const std::int64_t before = live_nodes();
    const Tensor y = model(input);
    return live_nodes() - before;
  };
  CHECK(nodes(nn::Sequential{nn::Linear(4, 5), nn::ReLU(), nn::Linear(5, 2)}, x) == 2);
  CHECK(nodes(nn::Sequential{nn::Linear(4, 5), nn::Tanh(), nn::Linear(5, 2)}, x) == 3);
  CHECK(nodes(nn::Sequential{nn::Linear(4, 5, nn::no_bias), nn::ReLU()}, x) == 2);
  CHECK(nodes(nn::Sequential{nn::Linear(4, 5), nn::ReLU()}, reshape(x, {3, 1, 4})) > 1);
}

TEST_CASE("errors and summaries see a linear layer and its ReLU as two", "[linear_relu]") {
  nn::Sequential model{nn::Linear(4, 5), nn::ReLU(), nn::Linear(6, 2), nn::ReLU()};
  const std::string wide = thrown_by<std::invalid_argument>([&] { model(normal({3, 7}, 6, float32)); });
  CHECK_THAT(wide, Contains("0 (Linear): expected 4 features on the last axis, got input of shape (3, 7)"));
  const std::string inner = thrown_by<std::invalid_argument>([&] { model(normal({3, 4}, 6, float32)); });
  CHECK_THAT(inner, Contains("2 (Linear): expected 6 features"));
  const std::string mixed = thrown_by<std::invalid_argument>([&] { model(normal({3, 4}, 6)); });
  CHECK_THAT(mixed, Contains("0 (Linear): linear: input is float64, weight is float32"));
}

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/nn/functional_call.hpp>
#include <xgrad/nn/nn.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;

namespace {

double spread(const Tensor& x) {
  double square_sum = 0;
  for (const double v : values(x)) square_sum += v * v;
  return std::sqrt(square_sum / static_cast<double>(x.size()));
}

}  // namespace

TEST_CASE("Linear multiplies by the transposed weight, over the last axis of any rank") {
  nn::Linear linear(2, 3);
  {
    NoGrad no_grad;
    linear.weight.copy_(Tensor({{1., 2.}, {3., 4.}, {5., 6.}}, float32));
    linear.bias.copy_(Tensor({10., 20., 30.}, float32));
  }
  REQUIRE(values(linear(Tensor({1., -1.}, float32))) == std::vector<double>{9, 19, 29});
  REQUIRE(linear(zeros({4, 2})).shape() == Shape{4, 3});
  REQUIRE(linear(zeros({4, 5, 2})).shape() == Shape{4, 5, 3});
  REQUIRE(linear(zeros({0, 2})).shape() == Shape{0, 3});
  REQUIRE(!nn::Linear(2, 3, nn::no_bias).bias.defined());
  REQUIRE(nn::Linear(2, 3, false).parameters().size() == 1);
  REQUIRE(thrown_by([] { nn::Linear(-1, 3); }) ==
          "Linear: a layer cannot lead from -1 to 3 features: neither may be negative");
  REQUIRE(thrown_by([&] {
            linear(zeros({1, 2}, float64));
          }).rfind("Linear: linear: input is float64, weight is float32", 0) == 0);
}

TEST_CASE("Linear starts uniform in ±1/√in, the same from the same seed") {
  Generator a(5), b(5), c(6);
  const nn::Linear first(400, 300, nn::with_bias, a), second(400, 300, nn::with_bias, b),
      third(400, 300, nn::with_bias, c);
  REQUIRE(difference(first.weight, second.weight) == "");
  REQUIRE(difference(first.bias, second.bias) == "");
  REQUIRE(difference(first.weight, third.weight) != "");
  REQUIRE(largest_of_all(first.weight) <= 0.05);
  REQUIRE(largest_of_all(first.weight) > 0.0499);
  REQUIRE(largest_of_all(first.bias) <= 0.05);
  REQUIRE(spread(first.weight) == Approx(0.05 / std::sqrt(3.0)).epsilon(0.01));
  manual_seed(8);
  const nn::Linear fourth(4, 4);
  manual_seed(8);
  REQUIRE(difference(nn::Linear(4, 4).weight, fourth.weight) == "");
}

TEST_CASE("BatchNorm1d keeps running statistics by hand-made numbers") {
  nn::BatchNorm1d norm(2, nn::BatchNorm1d::Options().eps(1e-300));
  norm.to(float64);
  const Tensor x{{1., 2.}, {3., 6.}};
  REQUIRE(difference(norm(x), Tensor{{-1., -1.}, {1., 1.}}, 1e-12) == "");
  REQUIRE(difference(norm.running_mean, Tensor{0.2, 0.4}, 1e-12) == "");
  REQUIRE(difference(norm.running_var, Tensor{1.1, 1.7}, 1e-12) == "");
  REQUIRE(norm.num_batches_tracked.item<int>() == 1);
  norm.eval();
  REQUIRE(difference(norm(Tensor{{0.2, 0.4}}), zeros({1, 2}, float64), 0, 1e-12) == "");
  REQUIRE(norm.num_batches_tracked.item<int>() == 1);
}

TEST_CASE("BatchNorm1d without momentum gives all batches the same weight") {
  nn::BatchNorm1d norm(1, nn::BatchNorm1d::Options().momentum(std::nullopt));
  norm.to(float64);
  norm(Tensor{{1.}, {3.}});   // mean 2, unbiased variance 2
  norm(Tensor{{0.}, {10.}});  // mean 5, unbiased variance 50
  norm(Tensor{{8.}, {8.}});   // mean 8, variance 0
  REQUIRE(norm.running_mean.item() == Approx(5));
  REQUIRE(norm.running_var.item() == Approx(52.0 / 3));
  REQUIRE(norm.num_batches_tracked.item<int>() == 3);
}

TEST_CASE("BatchNorm1d without tracking uses its batch also in evaluation") {
  nn::BatchNorm1d norm(1, nn::BatchNorm1d::Options().eps(1e-300).affine(false).track_running_stats(false));
  norm.eval();
  REQUIRE(norm.state_dict().empty());
  REQUIRE(values(norm(Tensor({{1.}, {3.}}, float32))) == std::vector<double>{-1, 1});
}

TEST_CASE("BatchNorm1d refuses other inputs, and counts no batch that it refused") {
  nn::BatchNorm1d norm(3);
  const std::string line = std::to_string(__LINE__ + 1);
  const std::string error = thrown_by([&] { norm(zeros({5, 4})); });
  REQUIRE(error ==
          "BatchNorm1d: expected input of shape (N, 3) or (N, 3, L), got (5, 4) (layers_test.cpp:" + line + ")");
  REQUIRE_THROWS_AS(norm(zeros({3})), std::invalid_argument);
  REQUIRE_THROWS_AS(norm(zeros({1, 3})), std::invalid_argument);
  REQUIRE(norm.num_batches_tracked.item<int>() == 0);
  REQUIRE(norm(zeros({2, 3, 4})).shape() == Shape{2, 3, 4});
  REQUIRE_THROWS_AS(nn::BatchNorm1d(3, nn::BatchNorm1d::Options().eps(-1)), std::invalid_argument);
  REQUIRE_THROWS_AS(nn::BatchNorm1d(3, nn::BatchNorm1d::Options().momentum(1.5)), std::invalid_argument);
  REQUIRE_THROWS_AS(nn::BatchNorm1d(-3), std::invalid_argument);
}

TEST_CASE("BatchNorm1d refuses to count batches from a number that is no count") {
  for (const std::int64_t count : {std::int64_t{INT64_MAX}, std::int64_t{-1}, std::int64_t{INT64_MIN}}) {
    nn::BatchNorm1d norm(2, nn::BatchNorm1d::Options().momentum(std::nullopt));
    norm.num_batches_tracked.fill_(count);
    const std::string error = thrown_by<std::invalid_argument>([&] { norm(ones({3, 2})); });
    REQUIRE(error.rfind("BatchNorm1d: num_batches_tracked is " + std::to_string(count), 0) == 0);
    REQUIRE(difference(norm.running_mean, zeros({2})) == "");
    REQUIRE(norm.num_batches_tracked.item<std::int64_t>() == count);
    norm.eval();
    REQUIRE(norm(ones({3, 2})).shape() == Shape{3, 2});
  }
  nn::BatchNorm1d last(2);
  last.num_batches_tracked.fill_(INT64_MAX - 1);
  last(ones({3, 2}));
  REQUIRE(last.num_batches_tracked.item<std::int64_t>() == INT64_MAX);
}

TEST_CASE("Dropout drops in training only") {
  nn::Dropout dropout(0.25, Generator(1));
  const Tensor x = ones({40000});
  const std::vector<double> y = values(dropout(x));
  const auto kept = std::count_if(y.begin(), y.end(), [](double v) { return v != 0; });
  REQUIRE(std::abs(static_cast<double>(kept) / 40000 - 0.75) < 0.01);
  REQUIRE(*std::max_element(y.begin(), y.end()) == Approx(1 / 0.75));
  dropout.eval();
  REQUIRE(difference(dropout(x), x) == "");
  REQUIRE(thrown_by([] { nn::Dropout(1.5); }) == "Dropout: p must lie in [0, 1], got 1.5");
  REQUIRE_THROWS_AS(nn::Dropout(-0.1), std::invalid_argument);
  REQUIRE_THROWS_AS(nn::Dropout(std::numeric_limits<double>::quiet_NaN()), std::invalid_argument);
}

TEST_CASE("activation layers compute their functions") {
  const Tensor x{{-1., 0.5, 2.}};
  const std::vector<std::pair<nn::Layer, Tensor>> pairs = {{nn::ReLU(), relu(x)},
                                                           {nn::Sigmoid(), sigmoid(x)},
                                                           {nn::LogSigmoid(), logsigmoid(x)},
                                                           {nn::Tanh(), tanh(x)},
                                                           {nn::SiLU(), silu(x)},
                                                           {nn::Softplus(), softplus(x)},
                                                           {nn::LeakyReLU(0.3), leaky_relu(x, 0.3)},
                                                           {nn::ELU(2), elu(x, 2)},
                                                           {nn::GELU(), gelu(x)},
                                                           {nn::GELU(Gelu::tanh), gelu(x, Gelu::tanh)},
                                                           {nn::Softmax(1), softmax(x, 1)},
                                                           {nn::LogSoftmax(-1), log_softmax(x, 1)},
                                                           {nn::ReLU6(), relu6(x)},
                                                           {nn::SELU(), selu(x)},
                                                           {nn::CELU(2), celu(x, 2)},
                                                           {nn::Mish(), mish(x)},
                                                           {nn::Softsign(), softsign(x)},
                                                           {nn::Tanhshrink(), tanhshrink(x)},
                                                           {nn::Hardtanh(-0.3, 0.4), hardtanh(x, -0.3, 0.4)},
                                                           {nn::Hardsigmoid(), hardsigmoid(x)},
                                                           {nn::Hardswish(), hardswish(x)},
                                                           {nn::Hardshrink(0.7), hardshrink(x, 0.7)},
                                                           {nn::Softshrink(0.7), softshrink(x, 0.7)},
                                                           {nn::Threshold(0.6, 7), threshold(x, 0.6, 7)},
                                                           {nn::Softmin(1), softmax(-x, 1)},
                                                           {nn::Identity(), x}};
  for (const auto& [layer, expected] : pairs) REQUIRE(difference(layer(x), expected) == "");
  REQUIRE(nn::Flatten()(zeros({2, 3, 4})).shape() == Shape{2, 12});
  REQUIRE(nn::Flatten(0, 1)(zeros({2, 3, 4})).shape() == Shape{6, 4});
}

TEST_CASE("GLU gates one half of an axis with the other") {
  const Tensor x{{1., 2., 0., 1e3}};
  REQUIRE(values(nn::GLU()(x)) == std::vector<double>{0.5, 2.0});
  REQUIRE(difference(nn::GLU(0)(transpose(x)), transpose(glu(x))) == "");
}

TEST_CASE("PReLU learns the slope below 0 of each channel, from a quarter on") {
  nn::PReLU layer(2);
  REQUIRE(difference(layer.weight, full({2}, 0.25f)) == "");
  REQUIRE(layer.named_parameters()[0].first == "weight");
  const Tensor x({{{-1., 2.}, {-3., -4.}}}, float32);
  REQUIRE(difference(layer(x), Tensor({{{-0.25, 2.}, {-0.75, -1.}}}, float32)) == "");
  sum(layer(x)).backward();
  REQUIRE(values(layer.weight.grad()) == std::vector<double>{-1, -7});
  REQUIRE(values(nn::PReLU(1, 0.5)(Tensor({-2.}, float32))) == std::vector<double>{-1});
}

TEST_CASE("RReLU draws its slopes in training, keeps them for backward, and takes their mean in evaluation") {
  nn::RReLU layer(0.1, 0.3, Generator(7));
  const Tensor x = full({2000}, -1.0).requires_grad_();
  const Tensor y = layer(x);
  const std::vector<double> drawn = values(-y);
  REQUIRE(*std::min_element(drawn.begin(), drawn.end()) >= 0.1);
  REQUIRE(*std::max_element(drawn.begin(), drawn.end()) <= 0.3);
  REQUIRE(mean(y).item() == Approx(-0.2).margin(0.005));
  REQUIRE(difference(grad(sum(y), x), -y.detach()) == "");
  REQUIRE(difference(layer(x), y) != "");
  layer.eval();
  REQUIRE(values(layer(Tensor{-1., 2.})) == std::vector<double>{-0.2, 2});
}

TEST_CASE("a Sequential holds modules, functions and ops, and gives them back") {
  nn::Linear linear(3, 3);
  auto twice = [](const Tensor& x) { return x + x; };
  nn::Sequential model{linear, nn::Tanh(), relu, tanh, twice, [](auto x) { return x * 2.0; }};
  REQUIRE(model.size() == 6);
  const Tensor x = ones({2, 3});
  REQUIRE(difference(model(x), tanh(relu(tanh(linear(x)))) * 4.0) == "");
  REQUIRE(Raw::value(model[0].as<nn::Linear>().weight) == Raw::value(linear.weight));
  REQUIRE(model[-5].is<nn::Tanh>());
  REQUIRE(thrown_by([&] { model[1].as<nn::Linear>(); }) == "Layer: this one is a Tanh, not a Linear");
  REQUIRE(thrown_by([&] { model[6]; }) == "Sequential: there is no layer 6: it has 6");
  REQUIRE_THROWS_AS(model[-7], std::invalid_argument);
  Tensor y = x;
  for (const nn::Layer& layer : model) y = layer(y);
  REQUIRE(difference(y, model(x)) == "");
  REQUIRE(difference(nn::Sequential()(x), x) == "");
}

TEST_CASE("braces around one Sequential are that Sequential; others nest") {
  nn::Sequential inner{nn::Linear(2, 2), relu};
  nn::Sequential same{inner};
  REQUIRE(same.size() == 2);
  REQUIRE(Raw::value(same.parameters()[0]) == Raw::value(inner.parameters()[0]));
  same.push_back(relu);
  REQUIRE(inner.size() == 3);
  nn::Sequential two{inner, nn::Sequential{nn::Linear(2, 1)}};
  REQUIRE(two.size() == 2);
  REQUIRE(two.named_parameters()[2].first == "1.0.weight");
  nn::Sequential pushed;
  pushed.push_back(inner);
  pushed.push_back("last", nn::Linear(2, 1));
  REQUIRE(pushed.named_parameters()[0].first == "0.0.weight");
  REQUIRE(pushed.named_parameters()[2].first == "last.weight");
  REQUIRE(pushed(ones({1, 2})).shape() == Shape{1, 1});
  REQUIRE_THROWS_AS(pushed.push_back("last", relu), std::invalid_argument);
  REQUIRE_THROWS_AS(pushed.push_back(pushed), std::invalid_argument);
  REQUIRE(pushed.size() == 2);
}

TEST_CASE("an MLP has its layers at a Sequential's places") {
  nn::MLP mlp({4, 3, 2, 1}, nn::Tanh(), nn::no_bias);
  REQUIRE(mlp.size() == 5);
  REQUIRE(mlp.state_dict()[1].first == "2.weight");
  REQUIRE(mlp(ones({7, 4})).shape() == Shape{7, 1});
  REQUIRE(nn::MLP({4, 3}, relu).size() == 1);
  REQUIRE(nn::MLP({4, 3, 2}, relu)[1](Tensor({-1., 2.})).size() == 2);
  REQUIRE_THROWS_AS(nn::MLP(4), std::invalid_argument);
}

TEST_CASE("initialisers have the spread of their formulas") {
  Generator generator(11);
  const nn::Parameter wide(zeros({300, 200}));
  const double uniform = 1 / std::sqrt(3.0);
  namespace init = nn::init;

  init::xavier_uniform_(wide, 1, &generator);
  REQUIRE(largest_of_all(wide) <= std::sqrt(6.0 / 500));
  REQUIRE(spread(wide) == Approx(std::sqrt(6.0 / 500) * uniform).epsilon(0.01));
  init::xavier_normal_(wide, 2, &generator);
  REQUIRE(spread(wide) == Approx(2 * std::sqrt(2.0 / 500)).epsilon(0.01));
  init::kaiming_uniform_(wide, 0, init::Fan::in, init::Nonlinearity::relu, &generator);
  REQUIRE(largest_of_all(wide) <= std::sqrt(6.0 / 200));
  REQUIRE(spread(wide) == Approx(std::sqrt(2.0 / 200)).epsilon(0.01));
  init::kaiming_normal_(wide, 0, init::Fan::out, init::Nonlinearity::relu, &generator);
  REQUIRE(spread(wide) == Approx(std::sqrt(2.0 / 300)).epsilon(0.01));
  // PyTorch's Linear uses a = √5, which gives ±1/√fan_in.
  init::kaiming_uniform_(wide, std::sqrt(5.0), init::Fan::in, init::Nonlinearity::leaky_relu, &generator);
  REQUIRE(largest_of_all(wide) == Approx(1 / std::sqrt(200.0)).epsilon(0.001));
  init::normal_(wide, 3, 0.5, &generator);
  REQUIRE(mean(wide).item() == Approx(3).epsilon(0.01));
  init::uniform_(wide, 2, 5, &generator);
  REQUIRE(mean(wide).item() == Approx(3.5).epsilon(0.01));
  init::constant_(wide, 0.5);
  REQUIRE(sum(wide).item() == 30000);
  init::eye_(wide);
  REQUIRE(sum(wide).item() == 200);
  REQUIRE(wide.requires_grad());

  const Tensor kernel = zeros({8, 4, 5, 5});
  init::kaiming_uniform_(kernel, 0, init::Fan::in, init::Nonlinearity::linear, &generator);
  REQUIRE(largest_of_all(kernel) == Approx(std::sqrt(3.0 / 100)).epsilon(0.05));
  REQUIRE_THAT(
      thrown_by([] { nn::init::xavier_uniform_(zeros(3)); }),
      Catch::Matchers::StartsWith(
          "xavier_uniform_: the tensor has shape (3): a weight with fans has rank 2 or more (layers_test.cpp:"));
  REQUIRE_THROWS_AS(init::uniform_(zeros(3, int64)), std::invalid_argument);
  REQUIRE_THROWS_AS(init::uniform_(zeros(3), 2, 1), std::invalid_argument);
}

TEST_CASE("attention refuses projections that are too large, of which it would read a part") {
  const auto refused_with = [](nn::MultiheadAttention attention, const std::string& name, const Tensor& values) {
    attention.named_parameters().at(name).set_data(values);
    const Tensor x = ones({3, 2, attention.out_proj.weight.shape(0)});
    const std::string message = thrown_by<std::invalid_argument>([&] { attention(x, x, x); });
    return message.substr(0, message.find(" (layers_test.cpp"));
  };
  CHECK(refused_with(nn::MultiheadAttention(4, 2), "in_proj_weight", ones({24, 4})) ==
        "MultiheadAttention: in_proj_weight has shape (24, 4): this layer asks for (12, 4)");
  CHECK(refused_with(nn::MultiheadAttention(4, 2), "in_proj_bias", ones({24})) ==
        "MultiheadAttention: in_proj_bias has shape (24): this layer asks for (12)");
  const auto with_bias = nn::MultiheadAttention::Options().add_bias_kv(true);
  CHECK(refused_with(nn::MultiheadAttention(4, 2, with_bias), "bias_v", ones({1})) ==
        "MultiheadAttention: bias_v has shape (1): this layer asks for (1, 1, 4)");
}

TEST_CASE("BatchNorm refuses a count of batches that is no int64 number") {
  nn::BatchNorm1d norm(3);
  norm.num_batches_tracked.set_data(zeros({2}, int64));
  CHECK(thrown_by<std::invalid_argument>([&] {
          norm(ones({4, 3}));
        }).find("BatchNorm1d: num_batches_tracked is int64 (2): it must be one int64 number") == 0);
  const nn::BatchNorm1d other(3);
  StateDict values;
  values.emplace_back("num_batches_tracked", zeros(Shape(), boolean));
  CHECK(thrown_by<std::invalid_argument>([&] {
          const Tensor y = func::functional_call(other, values, ones({4, 3}));
        }).find("BatchNorm1d: num_batches_tracked is bool (): it must be one int64 number") == 0);
}

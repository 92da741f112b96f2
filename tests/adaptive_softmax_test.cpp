// AdaptiveLogSoftmaxWithLoss: what holds of it; PyTorch's numbers are among the goldens.

#include <cmath>
#include <string>
#include <vector>

#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "module_words.hpp"

using namespace xgrad;

namespace {

using Adaptive = nn::AdaptiveLogSoftmaxWithLoss;

Adaptive model() {
  manual_seed(5);
  Adaptive net(6, 12, {3, 5, 9}, Adaptive::Options().div_value(2).head_bias(true));
  net.to(float64);
  return net;
}

Tensor rows(std::int64_t count) {
  Generator generator(6);
  return 2.0 * randn({count, 6}, generator, float64);
}

// Each class twice.
Tensor labels() { return arange(24) % 12; }

}  // namespace

TEST_CASE("log-probabilities of all classes are those of a distribution, of which forward and predict give parts") {
  const Adaptive net = model();
  const Tensor x = rows(24), all = net.log_prob(x);
  CHECK(all.shape() == Shape{24, 12});
  CHECK(difference(sum(exp(all), 1), ones(24, float64), 1e-14, 1e-14) == "");
  const auto [output, loss] = net(x, labels());
  CHECK(difference(output, squeeze(gather(all, 1, unsqueeze(labels(), 1)), 1), 1e-14, 1e-14) == "");
  CHECK(loss.item() == Approx(-mean(output).item()).epsilon(1e-14));
  CHECK(difference(net.predict(x), argmax(all, 1)) == "");
  CHECK(sum(net.predict(x) >= 3).item() > 0);
  CHECK(sum(net.predict(x) < 3).item() > 0);
}

TEST_CASE("one row with one label gives what it gives in a batch") {
  const Adaptive net = model();
  const Tensor x = rows(12);
  const auto [output, loss] = net(x, arange(12));
  for (std::int64_t i = 0; i < 12; ++i) {
    const auto [one, its_loss] = net(x[i], Tensor(i));
    CHECK(difference(one, output[i], 1e-14, 1e-14) == "");
    CHECK(its_loss.item() == -one.item());
    CHECK(difference(net.log_prob(x[i]), net.log_prob(x)[i], 1e-14, 1e-14) == "");
    CHECK(difference(net.predict(x[i]), net.predict(x)[i]) == "");
  }
}

TEST_CASE("a batch without rows has no outputs, and a loss that is NaN") {
  const Adaptive net = model();
  const Tensor none = zeros({0, 6}, float64);
  const auto [output, loss] = net(none, zeros({0}, int64));
  CHECK(output.shape() == Shape{0});
  CHECK(std::isnan(loss.item()));
  CHECK(net.log_prob(none).shape() == Shape{0, 12});
  CHECK(net.predict(none).shape() == Shape{0});
}

TEST_CASE("gradients agree with differences, and clusters without targets get none") {
  const Adaptive net = model();
  const std::vector<Tensor> inputs = {rows(4).requires_grad_()};
  const auto loss = [&](const std::vector<Tensor>& x) { return net(x[0], Tensor{1, 4, 11, 2}).second; };
  CHECK(gradcheck(loss, inputs).message == "");
  CHECK(gradgradcheck(loss, inputs, GradcheckOptions().rtol(1e-5).atol(1e-6)).message == "");
  CHECK(gradcheck([&](const std::vector<Tensor>& x) { return net.log_prob(x[0]); }, inputs).message == "");
  net(rows(4), Tensor{1, 4, 11, 2}).second.backward();
  CHECK(net.parameter("tail.0.1.weight").grad().defined());
  CHECK_FALSE(net.parameter("tail.1.0.weight").grad().defined());
  CHECK(net.parameter("tail.2.0.weight").grad().defined());
}

TEST_CASE("the state has PyTorch's keys and shapes, also of clusters without features") {
  CHECK(keys(model()) ==
        "head.weight head.bias tail.0.0.weight tail.0.1.weight tail.1.0.weight tail.1.1.weight tail.2.0.weight "
        "tail.2.1.weight");
  const Adaptive narrow(8, 20, {4, 10, 15});
  CHECK(narrow.parameter("head.weight").shape() == Shape{7, 8});
  CHECK(narrow.parameter("tail.0.0.weight").shape() == Shape{2, 8});
  CHECK(narrow.parameter("tail.2.0.weight").shape() == Shape{0, 8});
  CHECK(narrow.parameter("tail.2.1.weight").shape() == Shape{5, 0});
  CHECK(exp(narrow.log_prob(ones(8))(xt::range(15, 20))).shape() == Shape{5});
  CHECK(narrow.n_classes() == 20);
}

TEST_CASE("a cluster's features are Python's floor of the quotient") {
  // 0.1 ** 1 is a little more than a tenth, so that 6 // 0.1 is 59.
  CHECK(Adaptive(6, 4, {2}, Adaptive::Options().div_value(0.1)).parameter("tail.0.0.weight").shape() == Shape{59, 6});
  CHECK_THROWS_WITH(Adaptive(6, 4, {2, 3}, Adaptive::Options().div_value(1e-300)),
                    Catch::Contains("AdaptiveLogSoftmaxWithLoss: cluster 1 would have 6 / 1e-300 features"));
}

TEST_CASE("a clone has weights of its own, and training lowers the loss") {
  const Adaptive net = model(), copy = nn::clone(net);
  const Tensor x = rows(24);
  const double before = net(x, labels()).second.item();
  optim::SGD optimizer(net.parameters(), 0.2);
  for (int step = 0; step < 20; ++step) {
    optimizer.zero_grad();
    net(x, labels()).second.backward();
    optimizer.step();
  }
  CHECK(net(x, labels()).second.item() < 0.9 * before);
  CHECK(copy(x, labels()).second.item() == before);
}

TEST_CASE("errors name the class, the shapes, and the label at fault") {
  const Adaptive net(3, 5, {2, 4});
  const Tensor x = ones({2, 3});
  CHECK_THROWS_WITH(net(ones({2, 4}), Tensor{0, 1}),
                    Catch::Contains("AdaptiveLogSoftmaxWithLoss: expected input of shape (N, 3) or (3), got (2, 4)"));
  CHECK_THROWS_WITH(net(x, Tensor{0, 1, 2}),
                    Catch::Contains("the target is int64 of shape (3) for an input of shape (2, 3): labels for it are "
                                    "int64 of shape (2)"));
  CHECK_THROWS_WITH(net(x, Tensor{0., 1.}), Catch::Contains("the target is float64 of shape (2)"));
  CHECK_THROWS_WITH(net(x, Tensor{4, 5}),
                    Catch::Contains("AdaptiveLogSoftmaxWithLoss: target 1 is 5: it must lie in [0, 5)"));
  CHECK_THROWS_WITH(net(x.to(float64), Tensor{0, 1}),
                    Catch::Contains("AdaptiveLogSoftmaxWithLoss: the input is float64, weight is float32"));
  CHECK_THROWS_WITH(Adaptive(3, 5, {2, 2}),
                    Catch::Contains("AdaptiveLogSoftmaxWithLoss: the cutoffs are (2, 2) for 5 classes"));
  CHECK_THROWS_WITH(Adaptive(3, 5, {2}, Adaptive::Options().div_value(0)),
                    Catch::Contains("AdaptiveLogSoftmaxWithLoss: div_value must be positive and finite, got 0"));
}

#include <cmath>
#include <limits>
#include <vector>

#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/nn/losses.hpp>

#include "both_bodies.hpp"

using namespace xgrad;
using nn::CrossEntropyOptions;
using nn::Reduction;

namespace {

const double inf = std::numeric_limits<double>::infinity();
const double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// -Σ_c w_c q_c ln p_c for one row, in plain doubles.
double plain_cross_entropy(const std::vector<double>& x, const std::vector<double>& q, const std::vector<double>& w) {
  double sum = 0, loss = 0;
  for (double v : x) sum += std::exp(v);
  for (std::size_t c = 0; c < x.size(); ++c) loss -= w[c] * q[c] * std::log(std::exp(x[c]) / sum);
  return loss;
}

}  // namespace

TEST_CASE("the losses of a right and a wrong prediction over ten classes have the values worked out by hand") {
  const Tensor sure{.1, .05, .6, 0., .05, .1, 0., .1, 0., 0.}, wrong{.1, .05, .1, 0., .05, .1, 0., .6, 0., 0.};
  const Tensor t{0., 0., 1., 0., 0., 0., 0., 0., 0., 0.};
  CHECK(nn::half_squared_error(sure, t).item() == Approx(.0975).epsilon(1e-12));
  CHECK(nn::half_squared_error(wrong, t).item() == Approx(.5975).epsilon(1e-12));
  CHECK(nn::mse_loss(sure, t).item() == Approx(.0195).epsilon(1e-12));
  // The logarithm of probabilities is a logit, since they sum to 1.
  const Tensor label(2);
  CHECK(nn::cross_entropy(log(sure), label).item() == Approx(.510825).margin(1e-6));
  CHECK(nn::cross_entropy(log(wrong), label).item() == Approx(2.302585).margin(1e-6));
  CHECK(nn::nll_loss(log(sure), label).item() == Approx(.510825).margin(1e-6));
  CHECK(nn::cross_entropy(log(sure + 1e-30), t).item() == Approx(.510825).margin(1e-6));
}

TEST_CASE("the cross entropy of equal logits is the logarithm of the number of classes") {
  const Tensor loss = nn::cross_entropy(zeros({5, 10}), Tensor{0, 1, 2, 3, 9});
  CHECK(loss.item() == Approx(std::log(10.0)).epsilon(1e-6));
}

TEST_CASE("the gradient of cross entropy is softmax minus the target, over the batch") {
  for (DType dtype : {float32, float64}) {
    const Tensor x = normal({7, 13}, 1, dtype).requires_grad_();
    const Tensor labels{0, 12, 3, 3, 7, 1, 11};
    nn::cross_entropy(x, labels).backward();
    Tensor hot = zeros({7, 13}, float64);
    auto view = hot.mutable_view<double>();
    for (std::size_t i = 0; i < 7; ++i) view(i, labels[static_cast<int>(i)].item<std::int64_t>()) = 1;
    require_close(x.grad().to(float64), (softmax(x.detach().to(float64), 1) - hot) / 7,
                  dtype == float64 ? 1e-15 : 1e-7);
  }
}

TEST_CASE("cross entropy is finite for logits of 1e4") {
  for (DType dtype : {float32, float64}) {
    const Tensor x = Tensor({{1e4, -1e4}, {1e4, -1e4}, {1e4, 1e4}}, dtype).requires_grad_();
    const Tensor loss = nn::cross_entropy(x, Tensor{0, 1, 0}, Reduction::none);
    require_close(loss.detach().to(float64), Tensor{0., 2e4, std::log(2)}, 1e-7);
    loss.backward(ones({3}, dtype));
    require_close(x.grad().to(float64), Tensor({{0., 0.}, {1., -1.}, {-.5, .5}}), 1e-7);
  }
}

TEST_CASE("a masked logit costs nothing unless it is the label") {
  const Tensor x = Tensor({{0., -inf, 0.}, {0., -inf, 0.}}).requires_grad_();
  const Tensor loss =
      nn::cross_entropy(x, Tensor{0, 1}, CrossEntropyOptions(Reduction::none).weight(Tensor{1., 1., 1.}));
  require_close(loss, Tensor{std::log(2), inf}, 1e-15);
}

TEST_CASE("weights, ignored rows and reductions of cross entropy, against plain arithmetic") {
  const std::vector<std::vector<double>> x = {{.5, -1, 2}, {1.5, .3, -.7}, {0, 0, 1}, {-2, 1, .1}};
  const std::vector<double> w = {.2, 1.7, .6};
  const std::vector<std::int64_t> labels = {2, 0, 1, 1};
  const Tensor logits({{.5, -1., 2.}, {1.5, .3, -.7}, {0., 0., 1.}, {-2., 1., .1}});
  double sum = 0, weights = 0;
  std::vector<double> each;
  for (std::size_t i = 0; i < 4; ++i) {
    std::vector<double> q(3);
    q[static_cast<std::size_t>(labels[i])] = 1;
    const bool counts = labels[i] != 0;
    each.push_back(counts ? plain_cross_entropy(x[i], q, w) : 0);
    sum += each.back();
    weights += counts ? w[static_cast<std::size_t>(labels[i])] : 0;
  }
  const auto options = [&] { return CrossEntropyOptions().weight(Tensor(w)).ignore_index(0); };
  const Tensor t(labels);
  CHECK(nn::cross_entropy(logits, t, options()).item() == Approx(sum / weights).epsilon(1e-13));
  CHECK(nn::cross_entropy(logits, t, options().reduction(Reduction::sum)).item() == Approx(sum).epsilon(1e-13));
  require_close(nn::cross_entropy(logits, t, options().reduction(Reduction::none)), Tensor(each), 1e-13);
  const auto rows = nn::ClassOptions().weight(Tensor(w)).ignore_index(0);
  CHECK(nn::nll_loss(log_softmax(logits, 1), t, rows).item() == Approx(sum / weights).epsilon(1e-13));
}

TEST_CASE("label smoothing spreads a share of the target over the classes, weighted by them") {
  const std::vector<std::vector<double>> x = {{.5, -1, 2}, {1.5, .3, -.7}, {0, 0, 1}};
  const Tensor logits({{.5, -1., 2.}, {1.5, .3, -.7}, {0., 0., 1.}});
  const std::vector<std::int64_t> labels = {2, 0, 1};
  const std::vector<double> w = {.2, 1.7, .6}, even = {1, 1, 1};
  for (const auto& weight : {w, even}) {
    double sum = 0, weights = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      std::vector<double> q(3, .1);
      q[static_cast<std::size_t>(labels[i])] += .7;
      if (labels[i] == 1) continue;
      sum += plain_cross_entropy(x[i], q, weight);
      weights += weight[static_cast<std::size_t>(labels[i])];
    }
    const auto options = CrossEntropyOptions().weight(Tensor(weight)).ignore_index(1).label_smoothing(.3);
    CHECK(nn::cross_entropy(logits, Tensor(labels), options).item() == Approx(sum / weights).epsilon(1e-13));
  }
  const Tensor hot({{0., 0., 1.}, {1., 0., 0.}, {0., 1., 0.}});
  const auto smooth = CrossEntropyOptions().label_smoothing(.3);
  CHECK(nn::cross_entropy(logits, hot, smooth).item() ==
        Approx(nn::cross_entropy(logits, Tensor(labels), smooth).item()).epsilon(1e-13));
}

TEST_CASE("probabilities as targets are averaged over rows and have a gradient") {
  const Tensor x = normal({4, 3}, 7).requires_grad_(), raw = normal({4, 3}, 8);
  const Tensor t = softmax(raw, 1).detach().requires_grad_();
  const std::vector<double> w = {.2, 1.7, .6};
  double sum = 0;
  const auto xs = numbers(x), ts = numbers(t);
  for (std::size_t i = 0; i < 4; ++i)
    sum += plain_cross_entropy({&xs[3 * i], &xs[3 * i] + 3}, {&ts[3 * i], &ts[3 * i] + 3}, w);
  CHECK(nn::cross_entropy(x, t, CrossEntropyOptions().weight(Tensor(w))).item() == Approx(sum / 4).epsilon(1e-13));
  require_right(
      [](const std::vector<Tensor>& in) {
        return nn::cross_entropy(in[0], in[1], CrossEntropyOptions().label_smoothing(.2));
      },
      {x, t});
}

TEST_CASE("ignored rows are not read: NaN in one reaches neither the loss nor another gradient") {
  const Tensor x = Tensor({{not_a_number, not_a_number}, {1., 2.}}).requires_grad_();
  const Tensor t{-100, 0};
  const Tensor loss = nn::cross_entropy(x, t);
  CHECK(loss.item() == Approx(std::log(1 + std::exp(1.0))).epsilon(1e-14));
  const Tensor kernel = grad(loss, x, retain_graph), formula = grad(loss, x, create_graph);
  CHECK(numbers(kernel)[0] == 0);
  CHECK(numbers(formula)[1] == 0);
  require_close(kernel, formula.detach(), 1e-15);
  // Nothing to average: NaN, with no gradient.
  const Tensor none = nn::cross_entropy(x, Tensor{-100, -100});
  CHECK(std::isnan(none.item()));
  CHECK(numbers(grad(none, x)) == std::vector<double>{0, 0, 0, 0});
  CHECK(nn::cross_entropy(x, Tensor{-100, -100}, Reduction::sum).item() == 0);
}

TEST_CASE("cross entropy over maps and over a single row is that of the rows") {
  const Tensor x = normal({2, 5, 3, 4}, 9);
  Generator generator(10);
  const Tensor t = randint(0, 5, {2, 3, 4}, generator);
  const Tensor rows = reshape(transpose(x, {0, 2, 3, 1}), {24, 5});
  CHECK(nn::cross_entropy(x, t).item() == Approx(nn::cross_entropy(rows, reshape(t, {24})).item()).epsilon(1e-14));
  require_close(nn::cross_entropy(x, t, Reduction::none),
                reshape(nn::cross_entropy(rows, reshape(t, {24}), Reduction::none), {2, 3, 4}), 1e-14);
  CHECK(nn::cross_entropy(rows[3], t(0, 0, 3)).item() ==
        Approx(nn::cross_entropy(rows(xt::range(3, 4)), reshape(t, {24})(xt::range(3, 4))).item()));
  for (Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none}) {
    const auto options = CrossEntropyOptions(reduction).ignore_index(2).weight(Tensor{1., .5, 2., .1, 3.});
    const auto rows_only = nn::ClassOptions(reduction).ignore_index(2).weight(options.weight());
    const auto map = [=](const std::vector<Tensor>& in) { return nn::cross_entropy(in[0], t, options); };
    const auto row = [=](const std::vector<Tensor>& in) { return nn::cross_entropy(in[0], Tensor{0, 2, 4}, options); };
    const auto smooth = [=](const std::vector<Tensor>& in) {
      return nn::cross_entropy(in[0], t, CrossEntropyOptions(options).label_smoothing(.3));
    };
    const auto nll = [=](const std::vector<Tensor>& in) { return nn::nll_loss(in[0], t, rows_only); };
    require_right(map, {x.clone().requires_grad_()});
    require_right(row, {normal({3, 5}, 11).requires_grad_()});
    require_right(smooth, {x.clone().requires_grad_()});
    require_right(nll, {x.clone().requires_grad_()});
  }
}

TEST_CASE("cross entropy keeps one node, and none where nothing needs a gradient") {
  const Tensor x = normal({4, 3}, 12).requires_grad_();
  const std::int64_t before = live_nodes();
  {
    const Tensor loss = nn::cross_entropy(x, Tensor{0, 1, 2, 0});
    CHECK(live_nodes() == before + 1);
    CHECK(loss.shape() == Shape());
  }
  CHECK(live_nodes() == before);
  CHECK_FALSE(nn::cross_entropy(x.detach(), Tensor{0, 1, 2, 0}).requires_grad());
}

TEST_CASE("the loss of an empty batch is NaN as a mean and 0 as a sum") {
  const Tensor x = zeros({0, 3}), t = Raw::uninitialized({0}, int64);
  CHECK(std::isnan(nn::cross_entropy(x, t).item()));
  CHECK(nn::cross_entropy(x, t, Reduction::sum).item() == 0);
  CHECK(std::isnan(nn::mse_loss(x, x).item()));
  CHECK(nn::mse_loss(x, x, Reduction::none).shape() == Shape{0, 3});
}

TEST_CASE("cross entropy refuses what does not fit, and says what would") {
  const Tensor x = zeros({4, 3}), t{0, 1, 2, 0};
  const auto refused = [&](const Tensor& logits, const Tensor& target, const std::string& says,
                           const CrossEntropyOptions& options = {}) {
    require_refused([&] { nn::cross_entropy(logits, target, options); }, says);
  };
  refused(x, Tensor{0, 1, 3, 0}, "cross_entropy: the label of row 2 is 3: labels lie in [0, 3), or are ignore_index");
  refused(x, Tensor({{0}, {1}, {2}, {0}}),
          "cross_entropy: the target is (4, 1) for logits (4, 3): labels for them have shape (4)");
  refused(x, zeros({4}),
          "cross_entropy: the target is float32 (4) for logits (4, 3): labels are int64, and probabilities have the "
          "logits' shape");
  refused(x, zeros({4, 3}, float64),
          "cross_entropy: logits is float32, target is float64: write 1.0f, x.to(float32) or model.to(float64)");
  refused(x.to(int64), t, "cross_entropy: logits are int64");
  refused(zeros(Shape()), Tensor(0), "cross_entropy: logits have shape ()");
  refused(x, Tensor(), "cross_entropy: the target is an empty tensor");
  refused(x, t, "cross_entropy: the weight must have shape (3) for logits (4, 3), got (4)",
          CrossEntropyOptions().weight(zeros({4})));
  refused(x, t, "cross_entropy: logits is float32, weight is float64",
          CrossEntropyOptions().weight(zeros({3}, float64)));
  refused(x, t, "cross_entropy: the weight requires a gradient",
          CrossEntropyOptions().weight(ones({3}).requires_grad_()));
  refused(x, t, "cross_entropy: label_smoothing must lie in [0, 1], got 1.5",
          CrossEntropyOptions().label_smoothing(1.5));
  refused(x, zeros({4, 3}), "cross_entropy: ignore_index is 1", CrossEntropyOptions().ignore_index(1));
  refused(x, t, "cross_entropy: the reduction is batchmean", Reduction::batchmean);
  require_refused(
      [&] {
        nn::nll_loss(x, Tensor{0, -1, 2, 0});
      },
      "nll_loss: the label of row 1 is -1: labels lie in [0, 3), or are ignore_index");
}

TEST_CASE("pointwise losses never broadcast") {
  const Tensor column = zeros({4, 1}), flat = zeros({4});
  const auto refused = [&](const std::string& op, Tensor (*loss)(const Tensor&, const Tensor&)) {
    require_refused([&] { loss(column, flat); },
                    op + ": input is (4, 1), target is (4): losses do not broadcast: reshape one of them");
  };
  refused("mse_loss", [](const Tensor& x, const Tensor& t) { return nn::mse_loss(x, t); });
  refused("half_squared_error", [](const Tensor& x, const Tensor& t) { return nn::half_squared_error(x, t); });
  refused("l1_loss", [](const Tensor& x, const Tensor& t) { return nn::l1_loss(x, t); });
  refused("smooth_l1_loss", [](const Tensor& x, const Tensor& t) { return nn::smooth_l1_loss(x, t); });
  refused("huber_loss", [](const Tensor& x, const Tensor& t) { return nn::huber_loss(x, t); });
  refused("kl_div", [](const Tensor& x, const Tensor& t) { return nn::kl_div(x, t); });
  refused("binary_cross_entropy", [](const Tensor& x, const Tensor& t) { return nn::binary_cross_entropy(x, t); });
  refused("binary_cross_entropy_with_logits",
          [](const Tensor& x, const Tensor& t) { return nn::binary_cross_entropy_with_logits(x, t); });
}

TEST_CASE("pointwise losses refuse mixed floating dtypes, and convert integers and C++ numbers") {
  const Tensor x = zeros({4});
  require_refused([&] { nn::mse_loss(x, zeros({4}, float64)); },
                  "mse_loss: input is float32, target is float64: write 1.0f, x.to(float32) or model.to(float64)");
  CHECK(nn::mse_loss(x, Tensor{1, 1, 1, 1}).dtype() == float32);
  CHECK(nn::mse_loss(zeros(Shape()), 2.0).item() == 4);
  CHECK(nn::mse_loss(zeros(Shape()), 2.0).dtype() == float32);
}

TEST_CASE("pointwise losses refuse arguments that have no meaning") {
  const Tensor x = zeros({4});
  require_refused([&] { nn::mse_loss(x, x, Reduction::batchmean); }, "mse_loss: the reduction is batchmean");
  require_refused([&] { nn::smooth_l1_loss(x, x, Reduction::mean, -1); },
                  "smooth_l1_loss: beta must not be negative, got -1");
  require_refused([&] { nn::huber_loss(x, x, Reduction::mean, 0); }, "huber_loss: delta must be positive, got 0");
  require_refused([&] { nn::binary_cross_entropy(x, x, zeros({2})); },
                  "binary_cross_entropy: weight is (2), which does not broadcast to the input (4)");
  require_refused(
      [&] {
        nn::binary_cross_entropy_with_logits(x, x, zeros({3, 4}));
      },
      "binary_cross_entropy_with_logits: weight is (3, 4)");
  require_refused(
      [&] {
        nn::binary_cross_entropy_with_logits(x, x, {}, zeros({3, 4}));
      },
      "binary_cross_entropy_with_logits: pos_weight is (3, 4)");
  require_refused(
      [] {
        nn::binary_cross_entropy(Tensor{.5, 1.5}, Tensor{0., 1.});
      },
      "binary_cross_entropy: element 1 of the input is 1.5");
  require_refused([&] { nn::mse_loss(x, Tensor()); }, "mse_loss: target is an empty tensor");
}

TEST_CASE("pointwise losses give their formulas' numbers") {
  const Tensor y{0.5, -2.0, 3.0}, t{0.0, 1.0, 3.0};  // differences .5, -3, 0
  require_close(nn::mse_loss(y, t, Reduction::none), Tensor{.25, 9., 0.}, 1e-15);
  CHECK(nn::mse_loss(y, t).item() == Approx(9.25 / 3).epsilon(1e-15));
  require_close(nn::l1_loss(y, t, Reduction::none), Tensor{.5, 3., 0.}, 1e-15);
  require_close(nn::smooth_l1_loss(y, t, Reduction::none, 2.0), Tensor{.0625, 2., 0.}, 1e-15);
  require_close(nn::smooth_l1_loss(y, t, Reduction::none, 0.0), Tensor{.5, 3., 0.}, 1e-15);
  require_close(nn::huber_loss(y, t, Reduction::none, 2.0), Tensor{.125, 4., 0.}, 1e-15);
  require_close(nn::kl_div(log(Tensor{.5, .5}), Tensor{.25, 0.}, Reduction::none), Tensor{.25 * std::log(.5), 0.},
                1e-15);
  require_close(nn::kl_div(log(Tensor{.5, .5}), log(Tensor{.25, .75}), Reduction::none, nn::log_target),
                Tensor{.25 * std::log(.5), .75 * std::log(1.5)}, 1e-14);
  const Tensor p({{.1, .9}, {.4, .6}}), q({{.5, .5}, {.2, .8}});
  const double divergence = .5 * std::log(5) + .5 * std::log(.5 / .9) + .2 * std::log(.5) + .8 * std::log(.8 / .6);
  CHECK(nn::kl_div(log(p), q, Reduction::batchmean).item() == Approx(divergence / 2).epsilon(1e-14));
  CHECK(nn::kl_div(log(p), q).item() == Approx(divergence / 4).epsilon(1e-14));
}

TEST_CASE("pointwise losses pass the gradient checks") {
  const Tensor x = Tensor{.5, -2., 3., 1.2}.requires_grad_(), t = Tensor{0., 1., 3.5, -.1}.requires_grad_();
  const Tensor z = Tensor{.3, .7, .25, .6}.requires_grad_(), u = Tensor{.6, .3, .5, .7}.requires_grad_();
  const Tensor w = Tensor{.5, 2., 1., 3.}.requires_grad_();
  for (Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none}) {
    const auto check = [&](const std::function<Tensor(const Tensor&, const Tensor&)>& loss, const Tensor& a,
                           const Tensor& b) {
      require_right([&](const std::vector<Tensor>& in) { return loss(in[0], in[1]); }, {a, b});
    };
    check([=](const Tensor& a, const Tensor& b) { return nn::mse_loss(a, b, reduction); }, x, t);
    check([=](const Tensor& a, const Tensor& b) { return nn::l1_loss(a, b, reduction); }, x, t);
    check([=](const Tensor& a, const Tensor& b) { return nn::smooth_l1_loss(a, b, reduction, .8); }, x, t);
    check([=](const Tensor& a, const Tensor& b) { return nn::smooth_l1_loss(a, b, reduction, 0); }, x, t);
    check([=](const Tensor& a, const Tensor& b) { return nn::huber_loss(a, b, reduction, .8); }, x, t);
    check([=](const Tensor& a, const Tensor& b) { return nn::kl_div(a, b, reduction); }, x, u);
    check([=](const Tensor& a, const Tensor& b) { return nn::kl_div(a, b, reduction, nn::log_target); }, x, t);
    check([=](const Tensor& a, const Tensor& b) { return nn::binary_cross_entropy(a, b, reduction); }, z, u);
    check([=](const Tensor& a, const Tensor& b) { return nn::binary_cross_entropy_with_logits(a, b, reduction); }, x,
          u);
    require_right(
        [=](const std::vector<Tensor>& in) { return nn::binary_cross_entropy(in[0], in[1], in[2], reduction); },
        {z, u, w});
    require_right(
        [=](const std::vector<Tensor>& in) {
          return nn::binary_cross_entropy_with_logits(in[0], in[1], in[2], in[3], reduction);
        },
        {x, u, w, z});
  }
  require_right([](const std::vector<Tensor>& in) { return nn::half_squared_error(in[0], in[1]); }, {x, t});
}

TEST_CASE("smooth_l1_loss has the slope 0 at 0 for a beta that float32 rounds to 0") {
  for (const double beta : {0., 1e-300, 5e-46, 1.5e-45})
    for (const DType dtype : {float32, float64}) {
      const Tensor x = Tensor({-2., 0., 3.}, dtype).requires_grad_();
      const Tensor loss = nn::smooth_l1_loss(x, zeros({3}, dtype), Reduction::none, beta);
      CHECK(difference(loss.detach(), Tensor({2., 0., 3.}, dtype)) == "");
      CHECK(difference(grad(sum(loss), x), Tensor({-1., 0., 1.}, dtype)) == "");
    }
}

TEST_CASE("binary cross entropy is clamped at -100, in value and in slope") {
  const Tensor z = Tensor{0., 1., 0., 1., .5}.requires_grad_();
  const Tensor t{1., 0., 0., 1., 1.};
  const Tensor loss = nn::binary_cross_entropy(z, t, Reduction::none);
  require_close(loss.detach(), Tensor{100., 100., 0., 0., std::log(2)}, 1e-14);
  const Tensor seed = ones({5}, float64);
  const Tensor kernel = grad({loss}, {z}, {seed}, retain_graph)[0];
  require_close(kernel, Tensor{0., 0., 1., -1., -2.}, 1e-14);
  const Tensor formula = grad({loss}, {z}, {seed}, create_graph)[0];
  require_close(formula.detach(), kernel, 1e-15);
  require_close(grad({formula}, {z}, {seed})[0], Tensor{0., 0., 1., 1., 4.}, 1e-14);
}

TEST_CASE("binary cross entropy with logits is finite and agrees with that of probabilities") {
  const Tensor big = Tensor{1e4, -1e4, 1e4, -1e4, 0.}.requires_grad_();
  const Tensor t{1., 0., 0., 1., .5};
  const Tensor loss = nn::binary_cross_entropy_with_logits(big, t, Reduction::none);
  require_close(loss.detach(), Tensor{0., 0., 1e4, 1e4, std::log(2)}, 1e-14);
  require_close(grad({loss}, {big}, {ones({5}, float64)})[0], Tensor{0., 0., 1., -1., 0.}, 1e-15);
  const Tensor weighted = nn::binary_cross_entropy_with_logits(big, t, {}, Tensor{3.}, Reduction::none);
  require_close(weighted.detach(), Tensor{0., 0., 1e4, 3e4, 2 * std::log(2)}, 1e-14);
  const Tensor x = normal({6, 4}, 13), u = sigmoid(normal({6, 4}, 14));
  require_close(nn::binary_cross_entropy_with_logits(x, u), nn::binary_cross_entropy(sigmoid(x), u), 1e-13);
  const Tensor p{.5, 2., 1., 3.}, z = sigmoid(x);
  require_close(nn::binary_cross_entropy_with_logits(x, u, {}, p, Reduction::none),
                -(p * u * log(z) + (1 - u) * log(1 - z)), 1e-12);
  require_close(nn::binary_cross_entropy_with_logits(x, u, p, {}, Reduction::none),
                -p * (u * log(z) + (1 - u) * log(1 - z)), 1e-12);
  require_close(nn::binary_cross_entropy(z, u, p, Reduction::sum), sum(-p * (u * log(z) + (1 - u) * log(1 - z))),
                1e-12);
}

TEST_CASE("kinks: slopes of the pointwise losses at equality") {
  const Tensor x = Tensor{1.}.requires_grad_(), t{1.};
  CHECK(grad(nn::l1_loss(x, t), x).item() == 0);
  CHECK(grad(nn::smooth_l1_loss(x, t, Reduction::mean, 0), x).item() == 0);
  CHECK(grad(nn::huber_loss(x, t), x).item() == 0);
  const Tensor u = Tensor{0.}.requires_grad_();
  CHECK(grad(nn::kl_div(x, u), u).item() == -1);
}

TEST_CASE("losses in float32 agree with float64, also over many tiles") {
  const Tensor x = normal({300, 257}, 15), t = normal({300, 257}, 16);
  CHECK(nn::mse_loss(x.to(float32), t.to(float32)).item() == Approx(nn::mse_loss(x, t).item()).epsilon(1e-6));
  CHECK(nn::huber_loss(x.to(float32), t.to(float32)).item() == Approx(nn::huber_loss(x, t).item()).epsilon(1e-6));
  Generator generator(17);
  const Tensor labels = randint(0, 257, {300}, generator);
  CHECK(nn::cross_entropy(x.to(float32), labels).item() == Approx(nn::cross_entropy(x, labels).item()).epsilon(1e-6));
  const Tensor ones_and = full({1 << 20}, 0.1f);
  CHECK(nn::mse_loss(ones_and, zeros_like(ones_and)).item() == Approx(.01).epsilon(1e-6));
}

TEST_CASE("losses and softmax give the same bits on any number of threads") {
  const Tensor x = normal({2000, 100}, 18, float32).requires_grad_(), t = normal({2000, 100}, 19, float32);
  Generator generator(20);
  const Tensor labels = randint(0, 100, {2000}, generator);
  const auto all = [&] {
    const Tensor loss = nn::cross_entropy(x, labels), other = nn::mse_loss(x, t), third = sum(softmax(x, 0) * t);
    return std::vector<std::vector<double>>{numbers(loss), numbers(other), numbers(third), numbers(grad(loss, x)),
                                            numbers(grad(third, x))};
  };
  const int before = num_threads();
  set_num_threads(1);
  const auto serial = all();
  set_num_threads(4);
  const auto parallel = all();
  set_num_threads(before);
  CHECK(serial == parallel);
}

TEST_CASE("means of losses are divided by their number, and finite where their sum is not") {
  CHECK(nn::mse_loss(ones({49}, float64), zeros({49}, float64)).item() == 1);
  CHECK(nn::l1_loss(full({2}, 1.5e308), zeros({2}, float64)).item() == 1.5e308);
  CHECK(nn::mse_loss(full({3}, 1e154), zeros({3}, float64)).item() == Approx(1e308).epsilon(1e-15));
  CHECK(nn::smooth_l1_loss(full({5}, 1.5e308), zeros({5}, float64)).item() == Approx(1.5e308).epsilon(1e-15));
  CHECK(nn::huber_loss(full({5}, 1.5e308), zeros({5}, float64)).item() == Approx(1.5e308).epsilon(1e-15));
  CHECK(nn::kl_div(full({3, 2}, -1e308), ones({3, 2}, float64), nn::Reduction::batchmean).item() == inf);
  CHECK(nn::kl_div(full({3, 2}, -8e307), ones({3, 2}, float64), nn::Reduction::batchmean).item() ==
        Approx(1.6e308).epsilon(1e-15));
  CHECK(nn::l1_loss(Tensor({inf, 1.}), zeros({2}, float64)).item() == inf);
  CHECK(std::isnan(nn::l1_loss(zeros({0}), zeros({0})).item()));
}

TEST_CASE("half of a square is finite where the square is not") {
  CHECK(nn::half_squared_error(Tensor({2e19f}), Tensor({0.f})).item() == Approx(2e38).epsilon(1e-6));
  CHECK(nn::huber_loss(Tensor({2e19f}), Tensor({0.f}), nn::Reduction::sum, 1e20).item() == Approx(2e38).epsilon(1e-6));
  const Tensor x = normal({3, 4}, 21).requires_grad_(), t = normal({3, 4}, 22).requires_grad_();
  const auto of = [](const std::vector<Tensor>& in) { return nn::half_squared_error(in[0], in[1]); };
  CHECK(gradcheck(of, {x, t}));
  CHECK(gradgradcheck(of, {x, t}));
  CHECK(of({x, t}).item() == Approx(sum(square(x - t)).item() / 2).epsilon(1e-14));
}

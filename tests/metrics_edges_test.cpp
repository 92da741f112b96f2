// Metrics of numbers that are huge, tiny, or whole and beyond 2^53; and what an input contract says of other widths.

#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <xgrad/train.hpp>
#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "folder.hpp"
#include "inspect.hpp"

using namespace xgrad;
using namespace xgrad::train;
using Catch::Matchers::Contains;

namespace {

template <class M>
double metric_of(const Tensor& prediction, const Tensor& target) {
  M metric;
  metric.update(prediction, target);
  M again;
  again.load_state_dict(metric.state_dict());
  CHECK((again.value() == metric.value() || std::isnan(metric.value())));
  return metric.value();
}

}  // namespace

TEST_CASE("metrics of numbers do not depend on their scale", "[train]") {
  const Tensor t{1., 2., 4., 7.5, -3.}, p{1.5, 2., 3., 7., -3.25};
  const double r2 = metric_of<R2Score>(p, t), mae = metric_of<MeanAbsoluteError>(p, t),
               mse = metric_of<MeanSquaredError>(p, t), rmse = metric_of<RootMeanSquaredError>(p, t);
  CHECK(r2 == Approx(1 - 1.5625 / 59.8));
  for (const int exponent : {-1060, -1000, -600, -400, 3, 400, 600, 1000, 1020}) {
    INFO(exponent);
    // Scaled by a power of two: nothing else is rounded.
    const Tensor by = std::ldexp(1.0, exponent), scaled = t * by, guess = p * by;
    CHECK(metric_of<R2Score>(guess, scaled) == r2);
    CHECK(metric_of<MeanAbsoluteError>(guess, scaled) == Approx(std::ldexp(mae, exponent)));
    CHECK(metric_of<RootMeanSquaredError>(guess, scaled) == Approx(std::ldexp(rmse, exponent)));
    if (std::abs(exponent) < 500)
      CHECK(metric_of<MeanSquaredError>(guess, scaled) == Approx(std::ldexp(mse, 2 * exponent)));
  }
  CHECK(metric_of<MeanAbsoluteError>(zeros({3}, float64), full({3}, 1.5e308)) == Approx(1.5e308));
  CHECK(std::isinf(metric_of<MeanSquaredError>(zeros({3}, float64), full({3}, 1e200))));
  CHECK(metric_of<R2Score>(Tensor{1e200, -1e200, 0.}, Tensor{1e200, -1e200, 0.}) == 1);
  CHECK(metric_of<R2Score>(zeros({3}, float64), Tensor{1e200, 1e200, 1e200}) == 0);
  CHECK(std::isnan(metric_of<R2Score>(Tensor{1., 2.}, Tensor{1., INFINITY})));
  Mean mean;
  for (int i = 0; i < 4; ++i) mean.add(1e308, 50);
  CHECK(mean.value() == 1e308);
}

TEST_CASE("errors of whole numbers are rounded once, after the subtraction", "[train]") {
  const std::int64_t big = std::int64_t{1} << 60, most = INT64_MAX, least = INT64_MIN;
  const Tensor t{big, big + 1, big + 2, big + 3}, p{big + 1, big + 1, big + 1, big + 1};
  CHECK(metric_of<MeanAbsoluteError>(p, t) == 1);
  CHECK(metric_of<MeanSquaredError>(p, t) == 1.5);
  CHECK(metric_of<RootMeanSquaredError>(p, t) == std::sqrt(1.5));
  CHECK(metric_of<R2Score>(p, t) == 1 - 6.0 / 5);
  CHECK(metric_of<R2Score>(t, t) == 1);
  CHECK(metric_of<MeanAbsoluteError>(Tensor{most, least}, Tensor{least, most}) == 0x1p64);
  CHECK(metric_of<MeanAbsoluteError>(Tensor{most}, Tensor{0x1p63}) == 1);
  CHECK(metric_of<MeanAbsoluteError>(full({4}, 0x1p60), t) == 1.5);
}

TEST_CASE("a sum loads its state of earlier versions, and rounds once near zero", "[train]") {
  for (const double number : {-3.0, 2.5, -1e308, 5e-324, -0.0}) {
    ExactSum sum, loaded;
    sum.add(number);
    const Tensor now = sum.state();
    std::vector<std::int64_t> before;
    const std::int64_t* from = now.view<std::int64_t>().data();
    for (std::size_t i = 34; i < 104; ++i) before.push_back(from[i]);
    if (number < 0) before.back() -= std::int64_t{1} << 32;
    for (std::size_t i = 140; i < 143; ++i) before.push_back(from[i]);
    loaded.load("test", Tensor(before));
    CHECK(loaded.value() == number);
    CHECK(difference(loaded.state(), now) == "");
    loaded.add(-number);
    CHECK(loaded.value() == 0);
  }
  // 2^-1075 is half of the smallest number: ties go to even, and the least bit more goes up.
  ExactSum sum;
  sum.add_product(0x1p-1074, 0.5);
  CHECK(sum.value() == 0);
  sum.add_product(0x1p-1074, 0x1p-1074);
  CHECK(sum.value() == 0x1p-1074);
  sum.add_product(-0x1p-1074, 0x1p-1074);
  sum.add(0x1p-1074);
  CHECK(sum.value() == 0x1p-1073);
  CHECK_THROWS_WITH(sum.load("test", Tensor{1, 2}), Contains("it must be (143) int64"));
}

TEST_CASE("a training whose inputs change their width is told that its contract is weaker", "[train]") {
  std::vector<std::string> warnings;
  nn::Linear net(1, 1);
  optim::SGD optimizer(net.parameters(), 0.01);
  const auto step = [&](const std::vector<Tensor>& columns) -> StepResult {
    return mean(square(net(mean(columns[0], {1}, keepdims)) - columns[1]));
  };
  const auto batch = [](std::int64_t width, double value) {
    return std::vector<Tensor>{full({80, width}, value, float32) + arange(80).reshape({80, 1}).to(float32) / 80,
                               zeros({80, 1})};
  };
  Trainer trainer(net, optimizer, step,
                  Trainer::Options().progress(ProgressStyle::silent).warn([&](const std::string& text) {
                    warnings.push_back(text);
                  }));
  std::vector<std::vector<Tensor>> train{batch(3, 0), batch(3, 0), batch(5, 0), batch(4, 0)}, same{batch(3, 0)},
      other{batch(3, 1.45)};
  trainer.fit(train);
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], Contains("Trainer: the inputs have rows of shape (5), those before them had (3): the input "
                                   "contract no longer tells features apart"));
  CHECK(trainer.contract().row_shape() == std::vector<std::int64_t>{-1});
  warnings.clear();
  trainer.evaluate(same);
  CHECK(warnings.empty());
  trainer.evaluate(other);
  REQUIRE(warnings.size() == 2);
  CHECK_THAT(warnings[1], Contains("the mean of all elements is off by more than 3 deviations: it is 1.94"));
}

TEST_CASE("a metric refuses a state that no rows have given", "[train]") {
  const auto refused = [](auto metric, const std::string& key, const Tensor& numbers) {
    StateDict state = metric.state_dict();
    state[key] = numbers;
    return thrown_by<std::invalid_argument>([&] { metric.load_state_dict(state); });
  };
  AUROC area;
  AveragePrecision precision;
  area.update(Tensor{.2, .7}, Tensor{0, 1});
  precision.update(Tensor{.2, .7}, Tensor{0, 1});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const auto& [numbers, why] : std::vector<std::pair<Tensor, const char*>>{
           {Tensor{.5, 1., nan, 0.}, "score 1 is nan: it has no place in an order"},
           {Tensor{.5, 2.}, "target 0 is 2: it must be 0 or 1"},
           {Tensor{.5, nan}, "target 0 is nan: it must be 0 or 1"},
           {Tensor{.5, 1., .25}, "\"kept\" has 3 numbers: it must have two for each row, score and target"}}) {
    CHECK(refused(area, "kept", numbers) == std::string("AUROC: cannot load this state: ") + why);
    CHECK(refused(precision, "kept", numbers) == std::string("AveragePrecision: cannot load this state: ") + why);
  }
  CHECK(refused(area, "kept", Tensor{.5, 1., -std::numeric_limits<double>::infinity(), 0.}) == "nothing was thrown");
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  CHECK_THAT(refused(Accuracy(), "counts", Tensor(std::vector<std::int64_t>{1, most})), Contains("at most 2^53"));

  R2Score score;
  score.update(Tensor{.5, 1.}, Tensor{.25, 1.});
  StateDict state = score.state_dict();
  state.erase(state.find("sum.2"));
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { R2Score().load_state_dict(state); }),
             Contains("R2Score: cannot load this state: it has 2 sums of 2 rows: there must be three for each column"));
  // The greatest sums that a state can hold, whose products are beyond those of numbers.
  std::vector<std::int64_t> digits(143, (std::int64_t{1} << 32) - 1);
  digits[139] = (std::int64_t{1} << 31) - 1;
  for (std::size_t i = 140; i < 143; ++i) digits[i] = 0;
  StateDict great = score.state_dict();
  for (const char* key : {"sum.0", "sum.1", "sum.2"}) great[key] = Tensor(digits);
  great["counts"] = Tensor(std::vector<std::int64_t>{std::int64_t{1} << 53});
  score.load_state_dict(great);
  CHECK(std::isnan(score.value()));
}

TEST_CASE("a metric of a dozen sums and more is loaded from a checkpoint", "[train]") {
  struct Sums : Metric {
    Sums() : Metric("Sums", 0, 23) {}
    void update(const Tensor& x, const Tensor&) override {
      for (std::size_t i = 0; i < sums().size(); ++i) sums()[i].add(x.item() * static_cast<double>(i + 1));
    }
    double value() const override {
      double all = 0;
      for (std::size_t i = 0; i < sums().size(); ++i) all += sums()[i].value() * std::pow(2, static_cast<double>(i));
      return all;
    }
  };
  const Tensor t{{1., 2., 3., -4.}, {2., 0., 5., 1.}, {0.5, 7., 3., 2.}};
  const Tensor p{{1., 2.5, 3., -3.}, {2.25, 1., 5., 1.}, {0.5, 6., 4., 2.}};
  Folder folder;
  Sums sums, other_sums;
  R2Score score, other_score;
  sums.update(3, 0);
  score.update(p, t);
  Checkpoint().add("sums", sums).add("score", score).save(folder.file("metrics"));
  Checkpoint().add("sums", other_sums).add("score", other_score).load(folder.file("metrics"));
  CHECK(other_sums.value() == sums.value());
  CHECK(other_score.value() == score.value());
  other_score.update(p, t);
  score.update(p, t);
  CHECK(other_score.value() == score.value());

  for (const char* key : {"sum.", "sum.12", "sum.02", "sum.-1", "sum.2x", "sum.1", "sum.99999999999999999999"}) {
    INFO(key);
    StateDict wrong = score.state_dict();
    wrong.find("sum.2")->first = key;
    CHECK_THAT(thrown_by<std::invalid_argument>([&] { other_score.load_state_dict(wrong); }),
               Contains("cannot load this state: it has \"" + std::string(key) + "\": it is the state of another"));
  }
  CHECK(other_score.value() == score.value());
}

TEST_CASE("single scores tell apart two classes, and refuse a third", "[train]") {
  Accuracy accuracy;
  for (const std::int64_t third : {2, -1})
    CHECK_THAT(
        thrown_by<std::invalid_argument>([&] {
          accuracy.update(Tensor({.9, .2, .7}), Tensor(std::vector<std::int64_t>{1, 0, third}));
        }),
        Contains("Accuracy: the target holds class " + std::to_string(third) + ", the prediction is (3) float64"));
  CHECK(std::isnan(accuracy.value()));
  accuracy.update(Tensor({.9, .2, .7}), Tensor(std::vector<std::int64_t>{1, 0, 0}));
  CHECK(accuracy.value() == Approx(2 / 3.));
}

TEST_CASE("a prediction of NaN gives R2Score NaN, in a constant column too", "[train]") {
  R2Score score;
  score.update(Tensor({1., std::numeric_limits<double>::quiet_NaN()}), Tensor({1., 1.}));
  CHECK(std::isnan(score.value()));
}

// The metrics of train/: against scikit-learn, in parts, merged, saved, and refused. The recorded numbers are printed
// by tools/record_metrics.py, which makes the same rows.

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <xgrad/train/classification.hpp>
#include <xgrad/train/ranking.hpp>
#include <xgrad/train/regression.hpp>

#include <xgrad/autograd/ops/ops.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;
using namespace xgrad::train;
using Catch::Matchers::Contains;

namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
constexpr std::int64_t rows = 257, classes = 4;

std::vector<std::int64_t> targets() {
  std::vector<std::int64_t> result;
  for (std::int64_t i = 0; i < rows; ++i) result.push_back(i % 11 == 0 ? 2 : (i * i * 7 + i / 3) % classes);
  return result;
}

double score(std::int64_t i, std::int64_t c) {
  return static_cast<double>((i * (37 + 14 * c) + 11 * c) % 101) / 100 +
         (targets()[static_cast<std::size_t>(i)] == c ? 0.4 : 0.0);
}

Tensor scores() {
  static const Tensor all = [] {
    std::vector<double> result;
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t c = 0; c < classes; ++c) result.push_back(score(i, c));
    return Tensor(result).reshape({rows, classes});
  }();
  return all;
}

Tensor column(std::int64_t c) { return scores()(xt::all(), c); }

/// The value after updates with parts of the rows.
double in_parts(Metric& metric, const Tensor& prediction, const Tensor& target) {
  metric.reset();
  for (std::int64_t first = 0; first < prediction.shape(0); first += 100) {
    const std::int64_t end = std::min(first + 100, prediction.shape(0));
    metric.update(prediction(xt::range(first, end)), target(xt::range(first, end)));
  }
  return metric.value();
}

ClassMetricOptions options(Average average, int count = 4) {
  return ClassMetricOptions().classes(count).average(average);
}

template <class M>
void check_counts(const std::map<std::string, double>& expected) {
  const Tensor target = targets();
  const std::map<std::string, Average> averages{
      {"micro", Average::micro}, {"macro", Average::macro}, {"weighted", Average::weighted}};
  for (const auto& [name, average] : averages) {
    M metric(options(average));
    INFO(metric.name() << " " << name);
    CHECK(std::fabs(in_parts(metric, scores(), target) - expected.at(name)) < 1e-15);
  }
  M each(options(Average::none));
  each.update(scores(), target);
  for (int c = 0; c < classes; ++c) CHECK(std::fabs(each.values()[c].item() - expected.at(std::to_string(c))) < 1e-15);
  CHECK_THROWS_WITH(each.value(), Contains("Average::none: each class has its own: see values()"));

  const Tensor predicted = argmax(scores(), 1);
  M binary;
  binary.update(remainder(predicted, 2), remainder(target, 2));
  CHECK(std::fabs(binary.value() - expected.at("binary")) < 1e-15);
  for (int zero : {0, 1}) {
    M missing(options(Average::macro).zero_division(zero));
    missing.update(where(predicted == 3, 0, predicted), where(target == 1, 0, target));
    CHECK(std::fabs(missing.value() - expected.at("zero_division " + std::to_string(zero))) < 1e-15);
  }
}

}  // namespace

TEST_CASE("accuracy, top k and the confusion matrix are scikit-learn's", "[train]") {
  const Tensor target = targets();
  Accuracy accuracy;
  CHECK(std::isnan(accuracy.value()));
  CHECK(in_parts(accuracy, scores(), target) == 0.6303501945525292);
  const double top[] = {0.6303501945525292, 0.8326848249027238, 0.9766536964980544, 1.0};
  for (int k = 1; k <= 4; ++k) {
    TopKAccuracy metric(k);
    CHECK(in_parts(metric, scores(), target) == top[k - 1]);
  }
  ConfusionMatrix matrix(4);
  CHECK(in_parts(matrix, scores(), target) == 0.6303501945525292);
  CHECK(difference(matrix.matrix(), Tensor({{51, 13, 8, 7}, {5, 26, 6, 2}, {9, 14, 66, 11}, {7, 6, 7, 19}})) == "");
}

TEST_CASE("precision, recall and F1 are scikit-learn's in every average", "[train]") {
  check_counts<Precision>({{"micro", 0.6303501945525292},
                           {"macro", 0.598702869067422},
                           {"weighted", 0.6537231244234112},
                           {"0", 0.7083333333333334},
                           {"1", 0.4406779661016949},
                           {"2", 0.7586206896551724},
                           {"3", 0.48717948717948717},
                           {"binary", 0.5408163265306123},
                           {"zero_division 0", 0.3360515688101895},
                           {"zero_division 1", 0.5860515688101895}});
  check_counts<Recall>({{"micro", 0.6303501945525292},
                        {"macro", 0.6148539435248296},
                        {"weighted", 0.6303501945525292},
                        {"0", 0.6455696202531646},
                        {"1", 0.6666666666666666},
                        {"2", 0.66},
                        {"3", 0.48717948717948717},
                        {"binary", 0.6794871794871795},
                        {"zero_division 0", 0.30271186440677966},
                        {"zero_division 1", 0.5527118644067797}});
  check_counts<F1Score>({{"micro", 0.6303501945525292},
                         {"macro", 0.5997926934400862},
                         {"weighted", 0.6367562305670588},
                         {"0", 0.6754966887417219},
                         {"1", 0.5306122448979592},
                         {"2", 0.7058823529411765},
                         {"3", 0.48717948717948717},
                         {"binary", 0.6022727272727273},
                         {"zero_division 0", 0.31839198561520676},
                         {"zero_division 1", 0.31839198561520676}});
}

TEST_CASE("a class without a denominator that counts as NaN is left out of means", "[train]") {
  Precision metric(options(Average::macro).zero_division(no_number));
  metric.update(Tensor{0, 0, 1}, Tensor{0, 3, 1});
  CHECK(metric.value() == 0.75);  // of 1/2 and 1; class 3 was never predicted, class 2 does not occur
  CHECK(std::isnan(metric.values()[3].item()));
}

TEST_CASE("areas under curves are scikit-learn's, with ties", "[train]") {
  const Tensor target = Tensor(targets()) == 2;
  std::vector<double> coarse;  // whole numbers, so that ties are ties whatever the compiler fuses
  for (std::int64_t i = 0; i < rows; ++i) {
    const std::int64_t label = targets()[static_cast<std::size_t>(i)] == 2 ? 1 : 0;
    coarse.push_back(std::floor(static_cast<double>((i * 65 + 22) % 101 + 40 * label - 20 * (i * 13 % 7)) / 10));
  }
  AUROC area;
  AveragePrecision average;
  CHECK(std::isnan(area.value()));
  CHECK(std::fabs(in_parts(area, coarse, target) - 0.7211146496815286) < 1e-15);
  CHECK(std::fabs(in_parts(average, coarse, target) - 0.6400136325876821) < 1e-15);
  area.reset();
  area.update(Tensor{0.5, 0.5, 0.5}, Tensor{0, 1, 1});
  CHECK(area.value() == 0.5);
  area.reset();
  area.update(Tensor{-inf, inf, 0.}, Tensor{0., 1., 0.});
  CHECK(area.value() == 1);
  area.reset();
  area.update(Tensor{0.5, 0.7}, Tensor{1, 1});
  CHECK(std::isnan(area.value()));
  average.reset();
  average.update(Tensor{0.5, 0.7}, Tensor{0, 0});
  CHECK(std::isnan(average.value()));
}

TEST_CASE("errors of regression are scikit-learn's", "[train]") {
  const Tensor truth = column(0) * 3 + 1e6, guess = column(1) * 2 + column(0) * 2 + 1e6;
  MeanAbsoluteError mae;
  MeanSquaredError mse;
  RootMeanSquaredError rmse;
  R2Score r2;
  CHECK(std::fabs(in_parts(mae, guess, truth) - 0.721245136188528) < 1e-15);
  CHECK(std::fabs(in_parts(mse, guess, truth) - 0.8086809338519388) < 1e-15);
  CHECK(std::fabs(in_parts(rmse, guess, truth) - 0.8992668868872793) < 1e-15);
  CHECK(std::fabs(in_parts(r2, guess, truth) - 0.25445748995898365) < 1e-12);
  R2Score columns;
  const Tensor other = concat({scores()(xt::all(), xt::range(0, 1)), scores()(xt::all(), xt::range(2, 3)),
                               scores()(xt::all(), xt::range(1, 2)), scores()(xt::all(), xt::range(3, 4))},
                              1);
  CHECK(std::fabs(in_parts(columns, other, scores()) + 0.1729043337326711) < 1e-12);
}

TEST_CASE("R2 keeps its digits where the mean is large, and has scikit-learn's edges", "[train]") {
  R2Score r2;
  r2.update(Tensor{1e9 + 5, 1e9 + 7, 1e9 + 12, 1e9 + 16}, Tensor{1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16});
  CHECK(std::fabs(r2.value() - (1 - 2.0 / 90)) < 1e-9);
  r2.reset();
  CHECK(std::isnan(r2.value()));
  r2.update(Tensor{1., 2.}, Tensor{3., 3.});
  CHECK(r2.value() == 0);
  r2.reset();
  r2.update(Tensor{3., 3.}, Tensor{3., 3.});
  CHECK(r2.value() == 1);
  r2.reset();
  r2.update(Tensor{3.}, Tensor{3.});
  CHECK(std::isnan(r2.value()));
}

TEST_CASE("an exact sum is the same in any order and in any parts", "[train]") {
  std::mt19937_64 random(3);
  std::vector<double> all;
  for (int i = 0; i < 2000; ++i) {
    const int exponent = static_cast<int>(random() % 600) - 300;
    const double number = std::ldexp(static_cast<double>(random() % (1ull << 53)) - 0x1p52, exponent);
    all.insert(all.end(), {number, -number});
  }
  all.insert(all.end(), {1e-320, 3.0, 5e-324, -1e-320});
  std::shuffle(all.begin(), all.end(), random);
  ExactSum whole, first, second;
  for (std::size_t i = 0; i < all.size(); ++i) {
    whole.add(all[i]);
    (i % 3 == 0 ? first : second).add(all[i]);
  }
  second.merge(first);
  CHECK(whole.value() == 3);  // 5e-324 is lost in the rounding of the result alone
  const ExactSum::Scaled high = whole.scaled();
  CHECK(std::ldexp(high.number, high.exponent) == 3);
  ExactSum rest = whole;
  rest.add(-high.number, high.exponent);
  CHECK(rest.value() == 5e-324);
  CHECK(second.value() == 3);
  CHECK(difference(whole.state(), second.state()) == "");
  ExactSum loaded;
  loaded.load("test", whole.state());
  loaded.add(-3);
  CHECK(loaded.value() == 5e-324);
}

TEST_CASE("an exact sum rounds to nearest, ties to even, and handles every special value", "[train]") {
  const auto sum = [](std::initializer_list<double> numbers) {
    ExactSum total;
    for (const double number : numbers) total.add(number);
    return total.value();
  };
  const double half = 0x1p-53;
  CHECK(sum({1, half}) == 1);
  CHECK(sum({1 + 2 * half, half}) == 1 + 4 * half);
  CHECK(sum({1, half, 5e-324}) == 1 + 2 * half);
  CHECK(sum({-1, -half, -5e-324}) == -1 - 2 * half);
  CHECK(sum({1e308, 1e308}) == inf);
  CHECK(sum({1e308, 1e308, -1e308}) == 1e308);
  CHECK(sum({-5e-324, -5e-324}) == -1e-323);
  CHECK(sum({}) == 0);
  CHECK(sum({inf, 1}) == inf);
  CHECK(sum({-inf, 1}) == -inf);
  CHECK(std::isnan(sum({inf, -inf})));
  CHECK(std::isnan(sum({no_number, 1})));
  ExactSum product;
  product.add_product(1 + 0x1p-52, 1 + 0x1p-52);
  product.add(-1 - 0x1p-51);
  CHECK(product.value() == 0x1p-104);
}

TEST_CASE("metrics merged over threads are those of all rows, bit for bit", "[train]") {
  const Tensor target = targets(), truth = column(0), guess = column(1) / 3;
  const auto merged = [](auto whole, auto first, const Tensor& prediction, const Tensor& right) {
    whole.update(prediction, right);
    std::vector<decltype(first)> shards(3, first);
    std::vector<std::thread> threads;
    for (std::int64_t s = 0; s < 3; ++s)
      threads.emplace_back([&, s] {
        for (std::int64_t i = s; i < prediction.shape(0); i += 3)
          shards[static_cast<std::size_t>(s)].update(prediction(xt::range(i, i + 1)), right(xt::range(i, i + 1)));
      });
    for (std::thread& thread : threads) thread.join();
    for (const auto& shard : shards) first.merge(shard);
    return first.value() == whole.value() && !std::isnan(whole.value());
  };
  CHECK(merged(Accuracy(), Accuracy(), scores(), target));
  CHECK(merged(TopKAccuracy(2), TopKAccuracy(2), scores(), target));
  CHECK(merged(F1Score(options(Average::macro)), F1Score(options(Average::macro)), scores(), target));
  CHECK(merged(AUROC(), AUROC(), guess, target == 1));
  CHECK(merged(AveragePrecision(), AveragePrecision(), guess, target == 1));
  CHECK(merged(MeanAbsoluteError(), MeanAbsoluteError(), guess, truth));
  CHECK(merged(MeanSquaredError(), MeanSquaredError(), guess, truth));
  CHECK(merged(R2Score(), R2Score(), scores() / 3, scores()));
  CHECK(merged(Mean(), Mean(), guess, truth));
}

TEST_CASE("a metric that is saved and loaded goes on as if nothing had happened", "[train]") {
  const Tensor target = targets();
  const auto same = [](auto metric, const Tensor& prediction, const Tensor& right) {
    auto other = metric;
    metric.update(prediction(xt::range(0, 100)), right(xt::range(0, 100)));
    other.load_state_dict(metric.state_dict());
    for (auto* each : {&metric, &other}) each->update(prediction(xt::range(100, 257)), right(xt::range(100, 257)));
    auto whole = metric;
    whole.reset();
    whole.update(prediction, right);
    return metric.value() == other.value() && whole.value() == other.value();
  };
  CHECK(same(Accuracy(), scores(), target));
  CHECK(same(ConfusionMatrix(4), scores(), target));
  CHECK(same(AUROC(), column(1), target == 1));
  CHECK(same(MeanSquaredError(), column(1), column(0)));
  CHECK(same(R2Score(), scores() / 3, scores()));
}

TEST_CASE("scores, thresholds, axes and dtypes of predictions", "[train]") {
  Accuracy accuracy;
  accuracy.update(Tensor{0.2f, 0.5f, 0.51f}, Tensor{false, false, true});
  CHECK(accuracy.value() == 1);
  Accuracy logits(0);
  logits.update(Tensor{-0.2, 0.1}, Tensor{0., 1.});  // targets of binary_cross_entropy
  CHECK(logits.value() == 1);
  Accuracy images;  // (N, C, d) against (N, d)
  images.update(Tensor({{{1., 0.}, {0., 1.}}}), Tensor({{0, 0}}));
  CHECK(images.value() == 0.5);
  Accuracy one;
  one.update(Tensor{0.1, 0.7}, Tensor(1));
  CHECK(one.value() == 1);
  Accuracy ties;
  ties.update(Tensor({{1., 1.}}), Tensor{0});
  CHECK(ties.value() == 1);
  TopKAccuracy top(1);
  top.update(Tensor({{2., 1.}, {1., 1.}, {1., 1.}}), Tensor{1, 0, 1});
  CHECK(top.value() == 1.0 / 3);
  Accuracy none;
  none.update(zeros({0, 3}), zeros({0}, int64));
  CHECK(std::isnan(none.value()));
  const Tensor recorded = scores().clone().requires_grad_();
  accuracy.update(recorded * 1, Tensor(targets()));  // no matter whether it is recorded
}

TEST_CASE("metrics refuse what does not fit, and keep what they have", "[train]") {
  Accuracy accuracy;
  accuracy.update(Tensor{1, 1}, Tensor{1, 0});
  CHECK_THROWS_WITH(accuracy.update(zeros({4, 1}), zeros({4}, int64)),
                    Contains("Accuracy: ") && Contains("(4, 1) float32") && Contains("at least two classes"));
  CHECK_THROWS_WITH(accuracy.update(zeros({4}), zeros({4, 1})),
                    Contains("the prediction is (4) float32, the target (4, 1) float32"));
  CHECK_THROWS_WITH(accuracy.update(zeros({4}), full({4}, 0.5)), Contains("the target holds 0.5: classes are whole"));
  CHECK_THROWS_WITH(accuracy.update(Tensor(), zeros({4})), Contains("an empty tensor"));
  CHECK(accuracy.value() == 0.5);
  CHECK_THROWS_WITH(Accuracy(no_number), Contains("Accuracy: the threshold is nan"));
  CHECK_THROWS_WITH(TopKAccuracy(0), Contains("TopKAccuracy: k is 0"));
  CHECK_THROWS_WITH(TopKAccuracy(5).update(scores(), targets()), Contains("k is 5") && Contains("(257, 4)"));
  CHECK_THROWS_WITH(TopKAccuracy(1).update(zeros({1, 4}), Tensor{4}), Contains("class 4") && Contains("0 .. 3"));
  CHECK_THROWS_WITH(Precision().update(Tensor{2}, Tensor{1}),
                    Contains("Precision: the prediction gives class 2: classes lie in 0 .. 1"));
  CHECK_THROWS_WITH(Precision(Precision::Options().classes(1)), Contains("there cannot be 1 classes"));
  CHECK_THROWS_WITH(Recall(Recall::Options().positive(2)), Contains("the positive class is 2"));
  CHECK_THROWS_WITH(F1Score(F1Score::Options().zero_division(.5)), Contains("zero_division is 0.5"));
  CHECK_THROWS_WITH(AUROC().update(Tensor{no_number}, Tensor{1}), Contains("AUROC: score 0 is nan"));
  CHECK_THROWS_WITH(Accuracy().update(full({2, 2}, no_number), zeros({2}, int64)), Contains("row 0 of the prediction"));
  CHECK_THROWS_WITH(TopKAccuracy(1).update(full({2, 2}, no_number), zeros({2}, int64)), Contains("holds nan"));
  CHECK_THROWS_WITH(Accuracy().update(Tensor{no_number}, Tensor{1}), Contains("holds nan"));
  CHECK_THROWS_WITH(Accuracy().update(zeros({2, 2}), Tensor{0, -100}), Contains("the target holds class -100"));
  CHECK_THROWS_WITH(AUROC().update(Tensor{.5}, Tensor{2}), Contains("class 2: it must be 0 or 1"));
  CHECK_THROWS_WITH(MeanSquaredError().update(zeros({4, 1}), zeros({4})),
                    Contains("MeanSquaredError: ") && Contains("(4, 1)") && Contains("nothing broadcasts"));
  CHECK_THROWS_WITH(Mean().add(1, -1), Contains("Mean: a weight is -1"));
  Accuracy other(0.25);
  CHECK_THROWS_WITH(other.merge(accuracy), Contains("threshold=0.5") && Contains("threshold=0.25"));
  CHECK_THROWS_WITH(accuracy.merge(AUROC()), Contains("cannot merge AUROC"));
  CHECK_THROWS_WITH(accuracy.merge(accuracy), Contains("with itself"));
  CHECK_THROWS_WITH(accuracy.load_state_dict(Mean().state_dict()),
                    Contains("it is not that of Accuracy(threshold=0.5)"));
  CHECK_THROWS_WITH(accuracy.load_state_dict(other.state_dict()), Contains("other settings"));
  CHECK_THROWS_WITH(accuracy.load_state_dict({{"Accuracy(threshold=0.5)", Tensor{0}}, {"counts", Tensor{-1, 3}}}),
                    Contains("a negative count"));
  CHECK_THROWS_WITH(ConfusionMatrix(3).load_state_dict(ConfusionMatrix(4).state_dict()), Contains("classes=3"));
  CHECK(accuracy.value() == 0.5);
}

// The examples of docs/reference/metrics.md.

#include <xgrad/train.hpp>

#include "example.hpp"

namespace {

void of_classes() {
  const Tensor labels = {0, 1, 1, 1};
  example("Accuracy");
  {
    train::Accuracy accuracy;
    accuracy.update(Tensor({{2.0, 0.5}, {0.1, 0.3}}), Tensor{0, 1});  // scores of each class
    accuracy.update(Tensor{0, 1}, Tensor{1, 1});                      // classes
    std::cout << accuracy.value() << '\n';
  }
  example("TopKAccuracy");
  {
    train::TopKAccuracy accuracy(2);
    accuracy.update(Tensor({{0.7, 0.2, 0.1}, {0.3, 0.2, 0.5}}), Tensor{1, 1});
    std::cout << accuracy.value() << '\n';
  }
  example("ConfusionMatrix");
  {
    train::ConfusionMatrix matrix(3);
    matrix.update(Tensor{0, 1, 2, 2}, Tensor{0, 1, 1, 2});
    std::cout << matrix.matrix() << '\n' << matrix.value() << '\n';
  }
  example("Precision", "ClassMetricOptions", "ClassCounts", "Average");
  {
    train::Precision precision(train::Precision::Options().classes(3).average(train::Average::macro));
    precision.update(Tensor{0, 1, 2, 2}, Tensor{0, 1, 1, 2});
    std::cout << precision.value() << '\n' << precision.values() << '\n';
  }
  example("Recall");
  {
    train::Recall recall;
    recall.update(Tensor{0.2, 0.9, 0.4, 0.7}, labels);  // probabilities of class 1
    std::cout << recall.value() << '\n';
  }
  example("F1Score");
  {
    train::F1Score score;
    score.update(Tensor{0, 1, 0, 1}, labels);
    std::cout << score.value() << '\n';
  }
}

void of_scores() {
  example("AUROC");
  {
    train::AUROC area;
    area.update(Tensor{0.1, 0.4, 0.35, 0.8}, Tensor{0, 0, 1, 1});
    std::cout << area.value() << '\n';
  }
  example("AveragePrecision");
  {
    train::AveragePrecision precision;
    precision.update(Tensor{0.1, 0.4, 0.35, 0.8}, Tensor{0, 0, 1, 1});
    std::cout << precision.value() << '\n';
  }
}

void of_numbers() {
  const Tensor predicted = {1.0, 2.0, 4.0}, target = {1.0, 3.0, 2.0};
  example("MeanAbsoluteError");
  {
    train::MeanAbsoluteError error;
    error.update(predicted, target);
    std::cout << error.value() << '\n';
  }
  example("MeanSquaredError");
  {
    train::MeanSquaredError error;
    error.update(Tensor{1.0, 2.0}, Tensor{1.0, 3.0});
    error.update(Tensor{4.0}, Tensor{2.0});
    std::cout << error.value() << '\n';
  }
  example("RootMeanSquaredError");
  {
    train::RootMeanSquaredError error;
    error.update(predicted, target);
    std::cout << error.value() << '\n';
  }
  example("R2Score");
  {
    train::R2Score score;
    score.update(Tensor{1.0, 2.5, 3.0}, Tensor{1.0, 2.0, 3.0});
    std::cout << score.value() << '\n';
  }
  example("Mean");
  {
    train::Mean loss;
    loss.add(0.5, 100);  // the mean loss of a batch of 100 rows
    loss.add(0.2, 50);
    std::cout << loss.value() << '\n';
  }
  example("ExactSum");
  {
    train::ExactSum sum;
    for (double number : {1e300, 1.0, -1e300}) sum.add(number);
    std::cout << sum.value() << ", as doubles " << 1e300 + 1.0 - 1e300 << '\n';
  }
}

void of_ones_own() {
  example("Metric");
  {
    struct Bias : train::Metric {
      Bias() : Metric("Bias", 1, 1) {}  // a count and a sum
      void update(const Tensor& prediction, const Tensor& target) override {
        counts()[0] += prediction.size();
        sums()[0].add(sum(prediction - target).item());
      }
      double value() const override { return sums()[0].over(double(counts()[0])); }
    };
    Bias bias, other;
    bias.update(Tensor{1.0, 2.0}, Tensor{0.0, 0.0});
    other.update(Tensor{6.0}, Tensor{3.0});
    bias.merge(other);
    std::cout << bias.value() << '\n';
  }
}

}  // namespace

int main() {
  of_classes();
  of_scores();
  of_numbers();
  of_ones_own();
  return 0;
}

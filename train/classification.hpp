#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/train/metric.hpp>

namespace xgrad::train {

// Metrics of classes. A target holds classes: whole numbers of any dtype, of a shape S. A prediction is
//   - scores of each class, logits or probabilities, floating, with a class axis behind the first of S: (N, C) for (N),
//     (N, C, d...) for (N, d...), (C) for (). The class is that of the largest score, the first of equal ones;
//   - one score of class 1 against class 0, floating and of shape S: class 1 where it exceeds the threshold;
//   - classes, int64 or bool, of shape S.
// Nothing broadcasts: (N, 1) against (N) is an error. So are scores that are NaN, and classes that the scores do not
// have.

/// The share of rows whose class is right.
class Accuracy : public Metric {
 public:
  /// The threshold of single scores: 0.5 fits probabilities, 0 logits. It must be a number.
  explicit Accuracy(double threshold = 0.5);
  void update(const Tensor& prediction, const Tensor& target) override;
  [[nodiscard]] double value() const override;

 private:
  double threshold_;
};

/// The share of rows whose class is among the k with the largest scores; of equal scores, the class with the smaller
/// index counts as larger, as in topk(). Predictions are scores of each class.
class TopKAccuracy : public Metric {
 public:
  explicit TopKAccuracy(Dim k = 5);
  void update(const Tensor& prediction, const Tensor& target) override;
  [[nodiscard]] double value() const override;

 private:
  std::int64_t k_;
};

/// How the values of the classes become one.
enum class Average : std::uint8_t {
  binary,    ///< the value of one class, `positive`
  micro,     ///< of all classes' counts added up
  macro,     ///< the mean over the classes that occur, in predictions or targets
  weighted,  ///< that mean, weighted by the number of targets of each class
  none       ///< they stay apart: see values()
};

/// Options of ConfusionMatrix, Precision, Recall and F1Score:
/// `Precision::Options().classes(10).average(Average::macro)`.
class ClassMetricOptions : public xgrad::detail::OptionsOf<ClassMetricOptions> {
 public:
  /// How many there are; by default 2. A class outside of 0 .. classes - 1 is an error.
  ClassMetricOptions& classes(Dim count) { return set(classes_, count); }
  /// By default `binary` for two classes, else `macro`.
  ClassMetricOptions& average(Average value) { return set(average_, value); }
  /// The class that `binary` measures; by default 1.
  ClassMetricOptions& positive(Dim index) { return set(positive_, index); }
  /// The value of a class whose denominator is 0: 0 (the default), 1, or NaN, which leaves it out of means.
  ClassMetricOptions& zero_division(double value) { return set(zero_division_, value); }
  /// Of single scores, as in Accuracy.
  ClassMetricOptions& threshold(double value) { return set(threshold_, value); }

 private:
  friend class ClassCounts;
  std::int64_t classes_ = 2;
  std::optional<Average> average_;
  std::int64_t positive_ = 1;
  double zero_division_ = 0;
  double threshold_ = 0.5;
};

/// The base of metrics that a confusion matrix determines.
class ClassCounts : public Metric {
 public:
  using Options = ClassMetricOptions;

  void update(const Tensor& prediction, const Tensor& target) override;
  /// By the chosen average; with Average::none it is an error (std::logic_error).
  [[nodiscard]] double value() const override;
  /// The value of each class, float64 (C).
  [[nodiscard]] Tensor values() const;
  /// How often class j was predicted where class i was right: int64 (C, C), row i, column j.
  [[nodiscard]] Tensor matrix() const;

 protected:
  ClassCounts(const char* name, const Options& options);
  /// The value of counts of true positives, false positives and false negatives; NaN where the denominator is 0.
  [[nodiscard]] virtual double of(double right, double wrong, double missed) const = 0;

 private:
  struct Outcome {
    double right = 0, wrong = 0, missed = 0;  // as `of` takes them
  };
  std::vector<Outcome> outcomes() const;
  double value_of(const Outcome& outcome) const;

  std::int64_t classes_, positive_;
  Average average_;
  double zero_division_, threshold_;
};

/// Counts of rows by their class and the predicted one: see matrix(). Its value is the accuracy.
class ConfusionMatrix : public ClassCounts {
 public:
  explicit ConfusionMatrix(const Options& options = {});
  /// The number of classes.
  explicit ConfusionMatrix(Dim classes) : ConfusionMatrix(Options().classes(classes)) {}
  [[nodiscard]] double value() const override;

 protected:
  double of(double right, double wrong, double missed) const override;
};

/// tp / (tp + fp): of the rows that were given a class, the share to which it belongs.
class Precision : public ClassCounts {
 public:
  explicit Precision(const Options& options = {});

 protected:
  double of(double right, double wrong, double missed) const override;
};

/// tp / (tp + fn): of the rows of a class, the share that was found.
class Recall : public ClassCounts {
 public:
  explicit Recall(const Options& options = {});

 protected:
  double of(double right, double wrong, double missed) const override;
};

/// 2 tp / (2 tp + fp + fn), the harmonic mean of precision and recall.
class F1Score : public ClassCounts {
 public:
  explicit F1Score(const Options& options = {});

 protected:
  double of(double right, double wrong, double missed) const override;
};

}  // namespace xgrad::train

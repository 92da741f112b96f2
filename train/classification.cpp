#include <xgrad/train/classification.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include <xgrad/autograd/kernels/runtime/number_text.hpp>

namespace xgrad::train {
namespace {

using detail::text_of;
using xgrad::detail::number_text;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

[[noreturn]] void refuse(const std::string& op, const std::string& why) {
  throw std::invalid_argument(op + ": " + why);
}

void require_defined(const std::string& op, const Tensor& prediction, const Tensor& target) {
  if (!prediction.defined() || !target.defined())
    refuse(op, "the prediction is " + text_of(prediction) + ", the target " + text_of(target) + ": both need values");
}

/// Whether the prediction has a class axis that the target lacks: the second, or the only one.
bool has_class_axis(const Tensor& prediction, const Tensor& target) {
  if (!is_floating(prediction.dtype()) || prediction.rank() != target.rank() + 1) return false;
  const std::size_t axis = target.rank() == 0 ? 0 : 1;
  for (std::size_t i = 0; i < target.rank(); ++i)
    if (prediction.shape()[i < axis ? i : i + 1] != target.shape()[i]) return false;
  return true;
}

/// Scores with a class axis, as float64 numbers: score(row, c), rows in the order of the target's elements.
class Scores {
 public:
  Scores(const std::string& op, const Tensor& prediction, const Tensor& target)
      : wide_(detail::as_doubles(prediction)) {
    classes_ = prediction.shape()[target.rank() == 0 ? 0 : 1];
    if (classes_ < 2)
      refuse(op, "the prediction is " + text_of(prediction) +
                     ": a class axis has at least two classes: reshape single scores to the target's shape, " +
                     to_string(target.shape()));
    for (std::size_t i = 1; i < target.rank(); ++i) inner_ *= target.shape()[i];
    numbers_ = Raw::data<double>(wide_);
  }
  std::int64_t classes() const { return classes_; }
  double operator()(std::int64_t row, std::int64_t c) const {
    return numbers_[(row / inner_ * classes_ + c) * inner_ + row % inner_];
  }

 private:
  Tensor wide_;
  std::int64_t classes_ = 0, inner_ = 1;
  const double* numbers_ = nullptr;
};

[[noreturn]] void refuse_nan(const std::string& op, std::int64_t row) {
  refuse(op, "row " + std::to_string(row) + " of the prediction holds nan: it predicts no class");
}

struct Classes {
  std::vector<std::int64_t> predicted, right;
};

/// The predicted class and the right one of each row.
Classes classes_of(const std::string& op, const Tensor& prediction, const Tensor& target, double threshold) {
  require_defined(op, prediction, target);
  const bool scores = has_class_axis(prediction, target);
  if (!scores && prediction.shape() != target.shape())
    refuse(op, "the prediction is " + text_of(prediction) + ", the target " + text_of(target) +
                   ": a prediction has the target's shape, or floating scores on a class axis behind its first");
  const Tensor right = detail::as_classes(op, "target", target);
  const auto rows = static_cast<std::size_t>(target.size());
  Classes result{std::vector<std::int64_t>(rows), {}};
  result.right.assign(Raw::data<std::int64_t>(right), Raw::data<std::int64_t>(right) + rows);
  if (scores) {
    const Scores score(op, prediction, target);
    for (std::size_t row = 0; row < rows; ++row) {
      std::int64_t best = 0;
      const auto at = static_cast<std::int64_t>(row);
      for (std::int64_t c = 0; c < score.classes(); ++c) {
        if (std::isnan(score(at, c))) refuse_nan(op, at);
        if (score(at, c) > score(at, best)) best = c;
      }
      result.predicted[row] = best;
      if (const std::int64_t own = result.right[row]; own < 0 || own >= score.classes())
        refuse(op, "the target holds class " + std::to_string(own) + ", the prediction is " + text_of(prediction) +
                       ": classes lie in 0 .. " + std::to_string(score.classes() - 1));
    }
  } else if (is_floating(prediction.dtype())) {
    const Tensor wide = detail::as_doubles(prediction);
    const double* numbers = Raw::data<double>(wide);
    for (std::size_t row = 0; row < rows; ++row) {
      if (std::isnan(numbers[row])) refuse_nan(op, static_cast<std::int64_t>(row));
      result.predicted[row] = numbers[row] > threshold ? 1 : 0;
      if (const std::int64_t own = result.right[row]; own != 0 && own != 1)
        refuse(op,
               "the target holds class " + std::to_string(own) + ", the prediction is " + text_of(prediction) +
                   ", one score for each row: single scores tell class 1 from class 0: predicted classes are int64");
    }
  } else {
    const Tensor given = detail::as_classes(op, "prediction", prediction);
    std::copy_n(Raw::data<std::int64_t>(given), rows, result.predicted.begin());
  }
  return result;
}

double ratio(double part, double whole) { return whole == 0 ? nan : part / whole; }

void require_number(const std::string& op, double threshold) {
  if (std::isnan(threshold)) refuse(op, "the threshold is nan: it must be a number");
}

}  // namespace

Accuracy::Accuracy(double threshold)
    : Metric("Accuracy", 2, 0, "threshold=" + number_text(threshold)), threshold_(threshold) {
  require_number(name(), threshold);
}

void Accuracy::update(const Tensor& prediction, const Tensor& target) {
  const Classes rows = classes_of(name(), prediction, target, threshold_);
  for (std::size_t i = 0; i < rows.right.size(); ++i) counts()[0] += rows.predicted[i] == rows.right[i] ? 1 : 0;
  counts()[1] += target.size();
}

double Accuracy::value() const { return ratio(static_cast<double>(counts()[0]), static_cast<double>(counts()[1])); }

TopKAccuracy::TopKAccuracy(Dim k) : Metric("TopKAccuracy", 2, 0, "k=" + std::to_string(std::int64_t{k})), k_(k) {
  if (k_ < 1) refuse("k is " + std::to_string(k_) + ": at least one class must be looked at");
}

void TopKAccuracy::update(const Tensor& prediction, const Tensor& target) {
  require_defined(name(), prediction, target);
  if (!has_class_axis(prediction, target))
    refuse("the prediction is " + text_of(prediction) + ", the target " + text_of(target) +
           ": a prediction has floating scores on a class axis behind the first axis of the target");
  const Scores score(name(), prediction, target);
  if (score.classes() < k_)
    refuse("k is " + std::to_string(k_) + ", the prediction " + text_of(prediction) +
           ": there must be at least k classes");
  const Tensor right = detail::as_classes(name(), "target", target);
  const std::int64_t* classes = Raw::data<std::int64_t>(right);
  std::int64_t found = 0;
  for (std::int64_t row = 0; row < right.size(); ++row) {
    const std::int64_t own = classes[row];
    if (own < 0 || own >= score.classes())
      refuse("the target holds class " + std::to_string(own) + ", the prediction is " + text_of(prediction) +
             ": classes lie in 0 .. " + std::to_string(score.classes() - 1));
    std::int64_t before = 0;  // classes that come first
    const double mine = score(row, own);
    for (std::int64_t c = 0; c < score.classes(); ++c) {
      const double other = score(row, c);
      if (std::isnan(other)) refuse_nan(name(), row);
      before += other > mine || (other == mine && c < own) ? 1 : 0;
    }
    found += before < k_ ? 1 : 0;
  }
  counts()[0] += found;
  counts()[1] += right.size();
}

double TopKAccuracy::value() const { return ratio(static_cast<double>(counts()[0]), static_cast<double>(counts()[1])); }

namespace {

// Before the counts are allocated.
std::size_t checked_classes(const char* op, std::int64_t classes) {
  constexpr std::int64_t most = 1 << 14;
  if (classes < 2 || classes > most)
    refuse(op, "there cannot be " + std::to_string(classes) + " classes: from 2 to " + std::to_string(most));
  return static_cast<std::size_t>(classes * classes);
}

}  // namespace

// Options have no public getters, so the settings are made here.
ClassCounts::ClassCounts(const char* name, const Options& options)
    : Metric(name, checked_classes(name, options.classes_), 0,
             "classes=" + std::to_string(options.classes_) + ", threshold=" + number_text(options.threshold_)),
      classes_(options.classes_),
      positive_(options.positive_),
      average_(options.average_.value_or(options.classes_ == 2 ? Average::binary : Average::macro)),
      zero_division_(options.zero_division_),
      threshold_(options.threshold_) {
  require_number(name, threshold_);
  if (positive_ < 0 || positive_ >= classes_)
    refuse("the positive class is " + std::to_string(positive_) + ": classes lie in 0 .. " +
           std::to_string(classes_ - 1));
  if (!(zero_division_ == 0 || zero_division_ == 1 || std::isnan(zero_division_)))
    refuse("zero_division is " + number_text(zero_division_) + ": it must be 0, 1 or NaN");
}

void ClassCounts::update(const Tensor& prediction, const Tensor& target) {
  const Classes rows = classes_of(name(), prediction, target, threshold_);
  for (const auto* list : {&rows.predicted, &rows.right})
    for (const std::int64_t c : *list)
      if (c < 0 || c >= classes_)
        refuse(std::string(list == &rows.right ? "the target holds" : "the prediction gives") + " class " +
               std::to_string(c) + ": classes lie in 0 .. " + std::to_string(classes_ - 1) +
               ", see Options().classes()");
  for (std::size_t i = 0; i < rows.right.size(); ++i)
    ++counts()[static_cast<std::size_t>(rows.right[i] * classes_ + rows.predicted[i])];
}

Tensor ClassCounts::matrix() const { return Raw::alias(Tensor(counts()), Shape{classes_, classes_}); }

std::vector<ClassCounts::Outcome> ClassCounts::outcomes() const {
  std::vector<Outcome> result(static_cast<std::size_t>(classes_));
  for (std::size_t i = 0; i < result.size(); ++i)
    for (std::size_t j = 0; j < result.size(); ++j) {
      const auto rows = static_cast<double>(counts()[i * result.size() + j]);
      if (i == j) {
        result[i].right += rows;
      } else {
        result[i].missed += rows;
        result[j].wrong += rows;
      }
    }
  return result;
}

double ClassCounts::value_of(const Outcome& outcome) const {
  const double value = of(outcome.right, outcome.wrong, outcome.missed);
  return std::isnan(value) ? zero_division_ : value;
}

Tensor ClassCounts::values() const {
  std::vector<double> result;
  for (const Outcome& outcome : outcomes()) result.push_back(value_of(outcome));
  return result;
}

double ClassCounts::value() const {
  const std::vector<Outcome> all = outcomes();
  Outcome total;
  for (const Outcome& each : all) {
    total.right += each.right;
    total.wrong += each.wrong;
    total.missed += each.missed;
  }
  if (average_ == Average::none)
    throw std::logic_error(name() + ": value() of Average::none: each class has its own: see values()");
  if (total.right + total.missed == 0) return nan;
  if (average_ == Average::binary) return value_of(all[static_cast<std::size_t>(positive_)]);
  if (average_ == Average::micro) return value_of(total);
  double sum = 0, weights = 0;
  for (const Outcome& each : all) {
    const double value = value_of(each);
    if (each.right + each.wrong + each.missed == 0 || std::isnan(value)) continue;
    const double weight = average_ == Average::macro ? 1 : each.right + each.missed;
    sum += weight * value;
    weights += weight;
  }
  return weights == 0 ? zero_division_ : sum / weights;
}

ConfusionMatrix::ConfusionMatrix(const Options& options) : ClassCounts("ConfusionMatrix", options) {}
double ConfusionMatrix::of(double right, double, double missed) const { return ratio(right, right + missed); }
double ConfusionMatrix::value() const {
  double right = 0, all = 0;
  const auto classes = static_cast<std::size_t>(matrix().shape()[0]);
  for (std::size_t i = 0; i < counts().size(); ++i) {
    all += static_cast<double>(counts()[i]);
    if (i % (classes + 1) == 0) right += static_cast<double>(counts()[i]);
  }
  return ratio(right, all);
}

Precision::Precision(const Options& options) : ClassCounts("Precision", options) {}
double Precision::of(double right, double wrong, double) const { return ratio(right, right + wrong); }

Recall::Recall(const Options& options) : ClassCounts("Recall", options) {}
double Recall::of(double right, double, double missed) const { return ratio(right, right + missed); }

F1Score::F1Score(const Options& options) : ClassCounts("F1Score", options) {}
double F1Score::of(double right, double wrong, double missed) const {
  return ratio(2 * right, 2 * right + wrong + missed);
}

}  // namespace xgrad::train

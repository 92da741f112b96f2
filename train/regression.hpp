#pragma once

#include <cstdint>

#include <xgrad/train/metric.hpp>

namespace xgrad::train {

// Metrics of numbers. Prediction p and target t have one shape and any dtype but bool; nothing broadcasts. Each error
// is rounded once to float64, that of int64 too; their sums and those of their squares are exact, and neither overflow
// nor underflow, so that a value is finite where it can be represented.

/// The mean of |p - t| over all elements.
class MeanAbsoluteError : public Metric {
 public:
  MeanAbsoluteError();
  void update(const Tensor& prediction, const Tensor& target) override;
  [[nodiscard]] double value() const override;
  [[nodiscard]] bool larger_is_better() const override { return false; }
};

/// The mean of (p - t)² over all elements.
class MeanSquaredError : public Metric {
 public:
  MeanSquaredError() : MeanSquaredError("MeanSquaredError") {}
  void update(const Tensor& prediction, const Tensor& target) override;
  [[nodiscard]] double value() const override;
  [[nodiscard]] bool larger_is_better() const override { return false; }

 protected:
  explicit MeanSquaredError(const char* name);
};

/// The root of the mean of (p - t)².
class RootMeanSquaredError : public MeanSquaredError {
 public:
  RootMeanSquaredError() : MeanSquaredError("RootMeanSquaredError") {}
  [[nodiscard]] double value() const override;
};

/// 1 - Σ (t - p)² / Σ (t - mean t)², the share of the variance that is explained; for targets of more than one column
/// (N, ...) the mean over the columns. A column of equal targets counts as 1 if it is predicted exactly, else 0, as
/// scikit-learn has it. NaN below two rows.
class R2Score : public Metric {
 public:
  R2Score();
  void update(const Tensor& prediction, const Tensor& target) override;
  [[nodiscard]] double value() const override;

 protected:
  [[nodiscard]] std::string fault(const std::vector<std::int64_t>& counts, const std::vector<ExactSum>& sums,
                                  const std::vector<double>& kept) const override;
};

/// The mean of numbers, weighted: of the mean losses of batches of different sizes, say.
class Mean : public Metric {
 public:
  Mean();
  /// Adds a number that stands for `weight` rows, not negative.
  void add(double number, double weight = 1);
  /// Adds all elements of `values`, with weights of the same shape.
  void update(const Tensor& values, const Tensor& weights) override;
  [[nodiscard]] double value() const override;
  [[nodiscard]] bool larger_is_better() const override { return false; }
};

}  // namespace xgrad::train

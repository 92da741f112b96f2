#pragma once

#include <xgrad/train/metric.hpp>

namespace xgrad::train {

// How well scores put class 1 before class 0, whatever the threshold. Prediction and target have one shape; scores are
// floating, without NaN, and targets are 0 or 1 in any dtype. Only the order of the scores counts, so logits and
// probabilities give the same. The scores themselves are kept, 16 bytes a row; value() sorts them.

/// The area under the ROC curve: the probability that a random row of class 1 has a higher score than one of class 0, a
/// tie counting half (Fawcett, 2006; the statistic of Mann and Whitney). NaN unless both classes occur.
class AUROC : public Metric {
 public:
  AUROC();
  void update(const Tensor& prediction, const Tensor& target) override;
  [[nodiscard]] double value() const override;

 protected:
  [[nodiscard]] std::string fault(const std::vector<std::int64_t>& counts, const std::vector<ExactSum>& sums,
                                  const std::vector<double>& kept) const override;
};

/// The sum over all thresholds of precision times the gain of recall: the area under the curve of precision against
/// recall, in steps. Rows of equal scores are found together. NaN unless class 1 occurs.
class AveragePrecision : public Metric {
 public:
  AveragePrecision();
  void update(const Tensor& prediction, const Tensor& target) override;
  [[nodiscard]] double value() const override;

 protected:
  [[nodiscard]] std::string fault(const std::vector<std::int64_t>& counts, const std::vector<ExactSum>& sums,
                                  const std::vector<double>& kept) const override;
};

}  // namespace xgrad::train
